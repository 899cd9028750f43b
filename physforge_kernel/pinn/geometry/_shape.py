"""What every shape is: a signed distance, with points within and on the boundary; and combinations of two."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import dist

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from ._collecting import collected
from ._section import section
from ._surface import Boundary, Surface, drawn, normals

Ends = tuple[tuple[float, float], ...]

#: The share of a shape's size by which a point may miss its boundary and still lie on it.
_SLACK = 1e-9


class Shape(ABC):
    """A part of a line, of the plane or of space.

    Shapes are combined by `|` (either), `&` (both) and `-` (the first without the second).

    Example:
        >>> from physforge_kernel.pinn.geometry import Ball, Box
        >>> plate = Box((0, 0), (2, 1)) - Ball((0.5, 0.5), 0.2, name="hole")
        >>> plate.distance(torch.tensor([[0.5, 0.5], [1.5, 0.5]])).tolist()
        [0.2..., -0.5]
        >>> plate.names
        ('box', 'hole')
    """

    @property
    @abstractmethod
    def bounds(self) -> Ends:
        """The ends of a box around it, along each coordinate."""

    @property
    @abstractmethod
    def surfaces(self) -> tuple[Surface, ...]:
        """The surfaces that its boundary may lie on."""

    @abstractmethod
    def distance(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N"]:
        """The signed distance, negative inside: exact of single shapes, of combinations a bound from below.

        Args:
            points: in the units of the coordinates.
        """

    def __or__(self, other: Shape) -> Shape:
        return Combination(self, "|", other)

    def __and__(self, other: Shape) -> Shape:
        return Combination(self, "&", other)

    def __sub__(self, other: Shape) -> Shape:
        return Combination(self, "-", other)

    @property
    def dimension(self) -> int:
        """The number of coordinates."""
        return len(self.bounds)

    @property
    def size(self) -> float:
        """The diagonal of the box around it."""
        return dist(*zip(*self.bounds, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its surfaces."""
        return tuple(dict.fromkeys(surface.name for surface in self.surfaces))

    def contains(self, points: Float[Tensor, "N D"]) -> Tensor:
        """Whether points lie within or on the boundary, (N,)."""
        return self.distance(points) <= _SLACK * self.size

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """Points spread evenly within.

        Raises:
            SolverError: if it is empty, or next to empty.
        """
        low, high = (torch.tensor(ends, dtype=torch.float64) for ends in zip(*self.bounds, strict=True))

        def attempt(number: int) -> Tensor:
            unit = torch.rand(number, self.dimension, generator=generator, dtype=torch.float64)
            points = low + (high - low) * unit
            return points[self.distance(points) < 0]

        return collected(count, attempt, self._empty())

    def section(
        self, count: int, generator: torch.Generator, held: Mapping[int, float]
    ) -> Float[Tensor, "N D"]:
        """Points spread evenly where some coordinates are held: on a face of the boundary if one lies there.

        Args:
            count: of points.
            generator: of random choices.
            held: values by the number of the coordinate.

        Raises:
            SolverError: if there is next to nothing of the shape.
        """
        return section(self, count, generator, held)

    def boundary(
        self, count: int, generator: torch.Generator, names: Sequence[str] | None = None
    ) -> Boundary:
        """Points spread evenly, by length or area, on the boundary.

        Args:
            count: of points.
            generator: of random choices.
            names: the surfaces that they are to lie on; all where None.

        Raises:
            SolverError: if next to nothing of the boundary lies on these surfaces.
        """
        return drawn(self, count, generator, self.names if names is None else names)

    def normals(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """The outward normals, of length one, at points on the boundary."""
        return normals(self, points)

    def _empty(self) -> str:
        return f"The shape {self} is empty, or fills next to nothing of the box around it."


@dataclass(frozen=True)
class Combination(Shape):
    """Two shapes combined by `|`, `&` or `-`.

    The distance is the smaller or larger one of both, which has the right sign everywhere.
    """

    left: Shape
    operator: str
    right: Shape

    def __post_init__(self) -> None:
        if self.left.dimension != self.right.dimension:
            raise SolverError(
                f"{self.left} has {self.left.dimension} coordinates and {self.right} has "
                f"{self.right.dimension}; combine shapes that have as many."
            )
        if any(low >= high for low, high in self.bounds):
            raise SolverError(self._empty())

    def distance(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N"]:
        left, right = self.left.distance(points), self.right.distance(points)
        if self.operator == "|":
            return torch.minimum(left, right)
        return torch.maximum(left, right if self.operator == "&" else -right)

    @property
    def bounds(self) -> Ends:
        pairs = zip(self.left.bounds, self.right.bounds, strict=True)
        if self.operator == "|":
            return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in pairs)
        if self.operator == "&":
            return tuple((max(a, c), min(b, d)) for (a, b), (c, d) in pairs)
        return self.left.bounds

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        return (*self.left.surfaces, *self.right.surfaces)

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"
