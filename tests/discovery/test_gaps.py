"""Missing samples are filled where neighbours tell them, left out in holes, and always said."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.discovery._gaps import fill_gaps, filling_error

from .conftest import numbers, reference


def without(field: xr.Dataset, share: float, seed: int = 0, nothing: float = np.nan) -> xr.Dataset:
    """A field that lacks a random share of its samples."""
    rng = np.random.default_rng(seed)
    return field.map(lambda v: v.where(rng.random(v.shape) >= share, nothing))


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_the_law_is_found_though_samples_are_missing_at_random(share: float) -> None:
    field = without(pf.add_noise(reference("burgers"), 0.05, seed=0), share)
    found = pf.discover(field)
    terms = numbers(found.best.equation)["u_t"]
    assert terms == {"u*u_x": pytest.approx(-1, rel=0.03), "u_xx": pytest.approx(0.1, rel=0.05)}
    assert any("missing or not finite" in note and "filled" in note for note in found.notes), found.notes


def test_intervals_hold_the_truth_though_samples_are_missing() -> None:
    held = 0
    for seed in range(6):
        field = without(pf.add_noise(reference("heat"), 0.05, seed=seed), 0.25, seed)
        low, high = pf.discover(field).best.intervals()["u_t"]["u_xx"]
        held += low <= 0.1 <= high
    assert held >= 5


def test_noise_is_measured_as_what_it_is_though_samples_are_missing() -> None:
    found = pf.discover(without(pf.add_noise(reference("burgers"), 0.05, seed=0), 0.25))
    assert found.noise["u"] == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("nothing", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_as_missing(nothing: float) -> None:
    found = pf.discover(without(reference("burgers"), 0.01, nothing=nothing))
    assert set(found.best.equation.terms["u_t"]) == {"u*u_x", "u_xx"}
    assert any("missing or not finite" in note for note in found.notes), found.notes


def test_a_trajectory_may_lack_samples() -> None:
    found = pf.discover(without(pf.add_noise(reference("lotka_volterra"), 0.01, seed=0), 0.15))
    assert {left: set(terms) for left, terms in found.best.equation.terms.items()} == {
        "x_t": {"x", "x*y"},
        "y_t": {"y", "x*y"},
    }


def test_holes_are_left_out_and_said() -> None:
    field = reference("burgers").copy(deep=True)
    field.u[40:50, 100:130] = np.nan
    filled = fill_gaps(field.u.to_numpy(), [field.t.to_numpy(), field.x.to_numpy()])
    assert np.isnan(filled[42:48, 102:128]).all()
    found = pf.discover(field)
    assert set(found.best.equation.terms["u_t"]) == {"u*u_x", "u_xx"}
    assert any("holes" in note for note in found.notes), found.notes


def test_clusters_are_filled_as_a_smooth_field_goes_on() -> None:
    t, x = np.linspace(0, 1, 40), np.linspace(0, 1, 50)
    smooth = np.sin(3 * x)[None, :] * np.exp(-t)[:, None]
    gappy = np.where(np.random.default_rng(0).random(smooth.shape) < 0.3, np.nan, smooth)
    assert np.abs(fill_gaps(gappy, [t, x]) - smooth)[2:-2, 2:-2].max() < 1e-3
    assert filling_error(gappy, [t, x], 0.0) < 1e-3


@pytest.mark.parametrize("hole", ["block", "rows", "times"])
def test_a_small_hole_in_a_small_field_leaves_a_law(hole: str) -> None:
    t, x = np.linspace(0, 3, 50), np.linspace(0, 2 * np.pi, 30, endpoint=False)
    rng = np.random.default_rng(0)
    pairs = np.array([(1, 0), (0, 1), (1, 1), (1, -2), (2, 1), (-2, 2)])
    rates = -0.1 * pairs[:, 0] ** 2 - 0.03 * pairs[:, 1] ** 2 + 1j * (0.5 * pairs[:, 0] - 0.8 * pairs[:, 1])
    places = pairs[:, 0, None, None] * x[:, None] + pairs[:, 1, None, None] * x + rng.uniform(0, 6, (6, 1, 1))
    u = np.einsum("kt,kxy->txy", np.exp(np.conj(np.outer(rates, t))), np.exp(1j * places)).real
    field = pf.add_noise(xr.Dataset({"u": (("t", "x", "y"), u)}, {"t": t, "x": x, "y": x}), 0.05, seed=0)
    middle = slice(14, 17)
    gone = {"block": {"x": middle, "y": middle}, "rows": {"x": middle}, "times": {"t": slice(23, 26)}}[hole]
    field.u[gone] = np.nan
    found = pf.discover(field)
    assert set(found.best.equation.terms["u_t"]) == {"u_x", "u_y", "u_xx", "u_yy"}, found
    if hole == "times":  # with a hole at the start no law can be run
        tried = found.validate(field, seconds=10).trials[0]
        assert tried.weak is not None, tried.notes
