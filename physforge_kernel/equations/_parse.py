"""From a text to a tree: a recursive-descent reader that evaluates nothing.

system     := equation ((";" | newline | ",") equation)*
equation   := sum ("=" sum)?
sum        := ["+" | "-"] product (("+" | "-") product)*
product    := power (("*" | "/" | nothing) power)*
power      := postfix ["^" exponent]
postfix    := primary ["_xx"]
primary    := number | name | function(sum) | (sum) | |sum| | derivative of a power | LaTeX command
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from ..errors import EquationError
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
from ._tokens import OVER_AXES, Token, differential_axes, tokenize

MAX_DEPTH = 50
MAX_DERIVATIVE = 12
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DERIVATIVE_WORDS = ("D", "diff", "Derivative")
_LAPLACIAN_WORDS = ("lap", "laplacian", "Laplacian")


def read_statements(text: str, known: Collection[str] = ()) -> list[Statement]:
    """The equations of a text; an expression alone is one that equals zero.

    `known` are declared names, which LaTeX's reading of `ab` as a times b leaves whole.
    """
    if not isinstance(text, str):
        raise EquationError(f"An equation is read from a text, not from {type(text).__name__} {text!r}.")
    tokens = tokenize(text, frozenset(known))
    statements = [_Parser(text, group, frozenset(known)).statement() for group in _separate(text, tokens)]
    if not statements:
        raise complain(
            text, 0, "There is no equation in this text; write one such as u_t = -u*u_x + 0.1*u_xx."
        )
    return statements


def _separate(text: str, tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens by equation: `;`, top-level `,` and line ends separate, unless the next line goes on."""
    groups: list[list[Token]] = [[]]
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "end":
            break
        if token.kind == "operator" and token.text in ("(", "[", "{"):
            depth += 1
        elif token.kind == "operator" and token.text in (")", "]", "}"):
            depth -= 1
        separates = (token.kind == "operator" and token.text in ",;" and depth == 0) or (
            token.kind == "newline" and depth <= 0 and not _goes_on(tokens, index)
        )
        if separates:
            groups.append([])
        elif token.kind != "newline":
            groups[-1].append(token)
    return [[*group, Token("end", "", group[-1].end, group[-1].end)] for group in groups if group]


def _goes_on(tokens: Sequence[Token], index: int) -> bool:
    """Whether the line after the newline at `index` continues the equation before it."""
    before = next((token for token in reversed(tokens[:index]) if token.kind != "newline"), None)
    if before is not None and before.kind == "operator" and before.text in "+-*/^=":
        return True
    line: list[Token] = []
    for token in tokens[index + 1 :]:
        if token.kind in ("newline", "end") and line:
            break
        line.append(token)
    first = next((token for token in line if token.kind != "newline"), None)
    if first is None or first.kind != "operator":
        return False
    if first.text in "+-":
        return not any(token.kind == "operator" and token.text == "=" for token in line)
    return first.text in "*/^="


