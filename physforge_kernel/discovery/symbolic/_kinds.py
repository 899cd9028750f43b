"""Which formulas are so rich in functions that they come near to almost any curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

#: Kinds of functions, by SymPy's names; roots and other broken powers are a kind of their own.
_KINDS = {
    "sin": "periodic", "cos": "periodic", "tan": "periodic", "exp": "exponential", "tanh": "exponential",
    "sinh": "exponential", "cosh": "exponential",
}  # fmt: skip


def elaborate(expression: sympy.Basic) -> bool:
    """Whether a function has another in its argument, or an input stands in functions of several kinds.

    Example:
        >>> import sympy
        >>> [elaborate(sympy.sympify(f)) for f in ("sin(tanh(s))", "sin(s)/sqrt(s)", "s/(1 + exp(-s))")]
        [True, True, False]
    """
    import sympy

    kinds: dict[sympy.Basic, set[str]] = {}
    for part in sympy.preorder_traversal(expression):
        kind = _kind(part)
        if kind is None:
            continue
        if any(_kind(inner) for argument in part.args for inner in sympy.preorder_traversal(argument)):
            return True
        for symbol in part.free_symbols:
            kinds.setdefault(symbol, set()).add(kind)
    return any(len(each) > 1 for each in kinds.values())


def nested(expression: sympy.Basic) -> bool:
    """Whether a function of one input alone has a function inside of it.

    Example:
        >>> import sympy
        >>> [nested(sympy.sympify(f)) for f in ("sin(tanh(s))", "asin(n*sin(s))", "sqrt(1 + exp(s))")]
        [True, False, False]
    """
    import sympy

    return any(
        isinstance(part, sympy.Function) and len(part.free_symbols) == 1 and part.args[0].has(sympy.Function)
        for part in sympy.preorder_traversal(expression)
    )


def _kind(node: sympy.Basic) -> str | None:
    import sympy

    if isinstance(node, sympy.Function):
        return _KINDS.get(type(node).__name__, type(node).__name__)
    if isinstance(node, sympy.Pow) and node.free_symbols and not node.exp.is_integer:
        return "root"
    return None
