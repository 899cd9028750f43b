"""What holds on edges: `u(x, 0) = sin(pi*x)`, `u(-1, t) = u(1, t)`, `u_n + 2*u = 1 on hole`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from ..equations import NUMBERED_AXES, read_pairs, split_derivative
from ..errors import EquationError, SolverError
from ._domain import Domain
from ._orders import Order
from .geometry import BOUNDARY

#: A field, or a derivative of one, at a place: `u_x(1, t)`.
_TRACE = re.compile(r"(?<![\w.])(?P<name>[A-Za-z]\w*)\s*\((?P<arguments>[^()]*)\)")
_ON = re.compile(r"(?P<what>.*\S)\s+on\s+(?P<part>\w+)\s*\Z", re.DOTALL)
#: A name, which may be that of a field or of a derivative of one on a boundary: `u_n`.
_NAME = re.compile(r"(?<![\w.])(?P<name>[A-Za-z]\w*)(?P<call>\s*\()?")
_PERIODIC = re.compile(r"\s*periodic\s+in\s+(?P<axis>\w+)\s*\Z")

#: What stands in a residual for the outward normal along the k-th coordinate.
NORMAL = "normal{}"

Values = Callable[..., Any]
"""A right side as a function of arrays, one for each coordinate that the condition leaves free, by name."""


@dataclass(frozen=True)
class Trace:
    """A component, or a derivative of it, where some coordinates are held.

    Attributes:
        component: the field.
        orders: how often each coordinate differentiates it.
        at: the coordinates that are held, with their values.
        on: the part of the boundary where it is taken, by name; empty where coordinates are held.
    """

    component: str
    orders: Order
    at: Mapping[str, float]
    on: str = ""

    @property
    def key(self) -> tuple[str, Order, tuple[tuple[str, float], ...], str]:
        """What tells it from others."""
        return self.component, self.orders, tuple(sorted(self.at.items())), self.on


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        text: as it was given.
        traces: the traces in it, by the symbol that stands for each in `residual`.
        residual: an expression that is zero where the condition holds, in those symbols, the free
            coordinates, parameters, and on a boundary its normals.
        values: what the residual is to equal, where that is a function and no expression.
    """

    text: str
    traces: Mapping[str, Trace]
    residual: sympy.Expr
    values: Values | None = None

    @property
    def at(self) -> Mapping[str, float]:
        """The coordinates held in its first trace."""
        return next(iter(self.traces.values())).at

    @property
    def on(self) -> str:
        """The part of the boundary that it holds on; empty where it holds coordinates."""
        return next(iter(self.traces.values())).on

    @property
    def components(self) -> frozenset[str]:
        """The fields that it is about."""
        return frozenset(trace.component for trace in self.traces.values())

    def prescribed(self) -> tuple[Trace, sympy.Expr] | None:
        """The trace and the expression that it equals, where the condition says no more than that."""
        if len(self.traces) != 1 or self.values is not None:
            return None
        (name, trace), symbol = next(iter(self.traces.items())), sympy.Symbol(next(iter(self.traces)))
        slope = sympy.diff(self.residual, symbol)
        if not name or not slope.is_number or slope == 0:
            return None
        return trace, sympy.expand(symbol - self.residual / slope)

    def periodic(self, box: Domain) -> str | None:
        """The coordinate along which it says that both ends are alike; None if it says something else."""
        if len(self.traces) != 2 or self.values is not None:
            return None
        (first, a), (second, b) = self.traces.items()
        ratio = sympy.cancel(self.residual / (sympy.Symbol(first) - sympy.Symbol(second)))
        if a.component != b.component or a.orders != b.orders or not ratio.is_number:
            return None
        differ = [axis for axis in a.at if a.at[axis] != b.at[axis] and axis not in box.shaped]
        if len(differ) == len(a.at) == 1 and {a.at[differ[0]], b.at[differ[0]]} == set(box.bounds[differ[0]]):
            return differ[0]
        return None


