"""Sections: what a shape, or its boundary, has where some coordinates are held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from ._collecting import collected

if TYPE_CHECKING:
    from ._shape import Shape

#: Points by which it is seen whether a face of the boundary lies there, if it is worth a condition.
_PROBES = 10_000
#: How far to either side of a face it is asked what lies there, as a share of the shape's size.
_STEP = 1e-7


def section(
    shape: Shape, count: int, generator: torch.Generator, held: Mapping[int, float]
) -> Float[Tensor, "N D"]:
    """Points spread evenly where a shape's coordinates are held at values.

    Where a face of the boundary lies there, `x = 0` of a box, they are spread on that face alone; elsewhere
    on all that the shape has there.

    Args:
        shape: the shape.
        count: of points.
        generator: of random choices.
        held: values by the number of the coordinate.

    Raises:
        SolverError: if there is next to nothing of the shape.
    """
    low, high = (torch.tensor(ends, dtype=torch.float64) for ends in zip(*shape.bounds, strict=True))

    def candidates(number: int) -> Tensor:
        unit = torch.rand(number, shape.dimension, generator=generator, dtype=torch.float64)
        points = low + (high - low) * unit
        for axis, value in held.items():
            points[:, axis] = value
        return points[shape.contains(points)]

    def on_face(number: int) -> Tensor:
        points = candidates(number)
        step = torch.zeros(shape.dimension, dtype=torch.float64)
        step[next(iter(held))] = _STEP * shape.size
        return points[(shape.distance(points - step) < 0) != (shape.distance(points + step) < 0)]

    where = ", ".join(f"{value:g}" if (value := held.get(k)) is not None else "any" for k in range(len(low)))
    missing = f"There is next to nothing of the shape {shape} at ({where})."
    if len(held) == shape.dimension:
        if not len(candidates(1)):
            raise SolverError(missing)
        return candidates(count)
    faces = len(held) == 1 and len(on_face(_PROBES)) > 0
    return collected(count, on_face if faces else candidates, missing)
