"""Steady flow in a cavity with a moving lid, by Chebyshev collocation and Newton's method.

Velocities are polynomials of degree N through the Gauss-Lobatto points, the pressure one of degree N - 2
through those inside, so that no pressure but the constant one leaves the velocities unchanged. The momentum
equations and that of continuity hold at the points inside.

Source: C. Bernardi and Y. Maday, Spectral methods, Handbook of Numerical Analysis V (1997), chapter IV
(the P_N - P_(N-2) spaces); L. N. Trefethen, Spectral Methods in MATLAB (2000), chapter 6 (the derivatives).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BarycentricInterpolator

from ...errors import SolverError

Array = NDArray[Any]

#: Newton's steps double the digits: the one after a step this small is rounding.
_SMALL, _MOST = 1e-9, 20


@dataclass(frozen=True)
class CavityFlow:
    """A flow in the unit square.

    Attributes:
        points: (N + 1,) the collocation points along each axis.
        u: (N + 1, N + 1) the velocity along x at them, over x and y.
        v: the velocity along y.
        p: (N - 1, N - 1) the pressure at the points inside, up to a constant.
    """

    points: Array
    u: Array
    v: Array
    p: Array

    def at(self, x: Array, y: Array) -> dict[str, Array]:
        """Velocities and pressure (n_x, n_y) on a grid; the pressure is zero in the middle of the floor."""
        outer = [_interpolation(self.points, nodes) for nodes in (x, y)]
        inner = [_interpolation(self.points[1:-1], nodes) for nodes in (x, y)]
        floor = [_interpolation(self.points[1:-1], np.array([place])) for place in (0.5, 0.0)]
        p = inner[0] @ self.p @ inner[1].T - floor[0] @ self.p @ floor[1].T
        return {"u": outer[0] @ self.u @ outer[1].T, "v": outer[0] @ self.v @ outer[1].T, "p": p}


def cavity_flow(reynolds: float, degree: int) -> CavityFlow:
    """The steady flow under the lid u(x, 1) = 16 x^2 (1 - x)^2, at rest along the other walls.

    Args:
        reynolds: the Reynolds number, of the lid's highest speed and the cavity's side.
        degree: N, of the velocities along each axis.

    Raises:
        SolverError: if Newton's method, which starts from rest, does not converge.

    >>> flow = cavity_flow(100.0, 12).at(np.array([0.5]), np.array([0.5, 1.0]))
    >>> [float(u) for u in flow["u"][0].round(3)]
    [-0.162, 1.0]
    """
    points = (1 - np.cos(np.pi * np.arange(degree + 1) / degree)) / 2
    slope = _differentiation(points)
    inside = np.arange(1, degree)
    count, whole = (degree - 1) ** 2, (degree + 1) ** 2
    unit = np.eye(degree + 1)
    d_x, d_y = np.kron(slope, unit), np.kron(unit, slope)
    laplace = np.kron(slope @ slope, unit) + np.kron(unit, slope @ slope)
    chosen = (inside[:, None] * (degree + 1) + inside).ravel()
    d_x, d_y, laplace = d_x[chosen], d_y[chosen], laplace[chosen]
    inner, eye = _differentiation(points[1:-1]), np.eye(degree - 1)
    p_x, p_y = np.kron(inner, eye), np.kron(eye, inner)

    u, v, p = np.zeros(whole), np.zeros(whole), np.zeros(count)
    u.reshape(degree + 1, -1)[:, -1] = 16 * points**2 * (1 - points) ** 2
    matrix = np.zeros((3 * count + 1, 3 * count + 1))
    matrix[:count, 2 * count : -1], matrix[count : 2 * count, 2 * count : -1] = p_x, p_y
    matrix[2 * count : -1, :count], matrix[2 * count : -1, count : 2 * count] = d_x[:, chosen], d_y[:, chosen]
    # The mean pressure is zero, and the velocities may have one divergence everywhere: that of rounding.
    matrix[-1, 2 * count : -1] = matrix[2 * count : -1, -1] = 1
    source = 0.0
    for _ in range(_MOST):
        u_x, u_y, v_x, v_y = d_x @ u, d_y @ u, d_x @ v, d_y @ v
        left = np.concatenate(
            [
                u[chosen] * u_x + v[chosen] * u_y + p_x @ p - laplace @ u / reynolds,
                u[chosen] * v_x + v[chosen] * v_y + p_y @ p - laplace @ v / reynolds,
                u_x + v_y + source,
                [p.sum()],
            ]
        )
        carried = u[chosen, None] * d_x + v[chosen, None] * d_y - laplace / reynolds
        carried = carried[:, chosen]
        matrix[:count, :count] = carried + np.diag(u_x)
        matrix[:count, count : 2 * count] = np.diag(u_y)
        matrix[count : 2 * count, :count] = np.diag(v_x)
        matrix[count : 2 * count, count : 2 * count] = carried + np.diag(v_y)
        step = np.linalg.solve(matrix, -left)
        u[chosen] += step[:count]
        v[chosen] += step[count : 2 * count]
        p += step[2 * count : -1]
        source += step[-1]
        if np.abs(step[: 2 * count]).max() < _SMALL:
            square = (degree + 1, degree + 1)
            return CavityFlow(points, u.reshape(square), v.reshape(square), p.reshape(degree - 1, degree - 1))
    raise SolverError(
        f"Newton's method found no steady flow at Re = {reynolds:g} from rest; choose a lower one."
    )


def _differentiation(points: Array) -> Array:
    """The matrix of the derivative of a polynomial by its values at points."""
    apart = points[:, None] - points
    np.fill_diagonal(apart, 1.0)
    weights = 1 / np.prod(4 * apart, axis=1)  # on an interval of length 4, products neither grow nor vanish
    matrix = weights / weights[:, None] / apart
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, -matrix.sum(axis=1))
    return matrix


def _interpolation(points: Array, nodes: Array) -> Array:
    """The matrix (n_nodes, n_points) of the values of a polynomial at nodes."""
    return BarycentricInterpolator(points, np.eye(len(points)), rng=0)(nodes)
