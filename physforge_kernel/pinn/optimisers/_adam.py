"""Adam (Kingma and Ba 2015, arXiv 1412.6980): slopes averaged, each weight's over its usual size."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ._base import Optimiser, SumOfSquares
from ._schedule import Schedule

#: What is smaller than this share of the usual slope is rounding: the root of the precision.
_ROUNDING = 1e-8


@dataclass
class Adam(Optimiser):
    """The method with its state; its averages are meant for slopes that vary, as they do with the points.

    Attributes:
        schedule: how long the steps are.
        keeps: the share of the averages of slopes and of their squares that a step keeps.
        taken: the number of steps so far.
        mean: (P,), the average of slopes, and `square` that of their squares; None before the first step.
    """

    memory: ClassVar[bool] = False
    description: ClassVar[str] = "Adam: averaged slopes, each weight's over its usual size"
    changing: ClassVar[tuple[str, ...]] = ("taken", "mean", "square")

    schedule: Schedule = field(default_factory=Schedule)
    keeps: tuple[float, float] = (0.9, 0.999)
    taken: int = 0
    mean: Float[Tensor, "P"] | None = None
    square: Float[Tensor, "P"] | None = None

    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights a step further; the same ones where there is no finite slope."""
        self.loss, slope = objective.gradient(weights)
        if not (isfinite(self.loss) and torch.isfinite(slope).all()):
            return weights
        self.taken += 1
        self.mean = averaged(self.mean, slope, self.keeps[0])
        self.square = averaged(self.square, slope.square(), self.keeps[1])
        return weights - self.schedule.at(self.taken) * normalised(
            self.mean, self.square, self.keeps, self.taken
        )


def averaged(average: Tensor | None, new: Tensor, keep: float) -> Tensor:
    """An average that starts from zero and keeps a share of itself."""
    return (1 - keep) * new if average is None else torch.lerp(new, average, keep)


def normalised(mean: Tensor, square: Tensor, keeps: tuple[float, float], taken: int) -> Tensor:
    """The average slope over its usual size, both corrected for averages that started from zero.

    A size is no smaller than the average itself, which it can fall short of only where it was kept along
    other directions, and slopes that are rounding beside the others' count as none.
    """
    first, second = (each / (1 - keep**taken) for each, keep in zip((mean, square), keeps, strict=True))
    size = torch.maximum(second, first.square()).sqrt()
    return first / (size + _ROUNDING * size.square().mean().sqrt() + 1e-300)
