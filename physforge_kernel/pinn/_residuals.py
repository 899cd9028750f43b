"""The rows of a problem: how far a field is from its equation, conditions and data, point by point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from ..equations import Equation, split_derivative
from ._approximation import Approximation, Prepared, Solved
from ._components import Components
from ._conditions import NORMAL, Condition
from ._domain import Domain
from ._jet import Jet
from ._orders import Orders
from ._parts import Part
from ._symbols import Expressions
from ._tape import Tape
from ._unknown import Unknown

#: Points at which the size of a field is looked at.
_SPREAD = 500


class Rows(ABC):
    """Rows of one kind.

    Attributes:
        name: what they are rows of.
        kind: whether of the equation, of a condition, of data, or a penalty on weights.
        width: the number of rows at each point.
    """

    name: str
    kind: str
    width: int

    @abstractmethod
    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """Points drawn evenly where the rows are asked for."""

    @abstractmethod
    def prepare(self, approximation: Approximation, points: Float[Tensor, "N D"]) -> list[Prepared]:
        """What does not depend on the weights, at each place that the rows of these points look at."""

    @abstractmethod
    def at(
        self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared], *, records: bool
    ) -> tuple[list[Float[Tensor, "N"]], Tape]:
        """The rows, one vector for each, and what was written down for their derivatives."""

    @abstractmethod
    def size(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of what the rows are small against."""

    def relative(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of the rows, in shares of what they are small against."""
        rows, _ = self.at(approximation, weights, places, records=False)
        missed = float(torch.stack(rows).square().sum(0).mean().sqrt())
        return missed / max(self.size(approximation, weights, places), 1e-300)


@dataclass
class EquationRows(Rows):
    """Left minus right sides of the equation within the domain."""

    equation: Equation
    box: Domain
    components: Components
    unknowns: Sequence[Unknown]
    name: str = "equation"
    kind: str = "equation"
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        sides = self.equation.right_sides
        lefts = [_left(name) for name in sides]
        self._names = sorted({str(s) for e in (*sides.values(), *lefts) for s in e.free_symbols})
        self._expressions = Expressions(
            [left - right for left, right in zip(lefts, sides.values(), strict=True)], self._names
        )
        self._where = self._derivatives()
        self.orders = Orders.closed(self.box.axes, [orders for _, orders in self._where.values()])
        self._terms = [
            Expressions([*sympy.Add.make_args(sympy.expand(right)), left], self._names)
            for left, right in zip(lefts, sides.values(), strict=True)
        ]
        self.width = len(sides) * (2 if self.components.is_complex else 1)

    def _derivatives(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """The fields and derivatives that occur, by name."""
        found = {}
        for name in self._names:
            split = (
                (name, {}) if name in self.components.names else split_derivative(name, self.components.names)
            )
            if split is not None:
                found[name] = (split[0], tuple(split[1].get(axis, 0) for axis in self.box.axes))
        return found

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        return self.box.sample(count, generator)

    def prepare(self, approximation: Approximation, points: Tensor) -> list[Prepared]:
        return [approximation.prepare(points, self.orders)]

    def at(
        self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared], *, records: bool
    ) -> tuple[list[Tensor], Tape]:
        jet, tape = approximation.jet(weights, places[0], records=records)
        return self.of(jet, tape, places[0].points), tape

    def size(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of the largest term, point by point."""
        jet, tape = approximation.jet(weights, places[0])
        values = self._values(jet, tape, places[0].points)
        largest = [torch.stack([term.abs() for term in terms(values)]).amax(0) for terms in self._terms]
        return float(torch.stack(largest).square().sum(0).mean().sqrt())

    def of(self, jet: Jet, tape: Tape, points: Tensor) -> list[Tensor]:
        """The rows of a jet."""
        found = self._expressions(self._values(jet, tape, points))
        return [row for each in found for row in self.components.rows(each)]

    def _values(self, jet: Jet, tape: Tape, points: Tensor) -> dict[str, Tensor]:
        values = {name: self.components.value(c, jet[orders]) for name, (c, orders) in self._where.items()}
        return values | _coordinates(self.box, points) | _constants(self.unknowns, tape, len(points))


def _left(name: str) -> sympy.Expr:
    return sympy.Integer(0) if name.startswith("0") else sympy.Symbol(name)


def _coordinates(box: Domain, points: Tensor) -> dict[str, Tensor]:
    return dict(zip(box.axes, points.T, strict=True))


def _constants(unknowns: Sequence[Unknown], tape: Tape, count: int) -> dict[str, Tensor]:
    return {each.name: each.value(tape.unknown(each.weight, count)) for each in unknowns}


@dataclass
class ConditionRows(Rows):
    """The residual of a condition on the part of the edge where it holds.

    Attributes:
        part: the part of a shape's boundary; None where coordinates are held.
    """

    condition: Condition
    box: Domain
    components: Components
    unknowns: Sequence[Unknown]
    part: Part | None = None
    kind: str = "condition"

    def __post_init__(self) -> None:
        self.name = self.condition.text
        self.width = 2 if self.components.is_complex else 1
        self._names = sorted(map(str, self.condition.residual.free_symbols))
        self._expression = Expressions([self.condition.residual], self._names)
        self._terms = Expressions(sympy.Add.make_args(sympy.expand(self.condition.residual)), self._names)
        self._places: dict[tuple[tuple[str, float], ...], list[str]] = {}
        for symbol, trace in self.condition.traces.items():
            self._places.setdefault(tuple(sorted(trace.at.items())), []).append(symbol)

    @property
    def free(self) -> tuple[str, ...]:
        """The coordinates that the condition leaves free."""
        return tuple(axis for axis in self.box.axes if axis not in self.condition.at)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        if self.part is not None:
            return self.part.sample(self.box, count, generator)
        return self.box.sample(count if self.free else 1, generator, self.condition.at)

    def prepare(self, approximation: Approximation, points: Tensor) -> list[Prepared]:
        prepared = []
        for place, symbols in self._places.items():
            moved = points.clone()
            for axis, value in place:
                moved[:, self.box.axes.index(axis)] = value
            wanted = [self.condition.traces[symbol].orders for symbol in symbols]
            prepared.append(approximation.prepare(moved, Orders.closed(self.box.axes, wanted)))
        here = approximation.machine.here
        normals = None if self.part is None else here(self.box.normals(points))
        given = None if self.condition.values is None else here(self._given(points))
        return [replace(each, normals=normals, given=given) for each in prepared]

    def at(
        self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared], *, records: bool
    ) -> tuple[list[Tensor], Tape]:
        values, tape = {}, Tape({}, records)
        for place, symbols in zip(places, self._places.values(), strict=True):
            jet, more = approximation.jet(weights, place, records=records)
            tape = tape.after(more)
            for symbol in symbols:
                trace = self.condition.traces[symbol]
                values[symbol] = self.components.value(trace.component, jet[trace.orders])
        points = places[0].points
        values |= self._known(places[0]) | _constants(self.unknowns, tape, len(points))
        residual = self._expression({name: values[name] for name in self._names})[0]
        if places[0].given is not None:
            residual = residual - places[0].given
        return self.components.rows(residual), tape

    def size(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of the largest term for a field as large as it is anywhere.

        On an edge where the field vanishes its own values would say nothing.
        """
        generator = torch.Generator().manual_seed(0)
        points = self.box.sample(_SPREAD, generator)
        orders = Orders.closed(self.box.axes, [])
        anywhere = approximation.jet(weights, approximation.prepare(points, orders))[0].values[0]
        largest = float(anywhere.square().sum(1).mean().sqrt())
        here = places[0].points
        tape = Tape(approximation.layout.split(weights))
        values = self._known(places[0]) | _constants(self.unknowns, tape, len(here))
        for symbol, trace in self.condition.traces.items():
            lengths = [
                self.box.length(axis) ** n for axis, n in zip(self.box.axes, trace.orders, strict=True)
            ]
            values[symbol] = here.new_full((len(here),), largest / prod(lengths))
        terms = self._terms({name: values[name] for name in self._names})
        return float(torch.stack([term.abs() for term in terms]).amax(0).square().mean().sqrt())

    def _known(self, place: Prepared) -> dict[str, Tensor]:
        """Coordinates, and on a boundary its normals."""
        found = _coordinates(self.box, place.points)
        if place.normals is not None:
            columns = [self.box.axes.index(axis) for axis in self.box.shaped]
            found |= {NORMAL.format(k): place.normals[:, column] for k, column in enumerate(columns)}
        return found

    def _given(self, points: Tensor) -> Tensor:
        columns = {axis: points[:, self.box.axes.index(axis)].numpy(force=True) for axis in self.free}
        assert self.condition.values is not None
        given = np.asarray(self.condition.values(*columns.values()))
        return torch.as_tensor(np.broadcast_to(given, (len(points),)).copy())


@dataclass
class DataRows(Rows):
    """What was measured of one component, weighted by its noise against that of the others.

    Attributes:
        relative_noise: the standard deviation of this component's noise over what is usual among all.
        usual_noise: that, so that it is the standard deviation of the rows; None if it is not known.
    """

    component: str
    points: Float[Tensor, "N D"]
    values: Tensor
    relative_noise: float
    usual_noise: float | None
    components: Components
    kind: str = "data"

    def __post_init__(self) -> None:
        self.name = f"data of {self.component}"
        self.width = 2 if self.components.is_complex else 1

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        return self.points

    def prepare(self, approximation: Approximation, points: Tensor) -> list[Prepared]:
        place = approximation.prepare(points, Orders.closed(approximation.box.axes, []))
        return [replace(place, given=approximation.machine.here(self.values))]

    def at(
        self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared], *, records: bool
    ) -> tuple[list[Tensor], Tape]:
        jet, tape = approximation.jet(weights, places[0], records=records)
        assert places[0].given is not None
        off = (self.components.value(self.component, jet.values[0]) - places[0].given) / self.relative_noise
        return self.components.rows(off), tape

    def size(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of the data."""
        return float(self.values.abs().square().mean().sqrt()) / self.relative_noise


@dataclass
class PenaltyRows(Rows):
    """The weights of the network, which are to stay small."""

    count: int
    name: str = "penalty"
    kind: str = "penalty"
    width: int = 1

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.zeros(self.count, 0, dtype=torch.float64)

    def prepare(self, approximation: Approximation, points: Tensor) -> list[Prepared]:
        return []

    def at(
        self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared], *, records: bool
    ) -> tuple[list[Tensor], Tape]:
        tape = Tape(approximation.layout.split(weights), records)
        return [tape.entries(approximation.layout, self.count)], tape

    def size(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of the weights."""
        return float(weights[: self.count].square().mean().sqrt())


@dataclass
class StartRows(Rows):
    """How far a stretch of time starts from the end of the one before: value, and rate if of order two.

    Rates count in units of the stretch, so that all rows are differences of the field.
    """

    before: Solved
    box: Domain
    order: int
    components: Components
    name: str = "end of the stretch before"
    kind: str = "condition"

    def __post_init__(self) -> None:
        self.width = self.order * self.components.columns
        time = self.box.axes.index("t")
        self._rates = [
            tuple(j if i == time else 0 for i in range(len(self.box.axes))) for j in range(self.order)
        ]
        self._orders = Orders.closed(self.box.axes, self._rates)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        free = len(self.box.axes) > 1
        return self.box.sample(count if free else 1, generator, {"t": self.box.bounds["t"][0]})

    def prepare(self, approximation: Approximation, points: Tensor) -> list[Prepared]:
        known = approximation.machine.jet(self.before.jet(points, self._orders))
        here = approximation.prepare(points, self._orders)
        gap = Jet(self._orders, -known.values) if here.lift is None else here.lift - known
        return [replace(here, lift=gap)]

    def at(
        self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared], *, records: bool
    ) -> tuple[list[Tensor], Tape]:
        gap, tape = approximation.jet(weights, places[0], records=records)
        length = self.box.length("t")
        rows = [gap[rate] * length**j for j, rate in enumerate(self._rates)]
        return [row for each in rows for row in each.unbind(-1)], tape

    def size(self, approximation: Approximation, weights: Tensor, places: Sequence[Prepared]) -> float:
        """The root mean square of the field where the stretch before ends."""
        known = self.before.jet(places[0].points.cpu(), Orders.closed(self.box.axes, []))
        return float(known.values[0].square().sum(1).mean().sqrt())
