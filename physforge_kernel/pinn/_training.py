"""Training: points where the residual is large, steps of an optimiser, and a look at points held out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import SolverError
from ._emphasis import attention, balanced, causal
from ._loss import shares
from ._objective import Batch, Objective
from ._posed import Posed
from ._posterior import Posterior, posterior
from ._residuals import DataRows, EquationRows, PenaltyRows, Rows
from ._sampling import SAMPLINGS, Sample
from ._settings import Settings
from .optimisers import LevenbergMarquardt, Optimiser, SketchedGaussNewton, choice, optimiser

#: Points that are held out, to see how well training does elsewhere.
_HELD_OUT = 1000
#: Training has diverged where the sum of squares is as many times that of the best weights.
_DIVERGED = 1e6
#: Steps after which points are drawn anew, of Gauss-Newton's methods and of others.
_EVERY, _SELDOM = 8, 100
#: How often training goes back to the best weights before it gives up.
_RETURNS = 3
#: What is added to a weight's size before it divides the penalty on absolute values.
_SMALL = 1e-6


@dataclass(frozen=True)
class Best:
    """Weights with the sum of squares and the relative misses that they have at points held out."""

    squares: float
    residual: float
    condition: float
    weights: Tensor


@dataclass
class Training:
    """Training of one posed problem, with its state.

    Attributes:
        posed: what is trained.
        settings: how.
        generator: of all random choices.
        weights: the present ones.
        clock: gives the seconds that history tells.
        optimiser: what takes the steps.
        best: the ones with the smallest sum of squares at points held out.
        stopped: why training cannot go on; empty while it can.
        reason: why the optimiser was chosen; empty where settings name it.
    """

    posed: Posed
    settings: Settings
    generator: torch.Generator
    weights: Float[Tensor, "P"]
    clock: Callable[[], float] = time.monotonic
    optimiser: Optimiser = field(init=False)
    steps: int = 0
    best: Best | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""
    reason: str = field(init=False)
    _objective: Objective | None = None
    _sample: Sample | None = None
    _attention: Tensor | None = None
    _balance: list[float] | None = None
    _returns: int = 0

    def __post_init__(self) -> None:
        self.seeded = self.generator.get_state()
        points = self._equation.sample(_HELD_OUT, self.generator)
        even = Sample(points, points.new_full((_HELD_OUT,), 1 / sqrt(_HELD_OUT)))
        batches = [self._batch(self._equation, even), *(self._on_edge(rows) for rows in self.posed.rows[1:])]
        self._held_out = Objective(self.posed.approximation, batches)
        count = self._count * self._equation.width + sum(batch.count for batch in batches[1:])
        self._size = (self.posed.approximation.layout.count, count, self.weights.device)
        self.reason = choice(*self._size).reason if self.settings.optimiser is None else ""
        self.optimiser = self._begun()

    @property
    def every(self) -> int:
        """Steps after which points are drawn anew: few where steps are worth much."""
        return self.settings.every or (_EVERY if self.by_gauss_newton else _SELDOM)

    @property
    def by_gauss_newton(self) -> bool:
        """Whether steps are those of Gauss-Newton, of which some hundred suffice."""
        return isinstance(self.optimiser, LevenbergMarquardt | SketchedGaussNewton)

    @property
    def _count(self) -> int:
        """The number of collocation points."""
        return self.settings.points or 3 * self.posed.approximation.layout.count

    @property
    def _equation(self) -> EquationRows:
        rows = self.posed.rows[0]
        assert isinstance(rows, EquationRows)
        return rows

    def advance(self, enough: Callable[[], bool], looked: Callable[[], object] = lambda: None) -> None:
        """Take steps, with points drawn anew every few, until it is enough.

        Args:
            enough: asked before each step.
            looked: called when points held out were looked at, which is before points are drawn anew.

        Raises:
            SolverError: if the equation has no value at the start.
        """
        while not self.stopped and not enough():
            if self._objective is None:
                self._objective = self._redrawn()
                if self._objective is None:
                    continue
                self.optimiser.reset()
            self.weights = self.optimiser.step(self._objective, self.weights)
            self.steps += 1
            if self.steps % self.every == 0:
                self._look()
                self._objective = None
                looked()

    def misses(self, weights: Tensor | None = None) -> tuple[float, float]:
        """How far equation and conditions are from being met at points held out, in shares of their sizes.

        Returns:
            The root mean square of the equation's residual over that of its largest terms, and the largest
            of those of the conditions.
        """
        at = self.weights if weights is None else weights
        approximation = self.posed.approximation
        with torch.no_grad():
            found = {"equation": 0.0, "condition": 0.0}
            for batch in self._held_out.batches:
                if batch.rows.kind in found:
                    share = batch.rows.relative(approximation, at, batch.places)
                    found[batch.rows.kind] = max(found[batch.rows.kind], share)
        return found["equation"], found["condition"]

    def posterior(self, weights: Float[Tensor, "P"]) -> Posterior:
        """The constants of the equation with their uncertainty, at some weights."""
        approximation = self.posed.approximation
        equation = self._batch(self._equation, self._drawn(self._equation, weights))
        batches = [equation, *(self._on_edge(rows) for rows in self.posed.rows[1:])]
        return posterior(Objective(approximation, batches), weights, self._noise(batches, weights))

    def _noise(self, batches: Sequence[Batch], weights: Tensor) -> float:
        """The standard deviation of the scaled rows of the data."""
        approximation = self.posed.approximation
        of_data = [batch for batch in batches if batch.rows.kind == "data"]
        usual = [each.usual_noise for each in self.posed.rows if isinstance(each, DataRows)]
        if usual and usual[0] is not None:
            return usual[0] * float(of_data[0].scale[0])
        data = Objective(approximation, of_data)
        with torch.no_grad():
            squares = float(data.rows(weights).square().sum())
        return sqrt(squares / max(data.count - len(approximation.unknowns), 1))

    # ------------------------------------------------------------------- points and weights

    def _redrawn(self) -> Objective | None:
        """The sum of squares at points drawn anew; None where training had to go back."""
        try:
            self._sample = self._drawn(self._equation, self.weights)
        except _NoNumberError as error:
            self._return(str(error))
            return None
        batches = [self._batch(self._equation, self._sample)]
        batches += [self._on_edge(rows) for rows in self.posed.rows[1:]]
        if self.settings.l1 or self.settings.l2:
            batches.append(self._penalty())
        return Objective(self.posed.approximation, self._emphasised(batches))

    def _drawn(self, rows: Rows, weights: Tensor) -> Sample:
        approximation = self.posed.approximation

        def sizes(points: Tensor) -> Tensor:
            with torch.no_grad():
                places = rows.prepare(approximation, points)
                found, _ = rows.at(approximation, weights, places, records=False)
            size = torch.stack(found).norm(dim=0)
            wrong = (~torch.isfinite(size)).nonzero()
            if len(wrong):
                axes = approximation.box.axes
                place = ", ".join(
                    f"{a} = {v:.4g}" for a, v in zip(axes, points[wrong[0, 0]].tolist(), strict=True)
                )
                raise _NoNumberError(f"the equation's residual is no number at {place}")
            return size.to(points)

        def draw(number: int) -> Tensor:
            return rows.sample(number, self.generator)

        return SAMPLINGS[self.settings.sampling](self._count, draw, sizes, self._sample, self.generator)

    def _batch(self, rows: Rows, sample: Sample) -> Batch:
        approximation = self.posed.approximation
        places = rows.prepare(approximation, sample.points)
        return Batch(rows, places, approximation.machine.here(sample.scale))

    def _on_edge(self, rows: Rows) -> Batch:
        points = rows.sample(self.settings.edge_points, self.generator)
        factor = self.settings.data_weight if rows.kind == "data" else self.settings.condition_weight
        factor *= self.settings.weights.get(rows.name, 1.0)
        weight = factor * self.posed.rate / sqrt(len(points))
        return self._batch(rows, Sample(points, points.new_full((len(points),), weight)))

    def _penalty(self) -> Batch:
        count = self.posed.approximation.layout.count - len(self.posed.approximation.unknowns)
        size = self.weights[:count].abs()
        scale = torch.sqrt(self.settings.l2 + self.settings.l1 / (size + _SMALL))
        return Batch(PenaltyRows(count), (), scale)

    def _emphasised(self, batches: list[Batch]) -> list[Batch]:
        """Batches whose rows count as the settings say at the present weights."""
        batches = [self._weighed(batch) for batch in batches]
        if self.settings.balance == "none":
            return batches
        sizes = [self._pull(batch) for batch in batches]
        self._balance = balanced(sizes, self._balance)
        return [
            replace(batch, scale=batch.scale * sqrt(share))
            for batch, share in zip(batches, self._balance, strict=True)
        ]

    def _weighed(self, batch: Batch) -> Batch:
        """A batch with the robust loss on its rows; on the equation's also causal weights and attention."""
        settings, rows = self.settings, batch.rows
        loss = settings.data_loss if rows.kind == "data" else settings.loss
        of_time = settings.causal and rows.kind == "equation" and "t" in self.posed.approximation.box.axes
        if rows.kind == "penalty" or not (loss != "linear" or of_time or settings.attention):
            return batch
        approximation = self.posed.approximation
        with torch.no_grad():
            found, _ = rows.at(approximation, self.weights, batch.places, records=False)
        size = torch.stack(found).norm(dim=0)
        share = shares(loss, size, rows.usual_noise if isinstance(rows, DataRows) else None)
        if of_time:
            low, _ = approximation.box.bounds["t"]
            times = batch.places[0].points[:, approximation.box.axes.index("t")]
            with torch.no_grad():
                usual = rows.size(approximation, self.weights, batch.places)
            relative = (size / max(usual, 1e-300)).square()
            share = share * causal((times - low) / approximation.box.length("t"), relative, settings.causal)
        if settings.attention and rows.kind == "equation":
            self._attention = attention(self._attention, size, settings.attention)
            share = share * self._attention.square()
        return replace(batch, scale=batch.scale * share.sqrt())

    def _pull(self, batch: Batch) -> float:
        rows, jacobian = Objective(self.posed.approximation, [batch]).linearised(self.weights)
        if self.settings.balance == "gradients":
            return float((jacobian.T @ rows).norm())
        return float(jacobian.square().sum())

    def _begun(self) -> Optimiser:
        """The method that takes the steps, at its start."""
        weights, rows, device = self._size
        return optimiser(self.settings.optimiser, weights=weights, rows=rows, device=device)

    # ------------------------------------------------------------------- looking, and going back

    def _look(self) -> None:
        residual, condition = self.misses()
        self.history.append(
            {
                "step": self.steps,
                "seconds": self.clock(),
                "loss": self.optimiser.loss,
                "residual": residual,
                "condition": condition,
            }
        )
        with torch.no_grad():
            squares = float(self._held_out.rows(self.weights).square().sum())
        if not squares < _DIVERGED * (self.best.squares if self.best else float("inf")):
            self._return("the sum of squares grew without bound")
        elif self.best is None or squares < self.best.squares:
            self.best = Best(squares, residual, condition, self.weights.clone())

    def _return(self, why: str) -> None:
        """Go back to the best weights; stop where that has not helped."""
        if self.best is None:
            raise SolverError(
                f"Training cannot start: {why}. See that the equation has a value wherever the field may be, "
                "such as log(u) with u near what the conditions say."
            )
        self._returns += 1
        self.notes.append(f"step {self.steps}: {why}; training went back to its best weights")
        self.weights = self.best.weights.clone()
        self.optimiser = self._begun()
        self._sample = None
        if self._returns > _RETURNS:
            self.stopped = f"training went back to its best weights {self._returns} times, and ended there"
            self.notes.append(self.stopped)

    # ------------------------------------------------------------------- state

    def state_dict(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that going on from here takes, when points are about to be drawn anew.

        Returns:
            Tensors by name, and what can be written as JSON.
        """
        tensors = {"weights": self.weights, "seeded": self.seeded, "generator": self.generator.get_state()}
        tensors |= {f"optimiser.{name}": each for name, each in self.optimiser.state_dict().items()}
        if self.best is not None:
            tensors["best"] = self.best.weights
        if self._sample is not None and self.settings.sampling in ("fixed", "retained"):
            tensors |= {"points": self._sample.points, "scale": self._sample.scale}
        if self._attention is not None:
            tensors["attention"] = self._attention
        best = self.best
        plain = {
            "steps": self.steps,
            "history": self.history,
            "notes": self.notes,
            "stopped": self.stopped,
            "balance": self._balance,
            "returns": self._returns,
            "best": [best.squares, best.residual, best.condition] if best is not None else None,
        }
        return {name: each.cpu() for name, each in tensors.items()}, plain

    def load_state_dict(self, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        here = self.posed.approximation.machine.here
        self.weights = here(tensors["weights"]).clone()
        self.generator.set_state(tensors["generator"])
        mark = "optimiser."
        self.optimiser.load_state_dict(
            {n.removeprefix(mark): here(t) for n, t in tensors.items() if n.startswith(mark)}
        )
        self.best = None
        if plain["best"] is not None:
            squares, residual, condition = plain["best"]
            self.best = Best(squares, residual, condition, here(tensors["best"]).clone())
        self._sample = Sample(tensors["points"], tensors["scale"]) if "points" in tensors else None
        self._attention = here(tensors["attention"]) if "attention" in tensors else None
        self.steps, self.stopped, self._returns = plain["steps"], plain["stopped"], plain["returns"]
        self.history, self.notes = list(plain["history"]), list(plain["notes"])
        self._balance = plain["balance"]


class _NoNumberError(SolverError):
    """A residual is NaN or infinite."""
