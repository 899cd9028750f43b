"""Other formulas that explain the data as well, and are not the best one with other numbers in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import _constants
from ._kinds import elaborate
from ._length import Described
from ._pool import EXACT, Pool
from ._sample import Sample

#: Bits by which another complete formula may be longer and still be a rival: odds of 128 to 1 where errors
#: are white, so that bits are odds; errors of the derivatives of a field hang together, and bits say less.
_RIVAL, _RIVAL_IN_FIELDS = 7.0, 15.0

#: A formula that some choice of its numbers brings so near to another, as a share of the output's RMS, is the
#: same law; one with more numbers holds the other in itself where it comes so near, as a share of the noise.
_SAME, _WITHIN = 1e-6, 0.01

#: A rival's constants are so many standard errors from zero: without them it were another formula.
_CERTAIN = 2.0

#: Rows on which formulas are compared.
_ROWS = 200


def rivals(pool: Pool, best: Described) -> list[Described]:
    """The complete formulas of about the same length that say something else, the shortest first."""
    found = []
    white = pool.train.blocks is None or pool.train.windows is not None
    most = best.length + (_RIVAL if white else _RIVAL_IN_FIELDS)
    # Elaborate formulas come near to any curve; they rival only one another.
    plain = pool.derived and not elaborate(best.expression)
    few = _told_by(best, pool.train)
    for other in sorted(pool.found.values(), key=lambda d: d.length):
        if other is best or other.length > most or other.weakest < _CERTAIN or not pool.complete(other):
            continue
        if plain and elaborate(other.expression):
            continue
        apart = float(np.sqrt(np.mean((pool.residual(other) - pool.residual(best)) ** 2)))
        if apart > max(EXACT, 1e-3 * best.misfit) and not _holds(other, best, few):
            found.append(other)
    return found


def _told_by(best: Described, sample: Sample) -> Sample:
    """Rows of a sample with the values of a formula as their output."""
    few = replace(sample, windows=None, blocks=None).thinned(_ROWS)
    form, numbers = _constants.form_of(best.expression, few.symbols)
    return replace(few, y=form.compiled()(few.X, numbers))


def _holds(other: Described, best: Described, few: Sample) -> bool:
    """Whether a formula's numbers can be chosen such that it gives the outputs of the best one."""
    form, numbers = _constants.form_of(_constants.floating(other.expression), few.symbols)
    own = _constants.form_of(_constants.floating(best.expression), few.symbols)[1]
    fitted = _constants.fit(form, few, numbers)
    least = max(_SAME, _WITHIN * best.misfit) if len(numbers) > len(own) else _SAME
    return fitted is not None and fitted.misfit < least
