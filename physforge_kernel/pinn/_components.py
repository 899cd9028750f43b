"""The fields of an equation as real columns."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Components:
    """The fields of an equation, and the real columns that they stand in.

    Attributes:
        names: the fields.
        is_complex: whether they have two columns each, their real and imaginary parts.
    """

    names: tuple[str, ...]
    is_complex: bool = False

    @property
    def columns(self) -> int:
        """The number of real columns."""
        return len(self.names) * (2 if self.is_complex else 1)

    def value(self, name: str, layer: Float[Tensor, "N C"]) -> Tensor:
        """One field of a layer of a jet."""
        i = self.names.index(name)
        if not self.is_complex:
            return layer[:, i]
        return torch.complex(layer[:, 2 * i], layer[:, 2 * i + 1])

    def rows(self, values: Tensor) -> list[Tensor]:
        """A residual as real rows."""
        if torch.is_complex(values):
            return [values.real, values.imag]
        return [values]
