"""Replacing symbols and numbers in a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import sympy


def exchanged(expression: sympy.Expr, meaning: Mapping[Any, Any]) -> sympy.Expr:
    """The formula with every key replaced by its value, exactly as it stands."""
    return cast("sympy.Expr", expression.xreplace(dict(meaning)))
