"""Balls: discs in the plane, intervals on a line."""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma, isfinite, pi
from numbers import Real

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from ._given import named, place
from ._shape import Ends, Shape
from ._surface import Surface


@dataclass(frozen=True)
class Ball(Shape):
    """All points nearer to a centre than a radius.

    Attributes:
        centre: one to three coordinates.
        radius: in their units.
        name: what conditions call its surface.

    Raises:
        SolverError: if the radius is not positive, or the centre no point.

    Example:
        >>> Ball((0, 0), 2).distance(torch.tensor([[0.0, 0.0], [3.0, 4.0]])).tolist()
        [-2.0, 3.0]
    """

    centre: tuple[float, ...]
    radius: float
    name: str = "ball"

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre", place("The centre of a ball", self.centre))
        named(self.name)
        if not (isinstance(self.radius, Real) and isfinite(self.radius) and self.radius > 0):
            raise SolverError(f"The radius of a ball is {self.radius!r}; give a positive number.")
        object.__setattr__(self, "radius", float(self.radius))

    @property
    def bounds(self) -> Ends:
        return tuple((x - self.radius, x + self.radius) for x in self.centre)

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        return (self,)

    @property
    def measure(self) -> float:
        """The area of the sphere, the length of the circle in the plane, two on a line."""
        d = len(self.centre)
        return 2 * pi ** (d / 2) / gamma(d / 2) * self.radius ** (d - 1)

    def distance(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N"]:
        """The distance from the centre less the radius."""
        return (points - points.new_tensor(self.centre)).norm(dim=1) - self.radius

    def draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "N D"]:
        """Points spread evenly on the sphere, in the directions of a normal distribution."""
        towards = torch.randn(count, len(self.centre), generator=generator, dtype=torch.float64)
        towards = towards / towards.norm(dim=1, keepdim=True)
        return towards.new_tensor(self.centre) + self.radius * towards

    def normals(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Away from the centre."""
        towards = points - points.new_tensor(self.centre)
        return towards / towards.norm(dim=1, keepdim=True)
