"""A field that Dask has and memory does not: what is read block by block is what would be read at once."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dask.array
import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.discovery import _memory
from physforge_kernel.discovery._prepare import prepare
from physforge_kernel.discovery._projection import projections
from physforge_kernel.discovery._sample import Sample
from physforge_kernel.discovery._stored import Stored
from physforge_kernel.errors import DiscoveryError


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> int:
    """Memory for a fraction of the fields of these tests."""
    monkeypatch.setattr(_memory, "BUDGET", 40 * 2**20)
    monkeypatch.setattr(_memory, "_FEW", 0)
    return _memory.budget()


def wave(t: int = 600, x: int = 900, noise: float = 0.05) -> xr.Dataset:
    """`u_t = -u_x + 0.1 u_xx`, five waves on a circle."""
    rng, times, places = np.random.default_rng(0), np.linspace(0, 1, t), np.arange(x) * 2 * np.pi / x
    waves = range(1, 6)
    u = sum(
        np.exp(-0.1 * k * k * times)[:, None] * np.cos(k * (places - times[:, None]) + k * k) for k in waves
    )
    return xr.Dataset({"u": (("t", "x"), u + noise * rng.standard_normal((t, x)))}, {"t": times, "x": places})


def stored(field: xr.Dataset, **chunks: int) -> Stored:
    [sample] = prepare([field.chunk(chunks)])
    assert isinstance(sample, Stored)
    return sample


def columns(sample: Sample) -> tuple:
    library = pf.library.polynomial(
        xr.Dataset(
            {c: (sample.axes, np.zeros((1,) * len(sample.axes))) for c in sample.components},
            {axis: [0.0] for axis in sample.axes},
        ),
        degree=2,
        order=2,
    )
    return library.features


def assert_alike(field: xr.Dataset, scales: list[tuple[float, ...]], **chunks: int) -> tuple[Sample, Stored]:
    """Hold the projections of a field read block by block against those of the field in memory."""
    [whole] = prepare([field])
    blocks = stored(field, **chunks)
    for mine, theirs in zip(blocks.sigma, whole.sigma, strict=True):
        assert mine == pytest.approx(theirs, rel=0.03)
    same = replace(blocks, sigma=whole.sigma, spread=whole.spread, units=whole.units)
    assert blocks.units == whole.units
    features = columns(whole)
    for one, other in zip(
        projections([whole], features, scales), projections([same], features, scales), strict=True
    ):
        assert one is not None
        assert other is not None
        assert np.array_equal(one.blocks[0].rows, other.blocks[0].rows)
        size = np.sqrt((one.matrix**2).mean(axis=0))
        assert np.all(np.abs(one.matrix - other.matrix) <= 1e-9 * size)
        assert np.allclose(one.noise, other.noise, rtol=1e-9, atol=0.0)
    return whole, blocks


def test_projections_of_blocks_are_those_of_the_whole(little: int) -> None:
    _, blocks = assert_alike(wave(), [(0.25, 0.25), (0.0625, 0.125)], t=110, x=170)
    assert len(blocks.source.boxes) > 8
    assert blocks.size * 8 * _memory._TIMES > little


def test_blocks_may_divide_only_some_axes_and_run_backwards(little: int) -> None:
    backwards = wave().isel(x=slice(None, None, -1)).transpose("x", "t")
    assert_alike(backwards, [(0.125, 0.125)], t=600, x=100)
    assert_alike(wave(), [(0.125, 0.125)], t=50, x=900)


def test_a_series_in_time_alone_is_refused_where_it_does_not_fit(little: int) -> None:
    t = np.linspace(0, 200, 600_000)
    field = xr.Dataset({"x": ("t", np.cos(t)), "y": ("t", -np.sin(t))}, {"t": t})
    with pytest.raises(DiscoveryError, match="law of time alone needs all of it"):
        pf.discover(field.chunk(t=40_000))


def test_gaps_holes_and_outliers_are_found_at_the_edges_of_blocks_too(little: int) -> None:
    field = wave()
    u, rng = field["u"].values, np.random.default_rng(1)
    u[rng.integers(0, 600, 300), rng.integers(0, 900, 300)] = np.nan
    u[95:125, 160:200] = np.nan
    for place in [(110, 400), (109, 500), (330, 170), (200, 169), (450, 700)]:
        u[place] += 40.0
    [whole], blocks = prepare([field]), stored(field, t=110, x=170)
    missing = np.isnan(u)
    for box, part in blocks.blocks():
        ours = np.ones(part.shape, dtype=bool) if part.valid is None else part.valid
        assert whole.valid is not None
        assert np.array_equal(ours, whole.valid[box])
        apart = np.abs(part.values[0] - whole.values[0][box])
        measured = ~missing[box] & (np.abs(np.ldexp(u[box], -whole.units.components[0])) < 10)
        assert not apart[measured].any()
        # Along which axis a gap is filled is for each block to say, where noise hides which is the smoother.
        assert apart.max() < 8 * whole.sigma[0]
    assert blocks.missing == whole.missing
    assert blocks.outliers == whole.outliers == {"u": 5}
    assert blocks.filled["u"] == pytest.approx(whole.filled["u"], rel=1e-12)
    assert blocks.spreads[0] > blocks.sigma[0]


def test_fronts_are_left_out_wherever_blocks_end(little: int) -> None:
    t, x = np.linspace(0, 1, 500), np.linspace(-2, 2, 800)
    front = np.tanh((x - 0.2 * t[:, None]) / 0.004) + 0.2 * np.sin(3 * x)
    for noise in (0.0, 0.02):
        u = front + noise * np.random.default_rng(0).standard_normal(front.shape)
        field = xr.Dataset({"u": (("t", "x"), u)}, {"t": t, "x": x})
        [whole] = prepare([field])
        blocks = stored(field, t=100, x=100)
        assert whole.unresolved > 0
        assert blocks.unresolved == pytest.approx(whole.unresolved, rel=0.02)
        missed = 0
        for box, part in blocks.blocks():
            ours = np.ones(part.shape, bool) if part.valid is None else part.valid
            theirs = np.ones(whole.shape, bool) if whole.valid is None else whole.valid
            missed += int((ours != theirs[box]).sum())
        assert missed <= 0.02 * whole.unresolved * whole.size


def test_the_law_is_that_of_the_field_in_memory(little: int) -> None:
    field = wave()
    at_once = pf.discover(field)
    in_blocks = pf.discover(field.chunk(t=100, x=200))
    assert in_blocks.verdict.kind == at_once.verdict.kind == "identified"
    assert in_blocks.best.equation.terms["u_t"].keys() == at_once.best.equation.terms["u_t"].keys()
    for term, true in {"u_x": -1.0, "u_xx": 0.1}.items():
        low, high = in_blocks.best.intervals(0.999)["u_t"][term]
        least, most = at_once.best.intervals(0.95)["u_t"][term]
        assert low < true < high
        assert high - low > 0.9 * (most - least)
    assert any("does not fit in memory" in note and "every" in note for note in in_blocks.notes)
    assert any("products of derivatives were not tried" in note for note in in_blocks.notes)
    with pytest.raises(DiscoveryError, match="resampling it needs all of it"):
        in_blocks.stability(draws=2)
    with pytest.raises(DiscoveryError, match="varying its noise"):
        in_blocks.sensitivity()


def test_a_complex_field_is_read_in_blocks(little: int) -> None:
    t, x = np.linspace(0, 2, 500), np.linspace(-np.pi, np.pi, 600)
    k = np.arange(1, 4)
    u = (np.exp(1j * (k * x[:, None] - 0.5 * k * k * t[:, None, None])) / k).sum(axis=-1)
    noise = np.random.default_rng(0).standard_normal((2, *u.shape)) * 0.03
    field = xr.Dataset({"u": (("t", "x"), u + noise[0] + 1j * noise[1])}, {"t": t, "x": x})
    whole, blocks = assert_alike(field, [(0.125, 0.125)], t=100, x=120)
    assert blocks.complex_name == whole.complex_name == "u"


def test_a_control_without_an_axis_is_read_in_blocks(little: int) -> None:
    field = wave(t=500, x=700)
    field["f"] = ("t", np.sin(9 * field["t"].values))
    [whole] = prepare([field], controls=["f"])
    [blocks] = prepare([field.chunk(t=100, x=100)], controls=["f"])
    assert isinstance(blocks, Stored)
    assert blocks.controls == whole.controls
    assert blocks.sigma[1] == 0.0
    assert blocks.rms == pytest.approx(whole.rms, rel=1e-9)


def test_every_nth_sample_is_smoothed_only_where_it_resolves_the_field(little: int) -> None:
    fine = stored(wave(), t=100, x=150)
    assert fine.smoothable is not None
    assert fine.smoothable.size < fine.size
    t, x = np.linspace(0, 1, 600), np.linspace(0, 1, 900)
    short = np.sin(2 * np.pi * 100 * (x - t[:, None])) + 0.01 * np.random.default_rng(0).standard_normal(
        (600, 900)
    )
    coarse = stored(xr.Dataset({"u": (("t", "x"), short)}, {"t": t, "x": x}), t=100, x=150)
    assert coarse.smoothable is None
    assert any("was not smoothed" in text for text in coarse.remarks)


def test_what_fits_in_memory_is_loaded() -> None:
    field = wave(t=200, x=200)
    [whole], [lazy] = prepare([field]), prepare([_memory.loaded(field.chunk(t=50))])
    assert not isinstance(lazy, Stored)
    assert np.array_equal(whole.values[0], lazy.values[0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda u: u * 0 + 3.0, "constant, at 3"),
        (lambda u: u * np.nan, "no finite value"),
        (lambda u: u.where((u.t == u.t[7]) & (u.x == u.x[5])), "one finite value"),
        (lambda u: u > 0, "true or false"),
        (lambda u: u * 1e-310, "lose their digits"),
    ],
)
def test_what_shows_no_law_is_refused_in_blocks_too(little: int, change, says: str) -> None:
    field = wave(t=600, x=800).chunk(t=100, x=200)
    with pytest.raises(DiscoveryError, match=says):
        prepare([field.map(change)])


def test_chunks_that_are_too_large_are_refused(little: int) -> None:
    huge = dask.array.zeros((4000, 4000), chunks=(4000, 4000))
    field = xr.Dataset({"u": (("t", "x"), huge)}, {"t": np.arange(4000.0), "x": np.arange(4000.0)})
    with pytest.raises(DiscoveryError, match="chunks hold 4000 × 4000 samples"):
        pf.discover(field)


def test_methods_that_need_all_samples_say_so(little: int) -> None:
    field = wave().chunk(t=100, x=200)
    with pytest.raises(DiscoveryError, match="derivatives of its samples needs all of it"):
        pf.discover(field, method="pysindy:stlsq")


_BOUNDED = """
import json, resource, sys
import h5py, numpy as np, xarray as xr
import physforge_kernel as pf
from physforge_kernel.discovery import _memory

