"""Blocked cross-validation in the weak form: contiguous regions are held out, whole test functions each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._projection import Block, project
from ._regression import NOMINAL_ACCURACY, Fit, Regression
from ._select import Scale
from ._weak import FEWEST_STEPS

#: Blocks to hold out in turn, most and fewest.
_MOST, _FEWEST = 6, 3

#: Test functions that every block must hold.
_ROWS = 4


@dataclass(frozen=True)
class HeldOut:
    """What a law leaves of its left side where it was not fitted.

    `square` is the share of the held-out sums of squares that is left beyond the noise expected there; chance
    can make it negative. `resolution` is the error that noise and assumed accuracy would not let be seen.
    """

    square: float
    resolution: float
    folds: int

    @property
    def error(self) -> float:
        """The root of it, zero where no more than noise is left."""
        return float(np.sqrt(max(self.square, 0.0)))


UNKNOWN = HeldOut(float("nan"), float("nan"), 0)


@dataclass(frozen=True)
class _Fold:
    """Noise-corrected Gram matrices of the rows that a law is fitted to, and of those it is tried on."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Blocked:
    """One left side, cut into blocks of time or, where its test functions are too long for that, of space.

    Blocks are cut at the scale of `scale`, or at a finer one that has room for them. A test function
    that reaches over a cut belongs to no side of it.
    """

    scale: Scale

    @cached_property
    def _cut(self) -> tuple[Regression, tuple[_Fold, ...], float] | None:
        """The regression that is cut, its folds, and the share of its rows that are ever tried on."""
        regression = self.scale.regression
        first = regression.projection
        samples = [block.sample for block in first.blocks]
        shares = list(first.scale)
        while True:
            projection = first if shares == list(first.scale) else project(samples, first.columns, shares)
            if projection is not None:
                cut = Regression(projection, regression.sides)
                for axis in range(len(shares)):
                    masks = list(_masks(projection.blocks, axis))
                    if len(masks) >= _FEWEST:
                        folds = tuple(_fold(cut, train, test) for train, test in masks)
                        tried = sum(float(test.sum()) for _, test in masks)
                        return cut, folds, tried / len(projection.matrix)
            finer = [
                max(share / 2, FEWEST_STEPS / (min(len(s.points[i]) for s in samples) - 1))
                for i, share in enumerate(shares)
            ]
            if np.allclose(finer, shares):
                return None
            shares = [min(a, b) for a, b in zip(finer, shares, strict=True)]
            if not all(b <= a for a, b in zip(first.scale, shares, strict=True)):
                return None

    def held_out(self, support: Sequence[int]) -> HeldOut:
        """The held-out error of the law with these terms."""
        cut = self._cut
        if cut is None:
            return UNKNOWN
        regression, folds, tried = cut
        target, left, whole = regression.target, 0.0, 0.0
        tests = np.zeros_like(regression.signal)
        for fold in folds:
            weights = _solved(fold.train, support, target)
            if weights is None:
                return HeldOut(float("inf"), float("inf"), len(folds))
            combination = np.zeros(target + 1)
            combination[target], combination[list(support)] = 1.0, -weights
            left += float(combination @ fold.test @ combination)
            tests += fold.test
        whole = float(tests[target, target])
        if whole <= 0:
            return UNKNOWN
        weights = _solved(regression.signal, support, target)
        hidden = 0.0
        if weights is not None:
            fit, chosen = Fit(tuple(support), weights, 0.0), list(support)
            scatter = regression.floor_sd(fit, np.random.default_rng(self.scale.seed)) * np.sqrt(tried)
            # What the noise on the fitted coefficients does to the held-out rows.
            moved = float(np.trace(regression.covariance(fit) @ tests[np.ix_(chosen, chosen)]))
            hidden = 3 * scatter + 2 * max(moved, 0.0)
        return HeldOut(left / whole, float(np.sqrt(hidden / whole + NOMINAL_ACCURACY**2)), len(folds))


def _masks(blocks: Sequence[Block], axis: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit to and rows to try on, for as many blocks along an axis as hold enough test functions."""
    for count in range(_MOST, _FEWEST - 1, -1):
        found = []
        for k in range(count):
            parts = [_sides(block, axis, k / count, (k + 1) / count) for block in blocks]
            train = np.concatenate([part[0] for part in parts])
            test = np.concatenate([part[1] for part in parts])
            found.append((train, test))
        if all(test.sum() >= _ROWS and train.sum() >= 2 * _ROWS for train, test in found):
            yield from found
            return


def _sides(block: Block, axis: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of a block's matrix lie wholly outside a stretch of an axis, and which wholly inside."""
    tests = block.weak.axes[axis]
    first, extent = tests.points[0], tests.points[-1] - tests.points[0]
    begin, end = first + low * extent, first + high * extent
    slack = 1e-9 * extent
    lower, upper = tests.centres - tests.half_width, tests.centres + tests.half_width
    inside = (lower >= begin - slack) & (upper <= end + slack)
    outside = (upper <= begin + slack) | (lower >= end - slack)
    shape = [-1 if i == axis else 1 for i in range(len(block.weak.axes))]
    whole = block.weak.shape
    return (
        np.broadcast_to(outside.reshape(shape), whole)[block.rows],
        np.broadcast_to(inside.reshape(shape), whole)[block.rows],
    )


def _fold(regression: Regression, train: np.ndarray, test: np.ndarray) -> _Fold:
    matrix = regression.projection.matrix

    def signal(rows: np.ndarray) -> np.ndarray:
        gram = matrix[rows].T @ matrix[rows]
        noise = regression.projection.noise * float(rows.mean())
        return np.sum([side.T @ (gram - noise) @ side for side in regression.sides], axis=0)

    return _Fold(signal(train), signal(test))


def _solved(signal: np.ndarray, support: Sequence[int], target: int) -> np.ndarray | None:
    """The weights of noise-corrected least squares; None where the terms cannot be told apart."""
    chosen = list(support)
    diagonal = np.diag(signal)[chosen]
    if not np.all(diagonal > 0):
        return None
    norms = np.sqrt(diagonal)
    scaled = signal[np.ix_(chosen, chosen)] / np.outer(norms, norms)
    if np.linalg.eigvalsh(scaled)[0] < 1e-11:
        return None
    return np.linalg.solve(scaled, signal[chosen, target] / norms) / norms