class _Parser:
    def __init__(self, text: str, tokens: Sequence[Token], known: frozenset[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.known = known
        self.index = 0
        self.depth = 0
        self.in_bars = False

    # ------------------------------------------------------------------ tokens

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

    def expect(self, operator: str, opened: Token) -> Token:
        if self.at(operator):
            return self.take()
        if self.now.kind == "end":
            raise complain(
                self.text, opened.start, f"This {opened.text!r} is never closed; add {operator!r}."
            )
        raise complain(
            self.text, self.now.start, f"{operator!r} was expected here, to close the {opened.text!r}."
        )

    # ----------------------------------------------------------------- grammar

    def statement(self) -> Statement:
        left = self.sum()
        right: Node = Number(self.now.start, Fraction(0))
        if self.at("="):
            self.take()
            right = self.sum()
        if self.at("="):
            raise complain(self.text, self.now.start, "There is a second '='; separate equations with ';'.")
        if self.now.kind != "end":
            raise self.unexpected()
        return Statement(self.text, left, right)

    def unexpected(self) -> EquationError:
        token = self.now
        if token.kind == "end":
            return complain(
                self.text, token.start, "The equation ends here, where a number, a name or '(' should follow."
            )
        if token.text in _CLOSING.values():
            return complain(
                self.text, token.start, f"This {token.text!r} closes nothing; remove it or open it."
            )
        return complain(self.text, token.start, f"{token.text!r} cannot stand here.")

    def sum(self) -> Node:
        start = self.now.start
        terms = [self.signed()]
        while self.at("+", "-"):
            minus = self.take()
            term = self.signed()
            terms.append(Negative(minus.start, term) if minus.text == "-" else term)
        return terms[0] if len(terms) == 1 else Sum(start, tuple(terms))

    def signed(self) -> Node:
        start, minus = self.now.start, False
        while self.at("+", "-"):
            minus ^= self.take().text == "-"
        term = self.product()
        return Negative(start, term) if minus else term

    def product(self) -> Node:
        start = self.now.start
        factors = [self.power()]
        divided: set[int] = set()
        while True:
            if self.at("*", "/"):
                if self.take().text == "/":
                    divided.add(len(factors))
                minus = False
                while self.at("+", "-"):
                    minus ^= self.take().text == "-"
                factor = self.power()
                factors.append(Negative(factor.start, factor) if minus else factor)
            elif self.begins_factor():
                factors.append(self.power())
            else:
                break
        return factors[0] if len(factors) == 1 else Product(start, tuple(factors), frozenset(divided))

    def begins_factor(self) -> bool:
        token = self.now
        if token.kind in ("number", "name", "leibniz", "command"):
            if token.kind == "number" and self.tokens[self.index - 1].kind == "number":
                raise complain(
                    self.text, token.start, "Two numbers stand side by side; put a '*' between them."
                )
            return True
        return token.kind == "operator" and (
            token.text in ("(", "[", "{", "∂", "Δ", "∇", "lvert") or (token.text == "|" and not self.in_bars)
        )

    def power(self) -> Node:
        base = self.postfix()
        if not self.at("^"):
            return base
        self.take()
        return Power(base.start, base, self.exponent())

    def exponent(self) -> Node:
        self.enter()
        start, minus = self.now.start, False
        while self.at("+", "-"):
            minus ^= self.take().text == "-"
        exponent = self.power()
        self.depth -= 1
        return Negative(start, exponent) if minus else exponent

    def postfix(self) -> Node:
        node = self.primary()
        while self.now.kind == "subscript":
            node = Derivative(node.start, node, self.axes(self.take()))
        return node

    def axes(self, token: Token) -> str:
        if token.text.strip("txyz"):
            raise complain(
                self.text,
                token.start,
                f"A derivative's subscript holds only t, x, y and z, not {token.text!r}.",
            )
        return self.limited(token.text, token)

    def limited(self, axes: str, token: Token) -> str:
        if len(axes) > MAX_DERIVATIVE:
            raise complain(
                self.text,
                token.start,
                f"This derivative has order {len(axes)}; {MAX_DERIVATIVE} is the most.",
            )
        return axes

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise complain(
                self.text,
                self.now.start,
                f"Parentheses or powers are nested more than {MAX_DEPTH} deep here.",
            )

    def primary(self) -> Node:
        self.enter()
        token = self.now
        if token.kind == "number":
            node = self.number(self.take())
        elif token.kind == "name":
            node = self.name(self.take())
        elif token.kind == "leibniz":
            self.take()
            axes = self.limited(token.axes, token)
            of = Name(token.start, token.text) if token.text else self.operand()
            node = Derivative(token.start, of, axes)
        elif token.kind == "command":
            node = self.command(self.take())
        elif self.at("(", "[", "{"):
            node = self.group()
        elif self.at("|", "lvert"):
            node = self.bars(self.take())
        elif self.at("∂"):
            node = self.partial(self.take())
        elif self.at("Δ", "∇"):
            node = self.laplacian(self.take())
        else:
            raise self.unexpected()
        self.depth -= 1
        return node

    def operand(self) -> Node:
        """What an operator such as d/dx acts on: the next factor, with its power."""
        if not self.begins_factor():
            raise self.unexpected()
        return self.power()

    def number(self, token: Token) -> Node:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > 400 or abs(int(exponent or "0")) > 400:
            raise complain(self.text, token.start, "This number is beyond what a computer's numbers hold.")
        return Number(token.start, Fraction(token.text))

    def group(self) -> Node:
        opened = self.take()
        bars, self.in_bars = self.in_bars, False
        inside = self.sum()
        self.in_bars = bars
        self.expect(_CLOSING[opened.text], opened)
        return inside

    def bars(self, opened: Token) -> Node:
        outer, self.in_bars = self.in_bars, opened.text == "|"
        inside = self.sum()
        self.in_bars = outer
        self.expect("|" if opened.text == "|" else "rvert", opened)
        return Call(opened.start, "abs", inside)

    # ------------------------------------------------------- names and functions

    def name(self, token: Token) -> Node:
        called = self.at("(", "[") or (self.at("{") and token.text in FUNCTIONS)
        if token.text in ("d", "∂") and (divided := self.divided_group(token)) is not None:
            return divided
        if token.text in FUNCTIONS and token.text not in self.known:
            return self.function(token)
        if called and token.text in _DERIVATIVE_WORDS and (derived := self.derivative_call(token)):
            return derived
        if called and token.text in _LAPLACIAN_WORDS and token.text not in self.known:
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
            raise complain(
                self.text, token.start, f"The function {token.text} needs its argument in parentheses."
            )
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
            token = self.peek(ahead)
            if token.kind != "name" or token.text not in ("t", "x", "y", "z"):
                return ()
            axes.append(token.text)
            close = self.peek(ahead + 1)
            if close.kind != "operator" or close.text not in (",", ")"):
                return ()
            ahead += 2
            if close.text == ")":
                self.index += ahead
                return tuple(axes)

    # -------------------------------------------------------------- derivatives

    def derivative_call(self, token: Token) -> Node | None:
        """`D(u^2, x)`, `D(u, x, 2)`, `diff(u, x, x)`; None where no comma follows, for D may be a diffusivity."""
        mark = self.index, self.depth
        opened = self.take()
        bars, self.in_bars = self.in_bars, False
        of = self.sum()
        self.in_bars = bars
        if not self.at(","):
            self.index, self.depth = mark
            return None
        axes = ""
        while self.at(","):
            self.take()
            part = self.take()
            if part.kind == "name" and not part.text.strip("txyz"):
                axes += part.text
            elif part.kind == "number" and part.text.isdigit() and len(part.text) <= 2 and axes:
                axes += axes[-1] * (int(part.text) - 1)
            else:
                raise complain(
                    self.text, part.start, f"{token.text}(u, x) or {token.text}(u, x, 2) was expected here."
                )
        self.expect(_CLOSING[opened.text], opened)
        return Derivative(token.start, of, self.limited(axes, token))

    def divided_group(self, token: Token) -> Node | None:
        """`d(u^2)/dx`: the derivative of a group, written as a fraction."""
        mark = self.index
        order = self.order_above()
        if not self.at("("):
            self.index = mark
            return None
        of = self.group()
        match = OVER_AXES.match(self.text, self.tokens[self.index - 1].end)
        if match is None:
            self.index = mark
            return None
        while self.now.kind != "end" and self.now.start < match.end():
            self.take()
        return Derivative(token.start, of, self.checked(differential_axes(match["below"]), order, token))

    def order_above(self) -> int:
        if not self.at("^"):
            return 1
        self.take()
        braces = self.at("{")
        if braces:
            self.take()
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > 2:
            raise complain(self.text, token.start, "The order of a derivative is a whole number.")
        if braces:
            self.expect("}", token)
        return int(token.text)

    def checked(self, axes: str, order: int, token: Token) -> str:
        if len(axes) != order:
            raise complain(
                self.text,
                token.start,
                f"This derivative has order {order} above the bar and {len(axes)} below it.",
            )
        return self.limited(axes, token)

    def partial(self, token: Token) -> Node:
        """`∂_xx u`, `∂_x^2 u`, and `∂(u^2)/∂x`."""
        if self.now.kind != "subscript":
            divided = self.divided_group(token)
            if divided is not None:
                return divided
            raise complain(self.text, token.start, "Write a derivative as ∂_x u, ∂u/∂x or u_x.")
        axes = self.axes(self.take())
        if self.at("^"):
            axes *= self.order_above()
        self.limited(axes, token)
        return Derivative(token.start, self.operand(), axes)

    def laplacian(self, token: Token) -> Node:
        times = 1
        if token.text == "∇" or self.at("^"):
            order = self.order_above() if self.at("^") else 1
            if token.text == "∇" and order % 2:
                raise complain(self.text, token.start, "Of ∇ only the Laplacian ∇^2 u is read here.")
            times = order // 2 if token.text == "∇" else order
        if times > MAX_DERIVATIVE // 2:
            raise complain(
                self.text, token.start, f"The Laplacian is applied {times} times; that is too often."
            )
        node = self.operand()
        for _ in range(times):
            node = Laplacian(token.start, node)
        return node

    # -------------------------------------------------------------------- LaTeX

    def command(self, token: Token) -> Node:
        if token.text == "frac":
            return self.fraction(token)
        if token.text == "sqrt":
            root: Node | None = self.group() if self.at("[") else None
            inside = self.braced(token)
            if root is None:
                return Call(token.start, "sqrt", inside)
            one = Number(token.start, Fraction(1))
            return Power(token.start, inside, Product(token.start, (one, root), frozenset({1})))
        inside = self.braced(token)
        if token.text == "conj":
            return Call(token.start, "conj", inside)
        return Derivative(token.start, inside, "t" * (2 if token.text == "ddot" else 1))

    def braced(self, token: Token) -> Node:
        if self.at("{"):
            return self.group()
        if self.now.kind in ("number", "name"):
            return self.primary()
        raise complain(self.text, token.start, f"\\{token.text} needs braces after it.")

    def fraction(self, token: Token) -> Node:
        above = self.index
        below = self.after_braces(above, token)
        axes = self.differentials(below)
        if axes is not None and self.is_differential(above + 1):
            self.index = above + 2
            order = self.order_above()
            of: Node | None = None
            if not self.at("}"):
                of = self.sum()
            self.index = self.after_braces(below, token)
            axes = self.checked(axes, order, token)
            return Derivative(token.start, self.operand() if of is None else of, axes)
        numerator = self.braced(token)
        denominator = self.braced(token)
        return Product(token.start, (numerator, denominator), frozenset({1}))

    def is_differential(self, index: int) -> bool:
        token = self.tokens[min(index, len(self.tokens) - 1)]
        return token.text in ("d", "∂") and token.kind in ("name", "operator")

    def after_braces(self, index: int, token: Token) -> int:
        """The index after the group in braces that opens at `index` (or after one token without braces)."""
        if index >= len(self.tokens) or self.tokens[index].kind == "end":
            raise complain(self.text, token.start, f"\\{token.text} needs two groups in braces.")
        if self.tokens[index].text != "{":
            return index + 1
        depth = 0
        for at in range(index, len(self.tokens)):
            if self.tokens[at].kind == "operator":
                depth += {"{": 1, "}": -1}.get(self.tokens[at].text, 0)
            if depth == 0:
                return at + 1
        raise complain(self.text, self.tokens[index].start, "This '{' is never closed; add '}'.")

    def differentials(self, index: int) -> str | None:
        """`x x y` where the braces at `index` hold `∂x^2 ∂y`; None where they hold anything else."""
        end = self.after_braces(index, self.now) - 1
        mark, self.index = self.index, index + 1
        axes = ""
        while self.index < end:
            if not self.is_differential(self.index):
                break
            axis = self.peek()
            if axis.kind != "name" or axis.text not in ("t", "x", "y", "z"):
                break
            self.index += 2
            axes += axis.text * self.order_above()
        complete, self.index = self.index == end and bool(axes), mark
        return axes if complete else None
