"""Missing samples: filled where neighbours tell them, left out where there is a hole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._noise import REACH, cubic_rest, cubic_weights

#: A block of missing samples with this many along every axis is a hole, in one dimension and in more.
_HOLE_ON_A_LINE = 5
_HOLE = 3

#: A cubic whose variance is more than this multiple of a sample's is not used, as happens on uneven grids.
_MOST_NOISE = 6.0

#: Share of the known samples that are hidden to see how well filling finds them.
_HIDDEN = 0.1


def fill_gaps(values: np.ndarray, points: Sequence[np.ndarray]) -> np.ndarray:
    """Fill missing samples from their neighbours; holes, blocks in which all are missing, stay.

    A single gap on a line gets the cubic through its four neighbours, along the axis in which the field is
    smoothest. The others are filled so that the field bends least, along every axis and most of all there.

    Args:
        values: (n_1, ..., n_d); what is not finite is missing.
        points: the coordinates (n_i,) of each axis, increasing.

    Returns:
        A copy with the gaps filled; NaN in the holes.

    Example:
        >>> t = np.linspace(0, 1, 30)
        >>> cubic = t**3
        >>> cubic[12] = np.nan
        >>> bool(abs(fill_gaps(cubic, [t])[12] - t[12] ** 3) < 1e-9)
        True
    """
    if np.isfinite(values).all():
        return values
    values = _singles_filled(np.where(np.isfinite(values), values, np.nan), points)
    missing = np.asarray(np.isnan(values), dtype=bool)
    if not missing.any():
        return values
    from scipy.ndimage import binary_opening
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import cg

    edge = _HOLE_ON_A_LINE if values.ndim == 1 else _HOLE
    hole = binary_opening(missing, np.ones((edge,) * values.ndim, dtype=bool))
    filled = np.where(missing, np.nan, values)
    unknown = missing & np.logical_not(hole)
    count = int(unknown.sum())
    if count == 0 or missing.all():
        return filled
    number = np.full(values.shape, -1)
    number[unknown] = np.arange(count)
    start = np.where(missing, float(np.median(values[np.logical_not(missing)])), values)
    rows, columns, entries, right = [], [], [], []
    total = 0
    for near, weights in _bends(number, hole, values, points):
        inside = number.ravel()[near]
        line, place = np.nonzero(inside >= 0)
        rows.append(total + line)
        columns.append(inside[line, place])
        entries.append(weights[line, place])
        right.append(-(weights * start.ravel()[near]).sum(axis=1))
        total += len(near)
    if total == 0:
        return filled
    bends = csr_array(
        (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))), shape=(total, count)
    )
    normal = bends.T @ bends
    stiffness = normal.diagonal()
    inverse = diags_array(1 / np.where(stiffness > 0, stiffness, 1.0))
    change, _ = cg(normal, bends.T @ np.concatenate(right), rtol=1e-9, atol=0.0, maxiter=500, M=inverse)
    filled[unknown] = np.where(stiffness > 0, start[unknown] + change, np.nan)
    return filled


def _singles_filled(values: np.ndarray, points: Sequence[np.ndarray]) -> np.ndarray:
    """Gaps that have two known neighbours on either side along an axis, filled to third order."""
    rests: list[tuple[float, int, np.ndarray]] = []
    for axis, place in enumerate(points):
        if len(place) > 2 * REACH:
            weights = cubic_weights(place)
            weights[(np.delete(weights, REACH, axis=1) ** 2).sum(axis=1) > _MOST_NOISE] = np.nan
            sizes = np.abs(cubic_rest(values, axis, weights))
            known = sizes[np.isfinite(sizes)]
            rests.append((float(np.median(known)) if known.size else np.inf, axis, weights))
    filled = values.copy()
    for _, axis, weights in sorted(rests, key=lambda item: item[:2]):
        cubic = -cubic_rest(values, axis, weights, centre=False)
        gap = np.isnan(filled) & np.isfinite(cubic)
        filled[gap] = cubic[gap]
    return filled


def _bends(
    number: np.ndarray, hole: np.ndarray, values: np.ndarray, points: Sequence[np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Second differences that touch a gap and no hole: flat indices `(m, 3)` and weights `(m, 3)`."""
    flat = np.arange(values.size).reshape(values.shape)
    for axis, place in enumerate(points):
        if len(place) <= 2 * REACH:
            continue
        rest = np.abs(cubic_rest(np.where(np.isfinite(values), values, np.nan), axis, cubic_weights(place)))
        known = rest[np.isfinite(rest)]
        # Where the known samples show no roughness along an axis there is none to weigh it by.
        rough = float(np.median(known)) if known.size else float(np.nanstd(values))
        steps = np.diff(place)
        mean = np.sqrt(steps[:-1] * steps[1:])
        single = np.stack(
            [mean / steps[:-1], -mean / steps[:-1] - mean / steps[1:], mean / steps[1:]], axis=1
        )
        near = np.lib.stride_tricks.sliding_window_view(np.moveaxis(flat, axis, 0), 3, axis=0)
        weights = np.broadcast_to(
            single.reshape(len(single), *([1] * (values.ndim - 1)), 3), near.shape
        ) / max(rough, 1e-9 * float(np.nanmax(np.abs(np.where(np.isfinite(values), values, 0.0)))), 1e-300)
        near, weights = near.reshape(-1, 3), weights.reshape(-1, 3)
        used = (number.ravel()[near] >= 0).any(axis=1) & ~hole.ravel()[near].any(axis=1)
        yield near[used], weights[used]


def filling_error(values: np.ndarray, points: Sequence[np.ndarray], sigma: float) -> float:
    """Rms error of filled samples beyond their noise of sd `sigma`, from known samples that are hidden."""
    known = np.isfinite(values)
    hidden = known & (np.random.default_rng(0).random(values.shape) < _HIDDEN)
    found = fill_gaps(np.where(hidden, np.nan, values), points)[hidden] - values[hidden]
    found = found[np.isfinite(found)]
    if not found.size:
        return 0.0
    return float(np.sqrt(max(float((found**2).mean()) - 2 * sigma**2, 0.0)))
