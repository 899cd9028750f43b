"""The spelling of numbers, factors and terms as text, which reads back as the same expression."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import sympy

from ._exact import arguments, as_complex, as_fraction

FUNCTION_NAMES: dict[type, str] = {
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.atan: "atan",
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.tanh: "tanh",
    sympy.cosh: "cosh",
    sympy.sinh: "sinh",
    sympy.Abs: "abs",
    sympy.conjugate: "conj",
    sympy.sign: "sign",
}


class Spelling:
    """Spells expressions as text; other notations override its small methods.

    Args:
        digits: significant digits of numbers; None for the fewest that read back as the same double.
        imaginary: the name of the imaginary unit.
    """

    pi = "pi"

    def __init__(self, digits: int | None = None, imaginary: str = "i") -> None:
        self.digits = digits
        self.imaginary = imaginary

    # ------------------------------------------------- what a notation may override

    def real(self, value: float) -> str:
        text = repr(float(value)) if self.digits is None else f"{value:.{self.digits}g}"
        mantissa, e, exponent = text.partition("e")
        mantissa = mantissa.removesuffix(".0")
        return f"{mantissa}e{int(exponent)}" if e else mantissa

    def name(self, name: str) -> str:
        return name

    def times(self, texts: Sequence[str]) -> str:
        return "*".join(texts)

    def over(self, above: str, below: Sequence[str]) -> str:
        return "/".join([above, *below])

    def group(self, text: str) -> str:
        return f"({text})"

    def call(self, function: str, argument: str) -> str:
        return f"{function}({argument})"

    def raised(self, base: str, exponent: str) -> str:
        return f"{base}^{exponent}"

    def grouped_exponent(self, text: str) -> str:
        return self.group(text)

    # ------------------------------------------------------------------- numbers

    def number(self, value: complex) -> str:
        """A number as a factor: `0.5`, `-2*i`, `(1 + 2*i)`."""
        value = complex(value)
        if not value.imag:
            return self.real(value.real)
        size = abs(value.imag)
        imaginary = self.imaginary if size == 1 else self.times([self.real(size), self.imaginary])
        if not value.real:
            return f"-{imaginary}" if value.imag < 0 else imaginary
        return self.group(f"{self.real(value.real)} {'-' if value.imag < 0 else '+'} {imaginary}")

    def inner_number(self, value: complex) -> str:
        """As `number`, with simple multiples of pi written as such."""
        value = complex(value)
        multiple = None if value.imag else multiple_of_pi(value.real)
        if multiple is None:
            return self.number(value)
        above = self.pi
        if abs(multiple.numerator) != 1:
            above = self.times([str(abs(multiple.numerator)), above])
        if multiple.denominator != 1:
            above = f"{above}/{multiple.denominator}"
        return f"-{above}" if multiple < 0 else above

    # ---------------------------------------------------------------- expressions

    def expression(self, value: sympy.Expr) -> str:
        """Any expression, its sums and products in one order."""
        if value.is_Add:
            return self._sum(value)
        return self.product(*split_number(value))

    def _sum(self, value: sympy.Expr) -> str:
        constant = sympy.Add(*[term for term in arguments(value) if not term.free_symbols])
        pieces: list[tuple[bool, str]] = []
        for term in arguments(value):
            if term.free_symbols:
                text = self.product(*split_number(term))
                pieces.append((text.startswith("-"), text.removeprefix("-")))
        pieces.sort()
        if constant != 0:
            number = as_complex(constant)
            for part in (complex(number.real), complex(0, number.imag)):
                if part:
                    text = self.inner_number(part)
                    pieces.append((text.startswith("-"), text.removeprefix("-")))
        return join_signed(pieces)

    def product(self, number: complex, factors: Sequence[sympy.Expr]) -> str:
        """A number times factors, those sorted."""
        texts = sorted(self.factor(factor) for factor in factors)
        if not texts:
            return self.inner_number(number)
        if number == 1:
            return self.times(texts)
        if number == -1:
            return f"-{self.times(texts)}"
        return self.times([self.inner_number(number), *texts])

    def factor(self, value: sympy.Expr) -> str:
        """One factor of a product."""
        if isinstance(value, sympy.Symbol):
            return self.name(value.name)
        if not value.free_symbols:
            text = self.inner_number(as_complex(value))
            return text if text.replace(".", "").isdigit() or text.endswith(")") else self.group(text)
        name = FUNCTION_NAMES.get(type(value))
        if name is not None:
            return self.call(name, self.expression(arguments(value)[0]))
        if isinstance(value, sympy.Pow):
            return self.power(value.base, value.exp)
        return self.group(self.expression(value))

    def power(self, base: sympy.Expr, exponent: sympy.Expr) -> str:
        if exponent == sympy.Rational(1, 2):
            return self.call("sqrt", self.expression(base))
        if isinstance(base, sympy.Symbol) or type(base) in FUNCTION_NAMES or not base.free_symbols:
            below = self.factor(base)
        else:
            below = self.group(self.expression(base))
        return below if exponent == 1 else self.raised(below, self.exponent(exponent))

    def exponent(self, exponent: sympy.Expr) -> str:
        if isinstance(exponent, sympy.Symbol):
            return self.name(exponent.name)
        if isinstance(exponent, sympy.Rational):
            fraction = as_fraction(exponent)
            if fraction.denominator <= 12 and fraction.denominator & (fraction.denominator - 1):
                return self.grouped_exponent(f"{fraction.numerator}/{fraction.denominator}")
            return self.real(float(fraction))
        return self.grouped_exponent(self.expression(exponent))

    def term(self, factors: Iterable[sympy.Expr]) -> str:
        """A term's name: its factors, sorted; `1` where there are none."""
        return self.times(sorted(self.factor(factor) for factor in factors)) or "1"


def join_signed(pieces: Iterable[tuple[bool, str]]) -> str:
    """`(False, a), (True, b)` -> `a - b`."""
    result = ""
    for negative, text in pieces:
        if result:
            result += f" - {text}" if negative else f" + {text}"
        else:
            result = f"-{text}" if negative else text
    return result or "0"


def split_number(value: sympy.Expr) -> tuple[complex, list[sympy.Expr]]:
    """A product as its number and its other factors."""
    factors = sympy.Mul.make_args(value)
    number = sympy.Mul(*[factor for factor in factors if not factor.free_symbols])
    return as_complex(number), [factor for factor in factors if factor.free_symbols]


def multiple_of_pi(value: float) -> Fraction | None:
    """k/n where `value` is exactly the double k/n times pi for small k and n, else None."""
    ratio = Fraction(value) / Fraction(math.pi)
    if not ratio or abs(ratio) > 100:
        return None
    simple = ratio.limit_denominator(12)
    if simple.numerator and float(simple * Fraction(math.pi)) == value:
        return simple
    return None
