"""L-BFGS: quasi-Newton steps from the last few steps and changes of slope (Nocedal 1980).

The product of the inverse Hessian with a slope follows from these pairs in two loops (Nocedal and Wright
2006, algorithm 7.4), so that no matrix is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import Optimiser, SumOfSquares
from ._line_search import Point, descended, steepest


@dataclass
class LBFGS(Optimiser):
    """The method with its state.

    Attributes:
        pairs: how many steps are remembered.
        steps: (K, P), the last steps, the oldest first, and `changes` those of the slope; None before
            the first.
        at: (P,), the weights after the last step, and `slope` the derivatives of the sum of squares there.
    """

    memory: ClassVar[bool] = True
    description: ClassVar[str] = "L-BFGS: quasi-Newton steps from the last few steps and changes of slope"
    changing: ClassVar[tuple[str, ...]] = ("steps", "changes", "at", "slope")

    pairs: int = 50
    steps: Float[Tensor, "K P"] | None = None
    changes: Float[Tensor, "K P"] | None = None
    at: Float[Tensor, "P"] | None = None
    slope: Float[Tensor, "P"] | None = None

    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights with a smaller sum of squares; the same ones if none are found along the line."""
        start = Point.known(objective, weights, self.at, self.slope, self.loss)
        self.loss, self.at, self.slope = start.loss, start.weights, start.slope
        if not start.finite:
            return weights
        found = None
        if self.steps is not None and self.changes is not None:
            found = descended(objective, start, -_newton(self.steps, self.changes, start.slope))
        if found is None:
            self.steps = self.changes = None
            found = steepest(objective, start)
        if found is None:
            return weights
        self._learn(found.weights - start.weights, found.slope - start.slope)
        self.loss, self.at, self.slope = found.loss, found.weights, found.slope
        return found.weights

    def reset(self) -> None:
        """Forget the slope, which is that of the points; curvature along steps hardly depends on them."""
        self.at = self.slope = None

    def _learn(self, step: Float[Tensor, "P"], change: Float[Tensor, "P"]) -> None:
        if not float(step @ change) > 1e-16 * float(step.norm() * change.norm()):
            return
        if self.steps is None or self.changes is None:
            self.steps, self.changes = step[None], change[None]
        else:
            self.steps = torch.cat([self.steps, step[None]])[-self.pairs :]
            self.changes = torch.cat([self.changes, change[None]])[-self.pairs :]


def _newton(
    steps: Float[Tensor, "K P"], changes: Float[Tensor, "K P"], slope: Float[Tensor, "P"]
) -> Float[Tensor, "P"]:
    """The product of the inverse Hessian with a slope."""
    products = (steps * changes).sum(1)
    shares, found = [], slope.clone()
    for step, change, product in zip(steps.flip(0), changes.flip(0), products.flip(0), strict=True):
        shares.append(step @ found / product)
        found -= shares[-1] * change
    found *= products[-1] / (changes[-1] @ changes[-1])
    for step, change, product in zip(steps, changes, products, strict=True):
        found += (shares.pop() - change @ found / product) * step
    return found
