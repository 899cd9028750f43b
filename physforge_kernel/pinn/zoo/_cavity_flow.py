"""Steady flow in a cavity with a moving lid, by a spectral Galerkin method and Newton's.

The velocity is the curl of a stream function, so that it has no divergence. That is a polynomial which moves
the lid as it is to move, and polynomials whose values and slopes vanish along all walls, such that

    integral of  lap(psi)*(psi_y*phi_x - psi_x*phi_y) + lap(psi)*lap(phi)/Re  =  0

for each such polynomial phi, which is the equation of vorticity. The pressure follows from its gradient.

Source: J. Shen, SIAM J. Sci. Comput. 15 (1994) 1489 (the clamped basis, eq. 3.15, and Poisson's equation by
eigenvectors along each axis).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from ...errors import SolverError

Array = NDArray[Any]

#: Newton's steps double the digits: the one after a step this small would be rounding.
_SMALL, _MOST = 1e-8, 20
_FEWEST = 12


@dataclass(frozen=True)
class CavityFlow:
    """A flow in the unit square.

    Attributes:
        clamped: (n, n) the coefficients of the stream function, less the polynomial that moves the lid.
        pressure: (m, m) the Legendre coefficients of the pressure, up to a constant.
    """

    clamped: Array
    pressure: Array

    def at(self, x: Array, y: Array) -> dict[str, Array]:
        """Velocities and pressure (n_x, n_y) on a grid; the pressure is zero in the middle of the floor."""
        along_x, along_y = _clamped(len(self.clamped), x), _clamped(len(self.clamped), y)
        u = _summed(self.clamped, along_x[0], along_y[1]) + np.outer(_lid(x)[0], _depth(y)[1])
        v = -_summed(self.clamped, along_x[1], along_y[0]) - np.outer(_lid(x)[1], _depth(y)[0])
        p = legendre.leggrid2d(2 * x - 1, 2 * y - 1, self.pressure)
        return {"u": u, "v": v, "p": p - legendre.legval2d(0.0, -1.0, self.pressure)}


def cavity_flow(reynolds: float, n: int) -> CavityFlow:
    """The steady flow under the lid u(x, 1) = 16 x^2 (1 - x)^2, at rest along the other walls.

    Args:
        reynolds: the Reynolds number, of the lid's highest speed and the cavity's side.
        n: how many polynomials of each axis make up the stream function.

    Raises:
        SolverError: if Newton's method does not converge.

    >>> flow = cavity_flow(100.0, 12).at(np.array([0.5]), np.array([0.5, 1.0]))
    >>> [float(u) for u in flow["u"][0].round(3)]
    [-0.161, 1.0]
    """
    nodes, weights = legendre.leggauss(n + 6)
    x, weights = (nodes + 1) / 2, np.outer(weights, weights).ravel() / 4
    basis = _clamped(n, x)
    d_x, d_y = _products(basis[1], basis[0]), _products(basis[0], basis[1])
    laplace = _products(basis[2], basis[0]) + _products(basis[0], basis[2])
    lid, depth = _lid(x), _depth(x)
    lid_x, lid_y = np.outer(lid[1], depth[0]).ravel(), np.outer(lid[0], depth[1]).ravel()
    lid_laplace = (np.outer(lid[2], depth[0]) + np.outer(lid[0], depth[2])).ravel()
    psi = _guess(reynolds, n).ravel()
    for _ in range(_MOST):
        slope_x, slope_y, curl = psi @ d_x + lid_x, psi @ d_y + lid_y, psi @ laplace + lid_laplace
        tested = d_x * slope_y - d_y * slope_x + laplace / reynolds
        matrix = (tested * weights) @ laplace.T
        matrix += (d_x * (weights * curl)) @ d_y.T
        matrix -= (d_y * (weights * curl)) @ d_x.T
        step = np.linalg.solve(matrix, -tested @ (weights * curl))
        psi += step
        if np.abs(step).max() < _SMALL * np.abs(psi).max():
            clamped = psi.reshape(n, n)
            return CavityFlow(clamped, _pressure(clamped, reynolds))
    raise SolverError(
        f"Newton's method found no steady flow at Re = {reynolds:g} from rest; choose a lower one."
    )


def _guess(reynolds: float, n: int) -> Array:
    """What Newton's method starts from: the flow of half as many polynomials, whose steps cost little."""
    guess = np.zeros((n, n))
    if n > _FEWEST:
        half = cavity_flow(reynolds, n // 2).clamped
        guess[: len(half), : len(half)] = half
    return guess


def _pressure(clamped: Array, reynolds: float) -> Array:
    """The pressure whose gradient is nearest to what the equations of momentum say."""
    from scipy.linalg import eigh

    n = len(clamped)
    nodes, weights = legendre.leggauss(n + 6)
    x, weights = (nodes + 1) / 2, weights / 2
    b, lid, depth = _clamped(n, x), _lid(x), _depth(x)

    def psi(i: int, j: int) -> Array:
        return _summed(clamped, b[i], b[j]) + np.outer(lid[i], depth[j])

    u, v = psi(0, 1), -psi(1, 0)
    force_x = (psi(2, 1) + psi(0, 3)) / reynolds - u * psi(1, 1) - v * psi(0, 2)
    force_y = -(psi(3, 0) + psi(1, 2)) / reynolds + u * psi(2, 0) + v * psi(1, 1)
    unit = np.eye(n + 4)
    values, slopes = legendre.legval(nodes, unit), 2 * legendre.legval(nodes, legendre.legder(unit))
    rates, modes = eigh((slopes * weights) @ slopes.T, (values * weights) @ values.T)
    values, slopes = modes.T @ values * weights, modes.T @ slopes * weights
    right = slopes @ force_x @ values.T + values @ force_y @ slopes.T
    both = rates[:, None] + rates
    both[0, 0] = np.inf  # the constant pressure, which has no gradient
    return modes @ (right / both) @ modes.T


def _clamped(n: int, x: Array) -> list[Array]:
    """Polynomials whose value and slope vanish at 0 and 1, and three derivatives: (n, n_x) each."""
    k = np.arange(n)
    rows = np.zeros((n + 4, n))
    rows[k, k] = 1
    rows[k + 2, k] = -2 * (2 * k + 5) / (2 * k + 7)
    rows[k + 4, k] = (2 * k + 3) / (2 * k + 7)
    rows /= np.sqrt(2 * (2 * k + 3) ** 2 * (2 * k + 5))  # the second derivatives are orthonormal
    return [2**d * legendre.legval(2 * x - 1, legendre.legder(rows, d)) for d in range(4)]


def _lid(x: Array) -> list[Array]:
    """The speed of the lid, and three derivatives."""
    speed = np.polynomial.Polynomial([0, 0, 16, -32, 16])
    return [speed.deriv(d)(x) for d in range(4)]


def _depth(y: Array) -> list[Array]:
    """The stream function that moves the lid, for a speed of one, and three derivatives."""
    stream = np.polynomial.Polynomial([0, 0, -1, 1])
    return [stream.deriv(d)(y) for d in range(4)]


def _products(along_x: Array, along_y: Array) -> Array:
    """All products of functions (n, n_x) of x with functions (n, n_y) of y: (n^2, n_x * n_y)."""
    both = along_x[:, None, :, None] * along_y[None, :, None, :]
    return both.reshape(len(along_x) * len(along_y), -1)


def _summed(coefficients: Array, along_x: Array, along_y: Array) -> Array:
    return along_x.T @ coefficients @ along_y
