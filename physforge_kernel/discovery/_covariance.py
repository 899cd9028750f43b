"""The covariance that white noise of the samples gives to the residuals of laws, and its root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from ..derivatives import Feature
from ._projection import Block, Slopes
from ._weak import AxisTests

#: Share of every residual's variance that is added to it, so that rounding cannot be inverted.
_RIDGE = 1e-9


#: Products of test functions that see a smaller share of the samples are kept without their zeros.
_NARROW = 0.1


@dataclass(frozen=True)
class Overlaps:
    """Pairs of test functions along one axis that share samples, and their products."""

    axis: AxisTests

    @staticmethod
    @lru_cache(maxsize=16)
    def of(axis: AxisTests) -> Overlaps:
        """Those of an axis, which many laws are weighed with."""
        return Overlaps(axis)

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        centres = self.axis.centres
        first, second = np.nonzero(np.abs(centres[:, None] - centres) < 2 * self.axis.half_width)
        return first, second

    @cached_property
    def _products(self) -> dict[tuple[int, int], Any]:
        return {}

    def products(self, a: int, b: int) -> Any:
        """The products `(pairs, samples)` of the a-th derivative of the first and the b-th of the second.

        An array of NumPy's, or a sparse one of SciPy's.
        """
        if (a, b) not in self._products:
            first, second = self.pairs
            left, right = self._matrix(a)[first], self._matrix(b)[second]
            whole = isinstance(left, np.ndarray)
            self._products[a, b] = left * right if whole else left.multiply(right).tocsr()
        return self._products[a, b]

    @cached_property
    def _matrices(self) -> dict[int, Any]:
        return {}

    def _matrix(self, order: int) -> Any:
        from scipy.sparse import csr_array

        if order not in self._matrices:
            dense = self.axis.matrices[order]
            narrow = np.count_nonzero(dense) < _NARROW * dense.size
            self._matrices[order] = csr_array(dense) if narrow else dense
        return self._matrices[order]


#: How residuals move with the samples: for each of them and each component, by the derivatives of the test
#: functions.
Responses = list[list[Slopes]]


def responses(block: Block, columns: Sequence[Feature], residuals: Sequence[np.ndarray]) -> Responses:
    """The responses of residuals, each a combination of columns."""
    components = range(len(block.sample.components))
    return [[block.response(columns, residual, c) for c in components] for residual in residuals]


def covariance(
    overlaps: Sequence[Overlaps],
    block: Block,
    mine: Responses,
    others: Responses,
    spreads: Sequence[float],
) -> np.ndarray:
    """What noise makes residuals share with others `(rows, others)`, all one after another.

    `overlaps` are those of the block's thinned test functions, one for each axis; `spreads` the sd of each
    component's noise.
    """
    count = int(block.rows.sum())
    result = np.zeros((len(mine) * count, len(others) * count))
    for i, first in enumerate(mine):
        for j, second in enumerate(others):
            here, there = slice(i * count, (i + 1) * count), slice(j * count, (j + 1) * count)
            if mine is others and j > i:
                continue
            for sigma, one, other in zip(spreads, first, second, strict=True):
                if sigma and one and other:
                    shared = _shared(overlaps, block.rows, one, other)
                    result[here, there] += sigma**2 * np.prod(block.steps) * shared
            if mine is others and i != j:
                result[there, here] = result[here, there].T
    return result


def _shared(overlaps: Sequence[Overlaps], rows: np.ndarray, first: Slopes, second: Slopes) -> np.ndarray:
    """What white noise of variance one makes two residuals share, `(rows, rows)`."""
    last = len(overlaps) - 1
    sums: dict[tuple[int, int], np.ndarray] = {}
    for a, slope in first.items():
        for b, other in second.items():
            part = slope * other
            if last:
                part = overlaps[0].products(a[0], b[0]) @ part
            key = a[last], b[last]
            sums[key] = sums[key] + part if key in sums else part
    if not sums:
        return np.zeros((int(rows.sum()),) * 2)
    whole = np.sum([(overlaps[last].products(*key) @ part.T).T for key, part in sums.items()], axis=0)
    result = np.zeros(tuple(n for n in rows.shape for _ in range(2)))
    if last:
        (k, m), (n, q) = (o.pairs for o in overlaps)
        result[k[:, None], m[:, None], n, q] = whole
        result = result.transpose(0, 2, 1, 3)
    else:
        result[overlaps[0].pairs] = whole
    result = result.reshape(rows.size, rows.size)
    return result if rows.all() else result[np.ix_(rows.ravel(), rows.ravel())]


@dataclass(frozen=True)
class Root:
    """The Cholesky factor L of a covariance whose rows, in the right order, share noise with near ones only.

    `band` holds its diagonals as LAPACK does, `order` the rows in that order.
    """

    band: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, matrix: np.ndarray, order: np.ndarray) -> Root | None:
        """The root of a covariance `(rows, rows)`; None where rounding leaves it none."""
        from scipy.linalg import LinAlgError, cholesky_banded

        sorted_ = matrix[np.ix_(order, order)]
        below, beside = np.nonzero(np.tril(sorted_))
        width = int((below - beside).max(initial=0))
        band = np.zeros((width + 1, len(matrix)))
        for k in range(width + 1):
            band[k, : len(matrix) - k] = np.diagonal(sorted_, -k)
        band[0] *= 1 + _RIDGE
        try:
            return cls(np.asarray(cholesky_banded(band, lower=True, check_finite=False)), order)
        except LinAlgError:
            return None

    def halved(self, rows: np.ndarray) -> np.ndarray:
        """Rows `(rows, n)` divided by L: what has this covariance has that of independent noise then."""
        return self._solved(rows[self.order], b"N")

    def divided(self, values: np.ndarray) -> np.ndarray:
        """Values `(rows,)` divided by the whole covariance."""
        result = np.empty_like(values)
        result[self.order] = self._solved(self._solved(values[self.order], b"N"), b"T")
        return result

    def _solved(self, rows: np.ndarray, transposed: bytes) -> np.ndarray:
        from scipy.linalg import get_lapack_funcs

        right = rows if rows.ndim == 2 else rows[:, None]
        (solve,) = get_lapack_funcs(("tbtrs",), (self.band,))
        found, _ = solve(self.band, right, uplo=b"L", trans=transposed)
        return found if rows.ndim == 2 else found[:, 0]
