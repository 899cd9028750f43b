"""Residual blocks that start as nothing and grow."""

from __future__ import annotations

from dataclasses import dataclass

from .._jet import Jet
from .._tape import Tape
from ._base import gated
from ._fourier import FourierMLP


@dataclass(frozen=True, kw_only=True)
class PirateNet(FourierMLP):
    """Gated residual blocks on random Fourier features, each with a share that starts at zero.

    After Wang, Li, Chen and Perdikaris 2024 (arXiv 2402.00326, eqs. 4.1 to 4.7). At the start the network is
    linear in its features; blocks come in as training needs them. `depth` counts blocks of three layers.
    """

    factorised: bool = True

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        wide = 2 * self.features
        found = {"open": (self.width, wide), "shut": (self.width, wide)}
        for b in range(self.depth):
            found |= {
                f"{b}.first": (self.width, wide),
                f"{b}.second": (self.width, self.width),
                f"{b}.third": (wide, self.width),
            }
        return found | {"last": (outputs, wide)}

    def others(self) -> dict[str, float]:
        return {f"{b}.share": 0.0 for b in range(self.depth)}

    def forward(self, x: Jet, tape: Tape) -> Jet:
        x = self.encoded(x)
        open_ = tape.linear(x, "open").through(self.function)
        shut = tape.linear(x, "shut").through(self.function)
        for b in range(self.depth):
            first = gated(tape.linear(x, f"{b}.first").through(self.function), open_, shut)
            second = gated(tape.linear(first, f"{b}.second").through(self.function), open_, shut)
            third = tape.linear(second, f"{b}.third").through(self.function)
            x = tape.blend(third, x, f"{b}.share")
        return tape.linear(x, "last")
