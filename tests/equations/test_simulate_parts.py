"""The parts of the simulator: finite differences, spectra, noise, and whether a field is periodic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.equations import catalogue
from physforge_kernel.equations._differences import difference_matrix, stencil
from physforge_kernel.equations._simulate_grid import Axis, closes
from physforge_kernel.equations._simulate_noise import noise_level, smoothed
from physforge_kernel.equations._spectrum import from_spectrum, resized, to_spectrum

Array = np.ndarray[Any, np.dtype[Any]]


@given(
    st.lists(st.floats(0.2, 1.0), min_size=6, max_size=9),
    st.integers(0, 4),
    st.integers(0, 5),
)
def test_stencils_are_exact_for_polynomials_on_any_points(steps: list[float], order: int, power: int) -> None:
    points = np.cumsum(steps) - 2.0
    derivative = np.polynomial.Polynomial([0.0] * power + [1.0])
    if order:
        derivative = derivative.deriv(order)
    found = stencil(points, 0.3, order) @ points**power
    assert found == pytest.approx(derivative(0.3), abs=1e-6)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("periodic", [True, False])
def test_difference_matrices_converge_at_their_order(order: int, periodic: bool) -> None:
    def error(n: int) -> float:
        points = np.linspace(0, 2 * np.pi, n, endpoint=False)
        axis = Axis("x", points, periodic, 2 * np.pi if periodic else float(np.ptp(points)))
        found = difference_matrix(axis, order, 4) @ np.sin(points)
        expected = np.sin(points + order * np.pi / 2)
        inside = slice(None) if periodic else slice(4, -4)
        return float(np.abs(found - expected)[inside].max())

    assert 3.7 < np.log2(error(32) / error(64)) < 4.3


@given(st.integers(4, 30), st.integers(4, 30), st.integers(0, 2**31))
def test_a_spectrum_survives_a_finer_grid_and_back(n: int, m: int, seed: int) -> None:
    field = np.random.default_rng(seed).normal(size=(1, n, m))
    spectra = to_spectrum(field)
    finer = (2 * n + 1, 3 * m)
    there = resized(spectra, (n, m), finer)
    assert np.allclose(resized(there, finer, (n, m)), resized(resized(spectra, (n, m), finer), finer, (n, m)))
    smooth = from_spectrum(there, finer)
    assert abs(smooth.mean() - field.mean()) < 1e-12


@pytest.mark.parametrize("fraction", [0.001, 0.05, 0.5])
def test_the_level_of_noise_is_found(fraction: float) -> None:
    field = catalogue.get("kdv").field(t=np.linspace(0, 1, 61)).u.values
    sigma = fraction * float(field.std())
    rough = field + sigma * np.random.default_rng(0).standard_normal(field.shape)
    assert noise_level(field) == 0.0
    assert noise_level(rough) == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("periodic", [True, False])
def test_smoothing_takes_most_of_the_noise_out_at_the_first_time_too(periodic: bool) -> None:
    field = catalogue.get("allen_cahn").field(t=101).u.values
    field = field if periodic else field[:, 20:180]
    sigma = 0.1 * float(field.std())
    rough = field + sigma * np.random.default_rng(0).standard_normal(field.shape)
    errors = smoothed(rough, sigma, [periodic]) - field
    assert np.sqrt(np.mean(errors**2)) < 0.4 * sigma
    assert np.sqrt(np.mean(errors[0] ** 2)) < 0.7 * sigma


@pytest.mark.parametrize(
    "name",
    [
        "heat",
        "burgers",
        "kdv",
        "kuramoto_sivashinsky",
        "allen_cahn",
        "wave",
        "schroedinger",
        "chafee_infante",
    ],
)
@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.05, 0.2])
def test_a_periodic_field_is_told_from_a_part_of_it(name: str, fraction: float) -> None:
    field = catalogue.get(name).field(t=np.linspace(0, 1, 60), seed=2).u.values
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(field.shape) + (
        1j * rng.standard_normal(field.shape) if field.dtype == complex else 0
    )
    rough = field + fraction * float(np.sqrt(np.mean(np.abs(field) ** 2))) * noise
    assert closes(rough)
    assert closes(np.roll(rough, 91, axis=1))
    assert not closes(rough[:, 20:200])


def test_a_kink_at_the_seam_is_not_periodic() -> None:
    x = np.linspace(0, 1, 100)
    assert not closes(np.sin(np.pi * x)[None])
    assert not closes((x * (1 - x))[None])
    assert closes(np.sin(2 * np.pi * np.arange(100) / 100)[None])
