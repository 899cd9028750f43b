"""Training: points where the residual is large, steps of an optimiser, and a look at points held out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from ._objective import Batch, Objective
from ._posed import Posed
from ._posterior import Posterior, posterior
from ._residuals import EquationRows, Rows
from .optimisers import Optimiser, optimiser

#: Candidates for each collocation point when these are drawn anew.
_CANDIDATES = 6
#: Points that are held out, to see how well training does elsewhere.
_HELD_OUT = 1000


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes:
        steps: of the optimiser in each stretch of time, at most; None for as many as time allows.
        points: collocation points of the equation; None for three for each weight.
        edge_points: points of each condition.
        every: steps after which points are drawn anew.
        condition_weight: how much more a condition counts than the equation, as a factor on its rows over
            that by which a residual that lasts through the whole time moves the field.
        data_weight: the same of data, which have noise, so that the equation is the surer of the two.
        optimiser: the name of the method; the one that the number of weights and rows calls for where None.
    """

    steps: int | None = None
    points: int | None = None
    edge_points: int = 200
    every: int = 8
    condition_weight: float = 3.0
    data_weight: float = 0.1
    optimiser: str | None = None


@dataclass(frozen=True)
class Best:
    """Weights with the sum of squares and the relative residual of the equation that they have elsewhere."""

    squares: float
    residual: float
    weights: Tensor


@dataclass
class Training:
    """Training of one posed problem, with its state.

    Attributes:
        posed: what is trained.
        weights: the present ones.
        optimiser: what takes the steps.
        best: the ones with the smallest sum of squares at points held out, with that sum and the equation's
            relative residual there.
    """

    posed: Posed
    settings: Settings
    generator: torch.Generator
    weights: Float[Tensor, "P"]
    optimiser: Optimiser = field(init=False)
    steps: int = 0
    best: Best | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    _objective: Objective | None = None

    def __post_init__(self) -> None:
        points = self._equation.sample(_HELD_OUT, self.generator)
        places = self._equation.prepare(self.posed.approximation, points)
        even = points.new_full((_HELD_OUT,), 1 / sqrt(_HELD_OUT))
        others = [self._batch(rows) for rows in self.posed.rows[1:]]
        self._held_out = Objective(self.posed.approximation, [Batch(self._equation, places, even), *others])
        count = self._points * self._equation.width + sum(batch.count for batch in others)
        name, weights = self.settings.optimiser, self.posed.approximation.layout.count
        self.optimiser = optimiser(name, weights=weights, rows=count, device=self.weights.device)

    @property
    def _equation(self) -> EquationRows:
        rows = self.posed.rows[0]
        assert isinstance(rows, EquationRows)
        return rows

    @property
    def _points(self) -> int:
        """The number of collocation points."""
        return self.settings.points or 3 * self.posed.approximation.layout.count

    def advance(self, enough: Callable[[], bool]) -> None:
        """Take steps, with points drawn anew every few, until it is enough."""
        while not enough():
            if self._objective is None or self.steps % self.settings.every == 0:
                self._objective = Objective(
                    self.posed.approximation, [self._batch(r) for r in self.posed.rows]
                )
                self.optimiser.reset()
            self.weights = self.optimiser.step(self._objective, self.weights)
            self.steps += 1
            if self.steps % self.settings.every == 0:
                self._look()

    def posterior(self, weights: Float[Tensor, "P"]) -> Posterior:
        """The constants of the equation with their uncertainty, at some weights."""
        approximation = self.posed.approximation
        objective = Objective(approximation, [self._batch(rows) for rows in self.posed.rows])
        data = Objective(approximation, [b for b in objective.batches if b.rows.kind == "data"])
        with torch.no_grad():
            squares = float(data.rows(weights).square().sum())
        freedom = max(data.count - len(approximation.unknowns), 1)
        return posterior(objective, weights, sqrt(squares / freedom))

    def residual(self, weights: Tensor | None = None) -> float:
        """The root mean square of the equation's residual at points held out, relative to its terms."""
        at = self.weights if weights is None else weights
        with torch.no_grad():
            return self._equation.relative(self.posed.approximation, at, self._held_out.batches[0].places)

    def _look(self) -> None:
        residual = self.residual()
        self.history.append(
            {
                "step": self.steps,
                "seconds": time.monotonic(),
                "loss": self.optimiser.loss,
                "residual": residual,
            }
        )
        with torch.no_grad():
            squares = float(self._held_out.rows(self.weights).square().sum())
        if self.best is None or squares < self.best.squares:
            self.best = Best(squares, residual, self.weights.clone())

    def _batch(self, rows: Rows) -> Batch:
        if rows.kind == "equation":
            return self._adapted(rows, self._points)
        points = rows.sample(self.settings.edge_points, self.generator)
        factor = self.settings.data_weight if rows.kind == "data" else self.settings.condition_weight
        weight = factor * self.posed.rate / sqrt(len(points))
        return Batch(
            rows, rows.prepare(self.posed.approximation, points), points.new_full((len(points),), weight)
        )

    def _adapted(self, rows: Rows, count: int) -> Batch:
        """Points drawn in proportion to the residual (RAD, Wu et al. 2023), each counted for its share."""
        approximation = self.posed.approximation
        candidates = rows.sample(_CANDIDATES * count, self.generator)
        with torch.no_grad():
            found, _ = rows.at(
                approximation, self.weights, rows.prepare(approximation, candidates), records=False
            )
        size = torch.stack(found).norm(dim=0)
        density = size / size.mean() + 1.0
        chosen = torch.multinomial(density, count, generator=self.generator)
        scale = (density[chosen] * count).rsqrt()
        return Batch(rows, rows.prepare(approximation, candidates[chosen]), scale)
