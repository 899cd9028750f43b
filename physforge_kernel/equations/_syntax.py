"""The tree that a text is read into, before anything is known about its names, and errors that point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..errors import EquationError

FUNCTIONS = ("sin", "cos", "tan", "atan", "exp", "log", "sqrt", "tanh", "cosh", "sinh", "abs", "conj", "sign")


@dataclass(frozen=True)
class Node:
    """A part of an expression that starts at character `start` of its text."""

    start: int

    def parts(self) -> tuple[Node, ...]:
        """The nodes directly below this one."""
        return ()

    def walk(self) -> Iterator[Node]:
        """This node and all nodes below it."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.parts()))


@dataclass(frozen=True)
class Number(Node):
    value: Fraction


@dataclass(frozen=True)
class Name(Node):
    """A name as written, with the axes it was applied to: `u(x, t)` is u with the arguments x and t."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sum(Node):
    terms: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        return self.terms


@dataclass(frozen=True)
class Product(Node):
    """Factors in their order; those in `divided` (by index) divide."""

    factors: tuple[Node, ...]
    divided: frozenset[int] = frozenset()

    def parts(self) -> tuple[Node, ...]:
        return self.factors


@dataclass(frozen=True)
class Negative(Node):
    of: Node

    def parts(self) -> tuple[Node, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Power(Node):
    base: Node
    exponent: Node

    def parts(self) -> tuple[Node, ...]:
        return (self.base, self.exponent)


@dataclass(frozen=True)
class Call(Node):
    function: str
    argument: Node

    def parts(self) -> tuple[Node, ...]:
        return (self.argument,)


@dataclass(frozen=True)
class Derivative(Node):
    """`of`, differentiated once by each letter of `axes`."""

    of: Node
    axes: str

    def parts(self) -> tuple[Node, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Laplacian(Node):
    of: Node

    def parts(self) -> tuple[Node, ...]:
        return (self.of,)


@dataclass(frozen=True)
class Statement:
    """One equation, `left = right`, read from `text`."""

    text: str
    left: Node
    right: Node

    def walk(self) -> Iterator[Node]:
        yield from self.left.walk()
        yield from self.right.walk()


def complain(text: str, start: int, message: str) -> EquationError:
    """An error whose message shows the line of `text` and a caret under the character at `start`."""
    start = min(max(start, 0), len(text))
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    line = text[begin : end if end >= 0 else len(text)]
    at = start - begin
    if len(line) > 100:
        cut = max(0, at - 50)
        piece = line[cut : cut + 100]
        line = ("…" if cut else "") + piece + ("…" if cut + 100 < len(line) else "")
        at = at - cut + (1 if cut else 0)
    return EquationError(f"{message}\n  {line.expandtabs(1)}\n  {' ' * at}^")
