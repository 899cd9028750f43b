"""Single samples that their neighbours contradict: glitches of a sensor, not the field and not its noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ._gaps import fill_gaps
from ._noise import REACH, cubic_rest, cubic_weights, pieces, some_lines

#: A sample is an outlier if it lies so many standard deviations of such differences off its neighbours ...
_FAR = 7.0

#: ... and this share of the field's rms: below it, it does less than the accuracy that is assumed of data.
_VISIBLE = 1e-2

#: Medians over some of the samples are right to this share.
_SAFE = 0.95

#: How well the differences around it must follow the pattern of one wrong sample, as a share of it.
_ALIKE = 0.3

#: Largest share of samples that are taken for outliers; beyond it they are the noise.
_MOST = 0.05

#: Rounds of search: an outlier can hide another beside it until it is left out.
_ROUNDS = 4


def outliers(values: np.ndarray, points: Sequence[np.ndarray], size: float | None = None) -> np.ndarray:
    """Mask of the samples that stand out from all their neighbours, alone.

    A sample less the cubic through its four neighbours along an axis is small for what is smooth, and white
    for noise. One wrong sample leaves the pattern of a fourth difference, of the same height along every
    axis; fronts, and peaks that the grid resolves, do not.

    Args:
        values: (n_1, ..., n_d); NaN marks missing samples.
        points: the coordinates (n_i,) of each axis, increasing.
        size: how far samples typically are from their median, where these are a part of a larger field.

    Returns:
        (n_1, ..., n_d); all False where more samples stand out than a few, which is then no matter of
        outliers.

    Example:
        >>> t = np.linspace(0, 9, 300)
        >>> smooth = np.sin(t)
        >>> smooth[40] += 1.0
        >>> np.flatnonzero(outliers(smooth, [t])).tolist()
        [40]
    """
    found = np.zeros(values.shape, dtype=bool)
    weights = {i: cubic_weights(p) for i, p in enumerate(points) if len(p) >= 4 * REACH}
    if not weights or not np.isfinite(values).any():
        return found
    size = typical_size([values]) if size is None else size
    if not _any_stands_out(values, weights, _VISIBLE * size):
        return found
    seen = values.copy()
    for _ in range(_ROUNDS):
        rests = {axis: cubic_rest(seen, axis, w) for axis, w in weights.items()}
        new = _standing_out(rests, weights, _VISIBLE * size, strict=not found.any())
        if not new.any():
            break
        found |= new
        seen = fill_gaps(np.where(found, np.nan, values), points)
    return found if found.sum() <= _MOST * np.isfinite(values).sum() else np.zeros_like(found)


def typical_size(parts: Sequence[np.ndarray]) -> float:
    """How far samples of a field, given in parts, typically are from their median."""
    few = np.concatenate([some_lines(values, []).ravel() for values in parts])
    finite = few[np.isfinite(few)]
    if not finite.size:
        return 0.0
    return 1.4826 * float(np.median(np.abs(finite - np.median(finite)))) or float(np.std(finite))


def _any_stands_out(values: np.ndarray, weights: Mapping[int, np.ndarray], visible: float) -> bool:
    """Whether any sample is off along all axes along which it has neighbours; most fields have none."""
    candidates = np.ones(values.shape, dtype=bool)
    asked = np.zeros(values.shape, dtype=bool)
    for axis, w in weights.items():
        norm = _norm(w, axis, values.ndim)
        few = np.abs(cubic_rest(some_lines(values, [axis]), axis, w)) / norm
        sizes = few[np.isfinite(few)]
        limit = _FAR * 1.4826 * float(np.median(sizes)) * _SAFE if sizes.size else 0.0
        for part in pieces(values.shape, axis):
            rest = np.abs(cubic_rest(values[part], axis, w))
            known = np.isfinite(rest)
            candidates[part] &= ~known | ((rest > visible) & (rest > limit * norm))
            asked[part] |= known
        if not candidates.any():
            return False
    return bool((candidates & asked).any())


def _norm(weights: np.ndarray, axis: int, axes: int) -> np.ndarray:
    """What white noise of variance one makes of the distance from the cubic, along an axis."""
    # On an uneven grid the cubic through the neighbours is noisier at some places than at others.
    return np.sqrt((weights**2).sum(axis=1)).reshape([-1 if i == axis else 1 for i in range(axes)])


def _standing_out(
    rests: Mapping[int, np.ndarray], weights: Mapping[int, np.ndarray], visible: float, *, strict: bool
) -> np.ndarray:
    """Samples that are off, in the pattern of one wrong sample, along one axis and by as much along others.

    An axis along which a sample has too few neighbours has no say. Where there are outliers for certain (not
    `strict`), nor has one along which the pattern is disturbed: another outlier may be next to this one.
    """
    known = np.isfinite(np.stack(list(rests.values())))
    stacked = np.where(known, np.stack(list(rests.values())), 0.0)
    far, patterned = np.zeros(known.shape, dtype=bool), np.zeros(known.shape, dtype=bool)
    for k, (axis, rest) in enumerate(rests.items()):
        white = np.abs(rest) / _norm(weights[axis], axis, rest.ndim)
        sizes = white[known[k]]
        sd = 1.4826 * float(np.median(sizes)) if sizes.size else 0.0
        far[k] = (white > _FAR * sd) & (np.abs(stacked[k]) > visible)
        patterned[k] = known[k] & _follows_pattern(rest, axis, weights[axis])
    asked = known if strict else known & patterned
    highest = np.where(asked, stacked, -np.inf).max(axis=0)
    lowest = np.where(asked, stacked, np.inf).min(axis=0)
    chosen = np.logical_and((far | ~asked).all(axis=0), patterned.any(axis=0))
    alike = np.zeros(known.shape[1:], dtype=bool)
    alike[chosen] = (highest - lowest)[chosen] <= _ALIKE * np.abs(highest)[chosen]
    return alike


def _follows_pattern(rest: np.ndarray, axis: int, weights: np.ndarray) -> np.ndarray:
    """Whether the neighbours of a sample are off as they would be if only this sample were wrong."""
    moved = np.moveaxis(rest, axis, 0)
    count = len(moved)
    good = np.ones(moved.shape, dtype=bool)
    for k in range(-REACH, REACH + 1):
        if k == 0:
            continue
        here = slice(max(0, -k), count - max(0, k))
        there = slice(max(0, k), count - max(0, -k))
        expected = weights[there, REACH - k].reshape(-1, *([1] * (moved.ndim - 1))) * moved[here]
        # NaN at a neighbour compares as False: it does not speak against the sample.
        good[here] &= ~(np.abs(moved[there] - expected) > _ALIKE * np.abs(moved[here]))
    return np.moveaxis(good, 0, axis)
