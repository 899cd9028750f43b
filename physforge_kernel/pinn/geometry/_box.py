"""Boxes, whose edges are parallel to the coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from ._given import named, place
from ._shape import Ends, Shape
from ._surface import Surface


@dataclass(frozen=True)
class Box(Shape):
    """An interval, a rectangle or a cuboid between two opposite corners.

    Attributes:
        lower: the corner where all coordinates are smallest.
        upper: the corner where they are largest.
        name: what conditions call its surface.

    Raises:
        SolverError: if the corners are none.

    Example:
        >>> Box((0, 0), (2, 1)).distance(torch.tensor([[1.0, 0.25], [5.0, 5.0]])).tolist()
        [-0.25, 5.0]
    """

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    name: str = "box"

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower", place("The lower corner of a box", self.lower))
        object.__setattr__(self, "upper", place("The upper corner of a box", self.upper))
        named(self.name)
        if len(self.lower) != len(self.upper):
            raise SolverError(
                f"The corners of a box, {self.lower} and {self.upper}, have different numbers of coordinates."
            )
        if not all(low < high for low, high in self.bounds):
            raise SolverError(
                f"The upper corner of a box, {self.upper}, is not above the lower one, {self.lower}, in each "
                "coordinate; give the lower corner first."
            )

    @property
    def bounds(self) -> Ends:
        return tuple(zip(self.lower, self.upper, strict=True))

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        return (self,)

    @property
    def measure(self) -> float:
        """The area of its faces, the length of its edges in the plane, two on a line."""
        return 2 * sum(self._faces)

    @property
    def _faces(self) -> list[float]:
        """The area of either face across each coordinate."""
        lengths = [high - low for low, high in self.bounds]
        return [prod(lengths[:axis] + lengths[axis + 1 :]) for axis in range(len(lengths))]

    def distance(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N"]:
        """The signed distance: to the nearest face inside, to the nearest point of the box outside."""
        beyond = self._beyond(points)
        return beyond.clamp(min=0).norm(dim=1) + beyond.amax(1).clamp(max=0)

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """Points spread evenly on its faces."""
        low, high = (torch.tensor(ends, dtype=torch.float64) for ends in (self.lower, self.upper))
        unit = torch.rand(count, len(low), generator=generator, dtype=torch.float64)
        points = low + (high - low) * unit
        if count:
            shares = torch.tensor(self._faces, dtype=torch.float64)
            axis = torch.multinomial(shares, count, replacement=True, generator=generator)
            upper = torch.rand(count, generator=generator) < 0.5
            points[torch.arange(count), axis] = torch.where(upper, high[axis], low[axis])
        return points

    def normals(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Along the coordinate in which a point is farthest out."""
        axis = self._beyond(points).argmax(1, keepdim=True)
        side = torch.sign(points - self._middle(points)).gather(1, axis)
        return torch.zeros_like(points).scatter(1, axis, side)

    def _beyond(self, points: Tensor) -> Tensor:
        return torch.maximum(points.new_tensor(self.lower) - points, points - points.new_tensor(self.upper))

    def _middle(self, points: Tensor) -> Tensor:
        return (points.new_tensor(self.lower) + points.new_tensor(self.upper)) / 2
