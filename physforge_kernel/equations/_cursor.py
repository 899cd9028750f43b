"""A place in a list of tokens, with what is common to everything that reads on from there."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import EquationError
from ._syntax import complain
from ._tokens import Token

MAX_DEPTH = 50
MAX_DERIVATIVE = 12
CLOSING = {"(": ")", "[": "]", "{": "}"}


class Cursor:
    """Reads tokens one by one; `depth` counts how deeply the reading is nested."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def at(self, *operators: str) -> bool:
        return self.now.kind == "operator" and self.now.text in operators

    def take(self) -> Token:
        token = self.now
        if token.kind != "end":
            self.index += 1
        return token

    def error(self, message: str, token: Token | None = None) -> EquationError:
        """An error that points at `token` (or at the place reached)."""
        return complain(self.text, (token or self.now).start, message)

    def unexpected(self) -> EquationError:
        token = self.now
        if token.kind == "end":
            return self.error("The equation ends here, where a number, a name or '(' should follow.")
        if token.text in CLOSING.values():
            return self.error(f"This {token.text!r} closes nothing; remove it or open it.")
        return self.error(f"{token.text!r} cannot stand here.")

    def expect(self, operator: str, opened: Token) -> Token:
        if self.at(operator):
            return self.take()
        if self.now.kind == "end":
            raise self.error(f"This {opened.text!r} is never closed; add {operator!r}.", opened)
        raise self.error(f"{operator!r} was expected here, to close the {opened.text!r}.")

    def closing(self, index: int) -> int | None:
        """The index of the token that closes the one at `index`, if one does."""
        depth = 0
        for at in range(index, len(self.tokens)):
            token = self.tokens[at]
            if token.kind == "operator":
                depth += (token.text in CLOSING) - (token.text in CLOSING.values())
            if depth == 0:
                return at
        return None

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"Parentheses or powers are nested more than {MAX_DEPTH} deep here.")

    def leave(self) -> None:
        self.depth -= 1

    def order_above(self) -> int:
        """The 2 of `d^2`, or 1 where no exponent follows."""
        if not self.at("^"):
            return 1
        self.take()
        braces = self.take() if self.at("{", "(") else None
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > 2:
            raise self.error("The order of a derivative is a whole number.", token)
        if braces is not None:
            self.expect(CLOSING[braces.text], braces)
        return int(token.text)

    def subscript_axes(self) -> str:
        """The axes of a subscript such as `_xx`."""
        token = self.take()
        if token.text.strip("txyz"):
            raise self.error(f"A derivative's subscript holds only t, x, y and z, not {token.text!r}.", token)
        return self.limited(token.text, token)

    def limited(self, axes: str, token: Token) -> str:
        if len(axes) > MAX_DERIVATIVE:
            raise self.error(f"This derivative has order {len(axes)}; {MAX_DERIVATIVE} is the most.", token)
        return axes

    def agreed(self, axes: str, order: int, token: Token) -> str:
        """The axes below a fraction bar, if they are as many as the order above it."""
        if len(axes) != order:
            raise self.error(
                f"This derivative has order {order} above the bar and {len(axes)} below it.", token
            )
        return self.limited(axes, token)
