"""How long the steps of methods are that do not look where they step."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SolverError


@dataclass(frozen=True)
class Schedule:
    """Steps that grow evenly at first and then shrink by a share every so many.

    Attributes:
        peak: the longest step, relative to what the method proposes.
        warm_up: steps until it is reached, while averages of slopes are still few.
        decay: what the length is multiplied by over `every` steps; one for a constant length.
        every: these steps.

    Raises:
        SolverError: if no such steps can be taken.

    Example:
        >>> schedule = Schedule(peak=1e-3, warm_up=10, decay=0.5, every=100)
        >>> schedule.at(5), schedule.at(10), schedule.at(210)
        (0.0005, 0.001, 0.00025)
    """

    peak: float = 1e-3
    warm_up: int = 200
    decay: float = 0.9
    every: int = 2000

    def __post_init__(self) -> None:
        if not self.peak > 0 or not 0 < self.decay <= 1:
            raise SolverError(
                f"A peak of {self.peak!r} with a decay of {self.decay!r} gives no steps; give a positive "
                "peak and a decay above zero and at most one."
            )
        if self.warm_up < 0 or self.every < 1:
            raise SolverError(
                f"A warm-up of {self.warm_up!r} steps with a decay every {self.every!r} is none; give whole "
                "numbers, the first at least zero and the second at least one."
            )

    def at(self, taken: int) -> float:
        """The length of a step by its number, from one."""
        if taken < self.warm_up:
            return self.peak * taken / self.warm_up
        return self.peak * self.decay ** ((taken - self.warm_up) / self.every)
