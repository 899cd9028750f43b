"""Constants of an equation that are to be found."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Unknown:
    """A constant of the equation that is to be found, between two bounds.

    A weight between minus and plus infinity stands for it, on a logarithmic scale where both bounds are
    positive.
    """

    name: str
    low: float
    high: float

    @property
    def weight(self) -> str:
        """The name of its weight."""
        return f"parameter.{self.name}"

    @property
    def logarithmic(self) -> bool:
        return self.low > 0

    def value(self, weight: Tensor) -> Tensor:
        """The constant that a weight stands for."""
        share = torch.sigmoid(weight)
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share
