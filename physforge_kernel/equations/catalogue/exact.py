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


def schroedinger_breather(x: ArrayLike, t: float) -> Array:
    """The breather of i u_t + u_xx/2 + |u|^2 u = 0 that starts as 2/cosh(x): two solitons bound together.

    Args:
        x: (n_x,) where to evaluate.
        t: when; |u| repeats after pi/2.

    Returns:
        u: (n_x,), complex.

    Source: J. Satsuma and N. Yajima, Prog. Theor. Phys. Suppl. 55 (1974).

    >>> complex(schroedinger_breather([0.0], 0.0)[0])
    (2+0j)
    """
    at = np.asarray(x, dtype=float)
    above = np.cosh(3 * at) + 3 * np.exp(4j * t) * np.cosh(at)
    return 4 * np.exp(0.5j * t) * above / (np.cosh(4 * at) + 4 * np.cosh(2 * at) + 3 * np.cos(4 * t))


def sine_gordon_breather(x: ArrayLike, t: float, *, frequency: float) -> Array:
    """The breather at rest of u_tt = u_xx - sin(u), which is zero at t = 0.

    Args:
        x: (n_x,) where to evaluate.
        t: when.
        frequency: in radians per unit of t, between 0 and 1; a lower one is higher and narrower.

    Returns:
        u: (n_x,).

    Source: M. J. Ablowitz et al., Phys. Rev. Lett. 30 (1973).

    >>> float(sine_gordon_breather([0.0], np.pi, frequency=0.5)[0].round(6))  # 4 atan(sqrt(3))
    4.18879
    """
    width = np.sqrt(1 - frequency**2)
    at = width * np.asarray(x, dtype=float)
    return 4 * np.arctan(width / frequency * np.sin(frequency * t) / np.cosh(at))


def sine_gordon_kinks(x: ArrayLike, t: float, *, speed: float) -> Array:
    """A kink and an antikink of u_tt = u_xx - sin(u) that pass through each other at t = 0, where u = 0.

    Args:
        x: (n_x,) where to evaluate.
        t: when.
        speed: of each, between 0 and 1.

    Returns:
        u: (n_x,), zero far away.

    Source: J. K. Perring and T. H. R. Skyrme, Nucl. Phys. 31 (1962).

    >>> float(sine_gordon_kinks([0.0], 50.0, speed=0.5)[0].round(6))  # between them, 2 pi
    6.283185
    """
    steep = 1 / np.sqrt(1 - speed**2)
    at = steep * np.asarray(x, dtype=float)
    return 4 * np.arctan(np.sinh(steep * speed * t) / (speed * np.cosh(at)))


def barenblatt(x: ArrayLike, t: float, *, diffusivity: float = 1.0, mass: float = 1.0) -> Array:
    """The spread of a point source by the porous medium equation u_t = diffusivity (u^2)_xx.

    Args:
        x: (n_x,) where to evaluate.
        t: when, above zero.
        diffusivity: in x^2 per unit of t and u.
        mass: the integral of u over x.

    Returns:
        u: (n_x,), zero beyond a sharp edge.

    Source: J. L. Vázquez, The Porous Medium Equation (2007), section 4.4, for m = 2 on a line.

    >>> x = np.linspace(-3, 3, 2001)
    >>> float(np.trapezoid(barenblatt(x, 0.7, mass=2.0), x).round(4))
    2.0
    """
    spread = np.cbrt(diffusivity * t)
    height = (3 * mass / (4 * np.sqrt(12))) ** (2 / 3)
    return np.maximum(height - (np.asarray(x, dtype=float) / spread) ** 2 / 12, 0) / spread
