"""An equation as a first-order system of real states: what every time stepper here works on.

u_tt = ... becomes the two states u and u_t, and a complex field becomes its real and its imaginary part, so
that one real right-hand side, with its derivatives by everything it depends on, serves all solvers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import sympy
from numpy.typing import NDArray

from ..errors import SimulationError
from ._names import AXES, derivative_name, split_derivative

if TYPE_CHECKING:
    from ._equation import Equation

Array = NDArray[Any]
_HIGHEST_DEGREE = 4


@dataclass(frozen=True)
class State:
    """One real unknown: a component's time derivative of some order below the equation's.

    part: `re` or `im`; a real component has only `re`.
    """

    component: str
    order: int
    part: str = "re"


@dataclass(frozen=True)
class Input:
    """What the right-hand sides read: a spatial derivative of a state, or of a given field."""

    source: State
    orders: tuple[int, ...]


class Slopes(NamedTuple):
    """Derivatives of rates by inputs: their (state, input) pairs, and one function for all, called as the
    rates."""

    pairs: tuple[tuple[int, int], ...]
    function: Callable[..., Sequence[Any]]


@dataclass(frozen=True)
class System:
    """d(states)/dt = rates(t, axes, inputs).

    states: the unknowns, in the order of the state vector.
    given: parts of components that no equation governs: read from the measured field, as functions of time.
    axes: the spatial axes of the field.
    inputs: what the rates read, in the order in which `rates` takes them.
    rates: (t, *coordinates, *inputs) -> one array (or number) for each state.
    degree: the degree of the rates as polynomials in the inputs.
    """

    states: tuple[State, ...]
    given: tuple[State, ...]
    axes: tuple[str, ...]
    inputs: tuple[Input, ...]
    degree: int
    _expressions: tuple[sympy.Expr, ...]
    _arguments: tuple[sympy.Symbol, ...]

    @cached_property
    def rates(self) -> Callable[..., Sequence[Any]]:
        return self._compiled(self._expressions)

    @cached_property
    def slopes(self) -> Slopes:
        """The rates' derivatives by the inputs."""
        return self._slopes(self._expressions)

    @cached_property
    def constant(self) -> dict[tuple[int, int], float]:
        """The coefficients of the terms that are a number times an input, by (state, input)."""
        found: dict[tuple[int, int], float] = {}
        columns = {symbol: column for column, symbol in enumerate(self._symbols)}
        for row, expression in enumerate(self._expressions):
            for term in sympy.Add.make_args(expression):
                number, rest = term.as_coeff_Mul()
                if isinstance(rest, sympy.Symbol) and rest in columns and number.is_real:
                    pair = (row, columns[rest])
                    found[pair] = found.get(pair, 0.0) + float(number)
        return found

    @cached_property
    def _remainder(self) -> tuple[sympy.Expr, ...]:
        rest = list(self._expressions)
        for row, expression in enumerate(rest):
            terms = sympy.Add.make_args(expression)
            rest[row] = sympy.Add(*[term for term in terms if term.as_coeff_Mul()[1] not in self._symbols])
        return tuple(rest)

    @cached_property
    def remainder(self) -> Callable[..., Sequence[Any]]:
        """The rates without their `constant` terms; takes what `rates` takes."""
        return self._compiled(self._remainder)

    @cached_property
    def remainder_slopes(self) -> Slopes:
        return self._slopes(self._remainder)

    @cached_property
    def remainder_inputs(self) -> tuple[int, ...]:
        """The inputs that the remainder reads."""
        free = {symbol for expression in self._remainder for symbol in expression.free_symbols}
        return tuple(column for column, symbol in enumerate(self._symbols) if symbol in free)

    def reads(self, axis: str) -> bool:
        """Whether a coefficient depends on this axis, or on t."""
        return any(
            sympy.Symbol(axis, real=True) in expression.free_symbols for expression in self._expressions
        )

    def repeats(self, axis: str, origin: float, length: float) -> bool:
        """Whether all coefficients are the same a length further along an axis."""
        if not self.reads(axis):
            return True
        generator = np.random.default_rng(0)
        values = generator.uniform(0.5, 1.5, (1 + len(self.axes) + len(self.inputs), 16))
        position = 1 + self.axes.index(axis)
        values[position] = origin + length * np.linspace(0, 1, 16, endpoint=False)
        here = [np.broadcast_to(rate, 16) for rate in self.rates(*values)]
        values[position] += length
        there = [np.broadcast_to(rate, 16) for rate in self.rates(*values)]
        return bool(np.allclose(here, there, rtol=1e-6, atol=1e-9 * np.abs(here).max()))

    def highest_orders(self) -> tuple[int, ...]:
        """The highest derivative along each axis."""
        return tuple(max((i.orders[n] for i in self.inputs), default=0) for n in range(len(self.axes)))

    @property
    def _symbols(self) -> tuple[sympy.Symbol, ...]:
        return self._arguments[1 + len(self.axes) :]

    def _compiled(self, expressions: Sequence[sympy.Expr]) -> Callable[..., Sequence[Any]]:
        return sympy.lambdify(self._arguments, list(expressions), modules="numpy", cse=True)

    def _slopes(self, expressions: Sequence[sympy.Expr]) -> Slopes:
        pairs, derivatives = [], []
        for row, expression in enumerate(expressions):
            for column, symbol in enumerate(self._symbols):
                if symbol in expression.free_symbols:
                    pairs.append((row, column))
                    derivatives.append(sympy.diff(expression, symbol))
        return Slopes(tuple(pairs), self._compiled(derivatives))


