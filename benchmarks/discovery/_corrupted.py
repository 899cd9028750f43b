"""Samples that break what the statistics assume, of laws that are found without that.

Noise that is correlated, grows with the signal or has outliers; sensors that round, drift or lose samples;
clocks that jitter; grids and records that are too coarse or too short. Every seed has its own start and its
own noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

import physforge_kernel as pf

LEVELS = (0.05, 0.2)
LAWS = ("burgers", "fisher_kpp", "kdv", "lotka_volterra")

Array = np.ndarray


def _scaled(
    field: xr.Dataset, make: Callable[[Array, float, np.random.Generator], Array], seed: int
) -> xr.Dataset:
    """The field with `make(values, rms, generator)` added to every variable."""
    generator, noisy = np.random.default_rng(seed), field.copy()
    for name in field.data_vars:
        values = field[name].values
        size = float(np.sqrt(np.mean(values**2)))
        noisy[name] = field[name].copy(data=values + make(values, size, generator))
    return noisy


def _correlated(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """Noise whose neighbours within about three samples agree, along every axis."""
    from scipy.ndimage import gaussian_filter

    def make(values: Array, size: float, generator: np.random.Generator) -> Array:
        smooth = gaussian_filter(generator.standard_normal(values.shape), 1.5, mode="wrap")
        return level * size * smooth / smooth.std()

    return _scaled(field, make, seed)


def _counting(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """Noise like that of counts, its variance in proportion to the signal's size."""
    return _scaled(
        field, lambda v, size, g: level * np.sqrt(size * np.abs(v)) * g.standard_normal(v.shape), seed
    )


def _multiplied(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    return _scaled(field, lambda v, size, g: level * v * g.standard_normal(v.shape), seed)


def _outliers(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """White noise, and two per cent of samples off by up to three times the field's RMS."""

    def make(values: Array, size: float, generator: np.random.Generator) -> Array:
        off = generator.random(values.shape) < 0.02
        return size * (
            level * generator.standard_normal(values.shape) + off * generator.uniform(-3, 3, values.shape)
        )

    return _scaled(field, make, seed)


def _rounded(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """No noise, but steps whose rounding error has the level's size."""
    rounded = field.copy()
    for name in field.data_vars:
        step = np.sqrt(12) * level * float(np.sqrt(np.mean(field[name].values ** 2)))
        rounded[name] = field[name].copy(data=step * np.round(field[name].values / step))
    return rounded


def _drifting(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """White noise, and a sensor whose zero wanders off by a fifth of the field's RMS."""
    span = (field["t"] - field["t"][0]) / (field["t"][-1] - field["t"][0])
    noisy = pf.add_noise(field, level, seed)
    for name in field.data_vars:
        noisy[name] = noisy[name] + 0.2 * float(np.sqrt((field[name] ** 2).mean())) * span
    return noisy.transpose(*field[next(iter(field.data_vars))].dims)


def _gaps(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """White noise, and three samples of ten lost."""
    noisy, generator = pf.add_noise(field, level, seed), np.random.default_rng(seed + 1)
    return noisy.where(
        xr.DataArray(generator.random(tuple(field.sizes.values())) > 0.3, dims=list(field.sizes))
    )


def _jitter(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """White noise, and clocks that were wrong by up to a third of a step when a sample was taken."""
    t = field["t"].values
    wrong = np.random.default_rng(seed + 1).uniform(-1 / 3, 1 / 3, len(t)) * np.gradient(t)
    moved = field.interp(t=np.clip(t + wrong, t[0], t[-1]), method="cubic").assign_coords(t=t)
    return pf.add_noise(moved, level, seed)


def _coarse(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """White noise on every twelfth sample of the finest axis."""
    axis = "x" if "x" in field.dims else "t"
    return pf.add_noise(field.isel({axis: slice(None, None, 12)}), level, seed)


def _short(field: xr.Dataset, level: float, seed: int) -> xr.Dataset:
    """White noise on the first tenth of the record."""
    return pf.add_noise(field.isel(t=slice(0, max(field.sizes["t"] // 10, 8))), level, seed)


CORRUPTIONS: dict[str, Callable[[xr.Dataset, float, int], xr.Dataset]] = {
    "correlated noise": _correlated,
    "counting noise": _counting,
    "multiplied noise": _multiplied,
    "outliers": _outliers,
    "rounding": _rounded,
    "drifting sensor": _drifting,
    "lost samples": _gaps,
    "jittering clock": _jitter,
    "coarse grid": _coarse,
    "short record": _short,
}
