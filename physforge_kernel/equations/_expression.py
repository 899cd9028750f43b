"""From a tree to SymPy: names get their meaning, derivatives are carried out, numbers stay exact.

Every number is a rational (pi and the like as the nearest double), so that
rearranging an equation changes nothing.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable

import sympy

from ..errors import EquationError
from ._differentiate import MAX_ORDER, differentiate
from ._exact import as_complex, exact, rational
from ._expand import expand
from ._names import derivative_name
from ._scope import Scope
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

MAX_TERMS = 500
MAX_WORK = 2_500
MAX_EXPONENT = 64
MAX_DIFFERENTIATED = 1_000

FUNCTIONS: dict[str, tuple[Callable[..., sympy.Expr], Callable[[complex], complex]]] = {
    "sin": (sympy.sin, cmath.sin),
    "cos": (sympy.cos, cmath.cos),
    "tan": (sympy.tan, cmath.tan),
    "atan": (sympy.atan, cmath.atan),
    "exp": (sympy.exp, cmath.exp),
    "log": (sympy.log, cmath.log),
    "tanh": (sympy.tanh, cmath.tanh),
    "cosh": (sympy.cosh, cmath.cosh),
    "sinh": (sympy.sinh, cmath.sinh),
    "abs": (sympy.Abs, abs),
    "conj": (sympy.conjugate, lambda z: z.conjugate()),
    "sign": (sympy.sign, lambda z: z / abs(z) if z else 0.0),
}
"""Each function of an expression and of a number."""


class Evaluator:
    """Evaluates the nodes of one text."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.work = 0
        self.differentiated = 0

    def evaluate(self, node: Node) -> sympy.Expr:
        """The expanded SymPy expression of a node."""
        return self._expanded(node, self._value(node))

    def _expanded(self, node: Node, value: sympy.Expr) -> sympy.Expr:
        size = _expanded_size(value)
        self.work += size
        if size > MAX_TERMS or self.work > MAX_WORK:
            raise complain(
                self.text,
                node.start,
                f"Expanded, this has more than {MAX_TERMS} terms; write it more simply.",
            )
        value = expand(value)
        if any(power.exp.is_Rational and abs(power.exp) > MAX_EXPONENT for power in value.atoms(sympy.Pow)):
            raise self._too_high(node)
        return value

    def _too_high(self, node: Node) -> EquationError:
        return complain(
            self.text, node.start, f"An exponent beyond {MAX_EXPONENT} is more than an equation can hold."
        )

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
                return self._power(node, self._value(base), self.evaluate(exponent))
            case Call(_, function, argument):
                return self._call(node, function, self.evaluate(argument))
            case Derivative(_, of, axes):
                value = self.evaluate(of)
                for axis in axes:
                    value = self._differentiated(node, value, axis)
                return value
            case Laplacian(_, of):
                return self._laplacian(node, self.evaluate(of))
        raise complain(self.text, node.start, "This part of the equation has no meaning.")

    def _name(self, node: Name) -> sympy.Expr:
        name, scope = node.name, self.scope
        if name in scope.parameters:
            if node.arguments:
                raise complain(
                    self.text, node.start, f"The parameter {name} is constant and depends on nothing."
                )
            return sympy.Symbol(name)
        found = scope.orders(name)
        if found is not None:
            component, orders = found
            if sum(orders.values()) > MAX_ORDER:
                raise complain(self.text, node.start, f"{MAX_ORDER} is the highest order of a derivative.")
            return sympy.Symbol(derivative_name(component, orders))
        if name == "pi":
            return rational(math.pi)
        if name in ("i", "I"):
            return sympy.I
        return sympy.Symbol(name)

    def _product(self, node: Product) -> sympy.Expr:
        factors: list[sympy.Expr] = []
        for index, factor in enumerate(node.factors):
            value = self._value(factor)
            if index in node.divided:
                value = self._power(factor, value, sympy.Integer(-1))
            factors.append(value)
        return sympy.Mul(*factors)

    def _power(self, node: Node, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if exponent.is_Rational and abs(exponent) > MAX_EXPONENT:
            raise self._too_high(node)
        if not base.free_symbols and not exponent.free_symbols:
            return self._number_power(node, expand(base), exponent)
        if exponent.is_Integer and exponent.is_positive:
            return base**exponent
        expanded = self._expanded(node, base)
        if expanded == 0:
            raise complain(self.text, node.start, "This divides by zero.")
        # The factors of a product stay apart in a denominator, as they do where it is printed.
        whole = exponent.is_Integer and (base.is_Mul or base.is_Pow)
        return expand((base if whole else expanded) ** exponent)

    def _number_power(self, node: Node, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if base == 0 and not (exponent.is_Rational and exponent > 0):
            raise complain(self.text, node.start, "This divides by zero.")
        if exponent.is_Integer and base.is_Rational:
            bits = max(int(base.p).bit_length(), int(base.q).bit_length())  # type: ignore[attr-defined]
            if bits * abs(int(exponent)) < 4_000:
                return base**exponent
        try:
            return exact(as_complex(base) ** as_complex(exponent))
        except (OverflowError, ValueError, ZeroDivisionError, EquationError):
            raise complain(
                self.text, node.start, "This number is beyond what a computer's numbers hold."
            ) from None

    def _call(self, node: Call, function: str, argument: sympy.Expr) -> sympy.Expr:
        if function == "sqrt":
            return self._power(node, argument, sympy.Rational(1, 2))
        symbolic, numeric = FUNCTIONS[function]
        if argument.free_symbols:
            return symbolic(argument)
        try:
            return exact(numeric(as_complex(argument)))
        except (OverflowError, ValueError, ZeroDivisionError, EquationError):
            raise complain(self.text, node.start, f"{function} has no finite value here.") from None

    def _differentiated(self, node: Node, value: sympy.Expr, axis: str) -> sympy.Expr:
        terms = sympy.Add.make_args(value)
        self.differentiated += sum(len(sympy.Mul.make_args(term)) for term in terms)
        if self.differentiated > MAX_DIFFERENTIATED:
            raise complain(
                self.text,
                node.start,
                "Written out, this derivative is too long: take fewer, or of a simpler expression.",
            )
        try:
            return self._expanded(node, differentiate(value, axis, self.scope))
        except EquationError as error:
            raise error if "\n" in str(error) else complain(self.text, node.start, str(error)) from None

    def _laplacian(self, node: Node, value: sympy.Expr) -> sympy.Expr:
        space = [axis for axis in self.scope.axes if axis != "t"]
        if not space:
            raise complain(
                self.text,
                node.start,
                "The Laplacian's axes are not known; write u_xx + u_yy, or pass axes=('x', 'y').",
            )
        twice = [self._differentiated(node, self._differentiated(node, value, axis), axis) for axis in space]
        return sympy.Add(*twice)


def _expanded_size(value: sympy.Basic) -> int:
    """How many terms expanding gives, at most."""
    if value.is_Atom:
        return 1
    if value.is_Add:
        return sum(_expanded_size(argument) for argument in value.args)
    if value.is_Mul:
        return math.prod(_expanded_size(argument) for argument in value.args)
    if isinstance(value, sympy.Pow) and isinstance(value.exp, sympy.Integer) and value.exp > 0:
        size = _expanded_size(value.base)
        return math.comb(size + int(value.exp) - 1, int(value.exp))
    return max(_expanded_size(argument) for argument in value.args)