def read_conditions(
    given: Sequence[object], box: Domain, components: Sequence[str], parameters: Sequence[str]
) -> list[Condition]:
    """The conditions of a problem.

    Args:
        given: texts, or pairs of a trace and a function of the free coordinates, `("u(x, 0)", numpy.cos)`.
        box: the domain.
        components: the fields of the equation.
        parameters: its unknown constants.

    Raises:
        SolverError: if one cannot be read.
    """
    if isinstance(given, str):
        given = [given]
    found: list[Condition] = []
    for each in given:
        found += _Reader(box, components, parameters).read(each)
    return found


class _Reader:
    def __init__(self, box: Domain, components: Sequence[str], parameters: Sequence[str]) -> None:
        self.box, self.components, self.parameters = box, tuple(components), tuple(parameters)

    def read(self, given: object) -> list[Condition]:
        if isinstance(given, Condition):
            return [given]
        if isinstance(given, str):
            periodic = _PERIODIC.match(given)
            return self._around(periodic["axis"]) if periodic else [self._text(given)]
        if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str) and callable(given[1]):
            return [self._function(*given)]
        raise SolverError(
            f"The condition {given!r} is neither a text such as 'u(x, 0) = sin(pi*x)' nor a pair of a text "
            "and a function, such as ('u(x, 0)', numpy.cos)."
        )

    def _around(self, axis: str) -> list[Condition]:
        plain = [each for each in self.box.space if each not in self.box.shaped]
        if axis not in plain:
            raise SolverError(
                f"Nothing can be periodic in {axis!r}; the domain's axes of space with an interval of their "
                f"own: {', '.join(plain) or 'none'}."
            )
        low, high = self.box.bounds[axis]
        ends = [", ".join(repr(e) if a == axis else a for a in self.box.axes) for e in (low, high)]
        return [self._text(f"{c}({ends[0]}) = {c}({ends[1]})") for c in self.components]

    def _function(self, left: str, values: Values) -> Condition:
        condition = self._text(left)
        return Condition(
            f"{left} = {getattr(values, '__name__', 'function')}",
            condition.traces,
            condition.residual,
            values,
        )

    def _text(self, text: str) -> Condition:
        on = _ON.match(text)
        return self._on_boundary(text, on["what"], on["part"]) if on else self._at_place(text)

    def _on_boundary(self, text: str, what: str, part: str) -> Condition:
        shape = self.box.shape
        if shape is None:
            raise SolverError(
                f"The condition {text!r} holds on {part!r}, and the domain has no shape with a boundary; "
                f"name its ends, as in '{self.components[0]}({', '.join(self._example())}) = ...'."
            )
        if part not in (*shape.names, BOUNDARY):
            raise SolverError(
                f"The condition {text!r} holds on {part!r}, which the shape does not have; its surfaces: "
                f"{', '.join(shape.names)}, and {BOUNDARY} for all that no other condition names."
            )
        traces: dict[str, Trace] = {}

        def trace(component: str, orders: Order) -> str:
            symbol = f"trace{len(traces)}"
            traces[symbol] = Trace(component, orders, {}, part)
            return symbol

        def named(match: re.Match[str]) -> str:
            name = match["name"]
            component, _, suffix = name.rpartition("_")
            along_normal = suffix == "n" and component in self.components and name not in self.components
            found = None if along_normal else self._orders(name)
            if match["call"] and (found or along_normal):
                raise SolverError(
                    f"The condition {text!r} gives {name} a place, and holds on all of {part!r}; write "
                    f"{name} alone."
                )
            if along_normal:
                slopes = [tuple(int(a == axis) for a in self.box.axes) for axis in self.box.shaped]
                terms = [f"{NORMAL.format(k)}*{trace(component, each)}" for k, each in enumerate(slopes)]
                return f"({' + '.join(terms)})"
            return f"({trace(*found)})" if found else match[0]

        replaced = _NAME.sub(named, what)
        if not traces:
            raise SolverError(
                f"The condition {text!r} names no field; write it as '{self.components[0]} = ... on {part}'."
            )
        normals = [NORMAL.format(k) for k in range(len(self.box.shaped))]
        return self._checked(Condition(text, traces, self._residual(text, replaced, [*traces, *normals])))

    def _at_place(self, text: str) -> Condition:
        traces: dict[str, Trace] = {}

        def named(match: re.Match[str]) -> str:
            found = self._orders(match["name"])
            if found is None:
                return match[0]
            symbol = f"trace{len(traces)}"
            traces[symbol] = self._trace(text, found, match["arguments"])
            return f"({symbol})"

        replaced = _TRACE.sub(named, text)
        if not traces:
            raise SolverError(
                f"The condition {text!r} names no field at a place; write it as "
                f"'{self.components[0]}({', '.join(self._example())}) = ...'."
            )
        if len({frozenset(trace.at) for trace in traces.values()}) > 1:
            raise SolverError(
                f"The condition {text!r} holds different coordinates in its parts; hold the "
                "same ones in each."
            )
        return self._checked(Condition(text, traces, self._residual(text, replaced, traces)))

    def _residual(self, text: str, replaced: str, symbols: Iterable[str]) -> sympy.Expr:
        try:
            pairs = read_pairs(replaced, [*symbols, *self.parameters, *NUMBERED_AXES])
        except EquationError as error:
            raise SolverError(f"The condition {text!r} cannot be read: {error}") from None
        if len(pairs) != 1:
            raise SolverError(f"{text!r} holds {len(pairs)} equations; give each condition by itself.")
        return sympy.expand(pairs[0][0] - pairs[0][1])

    def _checked(self, condition: Condition) -> Condition:
        free = {axis for axis in self.box.axes if axis not in condition.at}
        known = free | set(condition.traces) | set(self.parameters)
        known |= {NORMAL.format(k) for k in range(len(self.box.shaped))} if condition.on else set()
        for symbol in sorted(map(str, condition.residual.free_symbols)):
            if symbol in known:
                continue
            if symbol in condition.at:
                raise SolverError(
                    f"The condition {condition.text!r} holds {symbol} = {condition.at[symbol]:g}, and its "
                    f"other side depends on {symbol}; write the value in."
                )
            raise SolverError(
                f"The condition {condition.text!r} holds {symbol!r}, which is neither a coordinate of the "
                f"domain ({', '.join(self.box.axes)}) nor a parameter."
            )
        return condition

    def _orders(self, name: str) -> tuple[str, Order] | None:
        if name in self.components:
            return name, tuple(0 for _ in self.box.axes)
        found = split_derivative(name, self.components)
        if found is None:
            return None
        unknown = [axis for axis in found[1] if axis not in self.box.axes]
        if unknown:
            raise SolverError(f"{name} is differentiated by {unknown[0]}, which the domain does not have.")
        return found[0], tuple(found[1].get(axis, 0) for axis in self.box.axes)

    def _trace(self, text: str, found: tuple[str, Order], arguments: str) -> Trace:
        given = [argument.strip() for argument in arguments.split(",")]
        axes = self.box.axes
        if len(given) != len(axes):
            raise SolverError(
                f"The condition {text!r} gives {found[0]} {len(given)} coordinates; the domain has "
                f"{len(axes)}, {', '.join(axes)}."
            )
        at: dict[str, float] = {}
        for axis, argument in zip(axes, given, strict=True):
            if argument == axis:
                continue
            value = self._number(text, axis, argument)
            low, high = self.box.bounds[axis]
            slack = 1e-9 * (high - low)
            if not low - slack <= value <= high + slack:
                raise SolverError(
                    f"The condition {text!r} holds at {axis} = {value:g}, outside the domain's "
                    f"({low:g}, {high:g})."
                )
            at[axis] = (
                min(max(value, low), high)
                if min(value - low, high - value) > slack
                else (low if abs(value - low) <= slack else high)
            )
        if not at:
            raise SolverError(
                f"The condition {text!r} holds no coordinate, so that it says something of the whole domain; "
                "what holds everywhere belongs into the equation."
            )
        return Trace(*found, at)

    def _number(self, text: str, axis: str, argument: str) -> float:
        try:
            pairs = read_pairs(argument)
            value = pairs[0][0] - pairs[0][1]
            if len(pairs) == 1 and value.is_number and value.is_real:
                return float(value)
        except EquationError:
            pass
        raise SolverError(
            f"The condition {text!r} has {argument!r} in the place of {axis}; write {axis} itself, or a "
            f"number. The coordinates stand in the order {', '.join(self.box.axes)}."
        )

    def _example(self) -> list[str]:
        last = self.box.axes[-1]
        return [*self.box.axes[:-1], f"{self.box.bounds[last][0]:g}"]
