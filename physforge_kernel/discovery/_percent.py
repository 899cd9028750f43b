"""Shares as people read them."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share as a percentage with two significant digits.

    Example:
        >>> percent(0.0123)
        '1.2 %'
    """
    return f"{100 * share:.2g} %"