def compile_system(
    equation: Equation,
    axes: Sequence[str],
    *,
    fields: Collection[str],
    is_complex: bool,
    parameters: Mapping[str, float] | None = None,
) -> System:
    """Turn an equation into a first-order system.

    Args:
        equation: the equation, each of whose components has a left side or is one of the `fields`.
        axes: the spatial axes of the field to simulate.
        fields: the variables that the start holds.
        is_complex: whether any of them is complex.
        parameters: values for the equation's parameters.

    Returns:
        The system.

    Raises:
        SimulationError: if the equation is steady, implicit in its highest time derivative, reads fields or
            axes that the start does not hold, or has parameters without values.
    """
    sides = _right_sides(equation, parameters or {})
    components = tuple(equation.components)
    orders: dict[str, int] = {}
    for left in sides:
        split = split_derivative(left, components)
        if split is None or set(split[1]) != {"t"}:
            raise SimulationError(
                f"Only an equation for a time derivative can be simulated, and this one is for {left}: give "
                "one such as `u_t = ...`."
            )
        orders[split[0]] = split[1]["t"]
    missing = [name for name in components if name not in fields]
    if missing:
        raise SimulationError(
            f"The equation is about {missing[0]!r}, and the field holds only {', '.join(fields)}: rename a "
            "variable or simulate an equation for these."
        )
    is_complex = is_complex or any(side.has(sympy.I) for side in sides.values())
    parts = ("re", "im") if is_complex else ("re",)
    expressions, inputs = _read(sides, components, orders, tuple(axes), parts)

    states = [State(name, n, part) for name in orders for n in range(orders[name]) for part in parts]
    rates: list[sympy.Expr] = []
    for state in states:
        if state.order + 1 < orders[state.component]:
            following = Input(State(state.component, state.order + 1, state.part), (0,) * len(axes))
            rates.append(inputs.setdefault(following, sympy.Dummy(real=True)))
        else:
            left = derivative_name(state.component, {"t": orders[state.component]})
            rates.append(expressions[left][parts.index(state.part)])
    found = sorted(
        inputs, key=lambda item: (item.source.component, item.source.order, item.source.part, item.orders)
    )
    given = tuple(dict.fromkeys(item.source for item in found if item.source.component not in orders))
    names = ("t", *axes)
    arguments = (*(sympy.Symbol(name, real=True) for name in names), *(inputs[item] for item in found))
    stray = {s.name for rate in rates for s in _symbols([rate]) if s not in arguments}
    if stray:
        name = sorted(stray)[0]
        what = "the axis" if name in AXES else "the parameter"
        raise SimulationError(
            f"The equation reads {what} {name!r}, which has no value: the field has the axes "
            f"{', '.join(names)}; pass parameters={{{name!r}: value}} for a parameter."
        )
    degree = _degree(rates, [inputs[item] for item in found])
    return System(tuple(states), given, tuple(axes), tuple(found), degree, tuple(rates), arguments)


