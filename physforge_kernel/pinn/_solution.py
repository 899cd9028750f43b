"""What solving gives back: the field with its derivatives anywhere in the domain, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from ..errors import SolverError
from ._approximation import Solved
from ._orders import Order, Orders
from ._posterior import Posterior
from ._problem import Problem
from ._readable import Readable

#: Points evaluated at once, so that memory stays small.
_BLOCK = 20_000


@dataclass(frozen=True)
class Stretch:
    """A part of the time that has an approximation of its own."""

    start: float
    end: float
    solved: Solved


class Solution(Readable):
    """The solution of a problem.

    Attributes:
        problem: the problem.
        seed: of all random choices.
        residual: the root mean square of what the equation leaves, in shares of its largest terms, at points
            that training did not use; of several stretches of time the worst.
        condition: the same of what conditions leave that are met by training, in shares of the field.
        seconds: the time that it took.
        notes: what was chosen and why.
        posterior: the constants that were found, with their uncertainty; None where there are none.
    """

    def __init__(
        self,
        problem: Problem,
        stretches: Sequence[Stretch],
        *,
        seed: int,
        residual: float,
        condition: float,
        seconds: float,
        history: xr.Dataset,
        notes: Sequence[str] = (),
        posterior: Posterior | None = None,
    ) -> None:
        self.problem = problem
        self.components, self.box, self.periodic = problem.components, problem.box, problem.periodic
        self.law = str(problem.equation)
        self.stretches = tuple(stretches)
        self.seed, self.seconds = seed, seconds
        self.residual, self.condition = residual, condition
        self.history = history
        self.notes = tuple(notes)
        self.posterior = posterior

    @property
    def parameters(self) -> dict[str, float]:
        """The constants that were found."""
        return self.posterior.values if self.posterior is not None else {}

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Intervals that hold the constants with a probability, given the equation and the noise of the data.

        Raises:
            SolverError: if the level is no probability.
        """
        return self.posterior.intervals(level) if self.posterior is not None else {}

    def save(self, path: Path | str) -> Path:
        """Write the solution to a file, from which `load` gives it back.

        Args:
            path: the file, in the format of safetensors whatever its name.

        Raises:
            SolverError: if its network is none of PhysForge's.
        """
        from ._models import save

        return save(self, Path(path))

    @staticmethod
    def load(path: Path | str) -> Solution:
        """Read a solution from a file that `save` wrote; nothing in it is executed.

        Raises:
            SolverError: if there is no such file, or it holds something else.
        """
        from ._models import load

        return load(Path(path))

    def at(self, points: np.ndarray, wanted: Mapping[str, tuple[str, Order]]) -> dict[str, np.ndarray]:
        outside = np.flatnonzero(~self.box.contains(torch.from_numpy(points)).numpy())
        if len(outside):
            place = ", ".join(
                f"{axis} = {value:g}" for axis, value in zip(self.box.axes, points[outside[0]], strict=True)
            )
            raise SolverError(f"The point {place} lies outside the domain; ask for others.")
        parts, components = self.problem.components, self.problem.components
        orders = Orders.closed(self.problem.box.axes, [order for _, order in wanted.values()])
        dtype = complex if parts.is_complex else float
        found = {name: np.empty(len(points), dtype=dtype) for name in wanted}
        for solved, chosen in self._by_stretch(points):
            for block in np.array_split(chosen, max(1, len(chosen) // _BLOCK)):
                jet = solved.jet(torch.from_numpy(points[block]), orders)
                for name, (component, order) in wanted.items():
                    found[name][block] = components.value(component, jet[order]).numpy()
        return found

    def unit(self, name: str) -> str | None:
        return self.problem.units.of(name)

    def _by_stretch(self, points: np.ndarray) -> list[tuple[Solved, np.ndarray]]:
        if len(self.stretches) == 1:
            return [(self.stretches[0].solved, np.arange(len(points)))]
        times = points[:, self.problem.box.axes.index("t")]
        ends = [stretch.end for stretch in self.stretches[:-1]]
        which = np.searchsorted(ends, times, side="left")
        return [
            (s.solved, np.flatnonzero(which == k)) for k, s in enumerate(self.stretches) if (which == k).any()
        ]

    def __repr__(self) -> str:
        found = "".join(f", {name} = {value:.4g}" for name, value in self.parameters.items())
        missed = f", conditions missed by {self.condition:.1e}" if self.condition else ""
        return (
            f"Solution of {self.problem.equation}: residual {self.residual:.1e} of its terms{missed} after "
            f"{self.seconds:.0f} s{found}"
        )