path, budget = sys.argv[1], int(sys.argv[2])

def write(path, count, each):
    k, t, x = np.arange(1, 4), np.linspace(0, 1, count), np.arange(count) * 2 * np.pi / count
    with h5py.File(path, "w") as file:
        u = file.create_dataset("u", (count,) * 3, "f4", chunks=(each,) * 3)
        for name, points in {"t": t, "x": x, "y": x}.items():
            file[name] = points
            file[name].make_scale(name)
        for i, name in enumerate("txy"):
            u.dims[i].attach_scale(file[name])
        for first in range(0, count, each):
            now = t[first : first + each]
            phase = k * (x[:, None] - now[:, None, None]) + k * k
            along = np.exp(-0.1 * (k * k + 1) * now[:, None])[:, None] * np.cos(phase)
            clean = np.einsum("txk,yk->txy", along, np.cos(x[:, None] + k))
            u[first : first + each] = clean + 0.05 * np.random.default_rng(first).standard_normal(clean.shape)
    return xr.open_dataset(path, engine="h5netcdf", chunks={})

def law(field):
    few = pf.library.polynomial(field, degree=1, order=2)
    return pf.discover(field, target="u_t", library=few)

law(write(path + ".small", 32, 16))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
_memory.BUDGET = budget
found = law(write(path, 176, 44))
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
terms = sorted(found.best.equation.terms["u_t"])
print(json.dumps({"grown": grown, "notes": list(found.notes), "terms": terms}))
"""


def test_memory_stays_bounded_for_a_field_several_times_as_large(tmp_path: Path) -> None:
    budget, size = 10 * 2**20, 8 * 176**3
    made = subprocess.run(
        [sys.executable, "-c", _BOUNDED, str(tmp_path / "field.nc"), str(budget)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(made.stdout)
    assert size > 4 * budget
    # In memory discovery takes about ten times the field.
    assert found["grown"] < size
    assert "does not fit in memory" in found["notes"][0]
    assert {"u_x", "u_xx"} <= set(found["terms"])
