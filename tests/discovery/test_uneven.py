"""Samples that lie densely here and sparsely there: the law is right, or honestly in doubt."""

from __future__ import annotations

import numpy as np
import pytest

import physforge_kernel as pf
from physforge_kernel.discovery._splines import Splines
from physforge_kernel.errors import DiscoveryError

from .conftest import numbers, plane

X, T = np.linspace(0, 5, 64), np.linspace(0, 2, 81)

#: Places and times, one of them dense here and sparse there.
GRIDS = {
    "places, one decade and a half": (np.logspace(0, 1.5, 96), T),
    "places, two decades": (np.logspace(0, 2, 96), T),
    "times, after a switch": (X, np.r_[0, np.logspace(-2, 0.6, 80)]),
    "times, dense then sparse": (
        X,
        np.r_[np.linspace(0, 0.1, 300, endpoint=False), np.linspace(0.1, 3, 100)],
    ),
    "places, a gap": (np.r_[np.linspace(0, 1, 40), np.linspace(3, 5, 40)], T),
    "both": (np.logspace(0, 1.5, 96), np.r_[0, np.logspace(-2, 0.6, 80)]),
}


def rod(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, float]:
    """Temperatures `(t, x)` of a rod that is cold at its ends, and its diffusivity."""
    length = float(x[-1] - x[0])
    place, diffusivity = (x - x[0]) / length * np.pi, 0.1 * (length / 5) ** 2
    modes = {1: 1.0, 2: 0.7, 3: -0.5, 5: 0.3}
    u = [
        a * np.sin(k * place) * np.exp(-diffusivity * (k * np.pi / length) ** 2 * t[:, None])
        for k, a in modes.items()
    ]
    return np.sum(u, axis=0), diffusivity


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_grid_that_is_dense_here_and_sparse_there_shows_the_law(grid: str, noise: float) -> None:
    x, t = GRIDS[grid]
    u, diffusivity = rod(x, t)
    field = pf.add_noise(plane(t, x, u), noise, seed=0)
    found = pf.discover(field, target="u_t")
    law = numbers(found.best.equation)["u_t"]
    assert list(law) == ["u_xx"], found
    assert law["u_xx"] == pytest.approx(diffusivity, rel=0.02)
    assert grid == "both" or found.verdict.kind == "identified", found.verdict.text


def test_samples_too_sparse_for_any_test_function_are_refused_in_a_sentence() -> None:
    t = np.concatenate([8 * k + np.linspace(0, 1e-3, 30) for k in range(5)])
    field = plane(t, X, rod(X, t)[0])
    with pytest.raises(DiscoveryError, match="No test function finds enough valid samples"):
        pf.discover(field, target="u_t")


def test_splines_need_no_samples_between_far_points() -> None:
    points = np.logspace(0, 3, 120)
    splines = Splines.with_pieces(points, 42)
    wave = np.sin(3 * np.log(points))[:, None]
    assert np.abs(splines.projected(wave) - wave).max() < 1e-6
    slope = (3 * np.cos(3 * np.log(points)) / points)[:, None]
    assert np.abs(splines.derivative(wave, 1) - slope)[10:-10].max() < 1e-4


def test_splines_on_clusters_of_points_stay_finite() -> None:
    points = np.concatenate([k + np.linspace(0, 1e-6, 30) for k in range(5)])
    for pieces in (1, 7, 50):
        found = Splines.with_pieces(points, pieces).projected(np.sin(points)[:, None])
        assert np.abs(found[:, 0] - np.sin(points)).max() < 1e-3


def test_on_an_even_grid_all_pieces_of_splines_are_equal() -> None:
    knots = np.unique(Splines.with_pieces(np.linspace(-1, 1, 60), 20).knots)
    np.testing.assert_allclose(np.diff(knots), 0.1)
