"""Samples as splines: as many knots as show what is there, and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._projection import Sample

#: Degree of the splines.
_DEGREE = 7

#: Numbers of pieces that are tried along an axis.
_PIECES = (2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 180, 256, 360, 512, 720, 1024, 1440, 2048)

#: Fewest samples to a piece.
_SAMPLES = 2.8

#: More pieces are taken than those that show the field, so that what noise hides is not cut off.
_FINER = 1.5


#: Turns values on a grid into smooth ones.
Smoother = Callable[[np.ndarray], np.ndarray]


def smoother(sample: Sample) -> Smoother:
    """The projection of values on the samples' grid onto splines that hold all components.

    Along every axis as few pieces are taken as leave a residual no larger than more of them do.
    """
    projectors = []
    for i, axis in enumerate(sample.grid):
        pieces = max(_pieces(values, i, axis.points) for values in sample.values)
        projectors.append(
            _Splines.with_pieces(axis.points, min(round(_FINER * pieces + 0.5), _most(axis.points)))
        )

    def smooth(values: np.ndarray) -> np.ndarray:
        for i, splines in enumerate(projectors):
            moved = np.moveaxis(values, i, 0)
            flat = splines.projected(moved.reshape(len(moved), -1))
            values = np.moveaxis(flat.reshape(moved.shape), 0, i)
        return values

    return smooth


def _most(points: np.ndarray) -> int:
    return max(1, int((len(points) - 1) / _SAMPLES))


def _pieces(values: np.ndarray, axis: int, points: np.ndarray) -> int:
    """The fewest pieces whose residual, per degree of freedom, is within its scatter of the smallest."""
    moved = np.moveaxis(values, axis, 0).reshape(len(points), -1)
    found: list[tuple[int, float, float]] = []
    for pieces in _PIECES:
        if pieces > _most(points):
            break
        splines = _Splines.with_pieces(points, pieces)
        freedom = (len(points) - splines.count) * moved.shape[1]
        rest = float(((moved - splines.projected(moved)) ** 2).sum())
        found.append((pieces, rest / freedom, 2 * np.sqrt(2 / freedom)))
    if not found:
        return 1
    least = min(variance for _, variance, _ in found)
    return next(pieces for pieces, variance, scatter in found if variance <= least * (1 + scatter))


@dataclass(frozen=True)
class _Splines:
    """Splines with equal pieces on points: their values `(n, count)`, and the root of their Gram matrix."""

    values: Any
    root: np.ndarray

    @classmethod
    def with_pieces(cls, points: np.ndarray, pieces: int) -> _Splines:
        from scipy.interpolate import BSpline
        from scipy.linalg import cholesky_banded

        inner = np.linspace(points[0], points[-1], pieces + 1)
        knots = np.concatenate([[points[0]] * _DEGREE, inner, [points[-1]] * _DEGREE])
        values = BSpline.design_matrix(points, knots, _DEGREE)
        gram, count = (values.T @ values).todia(), len(knots) - _DEGREE - 1
        band = np.zeros((_DEGREE + 1, count))
        for offset, diagonal in zip(gram.offsets, gram.data, strict=True):
            if offset <= 0:
                band[-offset, : count + offset] = diagonal[: count + offset]
        return cls(values, cholesky_banded(band, lower=True))

    @property
    def count(self) -> int:
        return self.values.shape[1]

    def projected(self, values: np.ndarray) -> np.ndarray:
        """The nearest splines to values `(n, k)`."""
        from scipy.linalg import cho_solve_banded

        return self.values @ cho_solve_banded((self.root, True), self.values.T @ values)
