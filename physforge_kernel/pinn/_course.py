"""One solving from its start to its end: stretch by stretch in time, with a state that can be kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import SolverError
from ._approximation import Approximation, Solved
from ._machine import Machine
from ._posed import Posed, pose
from ._posterior import Posterior
from ._problem import Problem
from ._settings import Settings
from ._solution import Solution, Stretch
from ._training import Training
from ._waves import prescribed_waves
from .networks import Network

#: A stretch of time is short enough to be learnt at once where after so many looks equation and conditions
#: are missed by less than these shares of their sizes: by the last, it is learnt; by the first, it is begun.
_PROBES = ((6, 0.3), (15, 0.05))
_READY = _PROBES[-1][1]
_SHORTEST = 1 / 64
#: Training has settled when the residual has not fallen by this share over the later half of its looks.
_FALL, _FEWEST = 0.2, 50
#: A residual as small as this needs no further training.
_TOLERANCE = 1e-8
#: Seconds that an unlimited training takes at most.
_PATIENCE = 600.0
#: A stretch is given so many looks, even where time is short.
_LOOKS = 2
_HISTORY = ("step", "seconds", "loss", "residual", "condition", "stretch")


@dataclass(frozen=True)
class Look:
    """How training stands, whenever points held out were looked at.

    Attributes:
        fraction: of the whole work, from 0 to 1.
        step: of the present stretch.
        seconds: since solving began.
        loss: the sum of squares.
        residual: what the equation leaves, in shares of its largest terms.
        condition: by how much the worst condition that is trained is missed, in shares of the field.
        stretch: counted from one.
        between: the times at which the stretch starts and ends.
    """

    fraction: float
    step: int
    seconds: float
    loss: float
    residual: float
    condition: float
    stretch: int
    between: tuple[float, float]

    def __str__(self) -> str:
        return f"residual {max(self.residual, self.condition):.1e}, step {self.step}"


@dataclass
class Course:
    """One solving.

    Attributes:
        looked: called at each look; True ends the present stretch.
        kept: called at each look with the course, to keep its state.
        clock: by which `seconds` pass.
    """

    problem: Problem
    seconds: float | None
    seed: int
    network: Network
    stretches: int | None
    settings: Settings
    looked: Callable[[Look], bool] = lambda look: False
    kept: Callable[[Course], object] = lambda course: None
    warm: Solution | None = None
    clock: Callable[[], float] = time.monotonic
    done: list[Stretch] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    misses: list[tuple[float, float]] = field(default_factory=list)
    posterior: Posterior | None = None
    training: Training | None = None
    _earlier: float = 0.0
    _ready: bool = False
    _ended: bool = False
    _deadline: float = 0.0
    _allowed: float = 0.0
    _length: float = 0.0
    _until: float = 0.0

    def __post_init__(self) -> None:
        self._began = self.clock()
        self.machine = Machine.named(self.settings.device, self.settings.precision)
        self.generator = torch.Generator().manual_seed(self.seed)
        self.waves = prescribed_waves(self.problem)
        self.start, self.end = self.problem.box.bounds.get("t", (0.0, 1.0))
        self._length = (self.end - self.start) / (self.stretches or 1)

    @property
    def at(self) -> float:
        """The time up to where the problem is solved."""
        return self.done[-1].end if self.done else self.start

    def elapsed(self) -> float:
        """Seconds since solving began, those before an interruption included."""
        return self._earlier + self.clock() - self._began

    def run(self) -> Solution:
        """Solve."""
        while self.at < self.end:
            if self.training is None:
                self._until = self._next_end()
                self.training = self._training()
                share = (self._until - self.at) / (self.end - self.at)
                self._allowed = max((self.seconds or _PATIENCE) - self.elapsed(), 0.0) * share
                self._deadline = self.elapsed() + self._allowed
                self._ready = self._ended = False
            self.training.advance(self._enough, self._look)
            if not self._ready and self._divisible():
                self._length = (self._until - self.at) / 2
                self.training = None
            else:
                self._finish(self.training)
                self.training = None
        return self._solution()

    # ------------------------------------------------------------------- stretches

    def _next_end(self) -> float:
        whole, at = self.end - self.start, self.at
        until = at + self._length
        rest = 0.5 * self._length if self.stretches is None else 1e-9 * whole
        return self.end if until > self.end - rest else until

    def _pose(self, start: float, end: float) -> Posed:
        box = self.problem.box
        box = box.within(t=(start, end)) if "t" in box.axes else box
        before = self.done[-1].solved if self.done else None
        hard = self.settings.hard
        return pose(
            self.problem,
            self.network,
            box=box,
            before=before,
            waves=self.waves,
            hard=hard,
            machine=self.machine,
        )

    def _training(self) -> Training:
        posed = self._pose(self.at, self._until)
        self._note(*posed.notes)
        weights = self.machine.here(self._initial(posed.approximation))
        return Training(posed, self.settings, self.generator, weights, self.elapsed)

    def _initial(self, approximation: Approximation) -> Tensor:
        fresh = approximation.initial(self.generator)
        if self.warm is None:
            return self.done[-1].solved.weights.clone() if self.done else fresh
        middle = (self.at + self._until) / 2
        known = next((s for s in self.warm.stretches if middle <= s.end), self.warm.stretches[-1]).solved
        theirs = known.approximation.layout.split(known.weights)
        mine = approximation.layout.split(fresh)
        for name, value in mine.items():
            same = name in theirs and theirs[name].shape == value.shape
            if not same and not name.startswith("parameter."):
                raise SolverError(
                    f"The solution to start from has a network of other weights ({name} does not fit); pass "
                    "network=solution.network, and the same axes and periodic directions."
                )
            if same:
                value.copy_(theirs[name])
        return fresh

    def _divisible(self) -> bool:
        assert self.training is not None
        # Other methods than Gauss-Newton's are too slow for a few looks to tell how long a stretch should be.
        timed = "t" in self.problem.box.axes and not self.problem.data and self.training.by_gauss_newton
        longer = self._until - self.at > 1.5 * _SHORTEST * (self.end - self.start)
        return timed and self.stretches is None and longer and not self._out_of_time() and not self._ended

    def _finish(self, training: Training) -> None:
        best = training.best
        weights = training.weights if best is None else best.weights
        self.misses.append(training.misses(weights))
        if self.problem.unknowns:
            self.posterior = training.posterior(weights)
            self._note(*map(_unsettled, self.posterior.unsettled))
        self._note(*([training.reason] if training.reason and not self.done else []), *training.notes)
        self.done.append(Stretch(self.at, self._until, Solved.of(training.posed.approximation, weights)))
        self.history += [{**row, "stretch": len(self.done)} for row in training.history]

    # ------------------------------------------------------------------- when it is enough

    def _enough(self) -> bool:
        training = self.training
        assert training is not None
        steps, most = training.steps, self.settings.steps
        if self._ended or (most is not None and steps >= most):
            return True
        if self._out_of_time() and len(training.history) >= _LOOKS:
            return True
        return self._too_long(training) or self._settled(training)

    def _too_long(self, training: Training) -> bool:
        """Whether training has shown that a shorter stretch of time is needed."""
        if self._ready or not training.history or not self._divisible():
            return False
        missed = _missed(training.history[-1])
        return any(len(training.history) >= looks and missed > share for looks, share in _PROBES)

    def _out_of_time(self) -> bool:
        return self.elapsed() > self._deadline

    def _settled(self, training: Training) -> bool:
        if not training.history:
            return False
        seen = list(map(_missed, training.history))
        if seen[-1] < _TOLERANCE:
            return True
        if self.seconds is not None or self.settings.steps is not None or len(seen) < _FEWEST:
            return False
        half = len(seen) // 2
        return min(seen[half:]) > (1 - _FALL) * min(seen[:half])

    # ------------------------------------------------------------------- looking

    def _look(self) -> None:
        training = self.training
        assert training is not None
        row = training.history[-1]
        self._ready = self._ready or _missed(row) < _READY
        look = Look(
            fraction=self._fraction(training),
            step=training.steps,
            seconds=row["seconds"],
            loss=row["loss"],
            residual=row["residual"],
            condition=row["condition"],
            stretch=len(self.done) + 1,
            between=(self.at, self._until),
        )
        self._ended = self.looked(look)
        self.kept(self)

    def _fraction(self, training: Training) -> float:
        """How much of the work is done, by time and by steps."""
        whole, done = self.end - self.start, self.at - self.start
        by_steps = training.steps / (self.settings.steps or 2 * _FEWEST * training.every)
        left = (self._deadline - self.elapsed()) / max(self._allowed, 1e-9)
        by_time = 0.0 if self.seconds is None else 1 - left
        within = min(max(by_steps, by_time), 1.0)
        return (done + within * (self._until - self.at)) / whole

    def _note(self, *notes: str) -> None:
        self.notes += [note for note in notes if note not in self.notes]

    def _solution(self) -> Solution:
        residual, condition = (max(each) for each in zip(*self.misses, strict=True))
        if max(residual, condition) > _READY:
            self._note(
                f"the solution leaves {residual:.0%} of the equation and {condition:.0%} of a condition; "
                "give it more seconds, or shorter stretches of time"
            )
        history = xr.Dataset({n: ("look", np.array([row[n] for row in self.history])) for n in _HISTORY})
        return Solution(
            self.problem,
            self.done,
            seed=self.seed,
            residual=residual,
            condition=condition,
            seconds=self.elapsed(),
            history=history,
            notes=self.notes,
            posterior=self.posterior,
        )

    # ------------------------------------------------------------------- state

    def state_dict(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that going on takes, at a look: tensors by name, and what can be written as JSON."""
        assert self.training is not None
        tensors, plain = self.training.state_dict()
        tensors = {f"training.{name}": each for name, each in tensors.items()}
        tensors |= {f"stretch.{k}": stretch.solved.weights for k, stretch in enumerate(self.done)}
        return tensors, {
            "training": plain,
            "stretches": [[stretch.start, stretch.end] for stretch in self.done],
            "history": self.history,
            "notes": self.notes,
            "misses": self.misses,
            "seconds": self.elapsed(),
            "ready": self._ready,
            "left": self._deadline - self.elapsed(),
            "allowed": self._allowed,
            "length": self._length,
            "until": self._until,
        }

    def load_state_dict(self, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
        """Go on from such a state."""
        for k, (start, end) in enumerate(plain["stretches"]):
            approximation = self._pose(start, end).approximation
            self.done.append(Stretch(start, end, Solved.of(approximation, tensors[f"stretch.{k}"])))
        self.history, self.notes = list(plain["history"]), list(plain["notes"])
        self.misses = [(residual, condition) for residual, condition in plain["misses"]]
        self._earlier, self._ready = plain["seconds"], plain["ready"]
        self._length, self._until = plain["length"], plain["until"]
        self._began = self.clock()
        self._deadline, self._allowed = self._earlier + plain["left"], plain["allowed"]
        mark = "training."
        own = {name.removeprefix(mark): each for name, each in tensors.items() if name.startswith(mark)}
        self.training = self._resumed(own, plain["training"])

    def _resumed(self, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> Training:
        self.generator.set_state(tensors["seeded"])  # so that the same points are held out
        posed = self._pose(self.at, self._until)
        weights = self.machine.here(tensors["weights"])
        training = Training(posed, self.settings, self.generator, weights, self.elapsed)
        training.load_state_dict(tensors, plain)
        return training


def _unsettled(name: str) -> str:
    return (
        f"training ended before {name} had settled, and its interval allows for the rest of the way; give it "
        "more seconds"
    )


def _missed(row: Mapping[str, float]) -> float:
    return max(row["residual"], row["condition"])
