"""Shapes: boxes, balls and polygons, and what is made of them by `|`, `&` and `-`.

In come sizes and places; out come signed distances, points within, and points on the boundary with their
outward normals and the name of the surface that each lies on.
"""

from __future__ import annotations

from ._ball import Ball
from ._box import Box
from ._collecting import collected
from ._given import BOUNDARY
from ._plain import shape_from_dict, shape_to_dict
from ._polygon import Polygon
from ._shape import Combination, Shape
from ._surface import Boundary, Surface
from ._vanishing import vanishing

__all__ = [
    "BOUNDARY",
    "Ball",
    "Boundary",
    "Box",
    "Combination",
    "Polygon",
    "Shape",
    "Surface",
    "collected",
    "shape_from_dict",
    "shape_to_dict",
    "vanishing",
]
