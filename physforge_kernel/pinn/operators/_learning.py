"""Learning an operator from its equation alone: each row is a point and a function drawn for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from .._objective import Batch, Objective
from .._residuals import EquationRows, Rows
from ..optimisers import LevenbergMarquardt
from ._family import Taught

#: Rows of the equation for each weight, so many since each has a function of its own and steps that fit few
#: functions fit their chance; and the share of these that each condition has.
_ROWS, _EDGE = 8.0, 0.2
#: Candidates for each row, and steps after which rows are drawn anew.
_CANDIDATES, _EVERY = 4, 4
_HELD_OUT = 2000
#: Functions that are smaller than this share of usual ones count no more than that.
_SMALL = 0.05
#: How much more a condition counts than the equation.
_CONDITION = 3.0
#: Learning has settled when the residual has not fallen by this share over the later half of its looks.
_FALL, _FEWEST = 0.1, 16
#: Seconds that an unlimited learning takes at most.
_PATIENCE = 300.0
#: A residual as small as this needs no further learning.
_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Until:
    """When learning ends at the latest; without either, when the residual no longer falls."""

    seconds: float | None = None
    steps: int | None = None

    @property
    def is_given(self) -> bool:
        """Whether anything is."""
        return self.seconds is not None or self.steps is not None

    def fraction(self, seconds: float, steps: int) -> float:
        """The share of the way after some seconds and steps."""
        patience = self.seconds or (_PATIENCE if self.steps is None else float("inf"))
        return min(max(seconds / patience, steps / (self.steps or float("inf"))), 1.0)


@dataclass
class Learning:
    """The learning of one operator, with its state.

    Attributes:
        weights: the present ones.
        best: the ones with the smallest residual at points and functions held out.
        residual: that, as a share of the equation's largest terms.
        history: looks at it.
    """

    taught: Taught
    generator: torch.Generator
    weights: Float[Tensor, "P"]
    optimiser: LevenbergMarquardt = field(default_factory=LevenbergMarquardt)
    steps: int = 0
    residual: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.best, self._began = self.weights, time.monotonic()
        points = self._drawn(self._equation, _HELD_OUT)
        self._held_out = self._equation.prepare(self.taught.family, points)

    def run(self, until: Until, told: Callable[[float, str], object]) -> None:
        """Learn until it is enough, and look whenever rows are drawn anew."""
        objective = None
        while not self._enough(until):
            if objective is None or self.steps % _EVERY == 0:
                objective = Objective(self.taught.family, [self._batch(rows) for rows in self.taught.rows])
            self.weights = self.optimiser.step(objective, self.weights)
            self.steps += 1
            if self.steps % _EVERY == 0:
                self._look()
                told(until.fraction(self._elapsed(), self.steps), f"residual {self.residual:.1e}")
        if not self.history or self.history[-1]["step"] != self.steps:
            self._look()

    @property
    def _equation(self) -> EquationRows:
        rows = self.taught.rows[0]
        assert isinstance(rows, EquationRows)
        return rows

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _enough(self, until: Until) -> bool:
        if self.residual < _TOLERANCE or until.fraction(self._elapsed(), self.steps) >= 1:
            return True
        if until.is_given or len(self.history) < _FEWEST:
            return False
        seen = [look["residual"] for look in self.history]
        half = len(seen) // 2
        return min(seen[half:]) > (1 - _FALL) * min(seen[:half])

    def _look(self) -> None:
        with torch.no_grad():
            residual = self._equation.relative(self.taught.family, self.weights, self._held_out)
        self.history.append(
            {
                "step": self.steps,
                "seconds": self._elapsed(),
                "loss": self.optimiser.loss,
                "residual": residual,
            }
        )
        if residual < self.residual:
            self.residual, self.best = residual, self.weights

    def _drawn(self, rows: Rows, count: int) -> Float[Tensor, "N D+m"]:
        points = rows.sample(count, self.generator)
        points = points.expand(count, -1) if len(points) == 1 else points
        width = self.taught.family.problem.width
        functions = torch.randn(count, width, generator=self.generator, dtype=torch.float64)
        return torch.cat([points, functions], dim=1)

    def _share(self, points: Float[Tensor, "N D+m"]) -> Float[Tensor, "N"]:
        """What rows are multiplied by, so that small functions count as much as large ones."""
        functions = points[:, len(self.taught.family.box.axes) :]
        return 1 / torch.clamp(self.taught.family.size(functions), min=_SMALL)

    def _batch(self, rows: Rows) -> Batch:
        taught, count = self.taught, int(_ROWS * len(self.weights))
        if rows.kind != "equation":
            points = self._drawn(rows, int(_EDGE * count))
            weight = points.new_full((len(points),), _CONDITION * taught.rate / sqrt(len(points)))
            return Batch(rows, rows.prepare(taught.family, points), weight)
        candidates = self._drawn(rows, _CANDIDATES * count)
        with torch.no_grad():
            places = rows.prepare(taught.family, candidates)
            found, _ = rows.at(taught.family, self.weights, places, records=False)
        share = self._share(candidates)
        size = torch.stack(found).norm(dim=0) * share
        density = size / size.mean() + 1.0
        chosen = torch.multinomial(density, count, generator=self.generator)
        scale = share[chosen] * (density[chosen] * count).rsqrt()
        return Batch(rows, rows.prepare(taught.family, candidates[chosen]), scale)
