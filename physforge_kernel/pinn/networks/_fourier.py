"""Random Fourier features before layers."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from jaxtyping import Float
from torch import Tensor

from .._activations import Sine
from .._jet import Jet, joined
from .._tape import Tape
from ._base import Network, chain


@dataclass(frozen=True, kw_only=True)
class FourierMLP(Network):
    """Layers on sines and cosines of random combinations of the inputs.

    After Tancik et al. 2020 (arXiv 2006.10739).

    Attributes:
        features: the number of frequencies.
        frequency: their standard deviation, in turns for each unit of the inputs, which run from -1 to 1.
        seed: of the frequencies, which are not trained.
    """

    features: int = 16
    frequency: float = 0.5
    seed: int = 0

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        return chain([2 * self.features, *[self.width] * self.depth, outputs])

    def forward(self, x: Jet, tape: Tape) -> Jet:
        x = self.encoded(x)
        for i in range(self.depth):
            x = tape.linear(x, str(i)).through(self.function)
        return tape.linear(x, str(self.depth))

    def encoded(self, x: Jet) -> Jet:
        """The sines and cosines."""
        phase = Jet(x.orders, x.values @ self._frequencies(x.width).to(x.values).T)
        return joined([phase.through(Sine()), phase.shifted(pi / 2).through(Sine())])

    def _frequencies(self, inputs: int) -> Float[Tensor, "F D"]:
        generator = torch.Generator().manual_seed(self.seed)
        drawn = torch.randn(self.features, inputs, generator=generator, dtype=torch.float64)
        return 2 * pi * self.frequency * drawn
