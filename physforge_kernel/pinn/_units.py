"""Units of fields, coordinates and constants, and whether equations and conditions agree with them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from ..derivatives import unit_exponents
from ..equations import split_derivative
from ..errors import DiscoveryError, SolverError
from ._conditions import NORMAL

Dimension = tuple[Fraction, ...]

_BASES = ("kg", "m", "s", "A", "K", "mol", "cd")
_NONE: Dimension = (Fraction(0),) * len(_BASES)
#: Functions of which the value has the unit of what they are given.
_KEEPING = (sympy.Abs, sympy.re, sympy.im, sympy.conjugate, sympy.Min, sympy.Max)
_NORMALS = tuple(NORMAL.format(k) for k in range(3))
_LETTERS = re.compile(r"[A-Za-zµ]+")
#: Fractions with larger denominators are told as decimals, with so many digits.
_LONG, _DIGITS = 1000, 4


@dataclass(frozen=True)
class Units:
    """The units of a problem, as far as they are given.

    A number in front of a term may carry a unit, as the viscosity does in `0.1*u_xx`, and so may a number
    that stands alone, a function of coordinates such as `sin(pi*x)`, and a constant whose unit is not given.
    What has nothing of the kind in front has to agree.

    Attributes:
        given: units by the name of a field, a coordinate or a constant, `{"u": "m/s", "x": "m"}`.
        names: what may have one.
        components: the fields among them.

    Raises:
        SolverError: if a name is unknown, or a unit is not understood.

    Example:
        >>> units = Units({"u": "m/s", "x": "m"}, ("u", "x", "t"), ("u",))
        >>> units.of("u_xx"), units.of("u_t")
        ('m/s/m^2', None)
    """

    given: Mapping[str, str]
    names: Collection[str]
    components: Collection[str]
    _dimensions: dict[str, Dimension] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.given, Mapping):
            raise SolverError(f"units is {self.given!r}; give them by name, such as {{'x': 'm', 't': 's'}}.")
        for name, unit in self.given.items():
            if name not in self.names:
                raise SolverError(f"units names {name!r}; the problem has {', '.join(self.names)}.")
            if not isinstance(unit, str):
                raise SolverError(f"The unit of {name} is {unit!r}; give a text such as 'm/s'.")
            try:
                self._dimensions[name] = unit_exponents(unit, name)
            except DiscoveryError:
                raise SolverError(
                    f"The unit {unit!r} of {name} is not understood; write it as in 'kg*m/s^2'."
                ) from None

    def of(self, name: str) -> str | None:
        """The unit of a field, a derivative, a coordinate or a constant as text; None if it is not known."""
        component, along = self._split(name)
        parts = [self.given.get(each) for each in (component, *along)]
        if None in parts or any(not part.isalpha() for part in parts[1:] if part is not None):
            return None
        powers = ["" if times == 1 else f"^{times}" for times in (1, *along.values())]
        return "/".join(f"{part}{power}" for part, power in zip(parts, powers, strict=True))

    def check(self, text: str, zero: sympy.Expr, meaning: Mapping[str, str] | None = None) -> None:
        """See that all terms of an expression that is to be zero have one unit.

        Args:
            text: what the expression is called in the error.
            zero: the expression.
            meaning: the names of fields and derivatives that its symbols stand for, where these are others.

        Raises:
            SolverError: if they have not, or a function is given something with a unit.
        """
        if self.given:
            _Checked(self, text, meaning or {}).dimension(zero)

    def dimension(self, name: str) -> Dimension | None:
        """The exponents of a name's unit; None where it is not known."""
        component, along = self._split(name)
        parts = [self._dimensions.get(each) for each in (component, *along)]
        total = parts[0]
        for part, times in zip(parts[1:], along.values(), strict=True):
            total = None if total is None or part is None else _plus(total, part, -times)
        return total

    def _split(self, name: str) -> tuple[str, Mapping[str, int]]:
        split = None if name in self.names else split_derivative(name, self.components)
        return (name, {}) if split is None else split


