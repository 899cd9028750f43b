"""The total derivative of an expression in fields, by the chain rule."""

from __future__ import annotations

from typing import cast

import sympy

from ..errors import EquationError
from ._exact import arguments
from ._names import derivative_name
from ._scope import Scope

MAX_ORDER = 12


def differentiate(value: sympy.Expr, axis: str, scope: Scope) -> sympy.Expr:
    """The derivative of `value` by `axis`, where components depend on every axis.

    Of a complex field, |u| has the derivative Re(conj(u) u_x)/|u|; of a real one, sign(u) u_x.

    Raises:
        EquationError: if a derivative's order exceeds 12.
    """
    if isinstance(value, sympy.Symbol):
        return _of_symbol(value.name, axis, scope)
    if not scope.varies(value):
        return sympy.Integer(0)
    parts = arguments(value)
    inner = [differentiate(part, axis, scope) for part in parts]
    if value.is_Add:
        return sympy.Add(*inner)
    if value.is_Mul:
        return sympy.Add(
            *[
                sympy.Mul(*parts[:index], derivative, *parts[index + 1 :])
                for index, derivative in enumerate(inner)
                if derivative != 0
            ]
        )
    if isinstance(value, sympy.Pow):
        base, exponent = value.base, value.exp
        by_base = exponent * base ** (exponent - 1) * inner[0] if inner[0] != 0 else sympy.Integer(0)
        by_exponent = value * sympy.log(base) * inner[1] if inner[1] != 0 else sympy.Integer(0)
        return sympy.Add(by_base, by_exponent)
    return _of_function(value, parts[0], inner[0], scope)


def _of_symbol(name: str, axis: str, scope: Scope) -> sympy.Expr:
    found = scope.orders(name)
    if found is None:
        return sympy.Integer(1 if name == axis and scope.is_axis(name) else 0)
    component, orders = found
    orders = {**orders, axis: orders.get(axis, 0) + 1}
    if sum(orders.values()) > MAX_ORDER:
        raise EquationError(f"{MAX_ORDER} is the highest order of a derivative.")
    return sympy.Symbol(derivative_name(component, orders))


def _of_function(value: sympy.Expr, argument: sympy.Expr, inner: sympy.Expr, scope: Scope) -> sympy.Expr:
    if inner == 0 or isinstance(value, sympy.sign):
        return sympy.Integer(0)
    if isinstance(value, sympy.conjugate):
        return sympy.conjugate(inner)
    if isinstance(value, sympy.Abs):
        if not scope.is_complex:
            return sympy.sign(argument) * inner
        twice = sympy.conjugate(argument) * inner + argument * sympy.conjugate(inner)
        return twice / (2 * value)
    dummy = sympy.Dummy()
    outer = cast(sympy.Expr, value.func(dummy).diff(dummy))
    return outer.xreplace({dummy: argument}) * inner
