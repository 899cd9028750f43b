"""Noise in a measured field: whether there is some, how much, and a smooth field without it."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LEAST_NOISE = 1e-6
_LONGEST = 1600
_PENALTIES = 10.0 ** np.arange(-6, 13)


def noise_level(values: Array, axes: Sequence[int] | None = None) -> float:
    """The standard deviation of white noise on a sampled field, or 0 where none is found.

    Differences of order 4 and 6 along an axis agree on the level of white noise, and disagree on anything
    smooth.

    Args:
        values: (n_t, ...), real.
        axes: those along which neighbours are neighbours; all of them by default.

    Returns:
        The noise, in units of the values.

    >>> smooth = np.sin(np.linspace(0, 6, 400))
    >>> rough = smooth + np.random.default_rng(0).normal(0, 0.1, 400)
    >>> noise_level(smooth), round(noise_level(rough), 1)
    (0.0, 0.1)
    """
    size = float(values.std())
    found: list[float] = []
    for axis in range(values.ndim) if axes is None else axes:
        if values.shape[axis] < 16:
            continue
        fourth, sixth = (_difference(values, order, axis) for order in (4, 6))
        if (
            not np.isfinite(sixth)
            or sixth < _LEAST_NOISE * size
            or not 0.75 < sixth / max(fourth, 1e-300) < 1.33
        ):
            return 0.0
        found.append(sixth)
    return float(min(found, default=0.0))


def _difference(values: Array, order: int, axis: int) -> float:
    differences = np.abs(np.diff(values, n=order, axis=axis))
    return float(np.median(differences)) / 0.6745 / np.sqrt(comb(2 * order, order))


def smoothed(values: Array, noise: float, periodic: Sequence[bool]) -> Array:
    """A field with white noise taken out, as good at its first time and at its edges as inside.

    Space is split into waves (periodic axes) or into the eigenvectors of the third-difference penalty
    (others); the history of each is then smoothed by that penalty, as strongly as Stein's unbiased risk
    estimate says, or dropped.

    Args:
        values: (n_t, *space), real, on equal steps.
        noise: its standard deviation.
        periodic: whether each axis of space is.

    Returns:
        The smooth field, shaped as `values`.

    Source: P. H. C. Eilers, Anal. Chem. 75 (2003), for the penalty; C. Stein, Ann. Stat. 9 (1981), for the
        risk.
    """
    if max(values.shape) > _LONGEST:
        return values
    bases = [
        _waves(n) if closed else _penalty_basis(n)[0]
        for n, closed in zip(values.shape[1:], periodic, strict=True)
    ]
    modes = values
    for axis, basis in enumerate(bases, start=1):
        modes = np.moveaxis(np.moveaxis(modes, axis, -1) @ basis, -1, axis)
    histories = modes.reshape(len(values), -1)
    basis, weights = (
        _penalty_basis(len(values)) if len(values) > 6 else (np.eye(len(values)), np.zeros(len(values)))
    )
    histories = basis @ _shrunk(basis.T @ histories, weights, noise)
    modes = histories.reshape(modes.shape)
    for axis, basis in enumerate(bases, start=1):
        modes = np.moveaxis(np.moveaxis(modes, axis, -1) @ basis.T, -1, axis)
    return modes


def _shrunk(histories: Array, weights: Array, noise: float) -> Array:
    """Each column times the 1/(1 + penalty * weights), or the 0, of least estimated risk."""
    best = (histories**2).sum(axis=0) - len(weights) * noise**2
    kept = np.zeros_like(histories)
    # Among many columns of pure noise some look like signal: a column must beat zero by its own deviation.
    best -= noise**2 * np.sqrt(2.0 * len(weights)) * 2
    for penalty in _PENALTIES:
        factor = (1 / (1 + penalty * weights))[:, None]
        risk = ((1 - factor) ** 2 * histories**2).sum(axis=0) + (2 * factor.sum() - len(weights)) * noise**2
        better = risk < best
        best = np.where(better, risk, best)
        kept = np.where(better, factor * histories, kept)
    return kept


def _penalty_basis(n: int) -> tuple[Array, Array]:
    differences = np.diff(np.eye(n), n=3, axis=0)
    weights, basis = np.linalg.eigh(differences.T @ differences)
    return basis, np.clip(weights, 0, None)


def _waves(n: int) -> Array:
    """The real Fourier basis, orthonormal, as columns."""
    position = np.arange(n)
    columns = [np.full(n, 1 / np.sqrt(n))]
    for k in range(1, (n + 1) // 2):
        angle = 2 * np.pi * k * position / n
        columns += [np.sqrt(2 / n) * np.cos(angle), np.sqrt(2 / n) * np.sin(angle)]
    if n % 2 == 0:
        columns.append(np.cos(np.pi * position) / np.sqrt(n))
    return np.stack(columns, axis=1)
