"""Each method is as accurate as it should be, and as honest about it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import physforge_kernel as pf
from physforge_kernel.derivatives._local import interpolating, nearest_starts

from .conftest import held, line, noisy, pulse, waves, wrong

EVEN = 2 * np.pi * np.arange(160) / 160
SMOOTHING = ("savgol", "polynomial", "spline", "gp")


def uneven(n: int, seed: int = 0) -> np.ndarray:
    return 2 * np.pi * (np.arange(n) + np.random.default_rng(seed).uniform(-0.4, 0.4, n)) / n


@given(
    st.lists(st.floats(0.2, 3.0), min_size=5, max_size=8),
    st.integers(1, 4),
    st.lists(st.floats(-2, 2), min_size=5, max_size=5),
)
@settings(max_examples=50, deadline=None)
def test_finite_differences_are_exact_for_polynomials_that_their_points_determine(steps, order, coefficients):
    points = np.cumsum(steps)
    at = points[len(points) // 2]
    polynomial = np.polynomial.Polynomial(coefficients)

    weights = interpolating((points - at)[None], order)[0]

    assert weights @ polynomial(points - at) == pytest.approx(polynomial.deriv(order)(0.0), abs=1e-7)


def test_the_nearest_samples_are_found_on_uneven_points():
    points = np.sort(np.random.default_rng(0).uniform(0, 1, 40))

    for i, start in enumerate(nearest_starts(points, 7)):
        nearest = np.sort(np.argsort(np.abs(points - points[i]), kind="stable")[:7])
        assert np.array_equal(nearest, np.arange(start, start + 7))


@pytest.mark.parametrize("accuracy", [2, 4, 6])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_finite_differences_converge_at_their_order(order, accuracy):
    errors = []
    for n in (40, 80):
        x = np.linspace(0, 2, n)
        field = line(x, waves(x))
        found = pf.differentiate(field, "u_" + "x" * order, method="finite", accuracy=accuracy, noise=0.0)
        errors.append(np.abs(found["u_" + "x" * order].values - waves(x, order)).max())

    assert np.log2(errors[0] / errors[1]) > accuracy - 0.6


@pytest.mark.parametrize(
    ("method", "bound"),
    [("finite", 1e-6), ("savgol", 1e-5), ("polynomial", 1e-5), ("spline", 1e-5), ("gp", 1e-3), ("tv", 0.05)],
)
def test_without_noise_derivatives_are_close_to_exact(method, bound):
    found = pf.differentiate(line(EVEN, waves(EVEN)), ["u_x", "u_xx"], method=method, periodic=False)

    assert wrong(found, "u_x", waves(EVEN, 1)) < bound
    assert wrong(found, "u_xx", waves(EVEN, 2)) < 10 * bound


def test_fourier_series_are_exact_on_what_they_resolve():
    found = pf.differentiate(line(EVEN, waves(EVEN)), ["u_x", "u_xxx"], method="spectral")

    assert wrong(found, "u_x", waves(EVEN, 1)) < 1e-11
    assert wrong(found, "u_xxx", waves(EVEN, 3)) < 1e-9


def test_a_last_sample_that_repeats_the_first_is_no_obstacle():
    x = np.linspace(0, 2 * np.pi, 101)

    found = pf.differentiate(line(x, waves(x)), "u_x", method="spectral")

    assert wrong(found, "u_x", waves(x, 1)) < 1e-11


@pytest.mark.parametrize("method", ["finite", "polynomial", "spline", "gp"])
def test_uneven_points_cost_little(method):
    x = uneven(160)

    found = pf.differentiate(line(x, waves(x)), "u_x", method=method)

    assert wrong(found, "u_x", waves(x, 1)) < 2e-3


@pytest.mark.parametrize("method", SMOOTHING)
def test_smoothing_beats_plain_differences_under_noise(method):
    field = line(EVEN, noisy(waves(EVEN), 0.05, 3))

    plain = wrong(pf.differentiate(field, "u_x", method="finite"), "u_x", waves(EVEN, 1))
    found = wrong(pf.differentiate(field, "u_x", method=method), "u_x", waves(EVEN, 1))

    assert found < plain / 4


def test_total_variation_keeps_a_kink_where_smoothing_rounds_it_off():
    x = np.linspace(0, 1, 200)
    slope = np.where(x < 0.4, 1.0, -2.0)
    field = line(x, noisy(np.minimum(x, 1.2 - 2 * x), 0.01, 0))

    errors = {
        name: wrong(pf.differentiate(field, "u_x", method=name), "u_x", slope)
        for name in ("tv", "gp", "savgol")
    }

    assert errors["tv"] < 0.6 * min(errors["gp"], errors["savgol"])


@pytest.mark.parametrize("fraction", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("method", ["finite", "spectral", *SMOOTHING])
def test_two_standard_errors_hold_the_truth_about_as_often_as_they_should(method, fraction):
    shares = []
    for seed in range(4):
        for curve in (waves, pulse):
            field = line(EVEN, noisy(curve(EVEN), fraction, seed))
            told = method == "spectral"
            found = pf.differentiate(field, "u_x", method=method, periodic=told)
            shares.append(held(found, "u_x", curve(EVEN, 1)))

    assert np.mean(shares) > 0.88
    assert np.min(shares) > 0.5


@pytest.mark.parametrize("fraction", [0.01, 0.1])
def test_total_variation_is_honest_too(fraction):
    x = EVEN[::2]
    shares = [
        held(
            pf.differentiate(line(x, noisy(waves(x), fraction, seed)), "u_x", method="tv"), "u_x", waves(x, 1)
        )
        for seed in range(3)
    ]

    assert np.mean(shares) > 0.85


def test_stated_errors_are_no_larger_than_they_need_be():
    for method in ("finite", *SMOOTHING):
        field = line(EVEN, noisy(waves(EVEN), 0.05, 1))
        found = pf.differentiate(field, "u_x", method=method)
        actual = np.sqrt(np.mean((found["u_x"].values - waves(EVEN, 1)) ** 2))
        stated = np.sqrt(np.mean(found["u_x_error"].values ** 2))
        assert stated < 3 * actual, method


def test_long_series_go_block_by_block_without_a_seam():
    x = np.linspace(0, 40, 2500)
    field = line(x, noisy(np.sin(x), 0.02, 0))

    for method in ("spline", "gp"):
        found = pf.differentiate(field, "u_x", method=method)
        rest = found["u_x"].values - np.cos(x)
        assert np.sqrt(np.mean(rest**2)) < 0.05, method
        assert np.abs(np.diff(rest)).max() < 0.02, method


def test_a_constant_has_no_slope():
    x = np.linspace(0, 1, 64)
    for method in ("finite", "savgol", "polynomial", "spline", "gp", "tv"):
        constant = pf.differentiate(line(x, np.full(64, 3.0)), "u_x", method=method)
        assert np.abs(constant["u_x"].values).max() < 1e-9, method
        assert np.isfinite(constant["u_x_error"].values).all(), method
