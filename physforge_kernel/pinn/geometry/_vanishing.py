"""Smooth functions that vanish on a surface and are positive within the shape, where there are such.

A trial function `g + d*N` takes prescribed values where d vanishes. On boxes, balls and convex polygons,
taken together by `&`, and with balls cut out, products of their equations do (Kantorovich and Krylov 1958,
ch. IV). Other shapes would need the distances of R-functions (Sukumar and Srivastava 2022, arXiv 2104.08426).
Their derivatives are singular at corners: on Poisson's equation in a polygon with a re-entrant corner they
left an error 50 times as large as conditions met by training did.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import sympy

from ._ball import Ball
from ._box import Box
from ._polygon import Polygon
from ._shape import Combination, Shape

#: Combinations, and what is outside of some, that are what lies on one side of each of two shapes: on which.
_BOTH = {("&", True): (True, True), ("-", True): (True, False), ("|", False): (False, False)}


def vanishing(shape: Shape, coordinates: Sequence[sympy.Symbol]) -> list[sympy.Expr | None]:
    """For each surface of a shape a function that is zero on it and positive within the shape.

    Args:
        shape: the shape.
        coordinates: one symbol for each of its coordinates.

    Returns:
        Functions in the order of `shape.surfaces`; None where there is none.

    Example:
        >>> x, y = sympy.symbols("x y")
        >>> from physforge_kernel.pinn.geometry import Box, Polygon
        >>> vanishing(Box((0, 0), (2, 1)) - Polygon([(0, 0), (1, 0), (0, 1)]), (x, y))
        [4.0*x*y*(1.0 - y)*(2.0 - x), None]
    """
    return _bounding(shape, coordinates, inside=True)


def _bounding(shape: Shape, at: Sequence[sympy.Symbol], *, inside: bool) -> list[sympy.Expr | None]:
    """The same of a shape, or of all that is not in it."""
    if isinstance(shape, Combination):
        # What lies in both of two shapes is bounded by each, as is what lies outside of either; what lies in
        # one or the other may reach across both surfaces.
        sides = _BOTH.get((shape.operator, inside))
        if sides is None:
            return [None] * len(shape.surfaces)
        pairs = zip((shape.left, shape.right), sides, strict=True)
        return [each for part, side in pairs for each in _bounding(part, at, inside=side)]
    if inside:
        return [_single(shape, at)]
    return [_around(shape, at) if isinstance(shape, Ball) else None]


def _around(ball: Ball, at: Sequence[sympy.Symbol]) -> sympy.Expr:
    """Zero on a ball, and one far from it, so that it says little of what is not near."""
    return 1 - ball.radius**2 / _squared(ball, at)


def _squared(ball: Ball, at: Sequence[sympy.Symbol]) -> sympy.Expr:
    """The square of the distance from a ball's centre."""
    return sympy.Add(*((x - c) ** 2 for x, c in zip(at, ball.centre, strict=True)))


def _single(shape: Shape, at: Sequence[sympy.Symbol]) -> sympy.Expr | None:
    if isinstance(shape, Ball):
        return 1 - _squared(shape, at) / shape.radius**2
    if isinstance(shape, Box):
        ends = zip(at, shape.bounds, strict=True)
        return sympy.Mul(*(4 * (x - low) * (high - x) / (high - low) ** 2 for x, (low, high) in ends))
    return _convex(shape, at) if isinstance(shape, Polygon) else None


def _convex(polygon: Polygon, at: Sequence[sympy.Symbol]) -> sympy.Expr | None:
    """The product of the distances from the lines through all edges, if no line cuts the polygon."""
    x, y = at
    corners = polygon.corners
    lines = []
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        length = hypot(bx - ax, by - ay)
        across = ((bx - ax) / length, (by - ay) / length)
        if any(across[0] * (q - ay) - across[1] * (p - ax) < -1e-9 * length for p, q in corners):
            return None
        lines.append(across[0] * (y - ay) - across[1] * (x - ax))
    return sympy.Mul(*lines)
