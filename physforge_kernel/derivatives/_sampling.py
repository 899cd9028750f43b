"""What the samples say of themselves: how noisy they are, and whether an axis closes on itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from ..equations._simulate_grid import closes
from ._lines import EVEN, Array

#: Orders of the differences that are tried, along every axis.
_ORDERS = (3, 4, 6, 8)

#: An estimate within this factor of the smallest is as good, and has lost fewer samples.
_ALIKE = 1.15


def white_noise(values: Array, points: Sequence[Array]) -> float:
    """Standard deviation of white noise on samples of a smooth field.

    High differences annihilate what is smooth and keep white noise, with a known factor. A field that the
    grid does not resolve looks noisy to this estimate: it is an upper bound.

    Args:
        values: (n_1, ..., n_d); NaN marks missing samples.
        points: the coordinates (n_i,) of each axis, increasing.

    Returns:
        The estimate, in the field's units; 0.0 where there are too few samples to tell.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> t = np.linspace(0, 9, 900)
        >>> bool(abs(white_noise(np.sin(t) + 0.1 * rng.standard_normal(900), [t]) - 0.1) < 0.01)
        True
    """
    estimates = []
    for axis, at in enumerate(points):
        for order in _ORDERS:
            if values.shape[axis] >= 2 * order + 1:
                rest = _differences(values, axis, order, at)
                squares = rest[np.isfinite(rest)] ** 2
                if squares.size >= 8:
                    estimates.append(float(np.sqrt(squares.mean())))
    smallest = min(estimates, default=0.0)
    return next((each for each in estimates if each <= _ALIKE * smallest), 0.0)


def _differences(values: Array, axis: int, order: int, points: Array) -> Array:
    """Differences that polynomials below `order` do not have, scaled to keep the size of white noise."""
    steps = np.diff(points)
    if np.ptp(steps) <= EVEN * float(steps.mean()):
        return np.diff(values, n=order, axis=axis) / np.sqrt(comb(2 * order, order))
    near = np.lib.stride_tricks.sliding_window_view(points, order + 1)
    gaps = (near[:, :, None] - near[:, None, :]) / (near[:, -1] - near[:, 0])[:, None, None]
    gaps[:, range(order + 1), range(order + 1)] = 1.0
    weights = 1 / np.prod(gaps, axis=2)
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    moved = np.moveaxis(values, axis, 0)
    shape = (len(near), *([1] * (moved.ndim - 1)))
    return np.sum([weights[:, k].reshape(shape) * moved[k : k + len(near)] for k in range(order + 1)], axis=0)


#: With fewer series than this, under noise beyond this share, a kink at the seam cannot be seen.
_SERIES = 16
_CLEAR = 1e-3


def period_of(points: Array, values: Array, noise: float) -> tuple[float, bool] | None:
    """The period of lines that go on smoothly from their last sample to their first.

    Args:
        points: (n,), equally spaced.
        values: (n, m), one series in each column.
        noise: the standard deviation of the noise.

    Returns:
        The period, and whether the last sample repeats the first; None where the lines do not close, or
        where noise hides whether they do.
    """
    known = values[:, np.isfinite(values).all(axis=0)].T
    if known.shape[0] == 0 or known.shape[1] < 12:
        return None
    scale = float(np.sqrt(np.mean((known - known.mean(axis=1, keepdims=True)) ** 2)))
    if scale == 0.0 or (len(known) < _SERIES and noise > _CLEAR * scale):
        return None
    extent = float(points[-1] - points[0])
    repeats = np.abs(known[:, -1] - known[:, 0]).max() <= 1e-9 * scale + 8 * noise
    typical = np.sqrt(np.mean((known[:, -1] - known[:, 0]) ** 2))
    step = np.sqrt(np.mean(np.diff(known, axis=1) ** 2))
    if repeats and typical <= 0.1 * step + 2 * noise and step > 3 * noise and closes(known[:, :-1]):
        return extent, True
    if closes(known):
        return extent * len(points) / (len(points) - 1), False
    return None
