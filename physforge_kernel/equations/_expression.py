"""From a tree to SymPy: names get their meaning, derivatives are carried out, numbers stay exact.

Every number is a rational (pi and the like as the nearest double), so that rearranging an equation changes nothing.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from sympy.core.function import Function

from ._names import AXES, derivative_name, split_derivative
from ._syntax import (
    Call,
    Derivative,
    Laplacian,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    complain,
)

MAX_TERMS = 5_000
MAX_EXPONENT = 64
MAX_ORDER = 12

_FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "exp": sympy.exp,
    "log": sympy.log,
    "tanh": sympy.tanh,
    "cosh": sympy.cosh,
    "sinh": sympy.sinh,
    "abs": sympy.Abs,
    "conj": sympy.conjugate,
    "sign": sympy.sign,
}
_NUMERIC: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "exp": cmath.exp,
    "log": cmath.log,
    "tanh": cmath.tanh,
    "cosh": cmath.cosh,
    "sinh": cmath.sinh,
    "abs": abs,
    "conj": lambda z: z.conjugate(),
    "sign": lambda z: z / abs(z) if z else 0.0,
}


@dataclass(frozen=True)
class Scope:
    """What the names of one equation mean."""

    components: frozenset[str]
    parameters: frozenset[str]
    axes: tuple[str, ...]
    is_complex: bool

    def orders(self, name: str) -> tuple[str, dict[str, int]] | None:
        """The component and derivative orders of a name (none for the component itself)."""
        if name in self.parameters:
            return None
        if name in self.components:
            return name, {}
        return split_derivative(name, self.components)

    def varies(self, expression: sympy.Expr) -> bool:
        """Whether the expression holds a component, a derivative or an axis."""
        return any(
            symbol.name in AXES or self.orders(symbol.name) is not None  # type: ignore[attr-defined]
            for symbol in expression.free_symbols
        ) if expression.free_symbols else False


def rational(value: float | Fraction) -> sympy.Rational:
    """A number as SymPy's exact rational."""
    fraction = Fraction(value)
    return sympy.Rational(fraction.numerator, fraction.denominator)


def exact(value: complex) -> sympy.Expr:
    """A number, real or complex, as an exact one."""
    value = complex(value)
    if not value.imag:
        return rational(value.real)
    return rational(value.real) + rational(value.imag) * sympy.I


def as_complex(number: sympy.Expr) -> complex:
    """The double nearest to an exact number."""
    real, imaginary = number.as_real_imag()
    return complex(_to_float(real), _to_float(imaginary))


def _to_float(number: sympy.Expr) -> float:
    if isinstance(number, sympy.Rational):
        return float(Fraction(int(number.p), int(number.q)))
    return float(number)