def _right_sides(equation: Equation, parameters: Mapping[str, float]) -> dict[str, sympy.Expr]:
    unknown = sorted(set(parameters) - set(equation.parameters))
    if unknown:
        known = ", ".join(equation.parameters) or "none"
        raise SimulationError(f"The equation has no parameter {unknown[0]!r}; its parameters are: {known}.")
    if "0" in equation.left_sides or not equation.left_sides:
        raise SimulationError("The equation is steady: it has no time derivative to simulate with.")
    values = {sympy.Symbol(name): sympy.Float(float(value)) for name, value in parameters.items()}
    sides: dict[str, sympy.Expr] = dict(equation.right_sides)
    sides = {left: cast(sympy.Expr, side.xreplace(values)) for left, side in sides.items()}
    # A right side may read another left side (`v_t = u_t - v`): put in what that one stands for.
    for _ in range(len(sides)):
        known = {sympy.Symbol(left): side for left, side in sides.items()}
        sides = {left: cast(sympy.Expr, side.xreplace(known)) for left, side in sides.items()}
    return sides


def _read(
    sides: Mapping[str, sympy.Expr],
    components: Collection[str],
    orders: Mapping[str, int],
    axes: tuple[str, ...],
    parts: tuple[str, ...],
) -> tuple[dict[str, tuple[sympy.Expr, ...]], dict[Input, sympy.Symbol]]:
    """Replace every field's name by symbols of its real parts; return the parts of each side, and the
    symbols."""
    inputs: dict[Input, sympy.Symbol] = {}
    replacements: dict[sympy.Symbol, sympy.Expr] = {}
    for symbol in _symbols(sides.values()):
        split = (symbol.name, {}) if symbol.name in components else split_derivative(symbol.name, components)
        if split is None:
            replacements[symbol] = sympy.Symbol(symbol.name, real=True)
            continue
        name, by = split
        in_time = by.get("t", 0)
        if in_time >= orders.get(name, 1):
            raise SimulationError(
                f"The right side holds {symbol.name}, a time derivative as high as the left side's: such "
                "an implicit equation cannot be simulated."
            )
        absent = [axis for axis in by if axis not in ("t", *axes)]
        if absent:
            raise SimulationError(
                f"The equation holds {symbol.name}, and the field has no axis {absent[0]!r}; its axes are "
                f"{', '.join(axes) or 'none but t'}."
            )
        along = tuple(by.get(axis, 0) for axis in axes)
        real = [
            inputs.setdefault(Input(State(name, in_time, part), along), sympy.Dummy(real=True))
            for part in parts
        ]
        replacements[symbol] = real[0] + sympy.I * real[1] if len(real) == 2 else real[0]
    divided = {}
    for left, side in sides.items():
        replaced = side.xreplace(replacements).doit()
        if len(parts) == 2:
            replaced = cast(sympy.Expr, replaced.replace(sympy.Abs, _modulus))
            divided[left] = tuple(sympy.expand(part) for part in replaced.as_real_imag())
        else:
            divided[left] = (sympy.expand(replaced),)
    return divided, inputs


def _modulus(of: sympy.Expr) -> sympy.Expr:
    re, im = of.as_real_imag()
    return sympy.sqrt(re**2 + im**2)


def _symbols(sides: Iterable[sympy.Expr]) -> list[sympy.Symbol]:
    found = {symbol for side in sides for symbol in side.free_symbols if isinstance(symbol, sympy.Symbol)}
    return sorted(found, key=lambda symbol: symbol.name)


def _degree(rates: Iterable[sympy.Expr], inputs: Sequence[sympy.Symbol]) -> int:
    """The degree in the inputs; that of a function that is no polynomial counts as the highest considered."""
    degree = 1
    for rate in rates:
        present = [symbol for symbol in inputs if rate.has(symbol)]
        if not present:
            continue
        polynomial = rate.as_poly(*present)
        degree = max(degree, _HIGHEST_DEGREE if polynomial is None else int(polynomial.total_degree()))
    return min(degree, _HIGHEST_DEGREE)
