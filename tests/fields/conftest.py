"""Fields that several tests read, write and damage."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr


@pytest.fixture
def field() -> xr.Dataset:
    """A small field of two variables on (t, x), one of them complex, with units and a missing value."""
    rng = np.random.default_rng(0)
    u = rng.standard_normal((5, 7))
    u[1, 2] = np.nan
    return xr.Dataset(
        {
            "u": (("t", "x"), u, {"units": "m/s"}),
            "psi": (("t", "x"), rng.standard_normal((5, 7)) + 1j * rng.standard_normal((5, 7))),
        },
        {
            "t": ("t", np.array([0.0, 0.1, 0.2, 0.3, 0.5]), {"units": "s"}),
            "x": ("x", np.linspace(-1, 1, 7), {"units": "m"}),
        },
        attrs={"title": "two waves"},
    )
