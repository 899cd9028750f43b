"""Trial functions that meet conditions by construction: `u = g + d*N` with a network N.

`g` takes the values that are prescribed on the edges of a box, blended from edge to edge (transfinite
interpolation, Gordon and Hall 1973), and `d` vanishes there (Lagaris, Likas and Fotiadis 1998, eq. 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy
import torch

from ._conditions import Condition, Trace
from ._domain import Domain
from ._held import Held, at_points, held

#: What an expression may be off by, relative to its size, where it meets a condition.
_TOLERANCE = 1e-9
_POINTS = 64


@dataclass(frozen=True)
class Edge:
    """One end of a coordinate."""

    axis: str
    value: float


@dataclass(frozen=True)
class Trial:
    """The trial function of one component.

    Attributes:
        lift: g, an expression in the coordinates.
        distance: d, an expression in the coordinates.
        met: the conditions that hold by construction.
        notes: why others do not.
    """

    lift: sympy.Expr = sympy.S.Zero
    distance: sympy.Expr = sympy.S.One
    met: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Prescribed:
    """What is prescribed for a component on each edge, its rate at the start, and on a shape's boundary."""

    values: dict[Edge, tuple[Condition, sympy.Expr]] = field(default_factory=dict)
    rate: tuple[Condition, sympy.Expr] | None = None
    boundary: Held | None = None

    def without(self, axis: str) -> _Prescribed:
        kept = {edge: each for edge, each in self.values.items() if edge.axis != axis}
        in_time = axis == "t"
        return _Prescribed(kept, None if in_time else self.rate, self.boundary if in_time else None)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        rate = [self.rate[0]] if self.rate else []
        around = self.boundary.conditions if self.boundary else ()
        return (*around, *(condition for condition, _ in self.values.values()), *rate)


def trial(
    component: str,
    conditions: Sequence[Condition],
    box: Domain,
    periodic: Mapping[str, int],
) -> Trial:
    """The trial function that meets as many conditions on a component as can be met without harm.

    Values on edges, and the rate of change at the start, are met where they are expressions without corners
    or jumps that agree where edges meet; so is one value on the whole boundary of a shape, if there is a
    smooth function that vanishes there. The rest is left for the residual.

    Args:
        component: the field.
        conditions: those of the problem.
        box: the domain.
        periodic: the axes along which the field is periodic, with the order of the equation along each.
    """
    prescribed = _prescribed(component, conditions, box)
    boundary, why = held(component, conditions, box)
    notes = [why] if why else []
    start = box.bounds["t"][0] if "t" in box.bounds else None
    for edge, (condition, value) in list(prescribed.values.items()):
        rough = _rough(value, box, periodic)
        if rough:
            notes.append(f"{condition.text} {rough}, and is met by training")
            del prescribed.values[edge]
            if edge.axis == "t" and edge.value == start:
                prescribed.rate = None
    if prescribed.rate and (
        _rough(prescribed.rate[1], box, periodic) or Edge("t", box.bounds["t"][0]) not in prescribed.values
    ):
        prescribed.rate = None
    if boundary is not None:
        rough = _rough(boundary.value, box, periodic)
        if rough:
            notes.append(f"{boundary.conditions[0].text} {rough}, and is met by training")
        else:
            prescribed.boundary = boundary
    for axes in ((), ("t",), box.space):
        kept = prescribed
        for axis in axes:
            kept = kept.without(axis)
        lift = _lift(kept, box)
        clash = _clash(kept, lift, box)
        if clash is None:
            return Trial(lift, _distance(kept, box), kept.conditions, tuple(notes))
        notes.append(f"{clash.text} disagrees with other conditions where edges meet")
    return Trial(notes=tuple(notes))


def _prescribed(component: str, conditions: Sequence[Condition], box: Domain) -> _Prescribed:
    found = _Prescribed()
    for condition in conditions:
        known = condition.prescribed()
        if known is None or known[0].component != component or len(known[0].at) != 1:
            continue
        place, value = known
        if not value.free_symbols <= {sympy.Symbol(axis) for axis in box.axes}:
            continue
        (axis, at), times = next(iter(place.at.items())), dict(zip(box.axes, place.orders, strict=True))
        if axis in box.shaped:
            continue
        if not any(place.orders) and at in box.bounds[axis]:
            found.values[Edge(axis, at)] = (condition, value)
        elif _is_rate(place, times, box):
            found.rate = (condition, value)
    return found


