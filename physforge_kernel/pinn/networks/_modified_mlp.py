"""The multilayer perceptron whose layers are mixed with two encodings of the input."""

from __future__ import annotations

from dataclasses import dataclass

from .._jet import Jet
from .._tape import Tape
from ._base import Network, chain, gated


@dataclass(frozen=True, kw_only=True)
class ModifiedMLP(Network):
    """Each hidden layer chooses, unit by unit, between two encodings of the input.

    After Wang, Teng and Perdikaris 2021 (arXiv 2001.04536, eqs. 2.35 to 2.40).

    Example:
        >>> ModifiedMLP(width=20, depth=3).layout(inputs=2, outputs=1).count
        1041
    """

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        encoders = {"open": (self.width, inputs), "shut": (self.width, inputs)}
        return encoders | chain([inputs, *[self.width] * self.depth, outputs])

    def forward(self, x: Jet, tape: Tape) -> Jet:
        open_ = tape.linear(x, "open").through(self.function)
        shut = tape.linear(x, "shut").through(self.function)
        for i in range(self.depth):
            x = gated(tape.linear(x, str(i)).through(self.function), shut, open_)
        return tape.linear(x, str(self.depth))
