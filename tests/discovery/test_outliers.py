"""Single wrong samples are found, named and left out; what is only steep, noisy or uneven is not."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import physforge_kernel as pf
from physforge_kernel.discovery._gaps import fill_gaps
from physforge_kernel.discovery._outliers import outliers

from .conftest import plane, reference

T, X = np.linspace(0, 2, 60), np.linspace(0, 5, 80)
SMOOTH = np.sin(X[None, :] - T[:, None]) + 0.4 * np.cos(2 * X[None, :] + T[:, None])


def spoiled(
    values: np.ndarray, rng: np.random.Generator, share: float = 0.01
) -> tuple[np.ndarray, np.ndarray]:
    """Values of which some are wrong by three to eight standard deviations, and the mask of these."""
    wrong = rng.random(values.shape) < share
    off = rng.choice([-1, 1], wrong.sum()) * rng.uniform(3, 8, wrong.sum()) * values.std()
    result = values.copy()
    result[wrong] += off
    return result, wrong


@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.2])
def test_nearly_all_outliers_are_found_and_nothing_else(fraction: float) -> None:
    rng = np.random.default_rng(1)
    noisy = SMOOTH + fraction * SMOOTH.std() * rng.standard_normal(SMOOTH.shape)
    values, wrong = spoiled(noisy, rng)
    found = outliers(values, (T, X))
    assert not (found & ~wrong).any()
    assert (found & wrong).sum() > 0.9 * wrong.sum()


@given(seed=st.integers(0, 1000), fraction=st.floats(0.0, 1.0))
def test_a_noisy_field_has_no_outliers(seed: int, fraction: float) -> None:
    noise = np.random.default_rng(seed).standard_normal(SMOOTH.shape)
    assert not outliers(SMOOTH + fraction * noise, (T, X)).any()


@pytest.mark.parametrize("width", [0.02, 0.1, 0.5])
def test_a_front_has_no_outliers(width: float) -> None:
    front = np.tanh((X[None, :] - 2.0 - 0.7 * T[:, None]) / width)
    assert not outliers(front, (T, X)).any()


def test_two_wrong_samples_side_by_side_are_both_found() -> None:
    values, pair = SMOOTH.copy(), np.zeros(SMOOTH.shape, dtype=bool)
    pair[30, 40:42] = pair[10, 10] = True
    values[pair] += 2.0
    assert np.array_equal(outliers(values, (T, X)), pair)


def test_many_wrong_samples_are_noise_and_no_outliers() -> None:
    values, _ = spoiled(SMOOTH, np.random.default_rng(2), share=0.3)
    assert not outliers(values, (T, X)).any()


def test_gaps_on_an_uneven_grid_are_filled_to_third_order() -> None:
    x = np.sort(np.random.default_rng(3).uniform(0, 1, 40))
    cubic = 1 - 2 * x + 3 * x**2 - x**3
    gappy = cubic.copy()
    gappy[[20, 33]] = np.nan
    assert fill_gaps(gappy, (x,)) == pytest.approx(cubic, rel=1e-9)


def test_outliers_do_not_hide_the_law_and_are_mentioned() -> None:
    rng = np.random.default_rng(4)
    field = pf.add_noise(reference("burgers"), 0.02, seed=1)
    values, wrong = spoiled(field.u.to_numpy(), rng)
    found = pf.discover(field.assign(u=(field.u.dims, values)))
    assert found.best.equation.isclose(pf.catalogue.get("burgers").equation, rtol=0.02), found
    assert found.verdict.kind == "identified", found.verdict.text
    [note] = [note for note in found.notes if "far from all" in note]
    assert abs(int(note.split()[0]) - wrong.sum()) < 0.1 * wrong.sum()


def test_one_outlier_is_spoken_of_in_the_singular() -> None:
    t = np.linspace(0, 4, 201)
    u = 2 * np.exp(-0.7 * t)
    u[77] += 0.5
    found = pf.discover(xr.Dataset({"u": ("t", u)}, {"t": t}))
    assert found.verdict.kind == "identified"
    assert any(note.startswith("1 of the 201 samples of u is far") for note in found.notes), found.notes


def test_a_clean_field_has_no_note_on_outliers() -> None:
    assert not any("far from all" in note for note in pf.discover(plane(T, X, SMOOTH)).notes)


def test_noise_with_heavy_tails_is_noticed_and_gaussian_noise_is_not() -> None:
    field = reference("burgers")
    errors = np.random.default_rng(5).standard_t(3, field.u.shape)
    found = pf.discover(field + 0.03 * float(field.u.std()) * errors)
    assert found.verdict.kind != "identified"
    assert any("heavier tails" in note for note in found.notes)
    assert not any("tails" in note for note in pf.discover(pf.add_noise(field, 0.05, seed=0)).notes)


def test_coarse_steps_are_noticed_and_give_doubt() -> None:
    t, x = np.linspace(0, 2, 100), np.linspace(0, 2 * np.pi, 128, endpoint=False)
    cut = np.trunc(100 * np.exp(-t)[:, None] * np.sin(x))  # a sensor of whole numbers that cuts off
    found = pf.discover(plane(t, x, cut))
    assert found.verdict.kind != "identified", found
    assert any("are multiples of 1, 2.9 % of its rms" in note for note in found.notes), found.notes


@pytest.mark.parametrize(("noise", "step"), [(0.0, 0.002), (0.05, 0.05), (0.05, 0.0)])
def test_fine_steps_and_those_that_noise_smears_do_no_harm(noise: float, step: float) -> None:
    field = pf.add_noise(reference("burgers"), noise, seed=0)
    size = step * float(np.sqrt((field.u**2).mean()))
    found = pf.discover((field / size).round() * size if step else field)
    assert found.verdict.kind == "identified", found
    assert not any("multiples" in note for note in found.notes)


def test_noise_on_an_uneven_grid_is_neither_outliers_nor_fronts() -> None:
    rng = np.random.default_rng(0)
    t, x = np.linspace(0, 2, 81), np.sort(rng.uniform(0, 2 * np.pi, 160))
    u = sum(np.exp(-0.1 * k * k * t[:, None]) * np.sin(k * x + k) / k for k in (1, 2, 3, 4))
    found = pf.discover(pf.add_noise(plane(t, x, np.asarray(u)), 0.02, seed=0))
    assert set(found.best.equation.terms["u_t"]) == {"u_xx"} or found.verdict.kind != "identified"
    assert not any("neighbours" in note or "fronts" in note for note in found.notes), found.notes