def _is_rate(place: Trace, times: Mapping[str, int], box: Domain) -> bool:
    if set(place.at) != {"t"} or place.at["t"] != box.bounds["t"][0]:
        return False
    return all(count == (axis == "t") for axis, count in times.items())


def _rough(value: sympy.Expr, box: Domain, periodic: Mapping[str, int]) -> str:
    """What keeps a value from being met by construction."""
    return "has a corner or a jump" if value.has(sympy.Abs, sympy.sign) else _kink(value, box, periodic)


def _kink(value: sympy.Expr, box: Domain, periodic: Mapping[str, int]) -> str:
    """What keeps a value from being continued periodically, with its derivatives."""
    size = float(np.abs(_values(value, box)).max())
    for axis, order in periodic.items():
        symbol, slope = sympy.Symbol(axis), value
        for times in range(max(order, 1)):
            low, high = (slope.subs(symbol, end) for end in box.bounds[axis])
            if not _alike(low, high, box, size / box.length(axis) ** times):
                what = "its value" if times == 0 else f"its derivative by {axis} of order {times}"
                return f"is not periodic in {axis} ({what} differs at the ends)"
            slope = sympy.diff(slope, symbol)
    return ""


def _lift(prescribed: _Prescribed, box: Domain) -> sympy.Expr:
    """The blend of what is prescribed, one axis after another (Boolean sum of projections)."""
    total: sympy.Expr = prescribed.boundary.value if prescribed.boundary else sympy.Integer(0)
    for axis in box.axes:
        symbol, (low, high) = sympy.Symbol(axis), box.bounds[axis]
        ends = {edge.value: value for edge, (_, value) in prescribed.values.items() if edge.axis == axis}
        missing = {at: value - total.subs(symbol, at) for at, value in ends.items()}
        if len(missing) == 2:
            share = (symbol - low) / (high - low)
            total += (1 - share) * missing[low] + share * missing[high]
        elif missing:
            at, gap = next(iter(missing.items()))
            total += gap
            if axis == "t" and prescribed.rate:
                total += (symbol - at) * (prescribed.rate[1] - sympy.diff(total, symbol).subs(symbol, at))
    return total


def _distance(prescribed: _Prescribed, box: Domain) -> sympy.Expr:
    """What vanishes on the edges with prescribed values, and is about one within."""
    total: sympy.Expr = prescribed.boundary.distance if prescribed.boundary else sympy.Integer(1)
    for axis in box.axes:
        symbol, length = sympy.Symbol(axis), box.length(axis)
        ends = [edge.value for edge in prescribed.values if edge.axis == axis]
        for at in ends:
            total *= (symbol - at) / length * (1 if at == box.bounds[axis][0] else -1)
        if len(ends) == 2:
            total *= 4
        if axis == "t" and prescribed.rate and ends:
            total *= (symbol - ends[0]) / length
    return total


def _clash(prescribed: _Prescribed, lift: sympy.Expr, box: Domain) -> Condition | None:
    """A condition that the blend does not meet, since others say something else where edges meet."""
    size = _size(prescribed, box)
    for edge, (condition, value) in prescribed.values.items():
        if not _alike(lift.subs(sympy.Symbol(edge.axis), edge.value), value, box, size):
            return condition
    if prescribed.boundary:
        off = at_points(lift - prescribed.boundary.value, box.axes, prescribed.boundary.points)
        if not np.all(np.abs(off) <= _TOLERANCE * size):
            return prescribed.boundary.conditions[0]
    if prescribed.rate:
        condition, value = prescribed.rate
        rate = sympy.diff(lift, sympy.Symbol("t")).subs(sympy.Symbol("t"), box.bounds["t"][0])
        if not _alike(rate, value, box, size / box.length("t")):
            return condition
    return None


def _alike(one: sympy.Expr, other: sympy.Expr, box: Domain, size: float) -> bool:
    """Whether two expressions agree at points spread over the domain, to a small share of a size."""
    return bool(np.all(np.abs(_values(one, box) - _values(other, box)) <= _TOLERANCE * size))


def _size(prescribed: _Prescribed, box: Domain) -> float:
    """The largest of all prescribed values."""
    values = [value for _, value in prescribed.values.values()]
    values += [prescribed.boundary.value] if prescribed.boundary else []
    values += [prescribed.rate[1] * box.length("t")] if prescribed.rate else []
    return max((float(np.abs(_values(value, box)).max()) for value in values), default=0.0)


def _values(expression: sympy.Expr, box: Domain) -> np.ndarray:
    """An expression at points spread over the domain."""
    return at_points(expression, box.axes, box.sample(_POINTS, torch.Generator().manual_seed(0)))
