"""`differentiate(..., method="network")`: a network fitted to all samples at once."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.derivatives import differentiate
from physforge_kernel.errors import DerivativeError


def field(noise: float) -> xr.Dataset:
    x, t = np.linspace(0, 3, 41), np.linspace(0, 1, 21)
    u = 50 + 7 * np.exp(-t)[:, None] * np.sin(2 * x)[None]
    u += noise * np.random.default_rng(0).normal(size=u.shape)
    return xr.Dataset({"u": (("t", "x"), u)}, {"t": t, "x": x})


def exact(of: xr.Dataset) -> dict[str, xr.DataArray]:
    decay = 7 * np.exp(-of.t)
    return {"u_x": 2 * decay * np.cos(2 * of.x), "u_xt": -2 * decay * np.cos(2 * of.x)}


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_derivatives_come_with_errors_that_hold(noise: float) -> None:
    samples = field(noise)
    found = differentiate(samples, ["u_x", "u_xt"], method="network")
    for name, truth in exact(samples).items():
        wrong = np.abs(found[name] - truth)
        bound = {"u_x": 0.3, "u_xt": 1.5}[name] if noise else 0.01
        assert float(np.sqrt((wrong**2).mean())) < bound
        assert float((wrong <= 3 * found[f"{name}_error"]).mean()) > 0.8
        assert float(found[f"{name}_error"].mean()) < 2 * bound


def test_missing_samples_stay_missing_and_do_no_harm() -> None:
    samples = field(0.0)
    samples["u"][5:8, 10:20] = np.nan
    found = differentiate(samples, "u_x", method="network")["u_x"]
    assert np.isnan(found.values[5:8, 10:20]).all()
    assert int(np.isnan(found.values).sum()) == 30
    assert float(np.abs(found - exact(samples)["u_x"]).max()) < 0.2


def test_too_few_samples_are_told() -> None:
    few = xr.Dataset({"u": ("x", np.arange(9.0))}, {"x": np.arange(9.0)})
    with pytest.raises(DerivativeError, match="needs 32 samples at least, and there are 9"):
        differentiate(few, "u_x", method="network")


def test_the_method_is_there_before_the_solver_is_loaded() -> None:
    code = (
        "import sys; from physforge_kernel.derivatives._methods import method_named; "
        "assert 'torch' not in sys.modules; print(method_named('network').summary)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "network" in done.stdout
    with pytest.raises(DerivativeError, match="The methods are: auto, finite, .*network"):
        differentiate(field(0.0), "u_x", method="networks")
