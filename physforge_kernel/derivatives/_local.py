"""Weights of local polynomials: interpolating ones, least squares ones, evenly or unevenly spaced."""

from __future__ import annotations

from math import factorial

import numpy as np

from ._lines import Array


def interpolating(gaps: Array, order: int) -> Array:
    """Finite-difference weights for a derivative at zero, for many stencils at once.

    Args:
        gaps: (n, k), the distinct points of each stencil, relative to where the derivative is wanted.
        order: of the derivative, below k.

    Returns:
        weights: (n, k).

    Source: B. Fornberg, Math. Comp. 51 (1988).

    Example:
        >>> interpolating(np.array([[-1.0, 0.0, 1.0]]), 2)
        array([[ 1., -2.,  1.]])
    """
    n, k = gaps.shape
    weights = np.zeros((k, order + 1, n))
    weights[0, 0] = 1.0
    product, offset = np.ones(n), gaps[:, 0]
    for i in range(1, k):
        top = min(i, order)
        factor, previous, offset = np.ones(n), offset, gaps[:, i]
        for j in range(i):
            gap = gaps[:, i] - gaps[:, j]
            factor = factor * gap
            if j == i - 1:
                for q in range(top, 0, -1):
                    weights[i, q] = (
                        product * (q * weights[i - 1, q - 1] - previous * weights[i - 1, q]) / factor
                    )
                weights[i, 0] = -product * previous * weights[i - 1, 0] / factor
            for q in range(top, 0, -1):
                weights[j, q] = (offset * weights[j, q] - q * weights[j, q - 1]) / gap
            weights[j, 0] = offset * weights[j, 0] / gap
        product = factor
    return weights[:, order].T.copy()


def fitted(gaps: Array, order: int, degrees: tuple[int, ...], *, tapered: bool) -> dict[int, Array]:
    """Weights of the derivative at zero of polynomials that are fitted by least squares.

    Args:
        gaps: (n, k), the points of each window, relative to where the derivative is wanted.
        order: of the derivative.
        degrees: of the polynomials, each below k.
        tapered: whether far samples count less (tricube), or all alike.

    Returns:
        By degree, weights: (n, k).
    """
    reach = np.abs(gaps).max(axis=1, keepdims=True)
    at = gaps / reach
    # A sample at the very edge of the window keeps a little weight, so that no window is too short.
    taper = np.sqrt((1 - (np.abs(at) / 1.05) ** 3) ** 3) if tapered else np.ones_like(at)
    powers = at[:, :, None] ** np.arange(max(degrees) + 1)
    q, r = np.linalg.qr(taper[:, :, None] * powers)
    size = (factorial(order) / reach**order).ravel()
    found = {}
    for degree in degrees:
        # The leading block of R is that of the lower degree: one factorisation serves all.
        leading = r[:, : degree + 1, : degree + 1]
        unit = np.zeros((len(gaps), degree + 1, 1))
        unit[:, order] = 1.0
        mix = np.linalg.solve(np.swapaxes(leading, 1, 2), unit)[:, :, 0]
        found[degree] = size[:, None] * taper * np.einsum("nkd,nd->nk", q[:, :, : degree + 1], mix)
    return found


def window_starts(n: int, k: int) -> np.ndarray:
    """(n,), the first index of the window of k samples about each, kept inside the ends."""
    return np.clip(np.arange(n) - (k - 1) // 2, 0, n - k)


def nearest_starts(points: Array, k: int) -> np.ndarray:
    """(n,), the first index of the window of the k samples nearest to each point."""
    n = len(points)
    starts = window_starts(n, k)
    if k >= n:
        return starts
    for _ in range(k):
        right = (starts + k < n) & (points - points[starts] > points[np.minimum(starts + k, n - 1)] - points)
        left = (starts > 0) & (points - points[np.maximum(starts - 1, 0)] < points[starts + k - 1] - points)
        if not (right.any() or left.any()):
            break
        starts = starts + right.astype(int) - (left & ~right).astype(int)
    return starts


def by_position(points: Array, starts: np.ndarray, k: int, *, even: bool) -> tuple[Array, np.ndarray]:
    """The distinct windows `(rows, k)` relative to their samples, and which of them each sample has.

    On an even grid a window is told by the place of its sample in it, so that few have to be solved for.
    """
    n = len(points)
    if not even:
        return points[starts[:, None] + np.arange(k)] - points[:, None], np.arange(n)
    step = (points[-1] - points[0]) / (n - 1)
    places, which = np.unique(np.arange(n) - starts, return_inverse=True)
    return step * (np.arange(k) - places[:, None]), which
