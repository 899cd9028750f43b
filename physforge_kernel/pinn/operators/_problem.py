"""Problems with functions left open: one for each function that is put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

from ...equations import Equation, split_derivative
from ...errors import SolverError
from .._domain import Domain
from .._problem import Problem
from ._expansion import Expansion, Waves
from ._gaussian import GaussianField

#: Functions are learnt up to this share of their size.
_SHARE = 2e-4
_NAME = re.compile(r"\s*(?P<name>[A-Za-z]\w*)\s*(\(\s*(?P<axis>\w+)\s*\))?\s*\Z")


@dataclass(frozen=True)
class Input:
    """A function that is put into an operator.

    Attributes:
        name: of the function.
        axis: the coordinate that it depends on.
        expansion: the functions that it is one of.
    """

    name: str
    axis: str
    expansion: Expansion


class OperatorProblem:
    """An equation in which functions are left open: sources, coefficients, or the initial state.

    Args:
        equation: an `Equation`, or text that it reads; functions stand in it by name, `u_x = f`.
        domain: the interval of each coordinate, `{"x": (0, 1)}`.
        conditions: as for `Problem`; a function may be the initial state of a field that is periodic in
            space, `u(x, 0) = f`.
        functions: by name what is put in, and from which random functions the operator learns. A function
            depends on the first coordinate of space, or on the one that its name tells, `f(t)`.

    Attributes:
        problem: the problem with functions in the equation as further fields.
        given: the conditions as they were given.
        inputs: the functions.
        start: the function that is the initial state; None where there is none.

    Raises:
        SolverError: if the problem cannot be posed.
        EquationError: if the equation cannot be read.

    Example:
        >>> problem = OperatorProblem(
        ...     "u_x = f", {"x": (0, 1)}, ["u(0) = 0"], {"f": GaussianField(length_scale=0.2)}
        ... )
        >>> problem.fields, problem.is_linear
        (('u',), True)
    """

    def __init__(
        self,
        equation: str | Equation,
        domain: Mapping[str, tuple[float, float]],
        conditions: Sequence[object] = (),
        functions: Mapping[str, GaussianField | Expansion] | None = None,
    ) -> None:
        self.box = Domain.of(domain)
        if self.box.shape is not None:
            raise SolverError(
                "Operators are learnt on intervals; give each coordinate one instead of a shape."
            )
        self.inputs = tuple(_input(name, each, self.box) for name, each in (functions or {}).items())
        if not self.inputs:
            raise SolverError(
                "An operator maps functions, and none is given; pass functions={'f': "
                "GaussianField(length_scale=0.2)}, or solve a single problem with `solve`."
            )
        names = [each.name for each in self.inputs]
        self.given = (conditions,) if isinstance(conditions, str) else tuple(conditions)
        kept, starts = _starts(self.given, names)
        text = _without_arguments(equation, self.inputs)
        self.in_equation = tuple(name for name in names if _occurs(name, text, names))
        self.problem = Problem(
            Equation(text, components=self.in_equation),
            domain,
            [*kept, *((left, _unset) for left in starts)],
        )
        self.fields = tuple(n for n in self.problem.components.names if n not in names)
        self._check(names, starts)
        self.start = self.input(next(iter(starts.values()))) if starts else None
        if self.start is not None:
            self._check_start()

    def input(self, name: str) -> Input:
        """A function by name."""
        return next(each for each in self.inputs if each.name == name)

    @property
    def width(self) -> int:
        """The number of coordinates of all functions."""
        return sum(each.expansion.count for each in self.inputs)

    @cached_property
    def is_linear(self) -> bool:
        """Whether fields depend on functions through an affine map."""
        conditions = [(each.residual, each.traces.__contains__) for each in self.problem.conditions]
        parts = [*((side, self._unknown) for side in self._sides), *conditions]
        return self.start is None and all(_is_linear(*part) for part in parts)

    @cached_property
    def is_alike_everywhere(self) -> bool:
        """Whether shifting the initial state shifts the solution, so that it need be known at one place."""
        axis = None if self.start is None else self.start.axis
        free = {str(symbol) for side in self._sides for symbol in side.free_symbols}
        known = [each for each in self.inputs if each.name in self.in_equation and each.axis != "t"]
        return axis is not None and axis not in free and not known

    @cached_property
    def is_homogeneous(self) -> bool:
        """Whether nothing that is put in gives nothing, so that small functions have small solutions."""
        axes = set(self.box.axes)
        nothing = [s.subs({n: 0 for n in s.free_symbols if str(n) not in axes}) for s in self._sides]
        return self.start is not None and all(each == 0 for each in nothing)

    @cached_property
    def growth(self) -> dict[int, float]:
        """The coefficients of the linear terms `u_x...x` of `u_t`, by the number of times x stands there."""
        assert self.start is not None
        (field,), (right,) = self.fields, self._sides
        found = {}
        for term in sympy.Add.make_args(sympy.expand(right)):
            factor, rest = term.as_coeff_Mul()
            name = str(rest) if isinstance(rest, sympy.Symbol) else ""
            split = (field, {}) if name == field else split_derivative(name, (field,))
            if split is not None and set(split[1]) <= {self.start.axis} and factor.is_real:
                found[sum(split[1].values())] = float(factor)
        return found

    @property
    def _sides(self) -> list[sympy.Expr]:
        return list(self.problem.equation.right_sides.values())

    def _unknown(self, name: str) -> bool:
        components = self.problem.components.names
        return name in components or split_derivative(name, components) is not None

    def _check(self, names: Sequence[str], starts: Mapping[str, str]) -> None:
        for name in names:
            if name not in self.in_equation and name not in starts.values():
                raise SolverError(
                    f"The function {name} occurs neither in the equation {self.problem.equation} nor as an "
                    "initial state; put it there, or leave it out."
                )
        if self.problem.components.is_complex:
            raise SolverError("Operators of complex fields cannot be learnt; split the field into two.")

    def _check_start(self) -> None:
        assert self.start is not None
        axis, equation = self.start.axis, self.problem.equation
        (trace,) = self.problem.conditions[-1].traces.values()
        if dict(trace.at) != {"t": self.box.bounds.get("t", (0.0,))[0]} or any(trace.orders):
            raise SolverError(
                f"{self.start.name} stands in a condition that is not the initial state; only that can be a "
                "function, as in 'u(x, 0) = f'."
            )
        if self.box.space != (axis,) or "t" not in self.box.axes:
            raise SolverError("An initial state that is a function needs a domain of one space axis and t.")
        if len(self.fields) != 1 or tuple(equation.right_sides) != (f"{self.fields[0]}_t",):
            raise SolverError(
                f"An initial state that is a function needs one equation for u_t, and {equation} is none; "
                "learn from pairs of functions and solutions instead."
            )
        if axis not in self.problem.periodic or not isinstance(self.start.expansion, Waves):
            raise SolverError(
                f"An initial state that is a function has to be periodic: add the condition 'periodic in "
                f"{axis}' and pass GaussianField(..., periodic=True); for others learn from pairs of "
                "functions and solutions."
            )


def _input(name: str, field: object, box: Domain) -> Input:
    match = _NAME.match(name)
    if match is None:
        raise SolverError(f"{name!r} names no function; write 'f', or 'f(t)' with its coordinate.")
    axis = match["axis"] or (box.space or box.axes)[0]
    if axis not in box.axes:
        raise SolverError(f"{name!r} depends on {axis}, and the domain has {', '.join(box.axes)}.")
    if isinstance(field, Expansion):
        return Input(match["name"], axis, field)
    if not isinstance(field, GaussianField):
        raise SolverError(
            f"The function {name} is {field!r}; say from which random functions to learn, as in "
            "GaussianField(length_scale=0.2)."
        )
    return Input(match["name"], axis, field.expansion(box.bounds[axis], _SHARE))


def _starts(conditions: Sequence[object], names: Sequence[str]) -> tuple[list[object], dict[str, str]]:
    """The conditions without functions, and by the left side the function of each that has one."""
    kept, starts = [], {}
    for each in conditions:
        left, equals, right = each.partition("=") if isinstance(each, str) else ("", "", "")
        match = _NAME.match(right)
        if equals and match is not None and match["name"] in names:
            starts[left.strip()] = match["name"]
        else:
            kept.append(each)
    if len(starts) > 1:
        raise SolverError("More than one condition holds a function; only the initial state can be one.")
    return kept, starts


def _without_arguments(equation: str | Equation, inputs: Sequence[Input]) -> str:
    text = equation if isinstance(equation, str) else str(equation)
    for each in inputs:
        text = re.sub(rf"\b{each.name}\s*\(\s*{each.axis}\s*\)", each.name, text)
    return text


def _occurs(name: str, text: str, names: Sequence[str]) -> bool:
    words = re.findall(r"[A-Za-z]\w*", text)
    return any(word == name or (split_derivative(word, names) or ("",))[0] == name for word in words)


def _is_linear(side: sympy.Expr, unknown: Callable[[str], bool]) -> bool:
    symbols = [symbol for symbol in side.free_symbols if unknown(str(symbol))]
    return all(sympy.diff(side, a, b) == 0 for a in symbols for b in symbols)


def _unset(*coordinates: object) -> object:
    raise SolverError("The initial state of an operator's problem is a function that is put in later.")
