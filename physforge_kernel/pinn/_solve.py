"""`solve`: from a problem to its solution."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ..errors import SolverError
from ._approximation import Solved
from ._posed import pose
from ._posterior import Posterior
from ._problem import Problem
from ._solution import Solution, Stretch
from ._training import Settings, Training
from ._waves import prescribed_waves
from .networks import MLP, Network

Progress = Callable[[float, str], None]
"""Called with a fraction and a message."""

#: Steps after which it is seen whether a stretch of time is short enough to be learnt at once.
_PROBE = 120
#: A stretch is too long where its residual, relative to the equation's terms, is larger after these steps.
_HARD = 0.05
_SHORTEST = 1 / 64
#: Training has settled when the residual has not fallen by this share over the later half of its steps.
_FALL, _FEWEST = 0.2, 400
#: A residual as small as this needs no further training.
_TOLERANCE = 1e-8
#: Seconds that an unlimited training takes at most.
_PATIENCE = 600.0


def solve(
    problem: Problem,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    network: Network | None = None,
    stretches: int | None = None,
    settings: Settings | None = None,
) -> Solution:
    """Solve a problem with a physics-informed network.

    Args:
        problem: the problem.
        seconds: how long to train; until the residual no longer falls where None.
        seed: of all random choices.
        progress: called with a fraction and a message.
        network: the network; layers of tanh, few and narrow for ordinary differential equations, where None.
        stretches: into how many stretches time is divided, one solved after the other; as many as it takes
            for each to be learnt readily where None.
        settings: of points and weights.

    Raises:
        SolverError: if a setting makes no sense.

    Example:
        >>> decay = Problem("u_t = -u", {"t": (0, 1)}, ["u(0) = 1"])
        >>> solution = solve(decay, settings=Settings(steps=60))
        >>> bool(abs(solution.field(t=[1.0]).u.item() - 0.36788) < 1e-4)
        True
    """
    if seconds is not None and not seconds > 0:
        raise SolverError(f"{seconds!r} seconds are no time to train; give a positive number, or None.")
    if stretches is not None and (stretches < 1 or "t" not in problem.box.axes):
        raise SolverError(f"Time cannot be divided into {stretches} stretches here; leave `stretches` out.")
    return _Course(
        problem, seconds, seed, progress, network or _network(problem), stretches, settings or Settings()
    ).run()


def _network(problem: Problem) -> Network:
    return MLP(width=12, depth=2) if len(problem.box.axes) == 1 else MLP(width=20, depth=3)


@dataclass
class _Course:
    """One solving, stretch by stretch."""

    problem: Problem
    seconds: float | None
    seed: int
    progress: Progress | None
    network: Network
    stretches: int | None
    settings: Settings
    done: list[Stretch] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    residuals: list[float] = field(default_factory=list)
    posterior: Posterior | None = None

    def run(self) -> Solution:
        self.began = time.monotonic()
        self.generator = torch.Generator().manual_seed(self.seed)
        self.waves = prescribed_waves(self.problem)
        weights: Tensor | None = None
        start, end = self.problem.box.bounds.get("t", (0.0, 1.0))
        length = (end - start) / (self.stretches or 1)
        at = start
        while at < end - 1e-9 * (end - start):
            until = end if at + 1.5 * length > end and self.stretches is None else min(at + length, end)
            until = end if abs(end - until) < 1e-9 * (end - start) else until
            training = self._training(at, until, weights)
            probed = self._probed(training)
            if not probed and self._divisible(until - at, end - start):
                length = (until - at) / 2
                continue
            self._finish(training, at, until)
            weights = self.done[-1].solved.weights
            at = until
        return self._solution()

    def _training(self, at: float, until: float, weights: Tensor | None) -> Training:
        box = self.problem.box.within(t=(at, until)) if "t" in self.problem.box.axes else self.problem.box
        before = self.done[-1].solved if self.done else None
        posed = pose(self.problem, self.network, box=box, before=before, waves=self.waves)
        self.notes += [note for note in posed.notes if note not in self.notes]
        start = posed.approximation.initial(self.generator) if weights is None else weights.clone()
        return Training(posed, self.settings, self.generator, start)

    def _probed(self, training: Training) -> bool:
        """Whether a stretch is learnt readily."""
        most = min(_PROBE, self.settings.steps or _PROBE)
        training.advance(lambda: training.steps >= most or self._out_of_time())
        return training.residual() < _HARD

    def _divisible(self, length: float, whole: float) -> bool:
        timed = "t" in self.problem.box.axes and not self.problem.data
        return (
            timed and self.stretches is None and length > 1.5 * _SHORTEST * whole and not self._out_of_time()
        )

    def _finish(self, training: Training, at: float, until: float) -> None:
        _, end = self.problem.box.bounds.get("t", (0.0, 1.0))
        now = time.monotonic()
        allowed = (self.seconds or _PATIENCE) - (now - self.began)
        share = allowed * (until - at) / (end - at)
        training.advance(lambda: time.monotonic() - now > share or self._settled(training))
        best = training.best
        residual = training.residual() if best is None else best.residual
        weights = training.weights if best is None else best.weights
        self.residuals.append(residual)
        if self.problem.unknowns:
            self.posterior = training.posterior(weights)
        self.done.append(Stretch(at, until, Solved(training.posed.approximation, weights)))
        self.history += [
            {**row, "seconds": row["seconds"] - self.began, "stretch": len(self.done)}
            for row in training.history
        ]
        self._tell(until)

    def _settled(self, training: Training) -> bool:
        if training.best is not None and training.best.residual < _TOLERANCE:
            return True
        if self.settings.steps is not None and training.steps >= self.settings.steps:
            return True
        if self.seconds is not None or training.steps < _FEWEST:
            return False
        seen = [row["residual"] for row in training.history]
        half = len(seen) // 2
        return min(seen[half:]) > (1 - _FALL) * min(seen[:half])

    def _out_of_time(self) -> bool:
        return time.monotonic() - self.began > (self.seconds or _PATIENCE)

    def _tell(self, until: float) -> None:
        if self.progress is not None:
            start, end = self.problem.box.bounds.get("t", (0.0, 1.0))
            self.progress((until - start) / (end - start), f"residual {self.residuals[-1]:.1e}")

    def _solution(self) -> Solution:
        names = ("step", "seconds", "loss", "residual", "stretch")
        history = xr.Dataset({n: ("look", np.array([row[n] for row in self.history])) for n in names})
        return Solution(
            self.problem,
            self.done,
            seed=self.seed,
            residual=max(self.residuals),
            seconds=time.monotonic() - self.began,
            history=history,
            notes=self.notes,
            posterior=self.posterior,
        )
