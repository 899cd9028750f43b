"""The multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass

from .._jet import Jet
from .._tape import Tape
from ._base import Network, chain


@dataclass(frozen=True, kw_only=True)
class MLP(Network):
    """Layers of one width, one after another.

    Example:
        >>> MLP(width=20, depth=3).layout(inputs=2, outputs=1).count
        921
    """

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        return chain([inputs, *[self.width] * self.depth, outputs])

    def forward(self, x: Jet, tape: Tape) -> Jet:
        for i in range(self.depth):
            x = tape.linear(x, str(i)).through(self.function)
        return tape.linear(x, str(self.depth))
