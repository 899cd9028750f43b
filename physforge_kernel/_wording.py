"""How sizes, shares, times and foreign text look to people, the same in every room."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")

# Cc: control, Cf: invisible formatting (right-to-left overrides among them), Cs: lone surrogates,
# Zl and Zp: line breaks that are not "\n".
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def size(count: int) -> str:
    """Return a number of bytes for people, in decimal units.

    Example:
        >>> size(532), size(3_400_000), size(999_999)
        ('532 B', '3.4 MB', '1.0 MB')
    """
    if count < 1000:
        return f"{count} B"
    power = 1
    while count >= 999.95 * 1000**power and power < len(_UNITS):  # else it would round to 1000.0
        power += 1
    return f"{count / 1000**power:.1f} {_UNITS[power - 1]}"


def percent(share: float) -> str:
    """Return a share as a percentage with two significant digits, or to one per cent from ten on.

    Example:
        >>> percent(0.0512), percent(1.0), percent(0.000012)
        ('5.1 %', '100 %', '0.0012 %')
    """
    if not math.isfinite(share):
        return "unknown"
    if share == 0:
        return "0 %"
    if abs(share) < 1e-6:
        return "< 0.0001 %"
    number = 100 * share
    if abs(number) >= 9.95:
        return f"{number:.0f} %"
    text = f"{Decimal(f'{number:.1e}'):f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def when(moment: datetime | str | float | None) -> str:
    """Return a time as `2026-11-22 09:14` in the reader's time zone; empty for None.

    Args:
        moment: A datetime (UTC where it names no zone), its ISO text, or seconds since 1970.
    """
    return "" if moment is None else f"{_local(moment):%Y-%m-%d %H:%M}"


def clock(moment: datetime | str | float) -> str:
    """Return the time of day, to the second."""
    return f"{_local(moment):%H:%M:%S}"


def plain(text: object, *, keep: str = "\n\t") -> str:
    r"""Return the text with every control character but those in `keep` spelled out.

    Example:
        >>> print(plain("wake\x1b[31m red"))
        wake\x1b[31m red
    """
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _UNSAFE
        else _spelled(character)
        for character in str(text)
    )


def one_line(text: object) -> str:
    r"""Return the text on one line: white space shrinks to one space, control characters are spelled out.

    Example:
        >>> one_line("two\n  lines")
        'two lines'
    """
    return plain(" ".join(str(text).split()), keep="")


def _local(moment: datetime | str | float) -> datetime:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    elif isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone()


def _spelled(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
