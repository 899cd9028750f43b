"""Derivatives written as operators, calls and fractions, and the LaTeX commands that take groups."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ._cursor import CLOSING, MAX_DERIVATIVE
from ._syntax import Call, Derivative, Laplacian, Node, Number, Power, Product
from ._tokens import OVER_AXES, Token, differential_axes

if TYPE_CHECKING:
    from ._parse import Parser

_AXES = ("t", "x", "y", "z")


def derivative_call(parser: Parser, token: Token) -> Node | None:
    """`D(u^2, x)`, `D(u, x, 2)`, `diff(u, x, x)`; None without a comma, for D may be a diffusivity."""
    if not _holds_comma(parser):
        return None
    opened = parser.take()
    of = parser.inside()
    axes = ""
    while parser.at(","):
        parser.take()
        part = parser.take()
        if part.kind == "name" and not part.text.strip("txyz"):
            axes += part.text
        elif part.kind == "number" and part.text.isdigit() and len(part.text) <= 2 and axes:
            axes += axes[-1] * (int(part.text) - 1)
        else:
            raise parser.error(f"{token.text}(u, x) or {token.text}(u, x, 2) was expected here.", part)
    parser.expect(CLOSING[opened.text], opened)
    return Derivative(token.start, of, parser.limited(axes, token))


def _holds_comma(parser: Parser) -> bool:
    end = parser.closing(parser.index)
    depth = 0
    for token in parser.tokens[parser.index : end]:
        if token.kind == "operator":
            depth += (token.text in CLOSING) - (token.text in CLOSING.values())
            if token.text == "," and depth == 1:
                return True
    return False


def divided_group(parser: Parser, token: Token) -> Node | None:
    """`d(u^2)/dx`: the derivative of a group, written as a fraction; None where no such thing stands here."""
    mark = parser.index
    order = parser.order_above() if parser.at("^") and parser.peek().kind == "number" else 1
    end = parser.closing(parser.index) if parser.at("(") else None
    match = None if end is None else OVER_AXES.match(parser.text, parser.tokens[end].end)
    if match is None:
        parser.index = mark
        return None
    of = parser.group()
    while parser.now.kind != "end" and parser.now.start < match.end():
        parser.take()
    return Derivative(token.start, of, parser.agreed(differential_axes(match["below"]), order, token))


def partial(parser: Parser, token: Token) -> Node:
    """`∂_xx u`, `∂_x^2 u`, and `∂(u^2)/∂x`."""
    if parser.now.kind != "subscript":
        divided = divided_group(parser, token)
        if divided is None:
            raise parser.error("Write a derivative as ∂_x u, ∂u/∂x or u_x.", token)
        return divided
    axes = parser.subscript_axes()
    if parser.at("^"):
        axes *= parser.order_above()
    parser.limited(axes, token)
    return Derivative(token.start, parser.operand(), axes)


def laplacian(parser: Parser, token: Token) -> Node:
    """`Δu`, `Δ^2 u`, `∇^2 u`, `∇^4 u`."""
    order = parser.order_above()
    if token.text == "∇" and order % 2:
        raise parser.error("Of ∇ only the Laplacian ∇^2 u is read here.", token)
    times = order // 2 if token.text == "∇" else order
    if times > MAX_DERIVATIVE // 2:
        raise parser.error(f"The Laplacian is applied {times} times; that is too often.", token)
    node = parser.operand()
    for _ in range(times):
        node = Laplacian(token.start, node)
    return node


def latex_command(parser: Parser, token: Token) -> Node:
    """`\\frac`, `\\sqrt`, `\\overline`, `\\dot` and their kin, with their groups."""
    if token.text == "frac":
        return _fraction(parser, token)
    if token.text == "sqrt":
        root: Node | None = parser.group() if parser.at("[") else None
        inside = _braced(parser, token)
        if root is None:
            return Call(token.start, "sqrt", inside)
        one = Number(token.start, Fraction(1))
        return Power(token.start, inside, Product(token.start, (one, root), frozenset({1})))
    inside = _braced(parser, token)
    if token.text == "conj":
        return Call(token.start, "conj", inside)
    return Derivative(token.start, inside, "t" * (2 if token.text == "ddot" else 1))


def _braced(parser: Parser, token: Token) -> Node:
    if parser.at("{"):
        return parser.group()
    if parser.now.kind in ("number", "name"):
        return parser.primary()
    raise parser.error(f"\\{token.text} needs braces after it.", token)


def _fraction(parser: Parser, token: Token) -> Node:
    above = parser.index
    below = _after_group(parser, above, token)
    end = _after_group(parser, below, token)
    axes = _differentials(parser, below, end)
    if axes is not None and parser.tokens[above].text == "{" and _is_differential(parser, above + 1):
        parser.index = above + 2
        order = parser.order_above()
        of = None if parser.at("}") else parser.inside()
        if not parser.at("}"):
            raise parser.unexpected()
        parser.index = end
        axes = parser.agreed(axes, order, token)
        return Derivative(token.start, parser.operand() if of is None else of, axes)
    numerator = _braced(parser, token)
    denominator = _braced(parser, token)
    return Product(token.start, (numerator, denominator), frozenset({1}))


def _is_differential(parser: Parser, index: int) -> bool:
    token = parser.tokens[min(index, len(parser.tokens) - 1)]
    return token.text in ("d", "∂") and token.kind in ("name", "operator")


def _after_group(parser: Parser, index: int, token: Token) -> int:
    """The index after the group in braces (or the single token) at `index`."""
    if index >= len(parser.tokens) or parser.tokens[index].kind == "end":
        raise parser.error(f"\\{token.text} needs two groups in braces.", token)
    if parser.tokens[index].text != "{":
        return index + 1
    end = parser.closing(index)
    if end is None:
        raise parser.error("This '{' is never closed; add '}'.", parser.tokens[index])
    return end + 1


def _differentials(parser: Parser, start: int, end: int) -> str | None:
    """`xxy` where the braces from `start` to `end` hold `∂x^2 ∂y`; None where they hold anything else."""
    mark, parser.index = parser.index, start + 1
    axes = ""
    while parser.index < end - 1 and _is_differential(parser, parser.index) and parser.peek().text in _AXES:
        axis = parser.peek().text
        parser.index += 2
        axes += axis * parser.order_above()
    complete, parser.index = parser.index == end - 1 and bool(axes), mark
    return axes if complete else None
