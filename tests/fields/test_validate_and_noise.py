"""What makes a Dataset a field, and noise of a known size."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.errors import FieldError
from physforge_kernel.fields import add_noise, validate


def test_axes_are_sorted_ordered_and_in_double_precision():
    given = xr.Dataset(
        {"u": (("x", "t"), np.arange(6, dtype="f4").reshape(3, 2))},
        {"x": ("x", [2, 0, 1], {"units": "m"}), "t": [0, 1], "month": ("t", ["May", "June"])},
        attrs={"title": "a"},
    )
    field = validate(given)
    assert field["u"].dims == ("t", "x")
    assert field["u"].dtype == field["x"].dtype == np.float64
    np.testing.assert_array_equal(field["u"].sel(t=0), [2, 4, 0])
    assert field["x"].attrs == {"units": "m"}
    assert field.attrs == {"title": "a"}
    assert "month" not in field
    assert given["u"].dims == ("x", "t")


def test_the_field_is_a_copy():
    given = xr.Dataset({"u": ("x", [1.0, 2.0])}, {"x": [0.0, 1.0]})
    validate(given)["u"].values[:] = 0
    np.testing.assert_array_equal(given["u"], [1, 2])


def test_a_data_array_is_a_field_of_one_variable():
    assert list(validate(xr.DataArray([1.0, 2.0], {"x": [0, 1]}, name="v")).data_vars) == ["v"]
    assert list(validate(xr.DataArray([1.0, 2.0], {"x": [0, 1]})).data_vars) == ["u"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (xr.Dataset(), "no variables"),
        (xr.Dataset({"u": ("x", [1.0, 2.0])}), r"dimension x has no coordinates.*linspace\(0, 1, 2\)"),
        (xr.Dataset({"u": ("x", [1.0, 2.0])}, {"x": [1, 1]}), "x takes the value 1 more than once"),
        (xr.Dataset({"u": ("x", [1.0, 2.0])}, {"x": [0, np.nan]}), "x is nan at index 1"),
        (xr.Dataset({"u": ("x", ["a", "b"])}, {"x": [0, 1]}), "variable u is .*, not numbers"),
        (
            xr.Dataset({"u": ("x", [1.0])}, {"x": np.array(["2020-01-01"], dtype="M8[ns]")}),
            "not real numbers",
        ),
        (xr.Dataset({"u": 3.0}), "single value"),
        (xr.Dataset({"u": ("x", np.empty(0))}, {"x": np.empty(0)}), "the field is empty"),
        ({"u": [1, 2]}, "this is a dict"),
    ],
)
def test_what_is_no_field_is_refused_in_a_sentence(given, message):
    with pytest.raises(FieldError, match=message):
        validate(given)


@pytest.fixture
def wave() -> xr.Dataset:
    x = np.linspace(0, 2 * np.pi, 40_000, endpoint=False)
    return xr.Dataset(
        {"u": ("x", 3 * np.sin(x)), "psi": ("x", 2 * np.exp(1j * x))}, {"x": x}, attrs={"title": "a"}
    )


def test_noise_is_a_fraction_of_the_root_mean_square(wave):
    noise = add_noise(wave, 0.2, seed=1) - wave
    assert float(noise["u"].std()) == pytest.approx(0.2 * 3 / np.sqrt(2), rel=0.02)
    assert float(np.sqrt((abs(noise["psi"]) ** 2).mean())) == pytest.approx(0.2 * 2, rel=0.02)
    assert float(noise["psi"].real.std()) == pytest.approx(float(noise["psi"].imag.std()), rel=0.03)
    assert abs(float(noise["u"].mean())) < 0.01
    assert abs(np.corrcoef(noise["u"], noise["psi"].real)[0, 1]) < 0.02


def test_equal_seeds_give_equal_noise_and_others_do_not(wave):
    first = add_noise(wave, 0.1, seed=3)
    assert first.identical(add_noise(wave, 0.1, seed=3))
    assert not first["u"].equals(add_noise(wave, 0.1, seed=4)["u"])
    assert first.attrs == {"title": "a", "noise": 0.1, "noise_seed": 3}


def test_missing_values_stay_missing_and_no_noise_is_none(wave):
    wave["u"][5] = np.nan
    noisy = add_noise(wave, 0.1, seed=0)
    assert int(noisy["u"].isnull().sum()) == 1
    assert np.isnan(noisy["u"].values[5])
    np.testing.assert_array_equal(add_noise(wave, 0.0, seed=0)["u"], wave["u"])


@pytest.mark.parametrize("fraction", [-0.1, np.nan, np.inf])
def test_a_senseless_fraction_is_refused(wave, fraction):
    with pytest.raises(FieldError, match="noise fraction"):
        add_noise(wave, fraction, seed=0)


def test_an_empty_variable_gets_no_noise():
    empty = xr.Dataset({"u": ("x", [np.nan, np.nan])}, {"x": [0.0, 1.0]})
    assert add_noise(empty, 0.1, seed=0)["u"].isnull().all()
