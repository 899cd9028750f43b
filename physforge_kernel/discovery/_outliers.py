"""Single samples that their neighbours contradict: glitches of a sensor, not the field and not its noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

#: A sample is an outlier if it lies so many standard deviations of such differences off its neighbours ...
_FAR = 7.0

#: ... and this share of the field's rms: below it, it does less than the accuracy that is assumed of data.
_VISIBLE = 1e-2

#: How well the differences around it must follow the pattern of one wrong sample, as a share of it.
_ALIKE = 0.3

#: Largest share of samples that are taken for outliers; beyond it they are the noise.
_MOST = 0.05

#: Rounds of search: an outlier can hide another beside it until it is left out.
_ROUNDS = 4

#: A sample is compared with the cubic through so many neighbours on either side.
_REACH = 2


def outliers(values: np.ndarray, points: Sequence[np.ndarray]) -> np.ndarray:
    """Mask of the samples that stand out from all their neighbours, alone.

    A sample less the cubic through its four neighbours along an axis is small for what is smooth, and white
    for noise. One wrong sample leaves the pattern of a fourth difference, of the same height along every
    axis; fronts, and peaks that the grid resolves, do not.

    Args:
        values: (n_1, ..., n_d); NaN marks missing samples.
        points: the coordinates (n_i,) of each axis, increasing.

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
    weights = {i: _weights(p) for i, p in enumerate(points) if len(p) >= 4 * _REACH}
    finite = values[np.isfinite(values)]
    finite = values[np.isfinite(values)]
    if not weights or not finite.size:
        return found
    size = 1.4826 * float(np.median(np.abs(finite - np.median(finite)))) or float(np.std(finite))
    seen = values.copy()
    for _ in range(_ROUNDS):
        rests = {axis: _rest(seen, axis, w) for axis, w in weights.items()}
        new = _standing_out(rests, weights, _VISIBLE * size)
        if not new.any():
            break
        found |= new
        off = np.stack([rest[new] for rest in rests.values()])
        seen[new] -= np.nanmean(off, axis=0)
    few = found.sum() <= _MOST * len(finite)
    return found if few else np.zeros_like(found)


def _weights(points: np.ndarray) -> np.ndarray:
    """`(n, 5)` weights of a sample less the cubic through its neighbours; rows at the ends are NaN."""
    weights = np.full((len(points), 2 * _REACH + 1), np.nan)
    near = np.lib.stride_tricks.sliding_window_view(points, 2 * _REACH + 1)
    weights[_REACH:-_REACH, _REACH] = 1.0
    others = [k for k in range(2 * _REACH + 1) if k != _REACH]
    for k in others:  # Lagrange's polynomials
        steps = [(near[:, _REACH] - near[:, j]) / (near[:, k] - near[:, j]) for j in others if j != k]
        weights[_REACH:-_REACH, k] = -np.prod(steps, axis=0)
    return weights


def _rest(values: np.ndarray, axis: int, weights: np.ndarray) -> np.ndarray:
    """Samples less the cubic through their neighbours along one axis; NaN where there are too few."""
    moved = np.moveaxis(values, axis, 0)
    inner = len(moved) - 2 * _REACH
    rest = np.full(moved.shape, np.nan)
    shape = (inner, *([1] * (moved.ndim - 1)))
    rest[_REACH:-_REACH] = sum(
        weights[_REACH:-_REACH, k].reshape(shape) * moved[k : inner + k] for k in range(2 * _REACH + 1)
    )
    return np.moveaxis(rest, 0, axis)


def _standing_out(
    rests: Mapping[int, np.ndarray], weights: Mapping[int, np.ndarray], visible: float
) -> np.ndarray:
    """Samples that are off along all axes by much the same, in the pattern of one wrong sample along one.

    An axis along which a sample has too few neighbours has no say.
    """
    known = np.isfinite(np.stack(list(rests.values())))
    stacked = np.where(known, np.stack(list(rests.values())), 0.0)
    far = known.any(axis=0)
    patterned = np.zeros(far.shape, dtype=bool)
    for k, (axis, rest) in enumerate(rests.items()):
        sizes = np.abs(rest[known[k]])
        sd = 1.4826 * float(np.median(sizes)) if sizes.size else 0.0
        far &= ~known[k] | (np.abs(stacked[k]) > max(_FAR * sd, visible))
        patterned |= known[k] & _follows_pattern(rest, axis, weights[axis])
    highest = np.where(known, stacked, -np.inf).max(axis=0)
    lowest = np.where(known, stacked, np.inf).min(axis=0)
    candidates = far & patterned
    candidates[candidates] = (highest - lowest)[candidates] <= _ALIKE * np.abs(highest)[candidates]
    return candidates


def _follows_pattern(rest: np.ndarray, axis: int, weights: np.ndarray) -> np.ndarray:
    """Whether the neighbours of a sample are off as they would be if only this sample were wrong."""
    moved = np.moveaxis(rest, axis, 0)
    count = len(moved)
    good = np.ones(moved.shape, dtype=bool)
    for k in range(-_REACH, _REACH + 1):
        if k == 0:
            continue
        here = slice(max(0, -k), count - max(0, k))
        there = slice(max(0, k), count - max(0, -k))
        expected = weights[there, _REACH - k].reshape(-1, *([1] * (moved.ndim - 1))) * moved[here]
        # NaN at a neighbour compares as False: it does not speak against the sample.
        good[here] &= ~(np.abs(moved[there] - expected) > _ALIKE * np.abs(moved[here]))
    return np.moveaxis(good, 0, axis)
