"""A problem of the zoo: what it says, where it comes from, and what solves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import SolverError
from .._domain import Domain
from .._problem import Problem

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]
Nodes = Mapping[str, Array]
"""The nodes of a grid by axis, in the order of the domain."""


@dataclass(frozen=True)
class Entry:
    """A problem with its solution.

    Attributes:
        name: its name in the zoo.
        title: what people call it.
        citation: where this problem, or the form of it used here, is from.
        equation: the equation or equations.
        domain: the interval of each axis, in the order in which conditions name them.
        conditions: what holds on the edges; empty where the data say it.
        solution: the values of the components on a grid, (n_axis1, n_axis2, ...), of its nodes by axis.
        accuracy: the largest error of `solution` that may be expected, relative to its norm.
        grid: how many nodes a reference has along each axis where none are asked for.
        measurements: noisy data for a seed, for a problem that has constants to find; else None.
        bounds: those of the constants to find.
        truth: their values.
    """

    name: str
    title: str
    citation: str
    equation: tuple[str, ...]
    domain: Mapping[str, tuple[float, float]]
    conditions: tuple[str, ...]
    solution: Callable[[Nodes], Mapping[str, Array]] = field(repr=False)
    grid: Mapping[str, int]
    accuracy: float = 1e-9
    measurements: Callable[[int], xr.Dataset] | None = field(default=None, repr=False)
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    truth: Mapping[str, float] = field(default_factory=dict)

    @property
    def periodic(self) -> tuple[str, ...]:
        """The axes of which a condition says that they are periodic."""
        return tuple(axis for axis in self.domain if f"periodic in {axis}" in self.conditions)

    def problem(self, seed: int = 0) -> Problem:
        """The problem, as `solve` takes it.

        Args:
            seed: of the measurements, where there are any.
        """
        data = self.measurements(seed) if self.measurements is not None else None
        return Problem(
            self.equation, self.domain, self.conditions, data=data, parameters=dict(self.bounds) or None
        )

    def reference(self, **at: ArrayLike | int) -> xr.Dataset:
        """The solution on a grid, for `Solution.error`; computed anew by each call.

        Args:
            at: by axis the number of evenly spaced nodes from end to end, or the nodes; `grid` where left
                out.

        Returns:
            A field with all components, over t first where there is one; along a periodic axis a number of
            nodes leaves the far end out.

        Raises:
            SolverError: if an axis is unknown, or nodes lie outside the domain or in no increasing order.
        """
        import xarray as xr

        unknown = [axis for axis in at if axis not in self.domain]
        if unknown:
            raise SolverError(f"{self.title} has no axis {unknown[0]!r}; its axes: {', '.join(self.domain)}.")
        nodes = {axis: self._nodes(axis, at.get(axis, self.grid[axis])) for axis in self.domain}
        fields = {name: (tuple(nodes), values) for name, values in self.solution(nodes).items()}
        attrs = {"zoo": self.name, "citation": self.citation}
        found = xr.Dataset(fields, {axis: (axis, row) for axis, row in nodes.items()}, attrs)
        return found.transpose(*sorted(nodes, key=lambda axis: axis != "t"))

    def _nodes(self, axis: str, given: ArrayLike | int) -> Array:
        nodes = Domain.of(self.domain).nodes(axis, given, repeats=axis in self.periodic)
        if np.any(np.diff(nodes) <= 0):
            raise SolverError(f"The nodes along {axis} do not increase; sort them, each once.")
        return np.clip(nodes, *self.domain[axis])

    def __str__(self) -> str:
        domain = ", ".join(
            f"{axis} from {low:.6g} to {high:.6g}" for axis, (low, high) in self.domain.items()
        )
        sought = [
            f"{name} between {low:g} and {high:g} ({self.truth[name]:.6g})"
            for name, (low, high) in self.bounds.items()
        ]
        return "\n  ".join([self.title, *self.equation, domain, *self.conditions, *sought, self.citation])
