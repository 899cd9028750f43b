"""Where the equation is asked for: collocation points, and what each counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Draw = Callable[[int], Float[Tensor, "N D"]]
"""Draws points evenly."""
Sizes = Callable[[Float[Tensor, "N D"]], Float[Tensor, "N"]]
"""How large the residual is at points."""

#: Candidates for each collocation point where these are drawn by their residual.
_CANDIDATES = 6


@dataclass(frozen=True)
class Sample:
    """Points, and by what their rows are multiplied so that sums of squares are means over the domain."""

    points: Float[Tensor, "N D"]
    scale: Float[Tensor, "N"]


Sampling = Callable[[int, Draw, Sizes, "Sample | None", torch.Generator], Sample]
"""Draws so many points, in view of those before."""


def _even(count: int, draw: Draw, sizes: Sizes, before: Sample | None, generator: torch.Generator) -> Sample:
    return _equal(draw(count))


def _fixed(count: int, draw: Draw, sizes: Sizes, before: Sample | None, generator: torch.Generator) -> Sample:
    return before or _equal(draw(count))


def _residual(
    count: int, draw: Draw, sizes: Sizes, before: Sample | None, generator: torch.Generator
) -> Sample:
    """In proportion to the residual, each counted for its share of the domain."""
    candidates = draw(_CANDIDATES * count)
    size = sizes(candidates)
    density = size / size.mean().clamp(min=1e-300) + 1.0
    chosen = torch.multinomial(density, count, generator=generator)
    return Sample(candidates[chosen], torch.sqrt(density.mean() / (density[chosen] * count)))


def _retained(
    count: int, draw: Draw, sizes: Sizes, before: Sample | None, generator: torch.Generator
) -> Sample:
    """Points whose residual is above the mean stay; the others are drawn anew."""
    if before is None:
        return _equal(draw(count))
    size = sizes(before.points)
    kept = before.points[size > size.mean()]
    return _equal(torch.cat([kept, draw(count - len(kept))]))


def _equal(points: Tensor) -> Sample:
    return Sample(points, points.new_full((len(points),), len(points) ** -0.5))


SAMPLINGS: dict[str, Sampling] = {
    "residual": _residual,
    "retained": _retained,
    "even": _even,
    "fixed": _fixed,
}
