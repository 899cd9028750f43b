"""What counts more as training goes: earlier times, stubborn points, and parts that lag behind."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

#: Slices of time among which earlier ones come first.
_SLICES = 32
#: What attention keeps from step to step, and how slowly balancing follows.
_KEPT = 0.999
_SLOWLY = 0.9


def causal(times: Float[Tensor, "N"], shares: Float[Tensor, "N"], strictness: float) -> Float[Tensor, "N"]:
    """What each row counts where later times wait for earlier ones (arXiv 2203.07404, eq. 2.13).

    Args:
        times: of the rows, in units of the stretch, from 0 to 1.
        shares: the squares of the residuals over those of the equation's terms.
        strictness: the exponent.
    """
    slices = (times * _SLICES).long().clamp(0, _SLICES - 1)
    sums = times.new_zeros(_SLICES).index_add(0, slices, shares)
    counts = times.new_zeros(_SLICES).index_add(0, slices, torch.ones_like(shares))
    mean = sums / counts.clamp(min=1.0)
    earlier = torch.cumsum(mean, 0) - mean
    return torch.exp(-strictness * earlier)[slices]


def attention(before: Float[Tensor, "N"] | None, sizes: Float[Tensor, "N"], rate: float) -> Tensor:
    """What each point counts where its residual stays large (arXiv 2307.00379, eq. 5), squared.

    Args:
        before: what this gave the last time, for the same points; None at first.
        sizes: the residual at each point.
        rate: how fast weight gathers.
    """
    memory = sizes.new_zeros(len(sizes)) if before is None else before
    return _KEPT * memory + rate * sizes / sizes.max().clamp(min=1e-300)


def balanced(sizes: Sequence[float], before: Sequence[float] | None) -> list[float]:
    """What each part counts so that all pull alike: its share of the sum, inverted, and followed slowly.

    Args:
        sizes: how hard each part pulls, the norm of its gradient or the trace of its kernel.
        before: what this gave the last time; None at first.
    """
    total = sum(sizes)
    now = [total / max(size, 1e-12 * total, 1e-300) / len(sizes) for size in sizes]
    if before is None:
        return now
    return [_SLOWLY * old + (1 - _SLOWLY) * new for old, new in zip(before, now, strict=True)]
