"""A value that is prescribed on the whole boundary of a shape, and what vanishes there.

Where parts of a boundary have different values, or none, conditions are met by training: blends of values by
inverse distances (Rvachev et al. 2001) are steep where parts come near, and kept Gauss-Newton steps from the
solution of Laplace's equation around a hole, which training on all conditions reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from ._conditions import Condition
from ._domain import Domain
from ._parts import part_of
from .geometry import vanishing

#: Points on the boundary, and within the shape.
_POINTS = 2000
#: A value is a bad continuation of itself where it or its slopes are as many times larger within.
_WILD = 10.0
#: A product of factors has a slope on the boundary, and so one zero there, where this is larger.
_FLAT = 1e-9


@dataclass(frozen=True)
class Held:
    """The value that a field has on the whole boundary of a shape.

    Attributes:
        conditions: what say so.
        value: an expression in the coordinates.
        distance: an expression that is zero there, and positive within, one at most.
        points: (N, D), on the boundary.
    """

    conditions: tuple[Condition, ...]
    value: sympy.Expr
    distance: sympy.Expr
    points: Float[Tensor, "N D"]


def held(component: str, conditions: Sequence[Condition], domain: Domain) -> tuple[Held | None, str]:
    """The value of a field on the boundary of the domain's shape, where it can be met by construction.

    Returns:
        The value, or None with the reason why a value that is prescribed cannot be met; the reason is empty
        where there is none.
    """
    if domain.shape is None:
        return None, ""
    saying: list[Condition] = []
    values: list[sympy.Expr] = []
    names: set[str] = set()
    for condition in conditions:
        known, part = condition.prescribed(), part_of(condition, conditions, domain)
        if known is None or part is None or known[0].component != component or any(known[0].orders):
            continue
        if not part.but:
            names |= set(part.names)
            saying.append(condition)
            values.append(known[1])
    if not names.issuperset(domain.shape.names) or any(sympy.expand(v - values[0]) != 0 for v in values):
        return None, ""
    factors = vanishing(domain.shape, [sympy.Symbol(axis) for axis in domain.shaped])
    known = [factor for factor in factors if factor is not None]
    if len(known) < len(factors) or not values[0].free_symbols <= set(map(sympy.Symbol, domain.axes)):
        return None, ""
    return _checked(tuple(saying), values[0], sympy.Mul(*known), domain)


def _checked(
    conditions: tuple[Condition, ...], value: sympy.Expr, distance: sympy.Expr, domain: Domain
) -> tuple[Held | None, str]:
    generator, text = torch.Generator().manual_seed(0), conditions[0].text
    if value.has(sympy.Abs, sympy.sign):
        return None, f"{text} has a corner or a jump, and is met by training"
    within = domain.sample(_POINTS, generator)
    assert domain.shape is not None
    points = domain.boundary(_POINTS, generator, domain.shape.names)
    if not _size(value, domain, within) <= _WILD * _size(value, domain, points):
        return None, f"{text} has a value that is steeper within, and is met by training"
    scaled = distance / float(at_points(distance, domain.axes, within).max())
    slopes = [domain.length(axis) * _slope(scaled, axis, 1, domain, points) for axis in domain.shaped]
    if (np.hypot.reduce(slopes) < _FLAT).any():
        return None, f"{text} holds where surfaces coincide, and is met by training"
    return Held(conditions, value, scaled, points), ""


def at_points(expression: sympy.Expr, axes: Sequence[str], points: Float[Tensor, "N D"]) -> np.ndarray:
    """An expression in the coordinates at some points, (N,)."""
    call = sympy.lambdify([sympy.Symbol(axis) for axis in axes], expression, "numpy")
    with np.errstate(all="ignore"):
        return np.broadcast_to(call(*points.numpy().T), (len(points),))


def _slope(expression: sympy.Expr, axis: str, times: int, domain: Domain, points: Tensor) -> np.ndarray:
    return at_points(sympy.diff(expression, sympy.Symbol(axis), times), domain.axes, points)


def _size(value: sympy.Expr, domain: Domain, points: Tensor) -> float:
    """The largest of a value and of its first and second slopes along the shape's coordinates."""
    total = np.abs(at_points(value, domain.axes, points))
    for axis in domain.shaped:
        for times in (1, 2):
            total = total + domain.length(axis) ** times * np.abs(_slope(value, axis, times, domain, points))
    return float(total.max())
