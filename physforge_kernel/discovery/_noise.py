"""What the samples say of themselves: how noisy they are, and where the grid does not resolve the field."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb

import numpy as np

#: Difference orders tried along every axis; the smallest estimate is the one with the least signal left in
#: it.
_ORDERS = (3, 4, 6, 8)

#: A sixth difference beyond this share of the field's rms, and beyond the noise, marks an unresolved front.
_UNRESOLVED_SHARE = 0.05
_UNRESOLVED_SDS = 6.0


def noise_sd(values: np.ndarray) -> float:
    """Standard deviation of white noise on samples of a smooth field.

    High-order differences annihilate what is smooth and keep white noise, with a known factor. A field that
    the grid does not resolve looks noisy to this estimate: it is an upper bound.

    Args:
        values: (n_1, ..., n_d), on grids that are uniform or nearly so; NaN marks missing samples.

    Returns:
        The estimate, in the field's units.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> bool(abs(noise_sd(np.sin(np.linspace(0, 9, 900)) + 0.1 * rng.standard_normal(900)) - 0.1) < 0.01)
        True
    """
    estimates = []
    for rest in _differences(values):
        squares = rest[np.isfinite(rest)] ** 2
        if squares.size >= 8:
            estimates.append(float(np.sqrt(squares.mean())))
    return min(estimates, default=0.0)


def resolved(values: np.ndarray) -> np.ndarray:
    """Mask `(n_1, ..., n_d)` of the samples around which the grid resolves the field.

    Fronts and shocks leave high differences far beyond the noise. No smooth law can be read off there, and
    what a solver left there is its own truncation error.
    """
    scale = float(np.sqrt(np.nanmean((values - np.nanmean(values)) ** 2)))
    good = np.ones(values.shape, dtype=bool)
    if scale == 0.0:
        return good
    order = 6
    for axis in range(values.ndim):
        if values.shape[axis] < 3 * order:
            continue
        rest = np.abs(np.diff(values, n=order, axis=axis)) / np.sqrt(comb(2 * order, order))
        typical = float(np.nanmedian(rest)) / 0.6745
        rough = rest > max(_UNRESOLVED_SHARE * scale, _UNRESOLVED_SDS * typical)
        for i in np.argwhere(rough):
            span = tuple(slice(j, j + order + 1) if k == axis else slice(j, j + 1) for k, j in enumerate(i))
            good[span] = False
    return good


#: Ratio of noise variances, where a field is large and where it is small, that white noise does not reach.
_UNEVEN = 2.0


def uneven_noise(values: np.ndarray) -> bool:
    """Whether the noise is larger where the field is: noise that the corrections do not cover.

    Compares squared differences between the thirds of the samples with the largest and the smallest values.
    """
    rms = float(np.sqrt(np.nanmean(values**2)))
    sigma = noise_sd(values)
    if not 1e-3 * rms < sigma < 0.3 * rms:  # below there is nothing to see; above, size itself is noise
        return False
    order = 6
    axes = [axis for axis in range(values.ndim) if values.shape[axis] >= 3 * order]
    if not axes:
        return False
    rests = {axis: np.diff(values, n=order, axis=axis) ** 2 for axis in axes}
    axis = min(axes, key=lambda axis: float(np.nanmean(rests[axis])))
    middle = tuple(slice(order // 2, -order // 2) if k == axis else slice(None) for k in range(values.ndim))
    size, squares = np.abs(values[middle]).ravel(), rests[axis].ravel()
    known = np.isfinite(size) & np.isfinite(squares)
    size, squares = size[known], squares[known]
    if len(size) < 500:
        return False
    low, high = np.quantile(size, [1 / 3, 2 / 3])
    return bool(squares[size >= high].mean() > _UNEVEN * squares[size <= low].mean())


def fill_gaps(values: np.ndarray) -> np.ndarray:
    """Fill single missing samples from their neighbours along an axis, to third order; larger gaps stay.

    The filled share is small where it helps, and its noise is close to that of a sample.
    """
    if np.isfinite(values).all():
        return values
    filled = values.copy()
    for axis in range(values.ndim):
        moved, source = np.moveaxis(filled, axis, 0), np.moveaxis(values, axis, 0)
        if len(source) < 5:
            continue
        cubic = (-source[:-4] + 4 * source[1:-3] + 4 * source[3:-1] - source[4:]) / 6
        gap = ~np.isfinite(moved[2:-2]) & np.isfinite(cubic)
        moved[2:-2][gap] = cubic[gap]
    return filled


def _differences(values: np.ndarray) -> Iterator[np.ndarray]:
    """Differences of `values` along one axis and along two, each scaled to keep the size of white noise."""
    for order in _ORDERS:
        axes = [axis for axis in range(values.ndim) if values.shape[axis] >= 3 * order]
        for chosen in [*((axis,) for axis in axes), *combinations(axes, 2)]:
            rest, factor = values, 1.0
            for axis in chosen:
                rest = np.diff(rest, n=order, axis=axis)
                factor *= comb(2 * order, order)
            yield rest / np.sqrt(factor)
