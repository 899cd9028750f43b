"""How sure may one be of a formula? The same three words as for a law of `pf.discover`, and a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ..._wording import percent
from .._verdict import Verdict
from ._kinds import elaborate
from ._length import Described
from ._pool import EXACT, Pool
from ._series import briefest

if TYPE_CHECKING:
    import sympy

#: Bits by which another complete formula may be longer and still be a rival.
#: In windows errors are white, so that bits are odds there: 1 to 128.
_RIVAL, _RIVAL_IN_WINDOWS = 15.0, 7.0

#: Bits by which a formula has to be shorter than a polynomial: odds of 1 to 128.
_PLAINER = 7.0

#: Share of the output's RMS beyond which a best formula is no law at all.
_FAILED = 0.5

#: Rows per free constant that a formula must rest on, and standard errors that its constants must have.
_ROWS, _STRONG = 10, 5.0

#: Free constants and nodes beyond which a formula that fits is likely a series of the true one.
_MANY, _LARGE = 5, 45


def judge(pool: Pool, best: Described) -> tuple[Verdict, list[Described]]:
    """The verdict on the best formula, and the other formulas that the data cannot tell from it."""
    variance = pool.train.spread
    complete = pool.complete(best)
    explained = 1.0 - (best.misfit / variance) ** 2 if variance else 0.0
    constant = not best.expression.free_symbols
    if constant or (best.misfit > EXACT and explained < 1.0 - _FAILED):
        reason = "no formula of the inputs explains the output better than a constant does"
        if not constant:
            reason = (
                f"the best formula leaves {percent(1.0 - explained)} of the output's variance unexplained"
            )
        return Verdict(
            "not identifiable", f"{reason}; an input may be missing, or the noise is too strong"
        ), []
    rivals = _rivals(pool, best) if complete else []
    doubts = _doubts(pool, best, complete, rivals)
    if doubts:
        return Verdict("ambiguous", "; ".join(doubts)), rivals
    seen = "also on rows that the search did not see"
    if pool.train.windows is not None:
        seen = "which was tested on integrals of the samples over windows"
    how = (
        "exactly, up to rounding"
        if best.misfit < EXACT
        else f"to within the noise ({percent(best.misfit)} of its RMS)"
    )
    return Verdict(
        "identified",
        f"it explains the output {how}, {seen}, and of the "
        f"{pool.offered} formulas tried no other does so as briefly; this holds within the range of the data",
    ), []


def _told_by_polynomials(pool: Pool, best: Described) -> list[str]:
    """Doubt where a polynomial says the same as another formula, in not many more bits."""
    symbols = sorted(best.expression.free_symbols, key=str)
    if best.misfit < EXACT or pool.train.windows is not None or best.expression.is_polynomial(*symbols):
        return []
    bits, constants = briefest(pool.train)
    if bits > best.length + _PLAINER:
        return []
    return [
        f"a polynomial with {constants} constants describes the data about as briefly, so that the formula "
        "may be an approximation; less noise, more rows or a wider range would tell"
    ]


def _rivals(pool: Pool, best: Described) -> list[Described]:
    found = []
    most = best.length + (_RIVAL if pool.train.windows is None else _RIVAL_IN_WINDOWS)
    # Elaborate formulas come near to any curve; they rival only one another.
    plain = pool.derived and not elaborate(best.expression)
    for other in sorted(pool.found.values(), key=lambda d: d.length):
        if other is best or other.length > most or not pool.complete(other):
            continue
        if plain and elaborate(other.expression):
            continue
        apart = float(np.sqrt(np.mean((pool.residual(other) - pool.residual(best)) ** 2)))
        if apart > max(EXACT, 1e-3 * best.misfit) and not _same_fraction(other.expression, best.expression):
            found.append(other)
    return found


def _same_fraction(first: sympy.Expr, second: sympy.Expr) -> bool:
    """Whether both are fractions of the same products of powers: one law, with other numbers in it."""
    if first.free_symbols != second.free_symbols:
        return False
    one, other = _powers(first), _powers(second)
    return one is not None and one == other


def _powers(expression: sympy.Expr) -> tuple[frozenset[tuple[int, ...]], ...] | None:
    """The exponents of the inputs above and below the line; None for what is no fraction of polynomials."""
    import sympy

    symbols = sorted(expression.free_symbols, key=str)
    parts: tuple[sympy.Expr, ...] = cast("sympy.Expr", sympy.together(expression)).as_numer_denom()
    if not symbols or not all(part.is_polynomial(*symbols) for part in parts):
        return None
    return tuple(frozenset(sympy.Poly(part, *symbols).monoms()) for part in parts)


def _doubts(pool: Pool, best: Described, complete: bool, rivals: list[Described]) -> list[str]:
    doubts = []
    if not complete:
        doubts.append(
            f"the formula leaves {percent(best.misfit)} of the output's RMS, with structure in it that is "
            "not noise; take it as an approximation"
        )
    if rivals:
        doubts.append(
            f"{len(rivals)} other formula{'s' if len(rivals) > 1 else ''} explain"
            f"{'' if len(rivals) > 1 else 's'} the output as well"
        )
    if best.free > _MANY or best.nodes > _LARGE:
        doubts.append(
            f"it has {best.free} fitted constants and {best.nodes} nodes: it may stand for another, shorter "
            "formula that was not found"
        )
    if best.weakest < _STRONG:
        doubts.append(f"a constant in it is only {best.weakest:.1f} standard errors from zero")
    doubts += _told_by_polynomials(pool, best)
    if pool.derived and elaborate(best.expression):
        doubts.append(
            "it has functions inside of functions, or of several kinds, and such formulas can stand for "
            "almost any curve that a derivative takes; it may be an approximation"
        )
    if pool.train.count < _ROWS * (best.free + len(best.expression.free_symbols) + 1):
        doubts.append(f"only {pool.train.count} rows stand behind it")
    share = best.misfit / (pool.train.spread or 1.0)
    if share > 0.25:
        doubts.append(f"the noise, {percent(share)} of how far the output varies, would hide other terms")
    return doubts
