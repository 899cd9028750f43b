"""Shares as people read them."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share as a percentage with two significant digits.

    Example:
        >>> percent(0.0123)
        '1.2 %'
        >>> percent(1.0)
        '100 %'
    """
    number = 100 * share
    return f"{number:.0f} %" if number >= 10 else f"{number:.2g} %"
