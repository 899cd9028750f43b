"""Units of inputs and output, and the dimensionless groups they allow (Buckingham 1914)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DiscoveryError
from ._exchange import exchanged
from ._sample import Sample
from ._symmetry import Reduction

if TYPE_CHECKING:
    import sympy

Vector = tuple[Fraction, ...]

#: Exponents of kg, m, s, A, K, mol, cd.
_UNITS: dict[str, tuple[int, ...]] = {
    "1": (), "": (), "rad": (), "sr": (), "kg": (1,), "g": (1,), "m": (0, 1), "s": (0, 0, 1),
    "A": (0, 0, 0, 1), "K": (0, 0, 0, 0, 1), "mol": (0, 0, 0, 0, 0, 1), "cd": (0, 0, 0, 0, 0, 0, 1),
    "Hz": (0, 0, -1), "N": (1, 1, -2), "Pa": (1, -1, -2), "J": (1, 2, -2), "W": (1, 2, -3), "eV": (1, 2, -2),
    "C": (0, 0, 1, 1), "V": (1, 2, -3, -1), "F": (-1, -2, 4, 2), "ohm": (1, 2, -3, -2), "S": (-1, -2, 3, 2),
    "T": (1, 0, -2, -1), "Wb": (1, 2, -2, -1), "H": (1, 2, -2, -2), "L": (0, 3), "min": (0, 0, 1),
    "h": (0, 0, 1), "bar": (1, -1, -2),
}  # fmt: skip
_BASES = 7
_PREFIXES = ("da", *"yzafpnumcdhkMGTPEZYµ")
_FACTOR = re.compile(r"([A-Za-zµ]+|1)(?:(?:\^|\*\*)\(?(-?\d+(?:/\d+)?)\)?)?")


def vector(unit: str | Sequence[float], name: str) -> Vector:
    """The exponents of a unit: of kg, m, s, A, K, mol, cd where it is text, else those given.

    Raises:
        DiscoveryError: the unit is not understood.

    Example:
        >>> [int(e) for e in vector("kg*m/s^2", "F")][:3]
        [1, 1, -2]
    """
    if not isinstance(unit, str):
        return tuple(Fraction(e).limit_denominator(12) for e in unit)
    total = [Fraction(0)] * _BASES
    sign = 1
    for part in re.split(r"(\*(?!\*)|/(?!\d)|·|(?<!\*)\s+)", unit.strip().replace("**", "^")):
        if part.strip() in ("*", "·", ""):
            continue
        if part.strip() == "/":
            sign = -1
            continue
        match = _FACTOR.fullmatch(part.strip().strip("()"))
        base = _base(match[1]) if match else None
        if match is None or base is None:
            raise DiscoveryError(
                f"The unit {unit!r} of {name} is not understood at {part.strip()!r}; "
                "write it as in 'kg*m/s^2', or as a sequence of exponents."
            )
        power = sign * Fraction(match[2] or 1)
        for i, exponent in enumerate(base):
            total[i] += power * exponent
        sign = 1
    return tuple(total)


def _base(name: str) -> tuple[int, ...] | None:
    if name in _UNITS:
        return _UNITS[name]
    for prefix in _PREFIXES:
        if name.startswith(prefix) and name[len(prefix) :] in _UNITS and name != prefix:
            return _UNITS[name[len(prefix) :]]
    return None


def groups(
    sample: Sample, names: Sequence[str], target: str, units: Mapping[str, str | Sequence[float]]
) -> Reduction | None:
    """The problem in dimensionless groups; None where units leave it as it is.

    Raises:
        DiscoveryError: a unit is missing or not understood, or no product of powers of the inputs has the
            unit of the output.
    """
    import sympy

    missing = [name for name in (*names, target) if name not in units]
    if missing:
        raise DiscoveryError(
            f"`units` has no unit for {', '.join(missing)}; give '1' to what has no dimension, "
            "or leave units out."
        )
    vectors = [vector(units[name], name) for name in (*names, target)]
    if len({len(v) for v in vectors}) != 1:
        raise DiscoveryError("The exponents in `units` are not equally many for all variables.")
    D = sympy.Matrix([[sympy.Rational(e.numerator, e.denominator) for e in v] for v in vectors[:-1]]).T
    aim = sympy.Matrix([sympy.Rational(e.numerator, e.denominator) for e in vectors[-1]])
    if D.is_zero_matrix and aim.is_zero_matrix:
        return None
    free = D.nullspace()
    try:
        solution, parameters = D.gauss_jordan_solve(aim)
    except ValueError:
        raise DiscoveryError(
            f"No product of powers of {', '.join(names)} has the unit of {target}, {units[target]!r}: "
            "a variable or a constant of nature is missing among the inputs."
        ) from None
    front = solution.xreplace(dict.fromkeys(parameters, sympy.Integer(0)))
    basis = [v * sympy.ilcm(*(e.q for e in v)) for v in free]
    if not basis or len(basis) == len(names):
        return None
    powers = np.array([[float(e) for e in v] for v in [front, *basis]])
    used = (powers != 0).any(axis=0)
    fractional = ((powers != np.round(powers)) | (powers < 0)).any(axis=0)
    if (sample.X[:, used & fractional] <= 0).any():
        return None
    values = np.stack([np.prod(np.where(p == 0, 1.0, sample.X) ** p, axis=1) for p in powers], axis=1)
    own = tuple(
        sympy.Symbol(f"g{i}", positive=True) if (column > 0).all() else sympy.Symbol(f"g{i}", real=True)
        for i, column in enumerate(values[:, 1:].T)
    )
    meaning = {s: _product(sample, v) for s, v in zip(own, basis, strict=True)}
    outer = _product(sample, front)
    smaller = sample.with_inputs(values[:, 1:], own)
    smaller = smaller.with_output(sample.y / values[:, 0], 1.0 / values[:, 0])
    return Reduction(smaller, lambda e: outer * exchanged(e, meaning), 0.0, "dimensionless groups")


def _product(sample: Sample, powers: Any) -> sympy.Expr:
    import sympy

    return sympy.Mul(*(s**p for s, p in zip(sample.symbols, list(powers), strict=True)))
