"""Shapes as plain values, as files and jobs hold them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ...errors import SolverError
from ._ball import Ball
from ._box import Box
from ._polygon import Polygon
from ._shape import Combination, Shape

_SINGLE: dict[str, Callable[..., Shape]] = {"box": Box, "ball": Ball, "polygon": Polygon}
_OPERATORS = ("|", "&", "-")


def shape_to_dict(shape: Shape) -> dict[str, Any]:
    """A shape as numbers and names: `{"ball": {"centre": ..., "radius": ...}}`, or `{"-": [..., ...]}`."""
    if isinstance(shape, Combination):
        return {shape.operator: [shape_to_dict(shape.left), shape_to_dict(shape.right)]}
    if isinstance(shape, Box | Ball | Polygon):
        # In lists, as JSON has them, so that what was written compares equal.
        return {type(shape).__name__.lower(): json.loads(json.dumps(asdict(shape)))}
    raise SolverError(f"{shape!r} is none of the shapes {', '.join(_SINGLE)}, and cannot be written.")


def shape_from_dict(given: object) -> Shape:
    """A shape from what `shape_to_dict` gives.

    Raises:
        SolverError: if it describes none.

    Example:
        >>> hole = {"ball": {"centre": [1, 1], "radius": 0.5, "name": "hole"}}
        >>> shape_from_dict({"-": [{"box": {"lower": [0, 0], "upper": [3, 2]}}, hole]}).names
        ('box', 'hole')
    """
    if isinstance(given, Mapping) and len(given) == 1:
        kind, inner = next(iter(given.items()))
        if kind in _OPERATORS and isinstance(inner, list | tuple) and len(inner) == 2:
            return Combination(shape_from_dict(inner[0]), kind, shape_from_dict(inner[1]))
        if kind in _SINGLE and isinstance(inner, Mapping):
            try:
                return _SINGLE[kind](**inner)
            except TypeError as error:
                raise SolverError(f"The {kind} {dict(inner)} cannot be read: {error}.") from None
    listed = ", ".join((*_SINGLE, *_OPERATORS))
    raise SolverError(f"{given!r} describes no shape; give one of {listed} with what belongs to it.")
