"""How sure may one be of a formula? The same three words as for a law of `pf.discover`, and a reason."""

from __future__ import annotations

from collections.abc import Sequence

from ..._wording import percent
from .._verdict import Verdict
from . import _constants
from ._certainty import uncertain
from ._kinds import elaborate, nested
from ._length import Described
from ._pool import EXACT, STRUCTURE, Pool
from ._rivals import rivals
from ._sample import Sample
from ._series import polynomials

#: Bits by which a formula has to be shorter than a polynomial with no more constants: odds of 128 to 1. One
#: with more constants casts doubt where it is itself shorter, by odds of 1000 to 1.
_PLAINER, _RICHER = 7.0, 10.0

#: Share of the output's RMS beyond which a best formula is no law at all.
_FAILED = 0.5

#: Rows per free constant that a formula must rest on.
_ROWS = 10

#: Free constants and nodes beyond which a formula that fits is likely a series of the true one.
_MANY, _LARGE = 5, 45


def judge(pool: Pool, best: Described, samples: Sequence[Sample] = ()) -> tuple[Verdict, list[Described]]:
    """The verdict on the best formula, and the other formulas that the data cannot tell from it.

    `samples` are what symmetries have made of the data.
    """
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
    found = rivals(pool, best) if complete else []
    doubts = _doubts(pool, best, complete, found, samples)
    if doubts:
        return Verdict("ambiguous", "; ".join(doubts)), found
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


def _told_by_polynomials(pool: Pool, best: Described, samples: Sequence[Sample]) -> list[str]:
    """Doubt where a polynomial tells the data as briefly as a formula that is none."""
    if best.misfit < EXACT or pool.train.windows is not None:
        return []
    form, numbers = _constants.form_of(best.expression, pool.train.symbols)
    own = len(_constants.form_of(_constants.floating(best.expression), pool.train.symbols)[1])
    values = form.compiled()(pool.train.X, numbers)
    for bits, constants in polynomials(values, (pool.train, *samples)):
        if bits < best.length + (_PLAINER if constants <= own else -_RICHER):
            return [
                f"a polynomial with {constants} constants describes the data about as briefly, so that the "
                "formula may be an approximation; less noise, more rows or a wider range would tell"
            ]
    return []


def _doubts(
    pool: Pool, best: Described, complete: bool, rivals: list[Described], samples: Sequence[Sample]
) -> list[str]:
    doubts = []
    if not complete:
        together = pool.hanging_together(best) >= STRUCTURE
        doubts.append(
            f"the formula leaves {percent(best.misfit)} of the output's RMS, with structure in it that is "
            f"not noise{', since residuals of neighbouring rows hang together' if together else ''}; "
            "take it as an approximation"
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
    doubts += uncertain(best.expression, pool.train)
    doubts += _told_by_polynomials(pool, best, samples)
    if pool.derived and elaborate(best.expression):
        doubts.append(
            "it has functions inside of functions, or of several kinds, and such formulas can stand for "
            "almost any curve that a derivative takes; it may be an approximation"
        )
    elif best.misfit >= EXACT and nested(best.expression):
        doubts.append(
            "it has a function inside of a function of one input, and under noise such formulas can stand "
            "for almost any curve"
        )
    if pool.train.count < _ROWS * (best.free + len(best.expression.free_symbols) + 1):
        doubts.append(f"only {pool.train.count} rows stand behind it")
    share = best.misfit / (pool.train.spread or 1.0)
    if share > 0.25:
        doubts.append(f"the noise, {percent(share)} of how far the output varies, would hide other terms")
    return doubts
