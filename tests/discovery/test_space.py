"""Fields over two and three dimensions of space, with holes, and what is saved on them without being lost."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import Feature, polynomials
from physforge_kernel.discovery._columns import project_all
from physforge_kernel.discovery._projection import Axis, Projection, Sample, blocks, project
from physforge_kernel.discovery._regression import Regression

NAMES = ("x", "y", "z")


def waves(
    counts: tuple[int, ...], diffusivity: tuple[float, ...], speed: float = 0.0, seed: int = 0
) -> xr.Dataset:
    """Modes that decay as `u_t = -speed*u_x + sum_i diffusivity_i*u_ii` has it."""
    rng, names = np.random.default_rng(seed), NAMES[: len(diffusivity)]
    t = np.linspace(0, 1, counts[0])
    x = [np.arange(n) * 2 * np.pi / n for n in counts[1:]]
    grids = np.meshgrid(t, *x, indexing="ij", sparse=True)
    total = np.zeros(counts)
    for k in itertools.product(range(3), repeat=len(names)):
        if 0 < sum(k) < 4:
            decay = sum(d * q**2 for d, q in zip(diffusivity, k, strict=True))
            phase = sum(q * g for q, g in zip(k, grids[1:], strict=True)) - k[0] * speed * grids[0]
            total += np.exp(-decay * grids[0]) * np.cos(phase + rng.uniform(0, 6))
    return xr.Dataset({"u": (("t", *names), total)}, {"t": t, **dict(zip(names, x, strict=True))})


@cache
def plane() -> xr.Dataset:
    return pf.add_noise(waves((41, 56, 56), (0.2, 0.1)), 0.05, seed=0)


def test_transport_and_diffusion_in_space_show_all_directions() -> None:
    field = pf.add_noise(waves((30, 29, 29, 29), (0.1, 0.1, 0.2), speed=0.8), 0.05, seed=0)
    found = pf.discover(field)
    law = pf.Equation("u_t = -0.8*u_x + 0.1*u_xx + 0.1*u_yy + 0.2*u_zz")
    assert found.best.equation.isclose(law, rtol=0.1), found
    for term, (low, high) in found.best.intervals(0.999)["u_t"].items():
        assert low <= law.terms["u_t"][term] <= high


def test_a_cylinder_can_be_cut_out() -> None:
    field = plane()
    found = pf.discover(field.where((field.x - 3) ** 2 + (field.y - 3) ** 2 > 0.8**2))
    assert found.best.equation.isclose(pf.Equation("u_t = 0.2*u_xx + 0.1*u_yy"), rtol=0.05), found
    assert any("in holes" in note for note in found.notes), found.notes


def test_a_gap_may_move_and_times_may_be_missing() -> None:
    field = plane()
    field = field.where((field.x - 1 - 3 * field.t) ** 2 + (field.y - 3) ** 2 > 0.5**2)
    found = pf.discover(field.where(~field.t.isin(field.t[[10, 25]])))
    assert found.best.equation.isclose(pf.Equation("u_t = 0.2*u_xx + 0.1*u_yy"), rtol=0.05), found


def test_holes_that_leave_no_test_function_are_an_error_that_says_so() -> None:
    field = plane()
    near = (np.arange(56) % 8 > 2)[:, None] & np.ones(56, dtype=bool)
    with pytest.raises(pf.errors.DiscoveryError, match="No test function finds enough valid samples"):
        pf.discover(field.where(xr.DataArray(near, dims=("x", "y"))))


def seen(values: np.ndarray, sigma: float, shares: tuple[float, ...]) -> Projection:
    field = plane()
    axes = tuple(Axis(name, field[name].to_numpy()) for name in ("t", "x", "y"))
    columns = (
        *polynomials(("u",), ("t", "x", "y"), degree=2).features,
        Feature(("u",), ("t", "x", "y"), (1,), (1, 0, 0)),
    )
    found = project([Sample(axes, ("u",), (values,), (sigma,))], columns, shares)
    assert found is not None
    return found


def test_thinned_samples_tell_as_much_of_noise_as_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    values = plane().u.to_numpy()
    errors = []
    for fewest in (3, 1000):
        monkeypatch.setattr("physforge_kernel.discovery._projection.FEWEST_STEPS_IN_SPACE", fewest)
        projection = seen(values, 0.07, (0.25, 0.25, 0.25))
        assert (projection.blocks[0].steps == (1, 1, 1)) == (fewest == 1000)
        names = [column.name for column in projection.columns]
        regression = Regression(projection, (np.eye(len(names)),))
        fit = regression.fit((names.index("u_xx"), names.index("u_yy"), names.index("(u^2)_x")))
        assert fit is not None
        errors.append(np.sqrt(np.diag(regression.covariance(fit))))
    np.testing.assert_allclose(errors[0], errors[1], rtol=0.06)


def test_the_noise_of_many_samples_is_told_by_some(monkeypatch: pytest.MonkeyPatch) -> None:
    values = plane().u.to_numpy()
    every = seen(values, 0.07, (0.25, 0.125, 0.125)).noise
    monkeypatch.setattr("physforge_kernel.discovery._projection.MANY", 1000)
    some = seen(values, 0.07, (0.25, 0.125, 0.125)).noise
    scale = np.sqrt(np.outer(np.diag(every), np.diag(every)))
    varying = scale > 0
    assert np.abs((some - every)[varying] / scale[varying]).max() < 0.03


@pytest.mark.parametrize("held", [1, 2**29])
def test_columns_are_the_same_however_they_are_read(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr("physforge_kernel.discovery._columns._HELD", held)
    monkeypatch.setattr("physforge_kernel.discovery._sample._PIECE", 5000)
    values = plane().u.to_numpy()
    projection = seen(values, 0.0, (0.25, 0.25, 0.125))
    [block] = projection.blocks
    for j, feature in enumerate(projection.columns):
        direct = block.weak.project(values ** feature.exponents[0], feature.orders)
        np.testing.assert_allclose(projection.matrix[:, j], direct[block.rows], rtol=1e-9, atol=1e-9)


def test_several_scales_are_read_at_once() -> None:
    projection = seen(plane().u.to_numpy(), 0.0, (0.25, 0.25, 0.25))
    sample, columns = projection.blocks[0].sample, projection.columns
    scales = [(0.25, 0.25, 0.25), (0.25, 0.125, 0.125), (0.4, 0.25, 0.25)]
    found = [blocks([sample], columns, shares, 0.25) for shares in scales]
    parts = [block[0] for block in found if block is not None]
    together = project_all(sample, [(part.weak, part.rows) for part in parts], columns)
    for part, matrix in zip(parts, together, strict=True):
        alone = project_all(sample, [(part.weak, part.rows)], columns)[0]
        np.testing.assert_allclose(matrix, alone, rtol=1e-12)
