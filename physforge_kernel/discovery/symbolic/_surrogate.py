"""A smooth stand-in for an unknown function, fitted to the sample: Chebyshev polynomials of total degree.

It is what symmetries and splits are looked for in. Formulas are never fitted to it, only proposed by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: Rows that a surrogate is fitted to, terms that it may have, and rows per term.
_ROWS, _TERMS, _ROWS_PER_TERM = 3000, 400, 5
_TRIED = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22)


@dataclass(frozen=True)
class Surrogate:
    """`value(Z)` and `gradient(Z)` of the fitted function of Z (n, d); `misfit` is that on rows held out,
    as a share of the measured output's RMS."""

    low: np.ndarray
    width: np.ndarray
    exponents: np.ndarray
    coefficients: np.ndarray
    misfit: float

    def value(self, Z: np.ndarray) -> np.ndarray:
        """(n,)"""
        return _design(self._scaled(Z), self.exponents) @ self.coefficients

    def gradient(self, Z: np.ndarray) -> np.ndarray:
        """(n, d)"""
        scaled = self._scaled(Z)
        columns = [_design(scaled, self.exponents, along=i) @ self.coefficients for i in range(Z.shape[1])]
        return np.stack(columns, axis=1) * (2.0 / self.width)

    def _scaled(self, Z: np.ndarray) -> np.ndarray:
        return np.clip(2.0 * (Z - self.low) / self.width - 1.0, -1.2, 1.2)


def fit(Z: np.ndarray, y: np.ndarray, weights: np.ndarray, seed: int = 0) -> Surrogate:
    """The surrogate of the total degree that predicts held-out rows best."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(y))[:_ROWS]
    held = max(len(order) // 5, 1)
    test, train = order[:held], order[held:]
    low = Z[order].min(axis=0)
    width = np.maximum(Z[order].max(axis=0) - low, 1e-300)
    scaled = 2.0 * (Z - low) / width - 1.0
    best = Surrogate(low, width, np.zeros((1, Z.shape[1]), dtype=int), np.zeros(1), np.inf)
    worse = 0
    for degree in _TRIED:
        exponents = _exponents(Z.shape[1], degree)
        if degree > 1 and (len(exponents) > _TERMS or len(exponents) * _ROWS_PER_TERM > len(train)):
            break
        matrix = _design(scaled[train], exponents) * weights[train, None]
        coefficients = np.linalg.lstsq(matrix, y[train] * weights[train], rcond=1e-13)[0]
        left = (_design(scaled[test], exponents) @ coefficients - y[test]) * weights[test]
        misfit = float(np.sqrt(np.mean(left**2)))
        if misfit < best.misfit:
            best, worse = Surrogate(low, width, exponents, coefficients, misfit), 0
        else:
            worse += 1
        if worse == 2 or misfit < 1e-12:
            break
    return best


@lru_cache(maxsize=64)
def _cached_exponents(dimension: int, degree: int) -> tuple[tuple[int, ...], ...]:
    if dimension == 1:
        return tuple((k,) for k in range(degree + 1))
    return tuple(
        (k, *rest) for k in range(degree + 1) for rest in _cached_exponents(dimension - 1, degree - k)
    )


def _exponents(dimension: int, degree: int) -> np.ndarray:
    return np.array(_cached_exponents(dimension, degree))


def _design(scaled: np.ndarray, exponents: np.ndarray, along: int | None = None) -> np.ndarray:
    """(n, terms) Products of Chebyshev polynomials, differentiated by variable `along` if that is given."""
    degree = int(exponents.max())
    product = np.ones((len(scaled), len(exponents)))
    for i, column in enumerate(scaled.T):
        polynomials = np.polynomial.chebyshev.chebvander(column, degree)
        if i == along:
            polynomials = _derivatives(polynomials, column, degree)
        if exponents[:, i].any() or i == along:
            product *= polynomials[:, exponents[:, i]]
    return product


def _derivatives(polynomials: np.ndarray, column: np.ndarray, degree: int) -> np.ndarray:
    """T_k' = k U_(k-1), with U_k = 2 x U_(k-1) - U_(k-2)."""
    second = np.ones((len(column), degree + 1))
    if degree > 0:
        second[:, 1] = 2 * column
    for k in range(2, degree + 1):
        second[:, k] = 2 * column * second[:, k - 1] - second[:, k - 2]
    made = np.zeros_like(polynomials)
    made[:, 1:] = second[:, :-1] * np.arange(1, degree + 1)
    return made


def polynomials(Z: np.ndarray, most: int) -> np.ndarray:
    """(n, terms) Products of Chebyshev polynomials of the inputs, of the highest degree with so few terms."""
    degree = 0
    while degree < _TRIED[-1] and len(_exponents(Z.shape[1], degree + 1)) <= most:
        degree += 1
    return of_degree(Z, degree)


def of_degree(Z: np.ndarray, degree: int) -> np.ndarray:
    """(n, terms) Products of Chebyshev polynomials of the inputs to a total degree."""
    low = Z.min(axis=0)
    scaled = 2.0 * (Z - low) / np.maximum(Z.max(axis=0) - low, 1e-300) - 1.0
    return _design(scaled, _exponents(Z.shape[1], degree))


def structure_left(Z: np.ndarray, residual: np.ndarray, seed: int = 0) -> float:
    """How much more of a residual a smooth function explains than it would of pure noise.

    The largest F statistic of polynomials of growing degree, as `excess` tells it.
    """
    order = np.random.default_rng(seed).permutation(len(residual))[:_ROWS]
    Z, residual = Z[order], residual[order]
    scale = float(np.sqrt(np.mean(residual**2)))
    if scale == 0.0 or len(residual) < 12:
        return 0.0
    residual = np.clip(residual / scale, -5.0, 5.0)
    worst = -np.inf
    for degree in (1, 2, 3, 5, 8):
        if len(_exponents(Z.shape[1], degree)) > min(len(residual) // 4, 150):
            break
        worst = max(worst, excess(of_degree(Z, degree), residual))
    return worst


def excess(columns: np.ndarray, residual: np.ndarray) -> float:
    """How improbable for noise alone is what columns (n, terms) explain, in standard deviations."""
    from scipy.special import fdtrc, ndtri

    n, terms = columns.shape
    basis, _ = np.linalg.qr(columns)
    explained = float(np.sum((basis.T @ residual) ** 2))
    left = max(float(np.sum(residual**2)) - explained, 1e-300)
    ratio = (explained / terms) / (left / (n - terms))
    return float(-ndtri(fdtrc(terms, n - terms, ratio)))
