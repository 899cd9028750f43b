"""Finite differences: weights for any points, and the sparse matrices that differentiate along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._simulate_grid import Axis

Array = NDArray[Any]

ACCURACY = 8
"""The order of the error on equal steps, unless an axis is too short for it."""


def stencil(points: Array, at: float, order: int) -> Array:
    """Finite-difference weights for a derivative at a point from values at any distinct points.

    Args:
        points: (n,), n above `order`.
        at: where the derivative is wanted.
        order: of the derivative.

    Returns:
        weights: (n,).

    Source: B. Fornberg, Math. Comp. 51 (1988).

    >>> stencil(np.array([-1.0, 0.0, 1.0]), 0.0, 2)
    array([ 1., -2.,  1.])
    """
    n = len(points)
    weights = np.zeros((n, order + 1))
    weights[0, 0] = 1.0
    product, offset = 1.0, points[0] - at
    for i in range(1, n):
        top = min(i, order)
        factor, previous, offset = 1.0, offset, points[i] - at
        for j in range(i):
            gap = points[i] - points[j]
            factor *= gap
            if j == i - 1:
                for k in range(top, 0, -1):
                    weights[i, k] = (
                        product * (k * weights[i - 1, k - 1] - previous * weights[i - 1, k]) / factor
                    )
                weights[i, 0] = -product * previous * weights[i - 1, 0] / factor
            for k in range(top, 0, -1):
                weights[j, k] = (offset * weights[j, k] - k * weights[j, k - 1]) / gap
            weights[j, 0] = offset * weights[j, 0] / gap
        product = factor
    return weights[:, order]


def difference_matrix(axis: Axis, order: int, accuracy: int = ACCURACY) -> Any:
    """The sparse matrix that differentiates along an axis, with centred stencils.

    Args:
        axis: the axis; its stencils wrap around where it is periodic.
        order: of the derivative.
        accuracy: the order of the error on equal steps.

    Returns:
        (n, n); the rows of a non-periodic axis whose stencils would stick out are zero.
    """
    from scipy.sparse import csr_array, eye_array

    n = axis.unique
    if order == 0:
        return eye_array(n, format="csr")
    reach = stencil_reach(order, accuracy)
    offsets = np.arange(-reach, reach + 1)
    points = axis.points[:n]
    rows = np.arange(n) if axis.periodic else np.arange(reach, n - reach)
    columns = rows[:, None] + offsets
    wraps = np.floor_divide(columns, n)
    columns = columns - wraps * n
    around = points[columns] + wraps * axis.length - points[rows][:, None]
    unit = axis.length / n
    if np.ptp(np.diff(points)) < 1e-9 * unit:
        weights = np.broadcast_to(stencil(around[0] / unit, 0.0, order), around.shape)
    else:
        weights = np.array([stencil(row / unit, 0.0, order) for row in around])
    entries = (weights / unit**order).ravel()
    return csr_array((entries, (np.repeat(rows, len(offsets)), columns.ravel())), shape=(n, n))


def stencil_reach(order: int, accuracy: int = ACCURACY) -> int:
    """How many neighbours on each side a centred stencil takes."""
    return (order + 1) // 2 + accuracy // 2 - 1 if order else 0
