"""What a person asks for, and what comes back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import Estimate, methods, register
from physforge_kernel.derivatives._sampling import period_of, white_noise
from physforge_kernel.errors import DerivativeError

from .conftest import held, line, noisy, waves, wrong

X = 2 * np.pi * np.arange(64) / 64
T = np.linspace(0, 2, 50)


def travelling() -> xr.Dataset:
    """u(t, x) = exp(-t/2) sin(2x) + cos(x - t)."""
    t, x = np.meshgrid(T, X, indexing="ij")
    u = np.exp(-t / 2) * np.sin(2 * x) + np.cos(x - t)
    return xr.Dataset(
        {"u": (("t", "x"), u, {"units": "m/s"})},
        {"t": ("t", T, {"units": "s"}), "x": ("x", X, {"units": "m"})},
        attrs={"source": "made by hand"},
    )


def mixed() -> np.ndarray:
    """u_xxt of it."""
    t, x = np.meshgrid(T, X, indexing="ij")
    return 2 * np.exp(-t / 2) * np.sin(2 * x) - np.sin(x - t)


def test_every_derivative_comes_with_its_error_and_its_story():
    found = pf.differentiate(travelling(), ["u_x", "u_xxt"])

    assert set(found.data_vars) == {"u_x", "u_x_error", "u_xxt", "u_xxt_error"}
    assert found["u_x"].dims == ("t", "x")
    assert found["u_x"].attrs["units"] == "m/s/m"
    assert found["u_xxt"].attrs["units"] == "m/s/m^2/s"
    assert found["u_x_error"].attrs["units"] == "m/s/m"
    assert "periodic axis" in found["u_x"].attrs["reason"]
    assert found["u_x"].attrs["method"] == "x: spectral"
    assert found.attrs["source"] == "made by hand"
    assert found.attrs["reason"].endswith(".")


def test_a_field_without_units_gets_none():
    assert "units" not in pf.differentiate(line(X, waves(X)), "u_x")["u_x"].attrs


def test_mixed_derivatives_compose():
    found = pf.differentiate(travelling(), "u_xxt")

    assert wrong(found, "u_xxt", mixed()) < 1e-6


def test_the_name_of_a_derivative_does_not_depend_on_how_it_is_asked_for():
    assert "u_xxt" in pf.differentiate(travelling(), "u_xtx", method="finite")


@pytest.mark.parametrize("method", ["spline", "polynomial"])
def test_errors_of_mixed_derivatives_are_passed_on(method):
    field = pf.add_noise(travelling(), 0.02, seed=0)

    found = pf.differentiate(field, "u_xxt", method=method)

    assert held(found, "u_xxt", mixed()) > 0.88
    assert wrong(found, "u_xxt", mixed()) < 0.2


def test_complex_fields_are_differentiated_as_they_are():
    wave = np.exp(2j * X)
    noise = np.random.default_rng(0).standard_normal((2, 64))
    samples = wave + 0.02 * (noise[0] + 1j * noise[1])

    found = pf.differentiate(line(X, samples), "u_x", method="spline", periodic=True)

    assert np.iscomplexobj(found["u_x"].values)
    assert not np.iscomplexobj(found["u_x_error"].values)
    assert wrong(found, "u_x", 2j * wave) < 0.06
    assert held(found, "u_x", 2j * wave) > 0.9
    assert found["u_x"].attrs["noise"] == pytest.approx(0.02 * np.sqrt(2), rel=0.4)


def test_three_dimensions_are_differentiated_along_each():
    y = np.linspace(0, 1, 20)
    u = np.sin(T)[:, None, None] * np.cos(X)[None, :, None] * np.exp(y)
    field = xr.Dataset({"u": (("t", "x", "y"), u)}, {"t": T, "x": X, "y": y})

    found = pf.differentiate(field, ["u_y", "u_ty"], method="finite")

    assert wrong(found, "u_y", u) < 1e-6
    assert wrong(found, "u_yt", np.cos(T)[:, None, None] * np.cos(X)[None, :, None] * np.exp(y)) < 1e-5


def test_auto_smooths_noise_and_does_not_smooth_clean_samples():
    x = np.linspace(0, 5, 150)
    clean = pf.differentiate(line(x, waves(x)), "u_x")
    rough = pf.differentiate(line(x, noisy(waves(x), 0.1, 0)), "u_x")

    assert wrong(clean, "u_x", waves(x, 1)) < 1e-6
    assert rough["u_x"].attrs["method"].split()[-1] in {"spline", "savgol", "gp", "polynomial"}
    assert "noise is" in rough["u_x"].attrs["reason"]
    assert wrong(rough, "u_x", waves(x, 1)) < 0.2


def test_auto_takes_what_uneven_points_allow():
    x = np.sort(np.random.default_rng(0).uniform(0, 5, 150))

    found = pf.differentiate(line(x, noisy(waves(x), 0.05, 0)), "u_x")

    assert "unevenly spaced" in found["u_x"].attrs["reason"]
    assert wrong(found, "u_x", waves(x, 1)) < 0.3


def test_the_noise_can_be_told():
    field = line(X, noisy(waves(X), 0.05, 0))

    little = pf.differentiate(field, "u_x", method="finite", accuracy=2, noise=1.0)
    much = pf.differentiate(field, "u_x", method="finite", accuracy=2, noise={"u": 10.0})

    assert float((much["u_x_error"] / little["u_x_error"]).median()) == pytest.approx(10, rel=0.2)


def test_stencils_leave_what_touches_a_gap_missing():
    u = waves(X)
    u[20] = np.nan

    found = pf.differentiate(line(X, u), "u_x", method="finite", accuracy=2, periodic=False)

    missing = set(np.flatnonzero(np.isnan(found["u_x"].values)))
    assert {19, 20, 21} <= missing <= set(range(17, 24))
    assert np.array_equal(np.isnan(found["u_x"].values), np.isnan(found["u_x_error"].values))
    assert "missing" in found["u_x"].attrs["gaps"]


@pytest.mark.parametrize("method", ["polynomial", "spline", "gp", "auto"])
def test_methods_for_any_points_use_what_is_left(method):
    u = noisy(waves(X), 0.02, 0)
    gone = np.zeros(64, dtype=bool)
    gone[[5, 6, 20, 33, 50]] = True

    found = pf.differentiate(line(X, np.where(gone, np.nan, u)), "u_x", method=method)

    assert np.array_equal(np.isnan(found["u_x"].values), gone)
    assert wrong(found, "u_x", waves(X, 1)) < 0.2


def test_scattered_gaps_of_many_patterns_are_dealt_with():
    field = travelling()
    gone = np.random.default_rng(0).random(field["u"].shape) < 0.05

    found = pf.differentiate(field.where(~xr.DataArray(gone, dims=("t", "x"))), "u_t", method="polynomial")

    t, x = np.meshgrid(T, X, indexing="ij")
    truth = -0.5 * np.exp(-t / 2) * np.sin(2 * x) + np.sin(x - t)
    assert np.array_equal(np.isnan(found["u_t"].values), gone)
    assert wrong(found, "u_t", truth) < 1e-3


def test_a_hole_in_a_line_leaves_other_lines_to_fourier():
    field = travelling()
    field["u"][3, 10:20] = np.nan

    found = pf.differentiate(field, "u_x", method="spectral", periodic={"x": True})

    assert np.isnan(found["u_x"].values[3]).all()
    assert np.isfinite(np.delete(found["u_x"].values, 3, axis=0)).all()


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        ("u_x", {"method": "magic"}, "no method 'magic'. The methods are: auto, finite"),
        ("u_y", {}, "needs the axis y, but u stands on t, x"),
        ("w_x", {}, "'w_x' is no derivative of this field"),
        ("u", {}, "'u' is no derivative of this field"),
        ([], {}, "No derivative was asked for"),
        ("u_t", {"method": "spectral"}, "needs a periodic axis"),
        ("u_x", {"method": "savgol", "widow": 9}, "no option 'widow'. Its options are: window, degree"),
        ("u_x", {"window": 9}, "name the method"),
        ("u_x", {"method": "savgol", "window": 900}, "A window of 900 samples does not do"),
        ("u_x", {"method": "finite", "accuracy": 0}, "The accuracy of finite differences is 0"),
        ("u_x", {"noise": -1.0}, "give a standard deviation"),
        ("u_x", {"periodic": {"q": True}}, "periodic names the axis 'q'"),
        ("u_xxxxx", {"method": "spline"}, "to order 4"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(names, options, said):
    with pytest.raises(DerivativeError, match=said):
        pf.differentiate(travelling(), names, **options)


def test_savitzky_golay_says_what_uneven_points_need():
    x = np.array([0.0, 1.0, 1.5, 3.0, 3.5, 4.2, 6.0, 6.5, 8.0, 9.0])

    with pytest.raises(DerivativeError, match='use method="polynomial"'):
        pf.differentiate(line(x, x**2), "u_x", method="savgol")


@pytest.mark.parametrize("method", ["auto", *("finite", "savgol", "polynomial", "spline", "gp", "tv")])
def test_too_few_samples_are_refused(method):
    x = np.arange(3.0)

    with pytest.raises(DerivativeError, match=r"samples along x, which has 3"):
        pf.differentiate(line(x, x**2), "u_x", method=method)


def test_nothing_but_missing_samples_is_refused():
    with pytest.raises(DerivativeError, match="No sample along x is a finite number"):
        pf.differentiate(line(X, np.full(64, np.nan)), "u_x")


def test_a_method_of_ones_own_is_asked_for_by_name():
    def whole(samples, orders, *, factor: float = 1.0):
        assert samples.axes == ("t", "x")
        assert samples.periods["x"] == pytest.approx(2 * np.pi)
        size = np.full(samples.values.shape, factor * orders["x"])
        return Estimate(size, size, 0 * size, {"factor": factor})

    register("of_ones_own", whole, summary="for this test", whole=True)

    found = pf.differentiate(travelling(), "u_xx", method="of_ones_own", factor=2.0)
    assert methods()["of_ones_own"] == "for this test"
    assert float(found["u_xx"][0, 0]) == 4.0
    assert "factor 2" in found["u_xx"].attrs["settings"]
    with pytest.raises(DerivativeError, match="already"):
        register("of_ones_own", whole)
    with pytest.raises(DerivativeError, match="no option 'size'"):
        pf.differentiate(travelling(), "u_x", method="of_ones_own", size=1)


def test_noise_is_estimated_on_even_and_uneven_points():
    rng = np.random.default_rng(0)
    for points in (np.linspace(0, 10, 400), np.sort(rng.uniform(0, 10, 400))):
        samples = np.sin(points) + 0.05 * rng.standard_normal(400)
        assert white_noise(samples, [points]) == pytest.approx(0.05, rel=0.15)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_choice_of_units_changes_nothing(size):
    samples = noisy(waves(X), 0.02, 0)

    plain = pf.differentiate(line(X, samples), "u_x", method="spline")
    scaled = pf.differentiate(line(X, samples * size), "u_x", method="spline")

    assert scaled["u_x"].values / size == pytest.approx(plain["u_x"].values, rel=1e-6, abs=1e-9)
    assert scaled["u_x_error"].values / size == pytest.approx(plain["u_x_error"].values, rel=1e-6)
    assert scaled["u_x"].attrs["noise"] / size == pytest.approx(plain["u_x"].attrs["noise"])


def test_a_period_is_found_only_where_the_samples_show_it():
    phases = np.linspace(0, 3, 40)
    closing = np.sin(X[:, None] + phases)
    noise = 0.05 * np.random.default_rng(0).standard_normal(closing.shape)

    assert period_of(X, closing, 0.0) == (pytest.approx(2 * np.pi), False)
    assert period_of(X, closing + noise, 0.05) == (pytest.approx(2 * np.pi), False)
    assert period_of(X, np.sin(0.9 * X[:, None] + phases), 0.0) is None
    assert period_of(X, closing[:, :1] + noise[:, :1], 0.05) is None


def test_a_falling_axis_keeps_its_order() -> None:
    t, x = np.linspace(0, 1, 20), np.linspace(0, 6, 80)
    rising = xr.Dataset({"u": (("t", "x"), np.exp(-t)[:, None] * np.sin(x))}, {"t": t, "x": x})
    falling = rising.isel(x=slice(None, None, -1))
    found = pf.differentiate(falling, ["u_x", "u_t"], method="finite")
    np.testing.assert_array_equal(found.x, falling.x)
    np.testing.assert_allclose(found["u_x"].values, np.exp(-t)[:, None] * np.cos(falling.x.values), atol=1e-3)
    same = pf.differentiate(rising, ["u_x", "u_t"], method="finite").isel(x=slice(None, None, -1))
    xr.testing.assert_identical(found, same)


def test_an_axis_that_turns_back_is_refused() -> None:
    field = xr.Dataset({"u": ("x", np.arange(30.0) ** 2)}, {"x": np.r_[0:10, 20:10:-1, 21:31].astype(float)})
    with pytest.raises(DerivativeError, match="The axis x turns back at index 1[01] and is not monotone"):
        pf.differentiate(field, "u_x")


@pytest.mark.parametrize("name", ["u_x", "u_xx"])
def test_a_front_without_noise_is_not_given_to_total_variation(name: str) -> None:
    fine = pf.catalogue.get("burgers").field(x=1536, t=21)
    true = pf.differentiate(fine, name, method="spectral")[name].values[:, ::16]
    field = fine.isel(x=slice(None, None, 16))

    def wrong(method: str) -> float:
        return float(
            np.sqrt(np.mean((pf.differentiate(field, name, method=method)[name].values - true) ** 2))
        )

    assert wrong("auto") < 1.5 * min(wrong("spectral"), wrong("spline"))


@pytest.mark.parametrize("count", [48, 96])
def test_spectral_states_what_waves_too_short_for_the_samples_add(count: int) -> None:
    fine = pf.catalogue.get("burgers").field(x=1536, t=21)
    true = pf.differentiate(fine, "u_x", method="spectral")["u_x"].values[:, :: 1536 // count]
    found = pf.differentiate(fine.isel(x=slice(None, None, 1536 // count)), "u_x", method="spectral")
    wrong = float(np.sqrt(np.mean((found["u_x"].values - true) ** 2)))
    stated = float(np.sqrt(np.mean(found["u_x_error"].values ** 2)))
    assert wrong / 2 < stated < 2 * wrong
