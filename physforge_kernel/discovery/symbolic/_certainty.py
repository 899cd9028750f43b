"""Do the data determine the constants of a formula, those as well that were snapped to exact numbers?

A constant is snapped wherever that makes the description no longer, which for an uncertain one it nearly
always does. That is no reason to say that it is log(2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _constants, _length
from ._length import Described
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Bits by which an exact number has to be shorter than a fitted one to be claimed: odds of 32 to 1.
_SURE = 5.0

#: Standard errors that a constant must have.
_STRONG = 5.0

#: A constant trades off with others if knowing these made it so many times more certain.
_TRADES = 10.0


def uncertain(expression: sympy.Expr, sample: Sample) -> list[str]:
    """A doubt about the least certain constant, where the data do not determine it."""
    found = []
    for number in (None, *_constants.exact(expression)):
        # One after the other, since all at once they may say the same thing twice.
        loose = expression if number is None else _constants.floating(expression, number)
        form, values = _constants.form_of(loose, sample.symbols)
        fit = _constants.fit(form, sample, values, improve=False)
        if fit is None or not len(values):
            continue
        own = range(len(values)) if number is None else [int(np.argmin(np.abs(values - float(number))))]
        alone = 1.0 / np.sqrt(np.maximum(np.diag(np.linalg.pinv(fit.covariance)), 1e-300))
        found += [
            (abs(values[i]) / max(fit.errors[i], 1e-300), values[i], fit.errors[i], alone[i]) for i in own
        ]
    strength, value, error, alone = min(found, default=(np.inf, 0.0, 0.0, 0.0))
    if strength >= _STRONG:
        return []
    because = ", since it trades off with others" if error > _TRADES * alone else ""
    return [f"the data do not determine its constants: one is {value:.3g} ± {error:.2g}{because}"]


def claimed(described: Described, sample: Sample) -> Described:
    """The formula with only those exact numbers that the data speak for; the others as they were fitted."""
    for number in _constants.exact(described.expression):
        loose = _length.describe(_constants.floating(described.expression, number), sample, snap=False)
        if loose is not None and loose.length < described.length + _SURE:
            described = loose
    return described
