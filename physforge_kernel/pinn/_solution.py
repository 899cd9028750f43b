"""What solving gives back: the field with its derivatives anywhere in the domain, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from ..equations import derivative_name, split_derivative
from ..errors import SolverError
from ._approximation import Solved
from ._orders import Order, Orders
from ._posterior import Posterior
from ._problem import Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Points evaluated at once, so that memory stays small.
_BLOCK = 20_000
#: Nodes of each axis where a field is asked for without any, by the number of axes.
_NODES = {1: 512, 2: 128, 3: 48}


@dataclass(frozen=True)
class Error:
    """How far a solution is from a reference.

    Attributes:
        relative: the norm of the difference over the norm of the reference, by component.
        largest: the largest absolute difference, by component.
        pointwise: the differences as a field.
    """

    relative: Mapping[str, float]
    largest: Mapping[str, float]
    pointwise: xr.Dataset = field(repr=False)

    def __str__(self) -> str:
        return "; ".join(
            f"{name}: {self.relative[name]:.2e} relative, {self.largest[name]:.2e} at most"
            for name in self.relative
        )


@dataclass(frozen=True)
class Stretch:
    """A part of the time that has an approximation of its own."""

    start: float
    end: float
    solved: Solved


class Solution:
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

    def field(self, **at: ArrayLike | int) -> xr.Dataset:
        """The solution on a grid.

        Args:
            at: by axis the number of evenly spaced nodes from end to end, or the nodes.

        Returns:
            A field with all components; along a periodic axis a number of nodes leaves the far end out.

        Raises:
            SolverError: if an axis is unknown, or nodes lie outside the domain.
        """
        return self.derivatives(*self.problem.components.names, **at)

    def derivatives(self, *names: str, **at: ArrayLike | int) -> xr.Dataset:
        """Derivatives of the solution on a grid, exact for the network.

        Args:
            names: such as `u_xx`, `u_xt`, or `u` for the field itself.
            at: as for `field`.
        """
        wanted = {name: self._split(name) for name in names}
        axes = {axis: self._nodes(axis, at.pop(axis, None)) for axis in self.problem.box.axes}
        if at:
            raise SolverError(
                f"The domain has no axis {next(iter(at))!r}; its axes: {', '.join(self.problem.box.axes)}."
            )
        grids = np.meshgrid(*axes.values(), indexing="ij")
        points = np.stack([grid.ravel() for grid in grids], axis=1)
        values = self.at(points, wanted)
        order = sorted(axes, key=lambda axis: axis != "t")
        shape = tuple(len(nodes) for nodes in axes.values())
        found = xr.Dataset(
            {name: (tuple(axes), each.reshape(shape)) for name, each in values.items()},
            {axis: (axis, nodes) for axis, nodes in axes.items()},
            {"equation": str(self.problem.equation)},
        )
        return found.transpose(*order)

    def error(self, reference: xr.Dataset) -> Error:
        """How far the solution is from a reference on a grid, where that lies in the domain.

        Args:
            reference: a field with some of the components, on any nodes.
        """
        names = [name for name in self.problem.components.names if name in reference.data_vars]
        if not names:
            listed = ", ".join(self.problem.components.names)
            raise SolverError(f"The reference holds none of the fields {listed}.")
        for axis in self.problem.box.axes:
            if axis not in reference.coords:
                raise SolverError(f"The reference has no coordinate {axis}.")
            low, high = self.problem.box.bounds[axis]
            slack = 1e-9 * (high - low)
            inside = (reference[axis] >= low - slack) & (reference[axis] <= high + slack)
            reference = reference.isel({axis: np.flatnonzero(inside.values)})
        mine = self.field(**{axis: reference[axis].values for axis in self.problem.box.axes})
        off = mine[names] - reference[names]
        norm = {name: float(np.linalg.norm(reference[name].values)) for name in names}
        return Error(
            {name: float(np.linalg.norm(off[name].values)) / max(norm[name], 1e-300) for name in names},
            {name: float(np.abs(off[name].values).max()) for name in names},
            off,
        )

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
        """Derivatives at points (N, D) whose columns are the domain's axes."""
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

    def _by_stretch(self, points: np.ndarray) -> list[tuple[Solved, np.ndarray]]:
        if len(self.stretches) == 1:
            return [(self.stretches[0].solved, np.arange(len(points)))]
        times = points[:, self.problem.box.axes.index("t")]
        ends = [stretch.end for stretch in self.stretches[:-1]]
        which = np.searchsorted(ends, times, side="left")
        return [
            (s.solved, np.flatnonzero(which == k)) for k, s in enumerate(self.stretches) if (which == k).any()
        ]

    def _split(self, name: str) -> tuple[str, Order]:
        names, axes = self.problem.components.names, self.problem.box.axes
        found = (name, {}) if name in names else split_derivative(name, names)
        if found is None or any(axis not in axes for axis in found[1]):
            example = derivative_name(names[0], {axes[0]: 2})
            raise SolverError(
                f"{name!r} is no derivative of {', '.join(names)} by {', '.join(axes)}; ask for one "
                f"such as {example!r}."
            )
        return found[0], tuple(found[1].get(axis, 0) for axis in axes)

    def _nodes(self, axis: str, given: ArrayLike | int | None) -> np.ndarray:
        low, high = self.problem.box.bounds[axis]
        count = _NODES.get(len(self.problem.box.axes), 32) if given is None else given
        if isinstance(count, int | np.integer):
            if count < 1:
                raise SolverError(f"{count} nodes along {axis} are none; ask for at least one.")
            return np.linspace(low, high, int(count), endpoint=axis not in self.problem.periodic)
        nodes = np.atleast_1d(np.asarray(count, dtype=float)).ravel()
        slack = 1e-9 * (high - low)
        outside = nodes[(nodes < low - slack) | (nodes > high + slack) | ~np.isfinite(nodes)]
        if len(outside):
            raise SolverError(f"{axis} = {outside[0]:g} lies outside the domain, ({low:g}, {high:g}).")
        return nodes

    def __repr__(self) -> str:
        found = "".join(f", {name} = {value:.4g}" for name, value in self.parameters.items())
        missed = f", conditions missed by {self.condition:.1e}" if self.condition else ""
        return (
            f"Solution of {self.problem.equation}: residual {self.residual:.1e} of its terms{missed} after "
            f"{self.seconds:.0f} s{found}"
        )
