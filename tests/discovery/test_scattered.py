"""Samples that lie on no grid, and grids of which less than half is left."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.interpolate import RectBivariateSpline

import physforge_kernel as pf
from physforge_kernel.discovery._given import as_fields
from physforge_kernel.discovery._hearing import hear
from physforge_kernel.discovery._scattered import carried
from physforge_kernel.discovery._surrogate import fit_surrogate
from physforge_kernel.errors import DiscoveryError

from .conftest import numbers, reference


def scattered(name: str, count: int, noise: float, seed: int = 0) -> pd.DataFrame:
    """Samples of a law's reference solution at random places, with noise as a fraction of the rms."""
    return at_random(reference(name), count, noise, seed)


def at_random(field: xr.Dataset, count: int, noise: float, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    t, x = (generator.uniform(field[axis].min(), field[axis].max(), count) for axis in ("t", "x"))
    u = RectBivariateSpline(field.t, field.x, field.u.values, kx=5, ky=5)(t, x, grid=False)
    u = u + noise * np.sqrt(np.mean(field.u.values**2)) * generator.standard_normal(count)
    return pd.DataFrame({"t": t, "x": x, "u": u})


@cache
def found() -> pf.Discovery:
    return pf.discover(scattered("heat", 2000, 0.02))


def test_the_law_of_scattered_samples_is_found_and_held_against_them() -> None:
    assert found().verdict.kind == "identified"
    assert set(numbers(found().best.equation)["u_t"]) == {"u_xx"}
    low, high = found().best.intervals(0.99)["u_t"]["u_xx"]
    assert low < 0.1 < high
    assert found().noise["u"] == pytest.approx(0.02, rel=0.1)
    assert found().notes[0].startswith("2000 scattered samples were carried to the nearest of 22 x 45 nodes")
    assert found().notes[1].startswith("Solved forwards")


def test_a_nonlinear_law_is_found_in_scattered_samples() -> None:
    field = pf.catalogue.get("burgers", nu=0.3).field(x=256, t=151)
    law = pf.discover(at_random(field, 2500, 0.03))
    assert law.verdict.kind == "identified"
    assert set(numbers(law.best.equation)["u_t"]) == {"u*u_x", "u_xx"}


def test_a_law_that_is_no_candidate_is_not_identified() -> None:
    field = pf.simulate(pf.Equation("u_t = 0.05*u_xx + 2*u/(1 + u^2)"), reference("heat"))
    assert pf.discover(at_random(field, 2000, 0.02)).verdict.kind != "identified"


def test_the_samples_refuse_a_law_that_is_off() -> None:
    table = scattered("heat", 2000, 0.02)
    field = xr.Dataset({"u": ("s", table.u)}, {"t": ("s", table.t), "x": ("s", table.x)})
    [grid], [cloud] = carried([field], 0)
    law = pf.discover(grid).best
    assert hear(law, cloud, np.random.default_rng(0)).upheld
    faster = pf.discover(grid.assign_coords(t=grid.t / 1.5)).best
    heard = hear(faster, cloud, np.random.default_rng(0))
    assert not heard.upheld
    assert heard.misfit > 2 * heard.noise


@pytest.mark.parametrize("how", ["variables", "places", "a moving sensor", "two levels", "dates"])
def test_samples_may_come_in_many_forms(how: str) -> None:
    table = scattered("heat", 2000, 0.02)
    t, x, u = (table[name].to_numpy() for name in ("t", "x", "u"))
    dates = np.datetime64("2024-01-01") + (t * 1e9).astype("timedelta64[ns]")
    levels = xr.Coordinates.from_pandas_multiindex(pd.MultiIndex.from_arrays([t, x], names=("t", "x")), "s")
    given = {
        "variables": xr.Dataset({"t": ("row", t), "x": ("row", x), "u": ("row", u)}),
        "places": xr.Dataset({"u": ("point", u)}, {"t": ("point", t), "x": ("point", x)}),
        "a moving sensor": xr.Dataset({"u": ("t", u)}, {"t": t, "x": ("t", x)}),
        "two levels": xr.Dataset({"u": ("s", u)}, levels),
        "dates": table.assign(t=dates),
    }
    fields, clouds = carried(as_fields(given[how]), 0)
    assert len(clouds) == 1
    assert dict(fields[0].sizes) == {"t": 22, "x": 45}
    assert set(fields[0].data_vars) == {"u"}


def test_a_file_of_samples_is_read_as_discovery_takes_them(tmp_path: Path) -> None:
    scattered("heat", 2000, 0.02).to_csv(tmp_path / "rod.csv", index=False)
    field = pf.read(tmp_path / "rod.csv")
    library = pf.library.polynomial(field, degree=1, order=2)
    assert library.names == ("1", "u", "u_x", "u_xx")
    law = pf.discover(field, "u_t", library=library)
    assert set(law.best.equation.terms["u_t"]) == {"u_xx"}
    assert law.noise["u"] == pytest.approx(found().noise["u"])


def test_a_law_is_validated_on_other_samples() -> None:
    law = found().best
    fresh = scattered("heat", 2000, 0.02, seed=1)
    assert law.validate(fresh).kind == "predicts"
    assert law.forecast_error(fresh) < 0.03
    along = xr.Dataset({"u": ("s", fresh.u)}, {"t": ("s", 1.3 * fresh.t), "x": ("s", fresh.x)})
    slower, same = law.validate([along, fresh]).trials
    assert (slower.kind, same.kind) == ("does not predict", "predicts")
    with pytest.raises(DiscoveryError, match="300 scattered samples over t, x are too few"):
        law.validate(fresh[:300])


def test_a_table_that_fills_a_grid_is_one() -> None:
    field = reference("heat").isel(x=slice(None, None, 4))
    table = field.to_dataframe().reset_index().sample(frac=0.9, random_state=0)
    law = pf.discover(table)
    assert not any("scattered" in note for note in law.notes)
    assert numbers(law.best.equation)["u_t"] == {"u_xx": pytest.approx(0.1, rel=1e-2)}


def test_times_in_any_order_are_a_series() -> None:
    t = np.random.default_rng(0).permutation(np.linspace(0, 5, 200))
    law = pf.discover(pd.DataFrame({"t": t, "a": np.exp(-t)}))
    assert numbers(law.best.equation) == {"a_t": {"a": pytest.approx(-1.0, rel=1e-6)}}


def test_what_is_left_of_a_grid_counts_as_scattered() -> None:
    field = reference("heat")
    left = np.random.default_rng(0).random(field.u.shape) < 0.25
    law = pf.discover(field.where(xr.DataArray(left, dims=("t", "x"))))
    assert law.verdict.kind == "identified"
    assert numbers(law.best.equation)["u_t"] == {"u_xx": pytest.approx(0.1, rel=1e-3)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.iloc[:300], "300 scattered samples over t, x are too few; .* at least 968"),
        (lambda d: d.rename(columns={"t": "time"}), "columns time, x, u, and none is called 't'"),
        (lambda d: d.assign(u=1.0), "'u' is constant, at 1"),
        (lambda d: d.assign(u=np.nan), "no finite value"),
        (lambda d: d.assign(u="a"), "must be real numbers"),
        (lambda d: d.assign(u=d.u + 1j), "imaginary part"),
        (lambda d: d.assign(x="a"), "x holds .*, not numbers"),
        (lambda d: d.assign(x=2.0), "All samples have x = 2"),
        (lambda d: d.assign(t=np.where(d.index == 7, np.inf, d.t)), "t is inf at index 7"),
    ],
)
def test_samples_that_cannot_be_used_are_refused(change, sentence: str) -> None:
    with pytest.raises(DiscoveryError, match=sentence):
        pf.discover(change(scattered("heat", 2000, 0.02)))


def test_a_surrogate_knows_its_noise_and_how_far_it_may_be_off() -> None:
    generator = np.random.default_rng(1)
    places = generator.random((1200, 2)) * [2.0, 30.0] + [1.0, -5.0]

    def truth(at: np.ndarray) -> np.ndarray:
        return np.sin(4 * at[:, 0]) * np.cos(at[:, 1] / 3)

    surrogate = fit_surrogate(places, truth(places) + 0.1 * generator.standard_normal(1200))
    assert surrogate.noise == pytest.approx(0.1, rel=0.1)
    probes = generator.random((400, 2)) * [1.8, 27.0] + [1.1, -3.5]
    spread = np.sqrt(surrogate.variance(surrogate.rows(probes)))
    scaled = (surrogate.at(probes) - truth(probes)) / spread
    assert 0.6 < np.sqrt(np.mean(scaled**2)) < 1.5
    drawn = np.stack([surrogate.rows(probes) @ surrogate.draw(generator) for _ in range(60)])
    np.testing.assert_allclose(drawn.std(axis=0).mean(), spread.mean(), rtol=0.15)
