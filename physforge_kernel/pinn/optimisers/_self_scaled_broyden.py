"""The self-scaled Broyden method: a dense inverse Hessian that is learnt from the change of slopes.

Each step rescales what was learnt before and takes a member of Broyden's family that keeps the eigenvalues
together (Al-Baali and Khalfan 2005, "Wide interval for efficient self-scaling quasi-Newton algorithms",
Optim. Methods Softw. 20, 679; for networks Urbán, Stefanou and Pons 2025, arXiv 2405.04230, and Kiyani et al.
2025, arXiv 2501.16371).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import Optimiser, SumOfSquares
from ._line_search import Point, descended, steepest


@dataclass
class SelfScaledBroyden(Optimiser):
    """The method with its state.

    Attributes:
        inverse: (P, P), the inverse of the Hessian as far as it is known; None before the second step.
        at: (P,), the weights after the last step, and `slope` the derivatives of the sum of squares there.
    """

    memory: ClassVar[bool] = True
    description: ClassVar[str] = (
        "self-scaled Broyden: quasi-Newton steps with a dense inverse Hessian, rescaled as it is learnt"
    )
    changing: ClassVar[tuple[str, ...]] = ("inverse", "at", "slope")

    inverse: Float[Tensor, "P P"] | None = None
    at: Float[Tensor, "P"] | None = None
    slope: Float[Tensor, "P"] | None = None

    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights with a smaller sum of squares; the same ones if none are found along the line."""
        start = Point.known(objective, weights, self.at, self.slope, self.loss)
        self.loss, self.at, self.slope = start.loss, start.weights, start.slope
        if not start.finite:
            return weights
        found = None
        if self.inverse is not None:
            found = descended(objective, start, -(self.inverse @ start.slope))
        if found is None:
            self.inverse = None
            found = steepest(objective, start)
        if found is None:
            return weights
        self._learn(start, found)
        self.loss, self.at, self.slope = found.loss, found.weights, found.slope
        return found.weights

    def reset(self) -> None:
        """Forget the slope, which is that of the points; the Hessian hardly depends on them."""
        self.at = self.slope = None

    def _learn(self, start: Point, found: Point) -> None:
        """Make the inverse Hessian agree with what a step did to the slope."""
        step, change = found.weights - start.weights, found.slope - start.slope
        product = float(step @ change)
        if not product > 1e-16 * float(step.norm() * change.norm()):
            return
        if self.inverse is None:
            scale = product / float(change @ change)
            self.inverse = scale * torch.eye(len(step), dtype=step.dtype, device=step.device)
            straight = float(step @ step) / scale
        else:
            # The Hessian takes a step along `-inverse @ slope` to its length times minus the slope.
            direction = self.inverse @ start.slope
            straight = float(step.norm() / direction.norm()) * -float(step @ start.slope)
        image = self.inverse @ change
        size = float(change @ image)
        scale, share = family(straight / product, size / product, len(step))
        between = step / product - image / size
        columns = torch.stack([image, between, step], dim=1)
        factors = columns.new_tensor([-1 / (scale * size), share * size / scale, 1 / product])
        self.inverse = torch.addmm(self.inverse, columns * factors, columns.T, beta=1 / scale)


def family(straight: float, inverse: float, count: int) -> tuple[float, float]:
    """The scale and the member of Broyden's family for an update.

    With a step s, a change of slope y, the Hessian B and its inverse H before the update.

    Args:
        straight: `s'Bs / y's`.
        inverse: `y'Hy / y's`.
        count: the number of weights.

    Returns:
        What H is divided by, and the share of BFGS (one) over DFP (zero) in its update.
    """
    spread = inverse * straight - 1
    smallest = min(1.0, 1 / straight)
    if not spread > 1e-14:
        return smallest, 1.0
    low = min(1.0, inverse * (1 - sqrt(spread / (1 + spread))))
    member = max((low - 1) / spread, min(1 / low, (1 - straight) / straight))
    grown = 1 + member * spread
    even = grown ** (-1 / max(count - 1, 1))
    scale = smallest * min(even, 1 / member) if member > 0 else min(smallest * even, grown)
    return scale, (1 - member) / (1 + spread * member)
