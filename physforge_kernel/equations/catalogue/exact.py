"""Closed solutions of single laws, for checking a solver or a discovered law against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Profile = Callable[[Array], Array]


def cole_hopf(
    x: ArrayLike, t: float, profile: Profile, potential: Profile, *, nu: float, points: int = 200
) -> Array:
    """The solution of Burgers' equation u_t + u u_x = nu u_xx, by the Cole-Hopf transform and quadrature.

    Args:
        x: (n_x,) where to evaluate.
        t: when, above zero.
        profile: u at t = 0, on the whole line.
        potential: an antiderivative of the profile.
        nu: the viscosity.
        points: how many Gauss-Hermite points; more for a small viscosity.

    Returns:
        u: (n_x,).

    Source: J. D. Cole, Quart. Appl. Math. 9 (1951), eq. 9; E. Hopf, Comm. Pure Appl. Math. 3 (1950).

    >>> u = cole_hopf([0.25], 1e-9, np.sin, lambda x: -np.cos(x), nu=0.1)
    >>> bool(abs(u[0] - np.sin(0.25)) < 1e-6)
    True
    """
    z, weights = np.polynomial.hermite.hermgauss(points)
    y = np.asarray(x, dtype=float)[:, None] - 2 * np.sqrt(nu * t) * z
    exponent = -potential(y) / (2 * nu)
    mass = weights * np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return (profile(y) * mass).sum(axis=1) / mass.sum(axis=1)


def kdv_two_solitons(
    x: ArrayLike, t: float, *, speeds: tuple[float, float], centres: tuple[float, float] = (0.0, 0.0)
) -> Array:
    """Two solitons of u_t + 6 u u_x + u_xxx = 0 that pass through each other.

    Args:
        x: (n_x,) where to evaluate.
        t: when.
        speeds: of the two, different and above zero; a soliton of speed c is c/2 high.
        centres: the phases, in units of x.

    Returns:
        u: (n_x,).

    Source: R. Hirota, Phys. Rev. Lett. 27 (1971): u = 2 (log F)_xx.

    >>> float(kdv_two_solitons([0.0], 0.0, speeds=(4.0, 1.0), centres=(0.0, 30.0))[0].round(9))
    2.0
    """
    k1, k2 = np.sqrt(speeds[0]), np.sqrt(speeds[1])
    at = np.asarray(x, dtype=float)
    one = k1 * (at - centres[0]) - k1**3 * t
    two = k2 * (at - centres[1]) - k2**3 * t
    coupling = 2 * np.log(abs(k1 - k2) / (k1 + k2))
    exponents = np.stack([np.zeros_like(at), one, two, one + two + coupling])
    slopes = np.array([0.0, k1, k2, k1 + k2])[:, None]
    weights = np.exp(exponents - exponents.max(axis=0))
    weights /= weights.sum(axis=0)
    mean = (slopes * weights).sum(axis=0)
    return 2 * ((slopes - mean) ** 2 * weights).sum(axis=0)


def dalembert(x: ArrayLike, t: float, profile: Profile, impulse: Profile, *, c: float) -> Array:
    """d'Alembert's solution of the wave equation u_tt = c^2 u_xx.

    Args:
        x: (n_x,) where to evaluate.
        t: when.
        profile: u at t = 0, on the whole line.
        impulse: an antiderivative of u_t at t = 0.
        c: the wave speed.

    Returns:
        u: (n_x,).

    >>> found = dalembert([1.0], 0.5, np.sin, np.cos, c=2.0)  # the impulse of u_t = -sin(x)
    >>> bool(np.isclose(found[0], np.sin(1) * np.cos(1) - np.sin(1) * np.sin(1) / 2))
    True
    """
    right, left = np.asarray(x, dtype=float) - c * t, np.asarray(x, dtype=float) + c * t
    return (profile(right) + profile(left)) / 2 + (impulse(left) - impulse(right)) / (2 * c)
