"""Fields that can be read anywhere in their domain, with derivatives, and held against a reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr

from ..equations import derivative_name, split_derivative
from ..errors import SolverError
from ._components import Components
from ._domain import Domain
from ._orders import Order

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

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


class Readable(ABC):
    """A field on a domain.

    Attributes:
        components: the fields.
        box: where they are known.
        periodic: the axes along which they repeat.
        law: the equation that they obey; empty where there is none.
    """

    components: Components
    box: Domain
    periodic: tuple[str, ...]
    law: str

    def field(self, **at: ArrayLike | int) -> xr.Dataset:
        """The solution on a grid.

        Args:
            at: by axis the number of evenly spaced nodes from end to end, or the nodes.

        Returns:
            A field with all components, NaN outside of a shape; along a periodic axis a number of nodes
            leaves the far end out.

        Raises:
            SolverError: if an axis is unknown, or nodes lie outside the domain.
        """
        return self.derivatives(*self.components.names, **at)

    def derivatives(self, *names: str, **at: ArrayLike | int) -> xr.Dataset:
        """Derivatives of the solution on a grid, exact for the network.

        Args:
            names: such as `u_xx`, `u_xt`, or `u` for the field itself.
            at: as for `field`.
        """
        wanted = {name: self._split(name) for name in names}
        axes = {axis: self._nodes(axis, at.pop(axis, None)) for axis in self.box.axes}
        if at:
            raise SolverError(
                f"The domain has no axis {next(iter(at))!r}; its axes: {', '.join(self.box.axes)}."
            )
        values = self._where_known(_points(axes), wanted)
        order = sorted(axes, key=lambda axis: axis != "t")
        shape = tuple(len(nodes) for nodes in axes.values())
        found = xr.Dataset(
            {name: (tuple(axes), each.reshape(shape), self._in_unit(name)) for name, each in values.items()},
            {axis: (axis, nodes, self._in_unit(axis)) for axis, nodes in axes.items()},
            {"equation": self.law} if self.law else {},
        )
        return found.transpose(*order)

    def error(self, reference: xr.Dataset) -> Error:
        """How far the solution is from a reference on a grid, at the nodes that lie in the domain.

        Args:
            reference: a field with some of the components, on any nodes.
        """
        names = [name for name in self.components.names if name in reference.data_vars]
        if not names:
            listed = ", ".join(self.components.names)
            raise SolverError(f"The reference holds none of the fields {listed}.")
        for axis in self.box.axes:
            if axis not in reference.coords:
                raise SolverError(f"The reference has no coordinate {axis}.")
            low, high = self.box.bounds[axis]
            slack = 1e-9 * (high - low)
            inside = (reference[axis] >= low - slack) & (reference[axis] <= high + slack)
            reference = reference.isel({axis: np.flatnonzero(inside.values)})
        mine = self.field(**{axis: reference[axis].values for axis in self.box.axes})
        off = mine[names] - reference[names]
        inside = self._inside(mine)
        if not inside.any():
            raise SolverError(
                "No node of the reference lies in the domain; see that both mean the same place."
            )
        known, missed = reference[names].where(inside, 0.0), off.where(inside, 0.0)
        norm = {name: float(np.linalg.norm(known[name].values)) for name in names}
        return Error(
            {name: float(np.linalg.norm(missed[name].values)) / max(norm[name], 1e-300) for name in names},
            {name: float(np.abs(missed[name].values).max()) for name in names},
            off,
        )

    def unit(self, name: str) -> str | None:
        """The unit of a field, a derivative or a coordinate; None where it is not known."""
        return None

    def _in_unit(self, name: str) -> dict[str, str]:
        unit = self.unit(name)
        return {} if unit is None else {"units": unit}

    def _inside(self, grid: xr.Dataset) -> xr.DataArray:
        """Which nodes of a grid lie in the domain."""
        nodes = {axis: grid[axis].values for axis in self.box.axes}
        found = self.box.contains(torch.from_numpy(_points(nodes))).numpy()
        return xr.DataArray(found.reshape([len(each) for each in nodes.values()]), nodes, list(nodes))

    def _where_known(
        self, points: np.ndarray, wanted: Mapping[str, tuple[str, Order]]
    ) -> dict[str, np.ndarray]:
        """Derivatives at points, NaN outside of the domain."""
        inside = self.box.contains(torch.from_numpy(points)).numpy()
        found = {}
        for name, values in self.at(points[inside], wanted).items():
            found[name] = np.full(len(points), np.nan, dtype=values.dtype)
            found[name][inside] = values
        return found

    @abstractmethod
    def at(self, points: np.ndarray, wanted: Mapping[str, tuple[str, Order]]) -> dict[str, np.ndarray]:
        """Derivatives at points (N, D) whose columns are the domain's axes.

        Raises:
            SolverError: if a point lies outside the domain.
        """

    def _split(self, name: str) -> tuple[str, Order]:
        names, axes = self.components.names, self.box.axes
        found = (name, {}) if name in names else split_derivative(name, names)
        if found is None or any(axis not in axes for axis in found[1]):
            example = derivative_name(names[0], {axes[0]: 2})
            raise SolverError(
                f"{name!r} is no derivative of {', '.join(names)} by {', '.join(axes)}; ask for one "
                f"such as {example!r}."
            )
        return found[0], tuple(found[1].get(axis, 0) for axis in axes)

    def _nodes(self, axis: str, given: ArrayLike | int | None) -> np.ndarray:
        count = _NODES.get(len(self.box.axes), 32) if given is None else given
        return self.box.nodes(axis, count, repeats=axis in self.periodic)


def _points(nodes: Mapping[str, np.ndarray]) -> np.ndarray:
    """All nodes (N, D) of a grid."""
    grids = np.meshgrid(*nodes.values(), indexing="ij")
    return np.stack([grid.ravel() for grid in grids], axis=1)
