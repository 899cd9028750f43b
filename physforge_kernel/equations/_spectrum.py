"""Real fields as normalised Fourier coefficients on any number of periodic axes, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def to_spectrum(fields: Array) -> Array:
    """The coefficients (m, *modes) of real fields (m, *grid): means of the field times each wave."""
    if fields.ndim == 2:
        return np.fft.rfft(fields, norm="forward")
    return np.fft.rfftn(fields, axes=range(1, fields.ndim), norm="forward")


def from_spectrum(spectra: Array, grid: tuple[int, ...]) -> Array:
    """The real fields (m, *grid) of coefficients (m, *modes) for that grid."""
    if spectra.ndim == 2:
        return np.fft.irfft(spectra, grid[0], norm="forward")
    return np.fft.irfftn(spectra, s=grid, axes=range(1, spectra.ndim), norm="forward")


def resized(spectra: Array, before: tuple[int, ...], after: tuple[int, ...]) -> Array:
    """The coefficients of the same fields on another grid: short waves are added as zeros, or dropped.

    Args:
        spectra: (m, *modes) for the grid `before`; waves at its very limit are dropped.
        before: the grid that the coefficients are for.
        after: the grid that they are wanted for.

    Returns:
        (m, *modes) for the grid `after`.

    >>> wave = np.cos(2 * np.pi * np.arange(8) / 8)[None]
    >>> from_spectrum(resized(to_spectrum(wave), (8,), (4,)), (4,)).round(12) + 0.0
    array([[ 1.,  0., -1.,  0.]])
    """
    if before == after:
        return spectra
    for axis, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        half = (min(old, new) + 1) // 2
        moved = np.moveaxis(spectra, axis, -1)
        if axis == len(before):
            target = np.zeros((*moved.shape[:-1], new // 2 + 1), complex)
            target[..., :half] = moved[..., :half]
        else:
            target = np.zeros((*moved.shape[:-1], new), complex)
            target[..., :half] = moved[..., :half]
            if half > 1:
                target[..., 1 - half :] = moved[..., 1 - half :]
        spectra = np.moveaxis(target, -1, axis)
    return spectra


def kept_waves(n: int, degree: int) -> int:
    """How many waves of n grid points can be kept, so that products of this degree alias onto none of
    them."""
    return max(2, n // (degree + 1))


def next_grid(n: int) -> int:
    """The next of 8, 12, 16, 24, 32, ...: finer grids in steps that fast transforms like.

    >>> next_grid(128), next_grid(192)
    (192, 256)
    """
    return n * 3 // 2 if n & (n - 1) == 0 else n * 4 // 3
