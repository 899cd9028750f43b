"""From a text to a tree: a recursive-descent reader that evaluates nothing.

system     := equation ((";" | newline | ",") equation)*
equation   := sum ("=" sum)?
sum        := product (("+" | "-") product)*
product    := power (("*" | "/" | nothing) power)*
power      := primary "_xx"* ["^" exponent]
primary    := number | name | function(sum) | (sum) | |sum| | derivative of a power | LaTeX command
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from ..errors import EquationError
from ._cursor import CLOSING, Cursor
from ._derivative_syntax import derivative_call, divided_group, laplacian, latex_command, partial
from ._syntax import (
    FUNCTIONS,
    Call,
    Derivative,
    Laplacian,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Statement,
    Sum,
    complain,
)
from ._tokens import Token, tokenize

MAX_EQUATIONS = 100
_DERIVATIVE_WORDS = ("D", "diff", "Derivative")
_LAPLACIAN_WORDS = ("lap", "laplacian", "Laplacian")


def read_statements(text: str, known: Collection[str] = ()) -> list[Statement]:
    """The equations of a text; an expression alone is one that equals zero.

    Args:
        text: plain or LaTeX; anything with a backslash is LaTeX, where `ab` is a times b.
        known: declared names, which stay whole in LaTeX and mean nothing else.
    """
    if not isinstance(text, str):
        raise EquationError(f"An equation is read from a text, not from {type(text).__name__} {text!r}.")
    names = frozenset(known)
    groups = _separate(text, tokenize(text, names))
    if not groups:
        raise complain(
            text, 0, "There is no equation in this text; write one such as u_t = -u*u_x + 0.1*u_xx."
        )
    return [Parser(text, group, names).statement() for group in groups]


def _separate(text: str, tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens by equation: `;`, top-level `,` and line ends separate, unless the next line goes on."""
    lines: list[list[Token]] = [[]]
    depth = 0
    for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
        if token.kind == "operator":
            depth += (token.text in CLOSING) - (token.text in CLOSING.values())
        if token.kind == "newline" and depth > 0:
            continue
        if token.kind == "newline" or (token.kind == "operator" and token.text in (",", ";") and depth <= 0):
            if token.text == "," and _is_decimal(before, token, after):
                raise complain(
                    text, token.start, "A comma separates equations; write a decimal point, as in 1.5."
                )
            lines.append([token])
            depth = 0
        elif token.kind != "end":
            lines[-1].append(token)
    groups: list[list[Token]] = []
    for line in lines:
        separator = (
            line.pop(0) if line and (line[0].kind == "newline" or line[0].text in (",", ";")) else None
        )
        if not line:
            continue
        if groups and separator is not None and separator.kind == "newline" and _goes_on(groups[-1], line):
            groups[-1] += line
        else:
            groups.append(line)
    if len(groups) > MAX_EQUATIONS:
        raise complain(
            text, groups[MAX_EQUATIONS][0].start, f"A system may have at most {MAX_EQUATIONS} equations."
        )
    return [[*group, Token("end", "", group[-1].end, group[-1].end)] for group in groups]


def _is_decimal(before: Token | None, comma: Token, after: Token | None) -> bool:
    """Whether a comma stands between two numbers and touches both, as in `1,5`."""
    if before is None or after is None or before.kind != "number" or after.kind != "number":
        return False
    return before.end == comma.start and comma.end == after.start


def _goes_on(before: Sequence[Token], line: Sequence[Token]) -> bool:
    """Whether a line continues the equation of the line before it."""
    last, first = before[-1], line[0]
    if last.kind == "operator" and last.text in ("+", "-", "*", "/", "^", "="):
        return True
    if first.kind != "operator":
        return False
    if first.text in ("+", "-"):
        return not any(token.kind == "operator" and token.text == "=" for token in line)
    return first.text in ("*", "/", "^", "=")


