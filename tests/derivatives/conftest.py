"""Functions with known derivatives, sampled with and without noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

Curve = Callable[[np.ndarray], np.ndarray]


def waves(x: np.ndarray, order: int = 0) -> np.ndarray:
    """Two waves in one period of two pi, or a derivative of them."""
    return np.sin(x + order * np.pi / 2) + 0.5 * 3**order * np.cos(3 * x + order * np.pi / 2)


def pulse(x: np.ndarray, order: int = 0) -> np.ndarray:
    """A pulse in one period of two pi, or its first derivative."""
    return np.exp(2 * np.sin(x)) * (2 * np.cos(x) if order else 1.0)


def line(x: np.ndarray, u: np.ndarray) -> xr.Dataset:
    """A field u(x)."""
    return xr.Dataset({"u": ("x", u)}, {"x": x})


def noisy(u: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Samples with Gaussian noise, as a fraction of their rms."""
    return u + fraction * np.sqrt(np.mean(u**2)) * np.random.default_rng(seed).standard_normal(u.shape)


def wrong(found: xr.Dataset, name: str, truth: np.ndarray) -> float:
    """The rms error relative to the rms of the derivative."""
    return float(np.sqrt(np.nanmean(np.abs(found[name].values - truth) ** 2) / np.mean(np.abs(truth) ** 2)))


def held(found: xr.Dataset, name: str, truth: np.ndarray) -> float:
    """The share of samples whose true derivative is within two standard errors."""
    return float(np.mean(np.abs(found[name].values - truth) <= 2 * found[f"{name}_error"].values))
