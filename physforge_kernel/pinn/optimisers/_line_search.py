"""Steps along a line to where the strong Wolfe conditions hold (Nocedal and Wright 2006, section 3.5).

Near a minimum sums of squares differ by less than their rounding, and searches that compare them end early.
Slopes still tell; so a step that changes the sum by rounding alone is taken where its slope is flat enough
(approximate Wolfe conditions, Hager and Zhang 2005, SIAM J. Optim. 16, 170), and steps are interpolated by
slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import SumOfSquares

#: A step has to bring this share of what the slope promises, and to flatten the slope to the other share:
#: the usual ones for quasi-Newton methods.
_DECREASE, _FLAT = 1e-4, 0.9
#: Sums of squares that differ by less than this share differ by rounding.
_ROUNDING = 1e-12
_TRIALS = 30
#: How much further a step goes where the slope still falls, and how near to an end of a bracket it stays.
_FURTHER, _WITHIN = (2.0, 10.0), 0.1


@dataclass(frozen=True)
class Point:
    """Weights with the sum of squares and its slope there."""

    weights: Float[Tensor, "P"]
    loss: float
    slope: Float[Tensor, "P"]

    @classmethod
    def of(cls, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Point:
        """The point at some weights."""
        return cls(weights, *objective.gradient(weights))

    @classmethod
    def known(
        cls, objective: SumOfSquares, weights: Tensor, at: Tensor | None, slope: Tensor | None, loss: float
    ) -> Point:
        """The point at some weights, without asking the objective where these are the ones that are known."""
        if at is not None and slope is not None and torch.equal(at, weights):
            return cls(weights, loss, slope)
        return cls.of(objective, weights)

    @property
    def finite(self) -> bool:
        """Whether there is a slope to follow."""
        return isfinite(self.loss) and bool(torch.isfinite(self.slope).all())


@dataclass(frozen=True)
class _Trial:
    """A length of step, with the sum of squares and its slope along the line there."""

    length: float
    loss: float
    slope: float


def descended(
    objective: SumOfSquares, start: Point, direction: Float[Tensor, "P"], length: float = 1.0
) -> Point | None:
    """The first point found along a direction where the strong Wolfe conditions hold.

    Args:
        objective: the sum of squares.
        start: where the line begins.
        direction: along which it runs.
        length: of the first trial.

    Returns:
        The point; where trials are used up the best one, and None where none is better than the start.
    """
    low = origin = _Trial(0.0, start.loss, float(start.slope @ direction))
    if not origin.slope < 0:
        return None
    high: _Trial | None = None
    best: Point | None = None
    for _ in range(_TRIALS):
        point = Point.of(objective, start.weights + length * direction)
        if not point.finite:
            high = _Trial(length, point.loss, 0.0)
            length = _WITHIN * length + (1 - _WITHIN) * low.length
            continue
        trial = _Trial(length, point.loss, float(point.slope @ direction))
        enough = _enough(trial, origin)
        if enough and abs(trial.slope) <= -_FLAT * origin.slope:
            return point
        if enough and trial.slope < 0:
            low, best = trial, point
        else:
            high = trial
        length = _next(low, high)
    return best


def steepest(objective: SumOfSquares, start: Point) -> Point | None:
    """The same along the slope itself, first for a step of length one at most."""
    return descended(objective, start, -start.slope, min(1.0, 1 / max(float(start.slope.norm()), 1e-300)))


def _enough(trial: _Trial, origin: _Trial) -> bool:
    if trial.loss <= origin.loss + _DECREASE * trial.length * origin.slope:
        return True
    rounding = abs(trial.loss - origin.loss) <= _ROUNDING * origin.loss
    return rounding and trial.slope <= (2 * _DECREASE - 1) * origin.slope


def _next(low: _Trial, high: _Trial | None) -> float:
    """The length of the next trial: where the slope would vanish if it changed evenly, within bounds."""
    if high is None:
        return _FURTHER[1] * low.length if low.length else 1.0
    width = high.length - low.length
    share = low.slope / (low.slope - high.slope) if high.slope > 0 else 0.5
    return low.length + min(max(share, _WITHIN), 1 - _WITHIN) * width
