"""Levenberg and Marquardt's method with geodesic acceleration.

Gauss-Newton steps, damped along the diagonal as far as the gain of the last step says (Marquardt 1963;
Nielsen 1999, IMM-REP-1999-05), and bent along the curvature of the rows (Transtrum and Sethna 2012, arXiv
1201.5885): the valleys of a network's sum of squares are narrow and curved, and a straight step leaves them
soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import Linearised, Optimiser
from ._damped import Damped, Solve

_LEAST, _MOST = 1e-15, 1e10
#: A step counts as a gain where it brings this share of what the linear model promised.
_ENOUGH = 1e-4
#: How fast the scale of a weight that has become less important is forgotten.
_FORGET = 0.9
#: How far along a step the curvature of the rows is looked for, and how much a step may be bent.
_AHEAD, _BENT = 0.1, 0.75


@dataclass
class LevenbergMarquardt(Optimiser):
    """The method with its state.

    Attributes:
        damping: of the next step, relative to the diagonal.
        growth: what the damping is multiplied by where the next step gains nothing.
        scale: (P,), the diagonal, which follows that of the Gauss-Newton matrix; None before the first step.

    Example:
        >>> method = LevenbergMarquardt()
        >>> method.description
        'Levenberg-Marquardt: Gauss-Newton steps, damped as far as gains say and bent along curvature'
    """

    memory: ClassVar[bool] = False
    description: ClassVar[str] = (
        "Levenberg-Marquardt: Gauss-Newton steps, damped as far as gains say and bent along curvature"
    )
    changing: ClassVar[tuple[str, ...]] = ("damping", "growth", "scale")

    damping: float = 1e-2
    growth: float = 2.0
    scale: Float[Tensor, "P"] | None = None

    def step(self, objective: Linearised, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights with a smaller sum of squares; the same ones if no damping finds any."""
        rows, jacobian = objective.linearised(weights)
        self.loss = float(rows @ rows)
        if not isfinite(self.loss):
            return weights
        gradient = jacobian.T @ rows
        system = Damped(jacobian)
        scale = self._rescaled(system.norms)
        while self.damping < _MOST:
            damping = self.damping * scale
            solve = system.solver(damping)
            straight = solve(rows)
            bend = _acceleration(objective, weights, rows, jacobian @ straight, straight, solve)
            if 2 * _length(bend, scale) <= _BENT * _length(straight, scale):
                step = straight + bend / 2
                promised = float(damping @ straight.square() - gradient @ straight)
                gain = self._gain(objective, weights + step, promised)
                if gain > _ENOUGH:
                    self.damping = max(self.damping * max(1 / 3, 1 - (2 * min(gain, 1.0) - 1) ** 3), _LEAST)
                    self.growth = 2.0
                    return weights + step
            self.damping *= self.growth
            self.growth *= 2
        self.damping, self.growth = 1.0, 2.0
        return weights

    def _rescaled(self, norms: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """The scale, which rises with the columns' norms at once and falls slowly (Moré 1978)."""
        kept = norms if self.scale is None else torch.maximum(norms, _FORGET * self.scale)
        self.scale = torch.clamp(kept, min=max(1e-14 * float(kept.max()), 1e-300))
        return self.scale

    def _gain(self, objective: Linearised, moved: Float[Tensor, "P"], promised: float) -> float:
        """What a step takes off the sum of squares, relative to what was promised; minus one if nothing."""
        if not promised > 0:
            return -1.0
        with torch.no_grad():
            after = float(objective.rows(moved).square().sum())
        gain = (self.loss - after) / promised
        if not gain > _ENOUGH:
            return -1.0
        self.loss = after
        return gain


def _acceleration(
    objective: Linearised, weights: Tensor, rows: Tensor, image: Tensor, straight: Tensor, solve: Solve
) -> Float[Tensor, "P"]:
    """The step that answers the curvature of the rows along a straight one; infinite if that has none."""
    with torch.no_grad():
        ahead = objective.rows(weights + _AHEAD * straight)
    curvature = 2 / _AHEAD * ((ahead - rows) / _AHEAD - image)
    return solve(curvature) if torch.isfinite(curvature).all() else torch.full_like(straight, inf)


def _length(step: Tensor, scale: Tensor) -> float:
    return float((scale @ step.square()).sqrt())
