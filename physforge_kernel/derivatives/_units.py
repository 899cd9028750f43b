"""Units as text, read as exponents of the base units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from ..errors import DiscoveryError

Vector = tuple[Fraction, ...]

#: Exponents of kg, m, s, A, K, mol, cd.
_UNITS: dict[str, tuple[int, ...]] = {
    "1": (), "": (), "rad": (), "sr": (), "kg": (1,), "g": (1,), "m": (0, 1), "s": (0, 0, 1),
    "A": (0, 0, 0, 1), "K": (0, 0, 0, 0, 1), "mol": (0, 0, 0, 0, 0, 1), "cd": (0, 0, 0, 0, 0, 0, 1),
    "Hz": (0, 0, -1), "N": (1, 1, -2), "Pa": (1, -1, -2), "J": (1, 2, -2), "W": (1, 2, -3), "eV": (1, 2, -2),
    "C": (0, 0, 1, 1), "V": (1, 2, -3, -1), "F": (-1, -2, 4, 2), "ohm": (1, 2, -3, -2), "S": (-1, -2, 3, 2),
    "T": (1, 0, -2, -1), "Wb": (1, 2, -2, -1), "H": (1, 2, -2, -2), "L": (0, 3), "min": (0, 0, 1),
    "h": (0, 0, 1), "d": (0, 0, 1), "bar": (1, -1, -2),
}  # fmt: skip
_WORDS = {
    "second": "s", "seconds": "s", "sec": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h",
    "hr": "h", "day": "d", "days": "d", "week": "d", "weeks": "d", "year": "d", "years": "d",
    "metre": "m", "metres": "m", "meter": "m", "meters": "m",
    "kelvin": "K", "celsius": "K", "degC": "K", "gram": "g", "grams": "g",
    "kilogram": "kg", "kilograms": "kg", "radian": "rad",
    "radians": "rad", "litre": "L", "liter": "L", "pascal": "Pa", "newton": "N", "volt": "V", "watt": "W",
}  # fmt: skip
_BASES = 7
_PREFIXES = ("da", *"yzafpnumcdhkMGTPEZYµ")
#: A unit and its exponent, `s^-1` or, as the CF conventions of netCDF files have it, `s-1`.
_FACTOR = re.compile(r"([A-Za-zµ]+|1)(?:\^\(?(-?\d+(?:/\d+)?)\)?|(-?\d+))?")


def unit_exponents(unit: str | Sequence[float], name: str) -> Vector:
    """The exponents of a unit: of kg, m, s, A, K, mol, cd where it is text, else those given.

    Raises:
        DiscoveryError: the unit is not understood.

    Example:
        >>> [int(e) for e in unit_exponents("kg*m/s^2", "F")][:3]
        [1, 1, -2]
        >>> unit_exponents("kg m s-2", "F") == unit_exponents("kg*m/s^2", "F")
        True
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
        power = sign * Fraction(match[2] or match[3] or 1)
        for i, exponent in enumerate(base):
            total[i] += power * exponent
        sign = 1
    return tuple(total)


def _base(name: str) -> tuple[int, ...] | None:
    name = _WORDS.get(name, name)
    if name in _UNITS:
        return _UNITS[name]
    for prefix in _PREFIXES:
        if name.startswith(prefix) and name[len(prefix) :] in _UNITS and name != prefix:
            return _UNITS[name[len(prefix) :]]
    return None
