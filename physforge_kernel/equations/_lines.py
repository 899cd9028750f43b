"""The method of lines: a system on the points of a grid, as one large ordinary differential equation.

Centred stencils need a strip of known values along each edge that is not periodic; the strips follow a
measured field, interpolated in time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._differences import difference_matrix, stencil_reach
from ._simulate_grid import Axis
from ._simulate_start import Measured
from ._simulate_system import State, System

Array = NDArray[Any]
History = Callable[[float], Array]


@dataclass(frozen=True)
class Lines:
    """A system on the points of a grid: a large ordinary differential equation for the points inside.

    The state vector is (m * inside): the states one after the other, each on the points inside, in the
    field's order.
    """

    system: System
    axes: tuple[Axis, ...]
    accuracy: int
    measured: Measured
    edges: Measured

    @cached_property
    def strips(self) -> tuple[int, ...]:
        """How many points at either end of each axis are taken from the measured field."""
        highest = self.system.highest_orders()
        return tuple(
            0 if axis.periodic else max(1, stencil_reach(order, self.accuracy)) if order else 0
            for axis, order in zip(self.axes, highest, strict=True)
        )

    @cached_property
    def inside(self) -> Array:
        """The flat indices of the points that are simulated."""
        flags = np.ones(tuple(axis.unique for axis in self.axes), bool)
        for position, width in enumerate(self.strips):
            if width:
                rows = np.moveaxis(flags, position, 0)
                rows[:width] = rows[-width:] = False
        return np.flatnonzero(flags)

    @cached_property
    def edge(self) -> Array:
        return np.setdiff1d(np.arange(int(np.prod([axis.unique for axis in self.axes]))), self.inside)

    @cached_property
    def coordinates(self) -> tuple[Array, ...]:
        points = np.meshgrid(*(axis.points[: axis.unique] for axis in self.axes), indexing="ij")
        return tuple(p.ravel()[self.inside] for p in points)

    @cached_property
    def _rows(self) -> dict[State, int]:
        return {state: row for row, state in enumerate(self.system.states)}

    @cached_property
    def _operators(self) -> list[tuple[Any, Any]]:
        """For each input, what it takes from the points inside, and from the edge."""
        from scipy.sparse import csr_array, kron

        operators: dict[tuple[int, ...], tuple[Any, Any]] = {}
        for read in self.system.inputs:
            if read.orders not in operators:
                matrix = None
                for axis, order in zip(self.axes, read.orders, strict=True):
                    along = difference_matrix(axis, order, self.accuracy)
                    matrix = along if matrix is None else kron(matrix, along, format="csr")
                if matrix is None:  # an ordinary differential equation: one point, no axis
                    matrix = csr_array(np.ones((1, 1)))
                rows = matrix[self.inside]
                operators[read.orders] = (rows[:, self.inside], rows[:, self.edge])
        return [operators[read.orders] for read in self.system.inputs]

    @cached_property
    def _edges(self) -> dict[State, History]:
        """The measured values along the edge by state, as functions of time."""
        if not len(self.edge):
            return {}
        sources = {read.source for read in self.system.inputs if sum(read.orders)}
        return {source: self._history(source, self.edge) for source in sources}

    @cached_property
    def _given(self) -> dict[State, History]:
        return {source: self._history(source, self.inside) for source in self.system.given}

    def _history(self, state: State, where: Array) -> History:
        from scipy.interpolate import CubicSpline, make_interp_spline

        measured = self.measured if state in self.system.given else self.edges
        times = measured.times
        values = measured.history(state).reshape(len(times), -1)[:, where]
        if len(times) == 1:
            return lambda t: values[0]
        # Fifth degree, but for smoothed values: their errors are better followed by less.
        if len(times) < 6 or measured.smooth:
            return CubicSpline(times, values)
        return make_interp_spline(times, values, k=5)

    def start(self) -> Array:
        return np.concatenate([self.measured.at_start(s).ravel()[self.inside] for s in self.system.states])

    def read(self, t: float, y: Array) -> list[Array]:
        """The inputs on the points inside."""
        states = y.reshape(len(self.system.states), -1)
        values = []
        edges = {source: history(t) for source, history in self._edges.items()}
        for read, (within, from_edge) in zip(self.system.inputs, self._operators, strict=True):
            row = self._rows.get(read.source)
            field = states[row] if row is not None else self._given[read.source](t)
            if sum(read.orders):
                field = within @ field
                if read.source in edges:
                    field = field + from_edge @ edges[read.source]
            values.append(field)
        return values

    def rates(self, t: float, y: Array) -> Array:
        result = np.empty((len(self.system.states), len(self.inside)))
        for row, rate in enumerate(self.system.rates(t, *self.coordinates, *self.read(t, y))):
            result[row] = rate
        return result.ravel()

    def jacobian(self, t: float, y: Array) -> Any:
        """The sparse derivative of `rates` by the state vector."""
        from scipy.sparse import block_array, csr_array, diags_array

        m, n = len(self.system.states), len(self.inside)
        blocks: list[list[Any]] = [[None] * m for _ in range(m)]
        pairs, function = self.system.slopes
        values = function(t, *self.coordinates, *self.read(t, y))
        for (row, i), value in zip(pairs, values, strict=True):
            column = self._rows.get(self.system.inputs[i].source)
            if column is None:
                continue
            scaled = (
                diags_array(np.broadcast_to(np.asarray(value, dtype=float), (n,))) @ self._operators[i][0]
            )
            present = blocks[row][column]
            blocks[row][column] = scaled if present is None else present + scaled
        for row in range(m):
            if blocks[row][row] is None:
                blocks[row][row] = csr_array((n, n))
        return block_array(blocks, format="csc")

    def whole(self, t: float, y: Array) -> Array:
        """The states on the whole grid, (m, *space)."""
        grid = tuple(axis.unique for axis in self.axes)
        result = np.empty((len(self.system.states), int(np.prod(grid))))
        result[:, self.inside] = y.reshape(len(self.system.states), -1)
        if len(self.edge):
            for row, state in enumerate(self.system.states):
                if state not in self._edges:
                    self._edges[state] = self._history(state, self.edge)
                result[row, self.edge] = self._edges[state](t)
        return result.reshape(-1, *grid)
