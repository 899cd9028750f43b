"""Replacing symbols and numbers in a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import sympy


def exchanged(expression: sympy.Expr, meaning: Mapping[Any, Any]) -> sympy.Expr:
    """The formula with every key replaced by its value, exactly as it stands."""
    import sympy

    replaced = dict(meaning)
    for logarithm in expression.atoms(sympy.log):
        inside = cast("sympy.Expr", logarithm.args[0])
        if inside.is_Add and logarithm not in meaning:
            # SymPy would ask for the sign of the sum, which can take it seconds.
            changed = exchanged(inside, meaning)
            replaced[logarithm] = sympy.log(changed, evaluate=not changed.is_Add)
    return cast("sympy.Expr", expression.xreplace(replaced))
