"""Random subspaces of the weights that no matrix is kept for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Subspace:
    """A subspace of a few waves over all weights with random signs, and of some directions beside them.

    Signs make every wave touch each weight alike, so that waves drawn at random see a matrix as a random
    projection would (subsampled randomised Fourier transform, Halko, Martinsson and Tropp 2011, section 4.6);
    the waves are Hartley's, real and their own inverse.

    Attributes:
        signs: (P,), of each weight.
        waves: (K,), the numbers of the waves.
        length: the number of all waves, at least that of the weights.
        others: (P, L), further directions.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> others = torch.eye(6, 1, dtype=torch.float64)
        >>> subspace = Subspace.drawn(2, others, generator)
        >>> subspace.dimensions
        3
        >>> subspace.lifted(torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64))
        tensor([2., 0., 0., 0., 0., 0.], dtype=torch.float64)
    """

    signs: Float[Tensor, "P"]
    waves: Int[Tensor, "K"]
    length: int
    others: Float[Tensor, "P L"]

    @classmethod
    def drawn(cls, count: int, others: Float[Tensor, "P L"], generator: torch.Generator) -> Subspace:
        """So many waves drawn at random, with signs, beside further directions."""
        signs = 2.0 * torch.randint(0, 2, others.shape[:1], generator=generator) - 1
        length = _fast(len(others))
        waves = torch.randperm(length, generator=generator)[:count]
        return cls(signs.to(others), waves.to(others.device), length, others)

    @property
    def dimensions(self) -> int:
        """The number of directions."""
        return len(self.waves) + self.others.shape[1]

    def of(self, rows: Float[Tensor, "M P"]) -> Float[Tensor, "M KL"]:
        """The products of some rows with each direction."""
        found = torch.fft.rfft(rows * self.signs, n=self.length, norm="ortho")
        # Hartley's transform is the real less the imaginary part, whose second half is minus its first.
        mirrored = self.length - self.waves
        chosen = found[:, torch.minimum(self.waves, mirrored)]
        signs = torch.where(self.waves <= mirrored, 1.0, -1.0).to(rows)
        return torch.cat([chosen.real - signs * chosen.imag, rows @ self.others], dim=1)

    def lifted(self, coordinates: Float[Tensor, "KL"]) -> Float[Tensor, "P"]:
        """The sum of the directions times coordinates."""
        amplitudes = coordinates.new_zeros(self.length)
        amplitudes[self.waves] = coordinates[: len(self.waves)]
        found = torch.fft.fft(amplitudes, norm="ortho")[: len(self.signs)]
        return self.signs * (found.real - found.imag) + self.others @ coordinates[len(self.waves) :]


def _fast(count: int) -> int:
    """The least length from a count on that is a product of twos, threes and fives, for fast transforms."""
    length = count
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1
