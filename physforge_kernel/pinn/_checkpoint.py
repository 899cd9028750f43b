"""The state of training in a file, from which an interrupted one goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import SolverError
from ._course import Course
from ._tensor_file import read, write

_FORMAT, _VERSION = "training checkpoint", 1


@dataclass
class Checkpoint:
    """Where the state of training is kept, and how often.

    Attributes:
        path: the file, replaced as a whole each time.
        seconds: between two times, at least.
        written: called with the path each time.
    """

    path: Path
    seconds: float = 30.0
    written: Callable[[Path], object] = lambda path: None
    _last: float = 0.0

    def keep(self, course: Course) -> None:
        """Write the state, if the last time is long enough ago."""
        now = course.elapsed()
        if now - self._last < self.seconds:
            return
        self._last = now
        tensors, state = course.state_dict()
        write(
            self.path,
            tensors,
            {"format": _FORMAT, "version": _VERSION, "of": _named(course), "state": state},
        )
        self.written(self.path)

    def resume(self, course: Course) -> None:
        """Have a course go on from the file, if there is one.

        Raises:
            SolverError: if it is the state of another problem, or cannot be read.
        """
        if not self.path.exists():
            return
        tensors, plain = read(self.path, _FORMAT, _VERSION)
        mine = _named(course)
        differs = [name for name, value in mine.items() if plain["of"].get(name) != value]
        if differs:
            name = differs[0]
            raise SolverError(
                f"The checkpoint {self.path} is of another training: its {name} is "
                f"{plain['of'].get(name)!r}, here it is {mine[name]!r}. Remove it, or name another file."
            )
        course.load_state_dict(tensors, plain["state"])
        self._last = course.elapsed()


def _named(course: Course) -> dict[str, Any]:
    """What has to be the same for training to go on."""
    problem = course.problem
    return {
        "equation": str(problem.equation),
        "domain": problem.box.plain(),
        "conditions": [condition.text for condition in problem.conditions],
        "parameters": {each.name: [each.low, each.high] for each in problem.unknowns},
        "data": [[each.component, len(each.values), float(each.values.abs().sum())] for each in problem.data],
        "network": repr(course.network),
        "seed": course.seed,
        "stretches": course.stretches,
        "settings": {
            name: value if not callable(value) else "a function"
            for name, value in asdict(course.settings).items()
        },
    }
