"""Exact numbers in SymPy expressions, and their way to and from doubles."""

from __future__ import annotations

import cmath
from fractions import Fraction
from typing import cast

import sympy

from ..errors import EquationError


def rational(value: float | Fraction) -> sympy.Rational:
    """A real number as SymPy's exact rational."""
    fraction = Fraction(value)
    return cast(sympy.Rational, sympy.Rational(fraction.numerator, fraction.denominator))


def exact(value: complex) -> sympy.Expr:
    """A finite number, real or complex, as an exact one."""
    value = complex(value)
    if not cmath.isfinite(value):
        raise EquationError(f"{value} is not a number that an equation can hold.")
    if not value.imag:
        return rational(value.real)
    return sympy.Add(rational(value.real), sympy.Mul(rational(value.imag), sympy.I))


def as_fraction(number: sympy.Rational) -> Fraction:
    """SymPy's rational as Python's."""
    return Fraction(int(number.p), int(number.q))


def as_complex(number: sympy.Expr) -> complex:
    """The double nearest to an exact number."""
    if isinstance(number, sympy.Rational):
        return complex(_as_float(number))
    real, imaginary = number.as_real_imag()
    return complex(_as_float(real), _as_float(imaginary))


def _as_float(number: sympy.Expr) -> float:
    try:
        value = float(as_fraction(number)) if isinstance(number, sympy.Rational) else float(number)
    except (OverflowError, TypeError):
        raise EquationError("A number in this equation is beyond what a computer's numbers hold.") from None
    if not cmath.isfinite(value):
        raise EquationError(f"{value} is not a number that an equation can hold.")
    return value


def arguments(value: sympy.Basic) -> list[sympy.Expr]:
    """The parts of an expression (SymPy's own type for them is wider)."""
    return [cast(sympy.Expr, part) for part in value.args]


def with_doubles(value: sympy.Expr) -> sympy.Expr:
    """An exact expression with SymPy's doubles for its fractions; whole numbers and exponents stay exact."""
    if isinstance(value, sympy.Rational):
        return value if value.is_Integer else sympy.Float(_as_float(value))
    if value.is_Atom:
        return value
    if isinstance(value, sympy.Pow) and value.exp.is_Rational:
        return with_doubles(value.base) ** value.exp
    if isinstance(value, sympy.exp):
        # Of a sum with a double, SymPy would take the double out: exp(-x^2 - 2500.5) would underflow.
        terms = sympy.Add.make_args(arguments(value)[0])
        return sympy.exp(sympy.Add(*[with_doubles(term) if term.free_symbols else term for term in terms]))
    return cast(sympy.Expr, value.func(*[with_doubles(argument) for argument in arguments(value)]))
