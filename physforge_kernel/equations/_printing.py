"""How whole equations are laid out: the order of factors, signs, and coefficients with their uncertainty."""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sympy

from ._canonical import Side, Term
from ._exact import as_complex
from ._scope import Scope
from ._text import Spelling, join_signed, split_number

Errors = Mapping[str, Mapping[str, complex]]
"""Standard errors of coefficients, by left side and term; a complex one holds those of the two parts."""


@dataclass(frozen=True)
class Layout:
    """Lays equations out in one notation; with `moduli`, conj(u)*u is laid out as |u|^2."""

    spelling: Spelling
    scope: Scope
    plus_minus: str = "±"
    ten: str = "e{}"
    infinity: str = "∞"
    moduli: bool = False

    def equation(self, side: Side, errors: Mapping[str, complex] | None = None) -> str:
        left = "0" if side.left.startswith("0") else self.spelling.name(side.left)
        return f"{left} = {self.right(side, errors)}"

    def right(self, side: Side, errors: Mapping[str, complex] | None = None) -> str:
        pieces = []
        for term in side.terms:
            error = None if errors is None else errors.get(term.name)
            negative, text = self._term(term, error)
            pieces.append((negative, text))
        return join_signed(pieces)

    def _term(self, term: Term, error: complex | None) -> tuple[bool, str]:
        """Whether a minus stands before the term, and the term without it."""
        coefficient = term.coefficient
        factors = list(sympy.Mul.make_args(term.product)) if term.product != 1 else []
        constants: list[sympy.Expr] = []
        if isinstance(coefficient, sympy.Expr):
            if coefficient.is_Add:
                number, constants = 1.0, [coefficient]
            else:
                number, constants = split_number(coefficient)
        else:
            number = coefficient
        number = complex(number)
        if self.moduli:
            factors = _paired(factors)
        negative = number.real < 0 if not number.imag else (number.imag < 0 and not number.real)
        number = -number if negative else number
        if error is not None and not isinstance(coefficient, sympy.Expr):
            before = self._uncertain(number, complex(error))
        elif number == 1 and (factors or constants):
            before = []
        else:
            before = [self.spelling.number(number)]
        return negative, self._product(before, constants, factors)

    def _product(self, before: list[str], constants: list[sympy.Expr], factors: list[sympy.Expr]) -> str:
        above, below = list(before), []
        for factor in [*sorted(constants, key=self._place), *sorted(factors, key=self._place)]:
            base, exponent = (
                (factor.base, factor.exp) if isinstance(factor, sympy.Pow) else (factor, sympy.Integer(1))
            )
            if exponent.is_Rational and exponent.is_negative:
                below.append(self.spelling.power(base, -exponent))
            else:
                above.append(self.spelling.factor(factor))
        top = self.spelling.times(above) if above else "1"
        return self.spelling.over(top, below) if below else top

    def _place(self, factor: sympy.Expr) -> tuple[int, str]:
        """Axes first, then fields, then derivatives from low to high; alike ones by name."""
        place = -1
        for symbol in factor.free_symbols:
            found = self.scope.orders(str(symbol))
            if found is not None:
                place = max(place, sum(found[1].values()))
        return place, self.spelling.factor(factor)

    # -------------------------------------------------------------- uncertainties

    def _uncertain(self, number: complex, error: complex) -> list[str]:
        """The factors of a number with its standard error."""
        if not number.imag and not error.imag:
            return [self._real(number.real, error.real)]
        imaginary = [self._real(abs(number.imag), error.imag or error.real), self.spelling.imaginary]
        if not number.real:
            return imaginary
        real = (number.real < 0, self._real(abs(number.real), error.real))
        both = join_signed([real, (number.imag < 0, self.spelling.times(imaginary))])
        return [self.spelling.group(both)]

    def _real(self, value: float, error: float) -> str:
        error = abs(error)
        if error == 0 or math.isnan(error):
            return self.spelling.real(value)
        if math.isinf(error):
            return self.spelling.group(f"{value:.3g} {self.plus_minus} {self.infinity}")
        place = _last_digit(error)
        top = max(Decimal(repr(abs(value))).adjusted() if value else place, place)
        power = 0 if -4 <= top < 6 and place > -9 else top
        scaled, scaled_error = (Decimal(repr(number)).scaleb(-power) for number in (value, error))
        digits = power - place
        if digits < 0:
            scaled, scaled_error = (round(number, digits) for number in (scaled, scaled_error))
        inside = f"{scaled:.{max(digits, 0)}f} {self.plus_minus} {scaled_error:.{max(digits, 0)}f}"
        return self.spelling.group(inside) + (self.ten.format(power) if power else "")


def _paired(factors: list[sympy.Expr]) -> list[sympy.Expr]:
    """The factors of a product, with moduli for fields that meet their conjugates."""
    powers = dict(factor.as_base_exp() for factor in factors)
    result = sympy.Mul(*factors)
    for base, power in powers.items():
        other = powers.get(sympy.conjugate(base), sympy.Integer(0))
        if isinstance(base, sympy.Symbol) and power.is_Integer and other.is_Integer:
            shared = max(min(power, other), sympy.Integer(0))
            result *= sympy.Abs(base) ** (2 * shared) / (base * sympy.conjugate(base)) ** shared
    return [] if result == 1 else list(sympy.Mul.make_args(result))


def _last_digit(error: float) -> int:
    """The decimal place an uncertainty is rounded to: one digit of it, two where it begins with a 1."""
    rounded = f"{error:.1e}"
    place = int(rounded.partition("e")[2])
    return place - 1 if rounded.startswith("1") else place


def close(one: complex | sympy.Expr, other: complex | sympy.Expr, rtol: float) -> bool:
    """Whether two coefficients agree to `rtol`; of expressions, the numbers before equal products."""
    if not isinstance(one, sympy.Expr) and not isinstance(other, sympy.Expr):
        return cmath.isclose(one, other, rel_tol=rtol, abs_tol=0.0)
    left, right = (_numbers(value) for value in (one, other))
    return left.keys() == right.keys() and all(
        cmath.isclose(value, right[key], rel_tol=rtol, abs_tol=0.0) for key, value in left.items()
    )


def _numbers(value: complex | sympy.Expr) -> dict[sympy.Expr, complex]:
    if not isinstance(value, sympy.Expr):
        return {sympy.Integer(1): complex(value)}
    found: dict[sympy.Expr, complex] = {}
    for term in sympy.Add.make_args(value):
        number, factors = split_number(term)
        product = sympy.Mul(*factors)
        found[product] = found.get(product, as_complex(sympy.Integer(0))) + number
    return found
