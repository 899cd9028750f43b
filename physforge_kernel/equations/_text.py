"""One spelling for every number, factor and term; what is written here reads back as the same expression."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ._expression import as_complex

_FUNCTION_NAMES: dict[type, str] = {
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.tanh: "tanh",
    sympy.cosh: "cosh",
    sympy.sinh: "sinh",
    sympy.Abs: "abs",
    sympy.conjugate: "conj",
    sympy.sign: "sign",
}


@dataclass(frozen=True)
class Spelling:
    """How numbers are shortened, and what the imaginary unit is called."""

    digits: int | None = None
    imaginary: str = "i"

    def real(self, value: float) -> str:
        """The shortest decimal that reads back as `value` (or `digits` significant ones)."""
        text = repr(value) if self.digits is None else f"{value:.{self.digits}g}"
        mantissa, e, exponent = text.partition("e")
        if mantissa.endswith(".0"):
            mantissa = mantissa[:-2]
        return f"{mantissa}e{int(exponent)}" if e else mantissa

    def number(self, value: complex) -> str:
        """A number as a factor: `0.5`, `-2*i`, `(1 + 2*i)`."""
        value = complex(value)
        if not value.imag:
            return self.real(value.real)
        unit = self.imaginary
        size = abs(value.imag)
        imaginary = unit if size == 1 else f"{self.real(size)}*{unit}"
        if not value.real:
            return f"-{imaginary}" if value.imag < 0 else imaginary
        return f"({self.real(value.real)} {'-' if value.imag < 0 else '+'} {imaginary})"

    def inner_number(self, value: complex) -> str:
        """As `number`, with simple multiples of pi written as such."""
        value = complex(value)
        if not value.imag and (multiple := multiple_of_pi(value.real)) is not None:
            top = "" if abs(multiple.numerator) == 1 else f"{abs(multiple.numerator)}*"
            below = "" if multiple.denominator == 1 else f"/{multiple.denominator}"
            return f"{'-' if multiple < 0 else ''}{top}pi{below}"
        return self.number(value)

    # ---------------------------------------------------------------- expressions

    def expression(self, value: sympy.Expr) -> str:
        """Any expression, its sums in one order."""
        if value.is_Add:
            return self._sum(value)
        return self._signed(*split_number(value))[0]

    def _sum(self, value: sympy.Expr) -> str:
        pieces = []
        real = imaginary = sympy.Integer(0)
        for term in value.args:
            if not term.free_symbols:
                part_real, part_imaginary = term.as_real_imag()
                real, imaginary = real + part_real, imaginary + part_imaginary
                continue
            text, negative = self._signed(*split_number(term))  # type: ignore[arg-type]
            pieces.append((False, negative, text))
        for constant in (real, imaginary * sympy.I):
            if constant != 0:
                text, negative = self._signed(as_complex(constant), [])
                pieces.append((True, negative, text))
        pieces.sort()
        result = ""
        for _, negative, text in pieces:
            if not result:
                result = text
            else:
                result += f" - {text[1:]}" if negative else f" + {text}"
        return result

    def _signed(self, number: complex, factors: list[sympy.Expr]) -> tuple[str, bool]:
        """A product as a text that begins with its sign, and whether that is a minus."""
        texts = sorted(self.factor(factor) for factor in factors)
        if not texts:
            text = self.inner_number(number)
            return text, text.startswith("-")
        if number == 1:
            return "*".join(texts), False
        if number == -1:
            return "-" + "*".join(texts), True
        text = "*".join([self.inner_number(number), *texts])
        return text, text.startswith("-")

    def factor(self, value: sympy.Expr) -> str:
        """One factor of a product."""
        if isinstance(value, sympy.Symbol):
            return value.name
        if not value.free_symbols:
            text = self.inner_number(as_complex(value))
            return f"({text})" if any(sign in text for sign in "-*/") and not text.startswith("(") else text
        if isinstance(value, sympy.Pow) and not isinstance(value, sympy.exp):
            return self._power(value)
        name = _FUNCTION_NAMES.get(type(value))
        if name is not None:
            return f"{name}({self.expression(value.args[0])})"  # type: ignore[arg-type]
        return f"({self.expression(value)})"

    def _power(self, value: sympy.Pow) -> str:
        base, exponent = value.args
        if exponent == sympy.Rational(1, 2):
            return f"sqrt({self.expression(base)})"  # type: ignore[arg-type]
        simple = isinstance(base, sympy.Symbol) or type(base) in _FUNCTION_NAMES
        below = self.factor(base) if simple else f"({self.expression(base)})"  # type: ignore[arg-type]
        return f"{below}^{self._exponent(exponent)}"  # type: ignore[arg-type]

    def _exponent(self, exponent: sympy.Expr) -> str:
        if isinstance(exponent, sympy.Symbol):
            return exponent.name
        if isinstance(exponent, sympy.Rational):
            denominator = int(exponent.q)
            if denominator & (denominator - 1) and denominator <= 12:
                return f"({exponent.p}/{denominator})"
            return self.real(float(Fraction(int(exponent.p), denominator)))
        return f"({self.expression(exponent)})"

    def term(self, factors: Iterable[sympy.Expr]) -> str:
        """A term's name: its factors, sorted; `1` where there are none."""
        return "*".join(sorted(self.factor(factor) for factor in factors)) or "1"


def split_number(value: sympy.Expr) -> tuple[complex, list[sympy.Expr]]:
    """A product as its number and its other factors."""
    number = sympy.Integer(1)
    factors: list[sympy.Expr] = []
    for factor in sympy.Mul.make_args(value):
        if factor.free_symbols:
            factors.append(factor)
        else:
            number *= factor
    return as_complex(number), factors


def multiple_of_pi(value: float) -> Fraction | None:
    """k/n where `value` is exactly the double k/n times pi for small k and n, else None."""
    ratio = Fraction(value) / Fraction(math.pi)
    if not ratio or abs(ratio) > 100:
        return None
    simple = ratio.limit_denominator(12)
    if simple.numerator and float(simple * Fraction(math.pi)) == value:
        return simple
    return None
