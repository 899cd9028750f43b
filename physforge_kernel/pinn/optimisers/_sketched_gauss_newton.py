"""Gauss-Newton steps within a random subspace of the weights, new at each step, for networks with many.

The Jacobian of a network with many weights has few directions that matter, and a random subspace with more
dimensions than that meets them all. Within it the step is Levenberg and Marquardt's, with its damping and its
bend; the largest matrix has a row for each point and a column for each dimension of the subspace. Sketches of
the weights for physics-informed networks: DSGNAR, arXiv 2607.02194; random subspaces for least squares:
Cartis, Fowkes and Shao 2022, arXiv 2211.09873. The slope and the last step are added to the subspace, so that
no step falls behind steepest descent or loses its momentum (as in SPRING, arXiv 2505.12149).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import Optimiser, SumOfSquares
from ._levenberg_marquardt import LevenbergMarquardt
from ._subspace import Subspace

#: Dimensions of the subspace: a share of the weights, and at most so many that their own system is cheap.
_SHARE, _MOST = 4, 1000


@dataclass
class SketchedGaussNewton(Optimiser):
    """The method with its state.

    Attributes:
        dimensions: of the subspace; a quarter of the weights where None, a thousand at most.
        generator: of the random directions.
        damping: of the next step, relative to the diagonal within the subspace.
        growth: what the damping is multiplied by where the next step gains nothing.
        last: (P,), the last step; None before the first.
    """

    memory: ClassVar[bool] = False
    description: ClassVar[str] = (
        "sketched Gauss-Newton: damped Gauss-Newton steps within a random subspace of the weights"
    )
    changing: ClassVar[tuple[str, ...]] = ("damping", "growth", "last")

    dimensions: int | None = None
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))
    damping: float = 1e-2
    growth: float = 2.0
    last: Float[Tensor, "P"] | None = None

    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights with a smaller sum of squares; the same ones if no damping finds any."""
        self.loss, slope = objective.gradient(weights)
        if not (isfinite(self.loss) and torch.isfinite(slope).all()):
            return weights
        subspace = self._drawn(slope)
        rows, image = objective.projected(weights, subspace.of)
        within = LevenbergMarquardt(self.damping, self.growth)
        origin = slope.new_zeros(subspace.dimensions)
        found = within.step(_Within(objective, weights, subspace, rows, image), origin)
        self.damping, self.growth, self.loss = within.damping, within.growth, within.loss
        if not found.any():
            return weights
        self.last = subspace.lifted(found)
        return weights + self.last

    def state_dict(self) -> dict[str, Tensor]:
        """All that a step depends on besides its arguments, as tensors by name."""
        return super().state_dict() | {"generator": self.generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state that `state_dict` gave, with the same steps to the last bit.

        Raises:
            SolverError: if the state is that of another method.
        """
        super().load_state_dict({key: value for key, value in state.items() if key != "generator"})
        if "generator" in state:
            self.generator.set_state(state["generator"].cpu())

    def _drawn(self, slope: Float[Tensor, "P"]) -> Subspace:
        """Random directions, with the slope and the last step."""
        others = [slope] if self.last is None else [slope, self.last]
        count = self.dimensions or min(max(len(slope) // _SHARE, 1), _MOST)
        return Subspace.drawn(count, torch.stack(others, dim=1), self.generator)


@dataclass(frozen=True)
class _Within:
    """A sum of squares as a function of coordinates within a subspace, linearised at its origin."""

    objective: SumOfSquares
    origin: Float[Tensor, "P"]
    subspace: Subspace
    known: Float[Tensor, "M"]
    image: Float[Tensor, "M K"]

    def rows(self, weights: Float[Tensor, "K"]) -> Float[Tensor, "M"]:
        return self.objective.rows(self.origin + self.subspace.lifted(weights))

    def linearised(self, weights: Float[Tensor, "K"]) -> tuple[Float[Tensor, "M"], Float[Tensor, "M K"]]:
        return self.known, self.image