def alike(one: str, other: str) -> bool:
    """Whether two texts say the same unit, with the same prefixes.

    Example:
        >>> alike("m s-1", "m/s"), alike("km/s", "m/s")
        (True, False)
    """
    if one.strip() == other.strip():
        return True
    try:
        same = unit_exponents(one, "") == unit_exponents(other, "")
    except DiscoveryError:
        return False
    return same and sorted(_LETTERS.findall(one)) == sorted(_LETTERS.findall(other))


@dataclass(frozen=True)
class _Checked:
    units: Units
    text: str
    meaning: Mapping[str, str]

    def dimension(self, expression: sympy.Basic) -> Dimension | None:
        """The exponents of an expression's unit; None where it may have any."""
        if str(expression) in _NORMALS:
            return _NONE
        if isinstance(expression, sympy.Symbol):
            return self.units.dimension(self.meaning.get(str(expression), str(expression)))
        if not expression.free_symbols:
            return _NONE if expression in (1, -1, sympy.I, -sympy.I) else None
        parts = list(expression.args)
        if isinstance(expression, sympy.Mul):
            return _product([self.dimension(part) for part in parts])
        if isinstance(expression, sympy.Pow):
            return self._power(*parts)
        if isinstance(expression, (sympy.Add, *_KEEPING)):
            return self._common(parts)
        for part in parts:
            self._pure(part, f"{type(expression).__name__} is given {self._named(part)}")
        return _NONE if self._holds_a_field(expression) else None

    def _holds_a_field(self, expression: sympy.Basic) -> bool:
        names = (self.meaning.get(str(each), str(each)) for each in expression.free_symbols)
        components = self.units.components
        return any(name in components or split_derivative(name, components) for name in names)

    def _power(self, base: sympy.Basic, exponent: sympy.Basic) -> Dimension | None:
        found = self.dimension(base)
        if isinstance(exponent, sympy.Rational):
            times = Fraction(int(exponent.p), int(exponent.q))
            return None if found is None else tuple(times * each for each in found)
        self._pure(exponent, f"the exponent is {self._named(exponent)}")
        return _NONE if found == _NONE else None

    def _common(self, terms: list[sympy.Basic]) -> Dimension | None:
        found = [(term, self.dimension(term)) for term in terms if term.free_symbols]
        known = [(term, each) for term, each in found if each is not None]
        for term, each in known[1:]:
            if each != known[0][1]:
                one, other = (f"{self._named(e)} is in {_text(unit)}" for e, unit in (known[0], (term, each)))
                raise SolverError(
                    f"In {self.text} the units do not match: {one}, and {other}; a number other than one in "
                    "front of a term may carry a unit."
                )
        return known[0][1] if known else None

    def _pure(self, given: sympy.Basic, what: str) -> None:
        found = self.dimension(given)
        if found not in (None, _NONE):
            raise SolverError(
                f"In {self.text} {what}, which is in {_text(found)} and should be a pure number; put a "
                "number other than one in front, which may carry a unit, or leave units out."
            )

    def _named(self, expression: Any) -> str:
        """An expression as a person writes it, without its sign."""
        names = {sympy.Symbol(one): sympy.Symbol(other) for one, other in self.meaning.items()}
        long = {n: sympy.Float(n, _DIGITS) for n in expression.atoms(sympy.Rational) if n.q > _LONG}
        unsigned = expression * (-1 if expression.could_extract_minus_sign() else 1)
        return str(unsigned.xreplace(names | long))


def _product(parts: list[Dimension | None]) -> Dimension | None:
    total: Dimension | None = _NONE
    for part in parts:
        total = None if total is None or part is None else _plus(total, part, 1)
    return total


def _plus(one: Dimension, other: Dimension, times: int) -> Dimension:
    return tuple(a + times * b for a, b in zip(one, other, strict=True))


def _text(dimension: Dimension) -> str:
    known = [(base, n) for base, n in zip(_BASES, dimension, strict=True) if n]
    return " ".join(base if n == 1 else f"{base}^{n}" for base, n in known) or "pure numbers"
