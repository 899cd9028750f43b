"""Smoothing splines: the penalty that makes the samples most likely, and its Bayesian errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..errors import DerivativeError
from ._blocks import in_blocks
from ._finite import differences
from ._lines import Array, Estimate, Lines

#: Samples of a block, and how many of them, on either side, only support the others.
_BLOCK, _MARGIN = 896, 128


def spline(lines: Lines, order: int, *, penalty: float | None = None) -> Estimate:
    """Differentiate the spline that weighs closeness to the samples against its roughness.

    Roughness is the integral of the square of a derivative two orders above the one asked for, so that the
    derivative itself is smooth up to the ends.

    Args:
        lines: the samples, at any points.
        order: of the derivative, 4 at most.
        penalty: the weight of roughness, in units of the mean step; where None the one that makes the
            samples most likely, the noise being known.

    Source: G. Wahba, Spline Models for Observational Data (1990), sections 1.3 and 5.1.
    """
    n = len(lines.points)
    rough = min(order + 2, 4)
    if order > 4:
        raise DerivativeError(f"Smoothing splines have derivatives to order 4, and {order} was asked for.")
    if penalty is not None and penalty < 0:
        raise DerivativeError(f"The penalty is {penalty:g}: give zero or more.")
    if n < 2 * rough + 1:
        raise DerivativeError(
            f"A smoothing spline for order {order} needs {2 * rough + 1} samples along {lines.axis}, which "
            f"has {n}: ask for a lower order, or sample more finely."
        )
    if penalty is None:
        penalty = _most_likely(lines, order, rough)
    weight, step = penalty, lines.step

    def fit(part: Lines) -> Estimate:
        return _fit(part, order, rough, weight, step)

    result = in_blocks(lines, _BLOCK, _MARGIN, fit)
    return replace(result, settings={"penalty": penalty})


def pilot(lines: Lines, order: int) -> tuple[Array, Array, Array]:
    """A smoothing spline's curve, its derivative and the bias of that, `(n, m)`: the judge of others."""
    rough = min(order + 2, 4)
    penalty, step = _most_likely(lines, order, rough), lines.step

    def fit(part: Lines) -> Estimate:
        basis = _basis(part, order, rough, step)
        kept = basis.curves.T @ part.values / (1 + penalty * basis.roughness)[:, None]
        slopes = basis.derivatives @ kept / step**order
        again = 1 / (1 + penalty * basis.roughness)
        lost = basis.derivatives @ ((1 - again)[:, None] * kept) / step**order
        return Estimate(basis.curves @ kept, slopes, around(lost, penalty, rough))

    whole = in_blocks(lines, _BLOCK, _MARGIN, fit)
    return whole.values, whole.noise, whole.bias


def around(lost: Array, penalty: float, rough: int) -> Array:
    """The rms over as many neighbours as the spline averages."""
    from scipy.ndimage import uniform_filter1d

    width = int(min(max(3.0, 2 * penalty ** (1 / (2 * rough))), len(lost)))
    return np.sqrt(np.maximum(uniform_filter1d(lost**2, width, axis=0, mode="nearest"), 0.0))


@dataclass(frozen=True)
class _Basis:
    """Orthonormal curves (Demmler and Reinsch) in order of roughness, in units of the mean step."""

    curves: Array
    """(n, n), orthonormal over the samples."""
    roughness: Array
    """(n,), increasing; zero for polynomials below the order of the penalty."""
    derivatives: Array
    """(n, n), derivatives of the curves at the samples."""


def _basis(lines: Lines, order: int, rough: int, step: float) -> _Basis:
    points = lines.points
    at = np.arange(len(points), dtype=float) if lines.even else (points - points[0]) / step
    return _cached_basis(at.tobytes(), order, rough)


@lru_cache(maxsize=4)
def _cached_basis(at: bytes, order: int, rough: int) -> _Basis:
    """The curves over some points, by singular values of the roughness on an orthonormal spline basis."""
    from scipy.interpolate import BSpline, make_interp_spline
    from scipy.linalg import solve_triangular, svd

    points = np.frombuffer(at)
    n, degree = len(points), 2 * rough - 1
    knots = make_interp_spline(points, np.zeros(n), k=degree).t
    splines = BSpline(knots, np.eye(n), degree)
    samples = splines(points)
    # Gauss's points between the knots integrate the square of a derivative exactly.
    nodes, weights = np.polynomial.legendre.leggauss(rough)
    edges = np.unique(knots)
    half = np.diff(edges)[:, None] / 2
    inner = (edges[:-1, None] + half * (1 + nodes)).ravel()
    bends = splines(inner, nu=rough) * np.sqrt(half * weights).ravel()[:, None]
    q, r = np.linalg.qr(samples, mode="reduced")
    upper = np.asarray(np.linalg.qr(bends, mode="r"))
    bends = solve_triangular(r.T, upper.T, lower=True).T
    _, sizes, turns = svd(bends, full_matrices=False, check_finite=False)
    sizes, turns = sizes[::-1].copy(), turns[::-1]
    sizes[:rough] = 0.0
    slopes = splines(points, nu=order) @ solve_triangular(r, turns.T)
    return _Basis(q @ turns.T, sizes**2, slopes)


def _most_likely(lines: Lines, order: int, rough: int) -> float:
    """The penalty under which samples of a Gaussian process with known noise are most likely."""
    powers, roughness = [], []
    for excerpt in lines.excerpts():
        basis = _basis(excerpt, order, rough, lines.step)
        powers.append(np.mean((basis.curves.T @ excerpt.values) ** 2, axis=1)[rough:])
        roughness.append(basis.roughness[rough:])
    power, size = np.concatenate(powers), np.concatenate(roughness)
    noise = lines.typical_sd**2
    if noise == 0.0 or not np.isfinite(power).all():
        return 0.0
    weights = np.logspace(-12, 20, 257)
    spread = noise * (1 + 1 / (weights[:, None] * size))
    return float(weights[np.argmin(np.sum(np.log(spread) + power / spread, axis=1))])


def _fit(lines: Lines, order: int, rough: int, penalty: float, step: float) -> Estimate:
    basis = _basis(lines, order, rough, step)
    keep = 1 / (1 + penalty * basis.roughness)
    unit = step**order
    kept = keep[:, None] * (basis.curves.T @ lines.values)
    values = basis.derivatives @ kept / unit
    squares = basis.derivatives**2
    noise = np.sqrt(squares @ keep**2) / unit
    doubt = np.sqrt(squares @ (keep * (1 - keep))) / unit
    # The curve's own finite differences tell what lies between the samples, smoothing it again what was lost
    # where it bends most: the first two are means over the line.
    gap = values - differences(lines.points, basis.curves @ kept, order)
    lost = around(basis.derivatives @ ((1 - keep)[:, None] * kept) / unit, penalty, rough)
    bias = np.sqrt((doubt[:, None] * lines.sd) ** 2 + gap**2 + lost**2)
    return Estimate(values, noise[:, None] * lines.sd, bias)
