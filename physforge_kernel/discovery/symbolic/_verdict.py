"""How sure may one be of a formula? The same three words as for a law of `pf.discover`, and a reason."""

from __future__ import annotations

import numpy as np

from ..._wording import percent
from .._verdict import Verdict
from ._length import Described
from ._pool import EXACT, Pool

#: Bits by which another complete formula may be longer and still be a rival.
_RIVAL = 15.0

#: Share of the output's RMS beyond which a best formula is no law at all.
_FAILED = 0.5

#: Rows per free constant that a formula must rest on, and standard errors that its constants must have.
_ROWS, _STRONG = 10, 5.0

#: Free constants and nodes beyond which a formula that fits is likely a series of the true one.
_MANY, _LARGE = 5, 45


def judge(pool: Pool, best: Described) -> tuple[Verdict, list[Described]]:
    """The verdict on the best formula, and the other formulas that the data cannot tell from it."""
    variance = float(np.std(pool.train.y)) / pool.train.unit
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
    how = (
        "exactly, up to rounding"
        if best.misfit < EXACT
        else f"to within the noise ({percent(best.misfit)} of its RMS)"
    )
    return Verdict(
        "identified",
        f"it explains the output {how}, also on rows that the search did not see, and of the "
        f"{pool.offered} formulas tried no other does so as briefly; this holds within the range of the data",
    ), []


def _rivals(pool: Pool, best: Described) -> list[Described]:
    found = []
    for other in sorted(pool.found.values(), key=lambda d: d.length):
        if other is best or other.length > best.length + _RIVAL or not pool.complete(other):
            continue
        apart = float(np.sqrt(np.mean((pool.residual(other) - pool.residual(best)) ** 2)))
        if apart > max(EXACT, 1e-3 * best.misfit):
            found.append(other)
    return found


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
    if len(pool.train.y) < _ROWS * (best.free + len(best.expression.free_symbols) + 1):
        doubts.append(f"only {len(pool.train.y)} rows stand behind it")
    if best.misfit > 0.25:
        doubts.append(f"the noise, {percent(best.misfit)} of the output's RMS, would hide other terms")
    return doubts
