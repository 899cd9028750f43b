"""Numbers as people should read them: rounded to what is known, with their uncertainty."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from .._wording import percent

MINUS = "\u2212"
_PLAIN = "-0123456789"
_RAISED = "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
_POWER_OF_TEN = re.compile(f"\u00b710([{_RAISED}]+)")


@dataclass(frozen=True)
class Measured:
    """A value's size and its standard error, rounded together, in units of ten to the `power`.

    `spread` is empty where no error is known or it is too small to print.
    """

    value: str
    spread: str = ""
    power: int = 0
    negative: bool = False

    @property
    def sign(self) -> str:
        """A minus sign, or nothing."""
        return MINUS if self.negative else ""

    @property
    def factor(self) -> str:
        """The size as it stands before another factor: `(0.1003 \u00b1 0.0007)`."""
        inner = f"({self.value} \u00b1 {self.spread})" if self.spread else self.value
        return inner + (f"\u00b710{superscript(self.power)}" if self.power else "")

    def __str__(self) -> str:
        if self.spread and not self.power:
            return f"{self.sign}{self.value} \u00b1 {self.spread}"
        return self.sign + self.factor


def measured(value: float, error: float | None = None) -> Measured:
    """Round a value to the digits that its standard error leaves standing.

    The error keeps one digit, or two if it begins with 1; the value ends where it does.

    Args:
        value: The estimate.
        error: Its standard error, in the same units.

    Example:
        >>> str(measured(0.100312, 0.00068))
        '0.1003 ± 0.0007'
        >>> str(measured(-1.0024, 0.0118))
        '−1.002 ± 0.012'
    """
    negative = value < 0
    if error is None or not (math.isfinite(value) and math.isfinite(error)):
        return Measured(plain_number(abs(value)), negative=negative)
    if not error > abs(value) * 1e-9:
        return Measured(plain_number(abs(value), digits=10), negative=negative)
    place = _last_place(error)
    size, spread = (_ending_at(place, number) for number in (abs(value), error))
    top = max(size.adjusted() if size else place, spread.adjusted())
    if -5 <= top < 6 and place >= -9:
        return Measured(f"{size:f}", f"{spread:f}", negative=negative)
    places = top - place
    scale = Decimal(1).scaleb(-top)
    return Measured(f"{size * scale:.{places}f}", f"{spread * scale:.{places}f}", top, negative)


def interval(low: float, high: float) -> str:
    """Return an interval as `[low, high]`, both ends with the digits that tell them apart.

    Example:
        >>> interval(0.09962, 0.10101)
        '[0.0996, 0.1010]'
        >>> interval(9.9999726e-9, 1.0000027e-8)
        '[0.9999973, 1.0000027]·10⁻⁸'
    """
    half = (high - low) / 2
    if not (math.isfinite(half) and half > max(abs(low), abs(high)) * 1e-9):
        return f"[{plain_number(low, 5)}, {plain_number(high, 5)}]"
    place = math.floor(math.log10(half)) - (0 if f"{half:e}"[0] in "56789" else 1)
    top = math.floor(math.log10(max(abs(low), abs(high))))
    if not (-5 <= top < 6 and place >= -9):
        scale, places = Decimal(1).scaleb(-top), max(top - place, 0)
        scaled = (f"{Decimal(repr(end)) * scale:.{places}f}".replace("-", MINUS) for end in (low, high))
        return f"[{', '.join(scaled)}]\u00b710{superscript(top)}"
    ends = (Decimal(repr(end)).quantize(Decimal(1).scaleb(place)) for end in (low, high))
    return "[" + ", ".join(f"{end:f}".replace("-", MINUS) for end in ends) + "]"


def plain_number(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits and no trailing zeros.

    Example:
        >>> plain_number(0.25), plain_number(123456.0), plain_number(1.5e-9)
        ('0.25', '1.235·10⁵', '1.5·10⁻⁹')
    """
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}\u221e"
    if value == 0:
        return "0"
    sign = MINUS if value < 0 else ""
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < max(digits, 5):
        text = f"{Decimal(f'{abs(value):.{digits - 1}e}'):f}"
        return sign + (text.rstrip("0").rstrip(".") if "." in text else text)
    mantissa, power = f"{abs(value):.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{sign}{mantissa}\u00b710{superscript(int(power))}"


def noise(estimate: object) -> str:
    """Return an estimate of the noise in words: one fraction of the RMS, or one for each variable.

    Example:
        >>> noise({"u": 0.0203, "v": 0.1})
        'u: 2 % of the RMS, v: 10 % of the RMS'
    """
    if isinstance(estimate, Mapping):
        return ", ".join(f"{name}: {noise(share)}" for name, share in estimate.items())
    return f"{percent(estimate)} of the RMS" if isinstance(estimate, int | float) else ""


def superscript(power: int) -> str:
    """Return an integer in superscript characters."""
    return str(power).translate(str.maketrans(_PLAIN, _RAISED))


def typeset(text: str) -> str:
    r"""Return printed numbers as TeX: powers of ten, the minus sign and infinity.

    Example:
        >>> typeset("−1.5·10⁻⁹")
        '-1.5\\cdot 10^{-9}'
    """
    lowered = str.maketrans(_RAISED, _PLAIN)
    text = _POWER_OF_TEN.sub(lambda found: rf"\cdot 10^{{{found[1].translate(lowered)}}}", text)
    return text.replace(MINUS, "-").replace("\u221e", r"\infty")


def seconds(value: float) -> str:
    """Return a duration for people.

    Example:
        >>> seconds(0.4217), seconds(75.2)
        ('0.42 s', '1 min 15 s')
    """
    if value < 0.01:
        return f"{value * 1000:.1f} ms"
    if value < 60:
        return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _last_place(error: float) -> int:
    """The decimal place at which numbers with this error end: its first digit, or the one after a 1."""
    digits, _, power = f"{error:.1e}".partition("e")
    return int(power) - 1 if digits.startswith("1") else int(power)


def _ending_at(place: int, number: float) -> Decimal:
    return Decimal(repr(number)).quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)


def sentence(text: object) -> str:
    """Return a clause as a sentence: a capital, unless it begins with a symbol, and a full stop.

    Example:
        >>> sentence("two terms suffice"), sentence("u_t is zero.")
        ('Two terms suffice.', 'u_t is zero.')
    """
    clause = str(text).strip()
    first = clause.partition(" ")[0]
    if first.isalpha() and (len(first) > 1 or first == "a"):
        clause = clause[0].upper() + clause[1:]
    return clause if not clause or clause[-1] in ".!?" else f"{clause}."
