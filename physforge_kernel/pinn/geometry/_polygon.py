"""Polygons in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from ._given import named
from ._shape import Ends, Shape
from ._surface import Surface

#: Points whose distances from all edges are looked at together, so that memory stays small.
_BLOCK = 4096
#: The share of a polygon's size below which an edge has no length, and a polygon no area.
_SMALL = 1e-9


@dataclass(frozen=True)
class Polygon(Shape):
    """What lies within edges from corner to corner, and from the last corner to the first.

    Attributes:
        corners: (E, 2), in either sense of rotation; they may end with the first one again.
        name: what conditions call its surface.

    Raises:
        SolverError: if there are fewer than three corners, edges cross or touch, or it has no area.

    Example:
        >>> triangle = Polygon([(0, 0), (4, 0), (0, 3)])
        >>> triangle.distance(torch.tensor([[1.0, 1.0], [5.0, 0.0]])).tolist()
        [-1.0, 1.0]
    """

    corners: Sequence[Sequence[float]]
    name: str = "polygon"

    def __post_init__(self) -> None:
        corners = _corners(self.corners)
        named(self.name)
        area = _area(corners)
        _check(corners, area)
        turned = corners if area > 0 else corners[::-1]
        object.__setattr__(self, "corners", tuple((float(x), float(y)) for x, y in turned))

    @property
    def bounds(self) -> Ends:
        x, y = zip(*self.corners, strict=True)
        return (min(x), max(x)), (min(y), max(y))

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        return (self,)

    @property
    def measure(self) -> float:
        """The length of its edges."""
        return float(self._lengths.sum())

    @cached_property
    def _starts(self) -> Float[Tensor, "E 2"]:
        return torch.tensor(self.corners, dtype=torch.float64)

    @cached_property
    def _edges(self) -> Float[Tensor, "E 2"]:
        return self._starts.roll(-1, 0) - self._starts

    @cached_property
    def _lengths(self) -> Float[Tensor, "E"]:
        return self._edges.norm(dim=1)

    def distance(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N"]:
        """The distance from the nearest edge, negative where a ray from a point crosses an odd number."""
        blocks = points.split(_BLOCK)
        return torch.cat([self._within(block) * self._from_edges(block).amin(1) for block in blocks])

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """Points spread evenly on its edges."""
        if not count:
            return self._starts[:0]
        which = torch.multinomial(self._lengths, count, replacement=True, generator=generator)
        share = torch.rand(count, 1, generator=generator, dtype=torch.float64)
        return self._starts[which] + share * self._edges[which]

    def normals(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Across the nearest edge, to its right, since corners go round anticlockwise."""
        x, y = (self._edges / self._lengths[:, None]).to(points).unbind(1)
        outward = torch.stack([y, -x], dim=1)
        return torch.cat([outward[self._from_edges(block).argmin(1)] for block in points.split(_BLOCK)])

    def _from_edges(self, points: Tensor) -> Float[Tensor, "N E"]:
        edges = self._edges.to(points)
        from_start = points[:, None] - self._starts.to(points)
        share = (from_start * edges).sum(-1) / edges.square().sum(-1)
        return (from_start - share.clamp(0, 1)[..., None] * edges).norm(dim=-1)

    def _within(self, points: Tensor) -> Tensor:
        """Minus one within, one without."""
        (x, y), (ax, ay) = points.T[:, :, None], self._starts.to(points).T
        bx, by = self._starts.roll(-1, 0).to(points).T
        crosses = (ay > y) != (by > y)
        left_of = (x - ax) * (by - ay) < (bx - ax) * (y - ay)
        crossings = (crosses & (left_of == (by > ay))).sum(1)
        return 1.0 - 2.0 * (crossings % 2).to(points)


def _corners(given: object) -> np.ndarray:
    try:
        corners = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        corners = np.empty(0)
    if corners.shape[1:] != (2,) or not np.isfinite(corners).all():
        raise SolverError("The corners of a polygon are no list of pairs of numbers, [(0, 0), (1, 0), ...].")
    if len(corners) > 1 and (corners[0] == corners[-1]).all():
        corners = corners[:-1]
    if len(corners) < 3:
        raise SolverError(f"A polygon has {len(corners)} corners; give at least three.")
    return corners


def _area(corners: np.ndarray) -> float:
    """Positive where corners go round anticlockwise."""
    return float(_cross(corners, np.roll(corners, -1, axis=0)).sum() / 2)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _check(corners: np.ndarray, area: float) -> None:
    size = float(np.ptp(corners, axis=0).max())
    edges = np.roll(corners, -1, axis=0) - corners
    short = np.flatnonzero(np.hypot(*edges.T) <= _SMALL * size)
    if len(short):
        raise SolverError(f"Corner {short[0] + 1} of a polygon and the next one are the same; leave one out.")
    crossing = _crossing(corners, edges)
    if crossing is not None:
        i, j = crossing
        raise SolverError(
            f"The edges of a polygon from corner {i + 1}, {_text(corners[i])}, and from corner {j + 1}, "
            f"{_text(corners[j])}, cross or touch; give the corners in order around it."
        )
    if abs(area) <= _SMALL * size**2:
        raise SolverError("The corners of a polygon lie on a line, so that it has no area.")


def _crossing(corners: np.ndarray, edges: np.ndarray) -> tuple[int, int] | None:
    """The first two edges that have more in common than a corner of neighbours."""
    count = len(corners)
    i, j = np.triu_indices(count, 1)
    apart = (j - i > 1) & ((i > 0) | (j < count - 1))
    touching = _meet(corners[i], edges[i], corners[j], edges[j])
    first, second = np.where(j - i == 1, i, j), np.where(j - i == 1, j, i)
    back = (_cross(edges[first], edges[second]) == 0) & ((edges[first] * edges[second]).sum(-1) < 0)
    wrong = np.flatnonzero(np.where(apart, touching, back))
    return (int(i[wrong[0]]), int(j[wrong[0]])) if len(wrong) else None


def _meet(p: np.ndarray, u: np.ndarray, q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether segments from p along u and from q along v have a point in common."""

    def side(start: np.ndarray, along: np.ndarray, point: np.ndarray) -> np.ndarray:
        return np.sign(_cross(along, point - start))

    a, b, c, d = side(p, u, q), side(p, u, q + v), side(q, v, p), side(q, v, p + u)
    low, high = (
        np.maximum(np.minimum(p, p + u), np.minimum(q, q + v)),
        np.minimum(np.maximum(p, p + u), np.maximum(q, q + v)),
    )
    return (a * b <= 0) & (c * d <= 0) & (low <= high).all(-1)


def _text(corner: np.ndarray) -> str:
    return f"({corner[0]:g}, {corner[1]:g})"
