"""Surfaces: the boundaries of single shapes, of which the boundary of a combination is pieced together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from ._collecting import collected

if TYPE_CHECKING:
    from ._shape import Shape

#: Shares of a shape's size: how far to either side of a surface it is asked what lies there, and how near a
#: point of two surfaces is to each. Rounding is far below, and what is cut off at corners too small to see.
_STEP, _NEAR = 1e-7, 1e-9


class Surface(Protocol):
    """The boundary of a box, a ball or a polygon, by the name that conditions give it."""

    @property
    def name(self) -> str:
        """What conditions call it."""
        ...

    @property
    def measure(self) -> float:
        """Its area, its length in the plane, or the number of its points on a line."""
        ...

    def distance(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N"]:
        """The signed distance of points from it, negative inside."""
        ...

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """Points spread evenly on it."""
        ...

    def normals(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """The outward normals, of length one, at points on it."""
        ...


@dataclass(frozen=True)
class Boundary:
    """Points on the boundary of a shape.

    Attributes:
        points: (N, D).
        normals: (N, D), of length one, pointing out of the shape.
        names: the name of the surface that each point lies on.
    """

    points: Float[Tensor, "N D"]
    normals: Float[Tensor, "N D"]
    names: tuple[str, ...]


def drawn(shape: Shape, count: int, generator: torch.Generator, names: Sequence[str]) -> Boundary:
    """Points spread evenly on those parts of a shape's boundary that lie on surfaces of some names.

    Surfaces get their shares of points by their measures, and lose those that are not on the boundary.

    Raises:
        SolverError: if next to nothing of the boundary lies on these surfaces.
    """
    chosen = [k for k, surface in enumerate(shape.surfaces) if surface.name in names]
    measures = torch.tensor([shape.surfaces[k].measure for k in chosen], dtype=torch.float64)
    dimension = shape.dimension

    def attempt(number: int) -> Tensor:
        which = torch.multinomial(measures, number, replacement=True, generator=generator)
        rows = []
        for place, k in enumerate(chosen):
            points = shape.surfaces[k].draw(int((which == place).sum()), generator)
            normals = shape.surfaces[k].normals(points)
            sides = _sides(shape, points, normals) * ~_on_later(shape, points, k)
            rows.append(torch.cat([points, normals * sides[:, None], sides.abs()[:, None] * (k + 1)], dim=1))
        found = torch.cat(rows)
        found = found[found[:, -1] > 0]
        return found[torch.randperm(len(found), generator=generator)]

    listed = " or ".join(map(repr, dict.fromkeys(names)))
    if not chosen:
        raise SolverError(f"No surface is called {listed}; the surfaces: {', '.join(shape.names)}.")
    found = collected(
        count, attempt, f"Next to nothing of the shape's boundary lies on {listed}; see what covers it."
    )
    which = (found[:, -1].long() - 1).tolist()
    return Boundary(
        found[:, :dimension], found[:, dimension:-1], tuple(shape.surfaces[k].name for k in which)
    )


def normals(shape: Shape, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
    """The outward normals at points on the boundary of a shape, which are those of the nearest surface."""
    nearest = torch.stack([surface.distance(points).abs() for surface in shape.surfaces]).argmin(0)
    found = torch.zeros_like(points)
    for k, surface in enumerate(shape.surfaces):
        mine = nearest == k
        found[mine] = surface.normals(points[mine])
    return found * torch.where(_sides(shape, points, found) < 0, -1.0, 1.0).to(points)[:, None]


def _sides(shape: Shape, points: Tensor, normals: Tensor) -> Tensor:
    """One where normals point out of the shape, minus one where into it, zero where off its boundary."""
    step = _STEP * shape.size * normals
    behind, before = shape.distance(points - step) < 0, shape.distance(points + step) < 0
    return behind.to(points) - before.to(points)


def _on_later(shape: Shape, points: Tensor, k: int) -> Tensor:
    """Which points of a surface lie on a later one too, which then counts as theirs."""
    found = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    for later in shape.surfaces[k + 1 :]:
        found |= later.distance(points).abs() <= _NEAR * shape.size
    return found
