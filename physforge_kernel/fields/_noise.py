"""Measurement noise for synthetic data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import FieldError
from ._validate import validate

if TYPE_CHECKING:
    import xarray as xr


def add_noise(field: xr.Dataset, fraction: float, seed: int) -> xr.Dataset:
    """Add Gaussian white noise to every variable of a field.

    Args:
        field: the field; it is left as it is.
        fraction: the noise's standard deviation, as a fraction of each variable's root mean square. Of
            complex variables, that of the whole: real and imaginary parts get a half of the variance each.
        seed: equal seeds give equal noise.

    Returns:
        A noisy copy, missing values still missing, with `noise` and `noise_seed` in `attrs`.

    Raises:
        FieldError: `fraction` is negative or no number, or `field` is no field.

    Example:
        >>> import numpy as np, xarray as xr
        >>> field = xr.Dataset({"u": ("x", np.ones(10_000))}, {"x": np.arange(10_000.0)})
        >>> round(float(add_noise(field, 0.1, seed=0)["u"].std()), 3)
        0.1
    """
    if not np.isfinite(fraction) or fraction < 0:
        raise FieldError(
            f"The noise fraction is {fraction!r}: pass a number from 0 up, such as 0.1 for 10 per cent."
        )
    noisy = validate(field)
    rng = np.random.default_rng(seed)
    for name in list(noisy.data_vars):
        values = noisy[name].values
        size = fraction * _root_mean_square(values)
        if np.iscomplexobj(values):
            noise = (rng.standard_normal(values.shape) + 1j * rng.standard_normal(values.shape)) / np.sqrt(2)
        else:
            noise = rng.standard_normal(values.shape)
        noisy[name] = noisy[name].copy(data=values + size * noise)
    noisy.attrs |= {"noise": float(fraction), "noise_seed": int(seed)}
    return noisy


def _root_mean_square(values: np.ndarray) -> float:
    """Return that of the known values; scaled first, since squares of large values overflow."""
    known = np.abs(values[np.isfinite(values)])
    largest = known.max(initial=0.0)
    return float(largest * np.sqrt(np.mean((known / largest) ** 2))) if largest > 0 else 0.0
