"""Samples as splines: as many pieces along every axis as show what is there, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ._noise import some_lines

#: Degree of the splines.
DEGREE = 7

#: Numbers of pieces that are tried along an axis.
_PIECES = (2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 180, 256, 360, 512, 720, 1024, 1440, 2048)

#: Of more samples than these, some lines along an axis tell how many pieces hold them.
_ENOUGH = 2**17

#: Standard deviations by which more pieces may take more than they do of noise.
_BY_CHANCE = 3.0

#: Fewest samples to a piece.
_SAMPLES = 2.8

#: What is added to the equations of splines that rounding cannot solve, as a share of the largest entry.
_RIDGE = 1e-12

#: More pieces are taken than those that show the field, so that what noise hides is not cut off.
_FINER = 1.5

#: Places along an axis, in its inner half, at which the noise that splines leave is looked at.
_LOOKED_AT = 48


@dataclass(frozen=True, eq=False)
class Splines:
    """Splines on points `(n,)` along one axis whose pieces hold alike many of them.

    `values` are those of the basis `(n, count)`, `root` the root of its Gram matrix.
    """

    points: np.ndarray
    knots: np.ndarray
    values: Any
    root: np.ndarray

    @classmethod
    def with_pieces(cls, points: np.ndarray, pieces: int) -> Splines:
        from scipy.interpolate import BSpline
        from scipy.linalg import LinAlgError, cholesky_banded

        # On an even grid these are equal pieces; on another, none is left without samples to fix it.
        inner = np.interp(np.linspace(0, len(points) - 1, pieces + 1), np.arange(len(points)), points)
        knots = np.concatenate([[points[0]] * DEGREE, inner, [points[-1]] * DEGREE])
        values = BSpline.design_matrix(points, knots, DEGREE)
        gram, count = (values.T @ values).todia(), len(knots) - DEGREE - 1
        band = np.zeros((DEGREE + 1, count))
        for offset, diagonal in zip(gram.offsets, gram.data, strict=True):
            if offset <= 0:
                band[-offset, : count + offset] = diagonal[: count + offset]
        try:
            root = cholesky_banded(band, lower=True)
        except LinAlgError:  # clusters of points tell fewer splines apart than they could hold
            band[0] += _RIDGE * band[0].max()
            root = cholesky_banded(band, lower=True)
        return cls(points, knots, values, root)

    @property
    def count(self) -> int:
        return self.values.shape[1]

    def projected(self, values: np.ndarray) -> np.ndarray:
        """The nearest splines to values `(n, k)`."""
        return self.values @ self._solved(self.values.T @ values)

    def derivative(self, values: np.ndarray, order: int) -> np.ndarray:
        """A derivative of the nearest splines to values `(n, k)`."""
        if not order:
            return self.projected(values)
        return self._curve(self._solved(self.values.T @ values))(self.points, nu=order)

    def shared(self, a: int, b: int) -> float:
        """What white noise of variance one makes two derivatives share at a place, on average."""
        return float(np.mean((self._solved(self._basis(a).T).T * self._basis(b)).sum(axis=1)))

    @cached_property
    def _places(self) -> np.ndarray:
        count = len(self.points)
        return np.unique(np.linspace(count // 4, 3 * count // 4, _LOOKED_AT).astype(int))

    def _basis(self, order: int) -> np.ndarray:
        return self._curve(np.eye(self.count))(self.points[self._places], nu=order)

    def _curve(self, coefficients: np.ndarray) -> Any:
        from scipy.interpolate import BSpline

        return BSpline(self.knots, coefficients, DEGREE)

    def _solved(self, values: np.ndarray) -> np.ndarray:
        from scipy.linalg import cho_solve_banded

        return cho_solve_banded((self.root, True), values)


def fitting(points: Sequence[np.ndarray], components: Sequence[np.ndarray]) -> tuple[Splines, ...]:
    """Splines along every axis of a grid that hold all components `(n_1, ..., n_d)`.

    Along every axis as few pieces are taken as leave a residual no larger than more of them do.
    """
    found = []
    for i, along in enumerate(points):
        pieces = max(_pieces(values, i, along) for values in components)
        found.append(Splines.with_pieces(along, min(round(_FINER * pieces + 0.5), _most(along))))
    return tuple(found)


def smoothed(
    splines: Sequence[Splines], values: np.ndarray, orders: Sequence[int] | None = None
) -> np.ndarray:
    """A derivative of the nearest splines to values on a grid; the splines themselves without orders."""
    for i, along in enumerate(splines):
        moved = np.moveaxis(values, i, 0)
        flat = along.derivative(moved.reshape(len(moved), -1), orders[i] if orders else 0)
        values = np.moveaxis(flat.reshape(moved.shape), 0, i)
    return values


def _most(points: np.ndarray) -> int:
    return max(1, int((len(points) - 1) / _SAMPLES))


def _pieces(values: np.ndarray, axis: int, points: np.ndarray) -> int:
    """The fewest pieces from which more of them take no more than noise."""
    moved = np.moveaxis(some_lines(values, [axis], _ENOUGH), axis, 0).reshape(len(points), -1)
    tried = [pieces for pieces in _PIECES if pieces <= _most(points)]
    rests, freedoms = [], []
    for pieces in tried:
        splines = Splines.with_pieces(points, pieces)
        rests.append(float(((moved - splines.projected(moved)) ** 2).sum()))
        freedoms.append((len(points) - splines.count) * moved.shape[1])
    if not tried:
        return 1
    noise = min(rest / freedom for rest, freedom in zip(rests, freedoms, strict=True))
    for i, pieces in enumerate(tried):
        taken = rests[i] - np.array(rests[i + 1 :])
        more = freedoms[i] - np.array(freedoms[i + 1 :])
        if np.all(taken <= noise * (more + _BY_CHANCE * np.sqrt(2 * more))):
            return pieces
    return tried[-1]