class Evaluator:
    """Evaluates the nodes of one text."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope

    def evaluate(self, node: Node) -> sympy.Expr:
        """The expanded SymPy expression of a node."""
        value = self._value(node)
        self._limit(value, node)
        return expand(value)

    def _value(self, node: Node) -> sympy.Expr:
        match node:
            case Number(_, value):
                return rational(value)
            case Name():
                return self._name(node)
            case Sum(_, terms):
                return sympy.Add(*[self._value(term) for term in terms])
            case Product():
                return self._product(node)
            case Negative(_, of):
                return -self._value(of)
            case Power(_, base, exponent):
                return self._power(node, self._value(base), self._value(exponent))
            case Call(_, function, argument):
                return self._call(node, function, self.evaluate(argument))
            case Derivative(_, of, axes):
                return self._derivative(node, of, axes)
            case Laplacian(_, of):
                return self._laplacian(node, of)
        raise complain(self.text, node.start, "This part of the equation has no meaning.")

    def _name(self, node: Name) -> sympy.Expr:
        name = node.name
        if name == "pi" and name not in self.scope.components | self.scope.parameters:
            return rational(math.pi)
        found = self.scope.orders(name)
        if found is not None:
            component, orders = found
            self._check_order(node, sum(orders.values()))
            return sympy.Symbol(derivative_name(component, orders))
        if name in self.scope.parameters:
            if node.arguments:
                raise complain(
                    self.text, node.start, f"The parameter {name} is a constant and depends on nothing."
                )
            return sympy.Symbol(name)
        if name in ("i", "I", "j") and name != "j":
            return sympy.I
        return sympy.Symbol(name)

    def _product(self, node: Product) -> sympy.Expr:
        factors: list[sympy.Expr] = []
        for index, factor in enumerate(node.factors):
            value = self._value(factor)
            if index in node.divided:
                if expand(value) == 0:
                    raise complain(self.text, factor.start, "This divides by zero.")
                value = self._power(factor, value, sympy.Integer(-1))
            factors.append(value)
        return sympy.Mul(*factors)

    def _power(self, node: Node, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        exponent = expand(exponent)
        if exponent.is_Rational and abs(exponent) > MAX_EXPONENT:
            raise complain(
                self.text, node.start, f"An exponent beyond {MAX_EXPONENT} is more than an equation can hold."
            )
        base_is_number, exponent_is_number = _is_number(base), _is_number(exponent)
        if base_is_number and exponent_is_number:
            return self._number_power(node, expand(base), exponent)
        if exponent.is_Integer and int(exponent) > 1 and base.is_Add:
            self._limit(base**exponent, node)
        if exponent.is_Integer:
            return base**exponent if int(exponent) > 0 else expand(base) ** exponent
        return expand(base) ** exponent

    def _number_power(self, node: Node, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if base == 0 and not (exponent.is_Rational and exponent > 0):
            raise complain(self.text, node.start, "Zero has no such power.")
        if exponent.is_Integer and base.is_Rational and _digits(base) * abs(int(exponent)) < 4_000:
            return base**exponent
        try:
            return exact(as_complex(base) ** as_complex(exponent))
        except (OverflowError, ValueError, ZeroDivisionError):
            raise complain(
                self.text, node.start, "This number is beyond what a computer's numbers hold."
            ) from None

    def _call(self, node: Call, function: str, argument: sympy.Expr) -> sympy.Expr:
        if function == "sqrt":
            return self._power(node, argument, sympy.Rational(1, 2))
        if _is_number(argument):
            try:
                value = complex(_NUMERIC[function](as_complex(argument)))
            except (OverflowError, ValueError, ZeroDivisionError):
                value = complex(math.nan)
            if not cmath.isfinite(value):
                raise complain(self.text, node.start, f"{function} has no finite value here.")
            return exact(value)
        return _FUNCTIONS[function](argument)

    # -------------------------------------------------------------- derivatives

    def _derivative(self, node: Node, of: Node, axes: str) -> sympy.Expr:
        value = self.evaluate(of)
        for axis in axes:
            if axis in self.scope.components:
                raise complain(
                    self.text, node.start, f"{axis} is a component here, so nothing can be differentiated by it."
                )
            value = self._differentiate(node, value, axis)
            self._limit(value, node)
            value = expand(value)
        return value

    def _laplacian(self, node: Node, of: Node) -> sympy.Expr:
        space = [axis for axis in self.scope.axes if axis != "t"]
        if not space:
            raise complain(
                self.text,
                node.start,
                "The Laplacian's axes are not known; write u_xx + u_yy, or pass axes=('x', 'y').",
            )
        value = self.evaluate(of)
        return sympy.Add(*[
            self._differentiate(node, expand(self._differentiate(node, value, axis)), axis) for axis in space
        ])

    def _differentiate(self, node: Node, value: sympy.Expr, axis: str) -> sympy.Expr:
        """The total derivative of an expression by one axis (chain rule)."""
        if not value.free_symbols:
            return sympy.Integer(0)
        if isinstance(value, sympy.Symbol):
            if value.name == axis and axis not in self.scope.components:
                return sympy.Integer(1)
            found = self.scope.orders(value.name)
            if found is None:
                return sympy.Integer(0)
            component, orders = found
            orders = {**orders, axis: orders.get(axis, 0) + 1}
            self._check_order(node, sum(orders.values()))
            return sympy.Symbol(derivative_name(component, orders))
        inner = [self._differentiate(node, argument, axis) for argument in value.args]  # type: ignore[arg-type]
        if value.is_Add:
            return sympy.Add(*inner)
        if value.is_Mul:
            return sympy.Add(*[
                sympy.Mul(*value.args[:index], derivative, *value.args[index + 1 :])
                for index, derivative in enumerate(inner)
                if derivative != 0
            ])
        if isinstance(value, sympy.Pow):
            base, exponent = value.args
            base_part = exponent * base ** (exponent - 1) * inner[0] if inner[0] != 0 else sympy.Integer(0)
            return base_part + (value * sympy.log(base) * inner[1] if inner[1] != 0 else 0)
        return self._outer(value, value.args[0], inner[0])

    def _outer(self, value: sympy.Expr, argument: sympy.Expr, inner: sympy.Expr) -> sympy.Expr:
        if inner == 0:
            return sympy.Integer(0)
        if isinstance(value, sympy.conjugate):
            return sympy.conjugate(inner)
        if isinstance(value, sympy.sign):
            return sympy.Integer(0)
        if isinstance(value, sympy.Abs):
            if not self.scope.is_complex:
                return sympy.sign(argument) * inner
            twice = sympy.conjugate(argument) * inner + argument * sympy.conjugate(inner)
            return twice / (2 * value)
        if isinstance(value, Function):
            return value.fdiff(1) * inner
        return value.diff(argument) * inner

    # ------------------------------------------------------------------- limits

    def _check_order(self, node: Node, order: int) -> None:
        if order > MAX_ORDER:
            raise complain(self.text, node.start, f"A derivative of order {order}: {MAX_ORDER} is the most.")

    def _limit(self, value: sympy.Expr, node: Node) -> None:
        if _expanded_size(value) > MAX_TERMS:
            raise complain(
                self.text, node.start, f"Expanded, this has more than {MAX_TERMS} terms; write it more simply."
            )


def expand(value: sympy.Expr) -> sympy.Expr:
    """Products and whole powers multiplied out, inside functions too; nothing else is rewritten."""
    if value.is_Atom:
        return value
    return sympy.expand(
        value, power_base=False, power_exp=False, log=False, trig=False, func=False, complex=False, basic=False
    )


def _is_number(value: sympy.Expr) -> bool:
    return not value.free_symbols


def _digits(value: sympy.Expr) -> int:
    return max(int(value.p).bit_length(), int(value.q).bit_length())  # type: ignore[attr-defined]


def _expanded_size(value: sympy.Basic) -> int:
    """How many terms expanding would give, at most."""
    if value.is_Atom:
        return 1
    if value.is_Add:
        return sum(_expanded_size(argument) for argument in value.args)
    if value.is_Mul:
        return math.prod(_expanded_size(argument) for argument in value.args)
    if isinstance(value, sympy.Pow) and isinstance(value.exp, sympy.Integer) and value.exp > 0:
        size = _expanded_size(value.base)
        return math.comb(size + int(value.exp) - 1, int(value.exp)) if size > 1 else 1
    return max(1, *(_expanded_size(argument) for argument in value.args)) if value.args else 1


def scope_axes(names: Sequence[str]) -> tuple[str, ...]:
    """The axes among names, in their order."""
    return tuple(axis for axis in AXES if axis in names)