class Parser(Cursor):
    """Reads one equation."""

    def __init__(self, text: str, tokens: Sequence[Token], known: frozenset[str]) -> None:
        super().__init__(text, tokens)
        self.known = known
        self.in_bars = False

    def statement(self) -> Statement:
        left = self.sum()
        right: Node = Number(self.now.start, Fraction(0))
        if self.at("="):
            self.take()
            right = self.sum()
        if self.at("="):
            raise self.error("There is a second '='; separate equations with ';'.")
        if self.now.kind != "end":
            raise self.unexpected()
        return Statement(self.text, left, right)

    # ------------------------------------------------------ sums, products, powers

    def sum(self) -> Node:
        start = self.now.start
        terms = [self.signed()]
        while self.at("+", "-"):
            minus = self.take()
            term = self.signed()
            terms.append(Negative(minus.start, term) if minus.text == "-" else term)
        return terms[0] if len(terms) == 1 else Sum(start, tuple(terms))

    def signed(self) -> Node:
        start, minus = self.now.start, self.signs()
        term = self.product()
        return Negative(start, term) if minus else term

    def signs(self) -> bool:
        """Takes the signs that stand here; whether they make a minus."""
        minus = False
        while self.at("+", "-"):
            minus ^= self.take().text == "-"
        return minus

    def product(self) -> Node:
        start = self.now.start
        factors = [self.power()]
        divided: set[int] = set()
        while True:
            if self.at("*", "/"):
                if self.take().text == "/":
                    divided.add(len(factors))
                minus = self.signs()
                factor = self.power()
                factors.append(Negative(factor.start, factor) if minus else factor)
            elif self.begins_factor():
                factors.append(self.power())
            else:
                break
        return factors[0] if len(factors) == 1 else Product(start, tuple(factors), frozenset(divided))

    def begins_factor(self) -> bool:
        """Whether a factor stands here; after another one, it multiplies."""
        token = self.now
        if token.kind == "number" and self.index and self.tokens[self.index - 1].kind == "number":
            raise self.error("Two numbers stand side by side; put a '*' between them.")
        if token.kind in ("number", "name", "leibniz", "command"):
            return True
        return self.at("(", "[", "{", "∂", "Δ", "∇", "lvert") or (self.at("|") and not self.in_bars)

    def power(self) -> Node:
        base = self.primary()
        while self.now.kind == "subscript":
            base = Derivative(base.start, base, self.subscript_axes())
        if not self.at("^"):
            return base
        self.take()
        return Power(base.start, base, self.exponent())

    def exponent(self) -> Node:
        self.enter()
        start, minus = self.now.start, self.signs()
        exponent = self.power()
        self.leave()
        return Negative(start, exponent) if minus else exponent

    # -------------------------------------------------------------------- primaries

    def primary(self) -> Node:
        self.enter()
        token = self.now
        if self.at("(", "[", "{"):
            node = self.group()
        elif token.kind in ("operator", "subscript", "newline", "end") and not self.begins_factor():
            raise self.unexpected()
        else:
            node = self.opened(self.take())
        self.leave()
        return node

    def opened(self, token: Token) -> Node:
        """What begins with `token`, which has been taken."""
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.name(token)
        if token.kind == "leibniz":
            axes = self.limited(token.axes, token)
            of = Name(token.start, token.text) if token.text else self.operand()
            return Derivative(token.start, of, axes)
        if token.kind == "command":
            return latex_command(self, token)
        if token.text == "∂":
            return partial(self, token)
        if token.text in ("Δ", "∇"):
            return laplacian(self, token)
        return self.bars(token)

    def operand(self) -> Node:
        """What an operator such as d/dx acts on: the next factor, with its power."""
        if not self.begins_factor():
            raise self.unexpected()
        return self.power()

    def number(self, token: Token) -> Node:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > 400 or len(exponent) > 6 or abs(int(exponent or "0")) > 400:
            raise self.error("This number is beyond what a computer's numbers hold.", token)
        return Number(token.start, Fraction(token.text))

    def group(self) -> Node:
        opened = self.take()
        inside = self.inside()
        self.expect(CLOSING[opened.text], opened)
        return inside

    def inside(self) -> Node:
        """The sum in a group, in which `|` opens anew."""
        outer, self.in_bars = self.in_bars, False
        node = self.sum()
        self.in_bars = outer
        return node

    def bars(self, opened: Token) -> Node:
        outer, self.in_bars = self.in_bars, opened.text == "|"
        inside = self.sum()
        self.in_bars = outer
        self.expect("|" if opened.text == "|" else "rvert", opened)
        return Call(opened.start, "abs", inside)

    # -------------------------------------------------------------- names, functions

    def name(self, token: Token) -> Node:
        if token.text == "d" and (divided := divided_group(self, token)) is not None:
            return divided
        if token.text in self.known:
            return Name(token.start, token.text, self.arguments())
        if token.text in FUNCTIONS:
            return self.function(token)
        if self.at("(", "["):
            if token.text in _DERIVATIVE_WORDS and (derived := derivative_call(self, token)) is not None:
                return derived
            if token.text in _LAPLACIAN_WORDS:
                return Laplacian(token.start, self.group())
        return Name(token.start, token.text, self.arguments())

    def function(self, token: Token) -> Node:
        power: Node | None = None
        if self.at("^"):
            self.take()
            power = self.exponent()
        if self.at("(", "[", "{"):
            argument = self.group()
        elif "\\" in self.text and self.begins_factor():
            argument = self.bare_argument()
        else:
            raise self.error(f"The function {token.text} needs its argument in parentheses.", token)
        call = Call(token.start, token.text, argument)
        return call if power is None else Power(token.start, call, power)

    def bare_argument(self) -> Node:
        """LaTeX's `\\sin 2 x`: everything up to the next sign or function."""
        start = self.now.start
        factors = [self.power()]
        while self.now.kind in ("number", "name") and self.now.text not in FUNCTIONS:
            factors.append(self.power())
        return factors[0] if len(factors) == 1 else Product(start, tuple(factors))

    def arguments(self) -> tuple[str, ...]:
        """The axes of `u(x, t)`, which say what u depends on and are no product."""
        if not self.at("("):
            return ()
        axes: list[str] = []
        ahead = 1
        while True:
            token, close = self.peek(ahead), self.peek(ahead + 1)
            if token.kind != "name" or token.text not in ("t", "x", "y", "z"):
                return ()
            if close.kind != "operator" or close.text not in (",", ")"):
                return ()
            axes.append(token.text)
            ahead += 2
            if close.text == ")":
                self.index += ahead
                return tuple(axes)
