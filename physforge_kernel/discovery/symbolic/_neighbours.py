"""Do residuals of neighbouring rows hang together? Then a formula has left something that is not noise."""

from __future__ import annotations

import numpy as np

#: Residuals beyond so many typical ones count as that: outliers are no structure.
_CLIPPED = 3.0


def hanging_together(X: np.ndarray, residual: np.ndarray) -> float:
    """How far the products of neighbours' residuals are above zero, in standard deviations under white noise.

    Neighbours are the next rows along each input, and the nearest row in all of them; the largest is told.

    Args:
        X: (n, d) inputs.
        residual: (n,) what a formula leaves.

    Example:
        >>> x = np.linspace(0.0, 1.0, 200)
        >>> noise = np.random.default_rng(0).standard_normal(200)
        >>> hanging_together(x[:, None], noise) < 3 < hanging_together(x[:, None], noise + np.sin(60 * x))
        True
    """
    from scipy.spatial import KDTree

    typical = 1.4826 * float(np.median(np.abs(residual)))
    if typical == 0.0 or len(residual) < 12:
        return 0.0
    left = np.clip(residual / typical, -_CLIPPED, _CLIPPED)
    found = []
    for column in X.T:
        along = left[np.argsort(column, kind="stable")]
        found.append(_excess(along[1:] * along[:-1], np.ones(len(along) - 1), left))
    if X.shape[1] > 1:
        ranks = np.argsort(np.argsort(X, axis=0, kind="stable"), axis=0, kind="stable")
        nearest = np.asarray(KDTree(ranks).query(ranks, k=2)[1])[:, 1]
        pairs = np.sort(np.column_stack([np.arange(len(left)), nearest]), axis=1)
        once, times = np.unique(pairs, axis=0, return_counts=True)
        found.append(_excess(left[once].prod(axis=1), times, left))
    return max(found)


def _excess(products: np.ndarray, times: np.ndarray, left: np.ndarray) -> float:
    return float(np.sum(products * times) / (np.sqrt(np.sum(times**2.0)) * np.mean(left**2)))
