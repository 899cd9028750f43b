"""The benchmark of discovery: it goes on where it was stopped, and counts what must not be overlooked."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf

FOLDER = Path(__file__).parents[2] / "benchmarks" / "discovery"


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's files by name; they import each other as the command does."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def command(results: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(FOLDER / "laws.py"), "--results", str(results), *arguments]


def run(results: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(results, *arguments), capture_output=True, text=True)


def test_a_stopped_command_goes_on_with_what_is_missing(tmp_path: Path):
    results = tmp_path / "discovery.json"
    asked = ("--only", "catalogue/lotka_volterra", "--noise", "0.01", "--no-peers", "--no-bounds")
    stopped = subprocess.Popen(
        command(results, *asked, "--seeds", "50"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert stopped.stdout is not None
    with stopped.stdout:
        for line in stopped.stdout:
            if "seed 0" in line:
                break
        stopped.kill()
        stopped.wait()
    before = json.loads(results.read_text())["runs"]
    assert 1 <= len(before) < 50

    ended = run(results, *asked, "--seeds", str(len(before) + 1))

    assert ended.returncode == 0, ended.stderr
    assert "1 rows are missing" in ended.stdout
    after = json.loads(results.read_text())["runs"]
    assert after[:-1] == before
    assert after[-1]["seed"] == len(before)
    assert after[-1]["right"]
    assert len(after[-1]["inside"]) == 4
    assert "lotka volterra" in (tmp_path / "discovery.md").read_text()


def test_files_that_are_not_there_are_named(tmp_path: Path):
    ended = run(tmp_path / "discovery.json", "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "lacks pde_find/burgers.mat, " in ended.stderr


def test_a_pattern_that_fits_no_law_is_an_error(tmp_path: Path):
    ended = run(tmp_path / "discovery.json", "--only", "catalogue/nonsense")
    assert ended.returncode == 1
    assert "catalogue/nonsense" in ended.stderr


def row(right: bool, verdict: str, source: str = "catalogue", noise: float = 0.2) -> dict[str, Any]:
    kept = {"errors": [0.01, 0.03], "inside": [True, False]} if right else {"found": "u_t = u"}
    about = {"source": source, "law": "heat", "noise": noise, "seconds": 1.0}
    return about | {"right": right, "verdict": verdict} | kept


def test_only_another_law_with_certainty_counts_as_false(part: Any):
    summary = part("_summary")
    runs = [
        *(row(True, "identified") for _ in range(47)),
        row(False, "identified"),
        row(False, "ambiguous"),
        row(False, "identified", "outside"),
    ]
    bounds = [{"source": "catalogue", "law": "heat", "terms": {"u_t": {"u_xx": 0.03}}}]

    figures = {figure.what: figure for figure in summary.figures(summary.groups(runs, bounds, []))}

    assert (figures["false laws, all runs"].part, figures["false laws, all runs"].whole) == (2, 50)
    assert figures["false laws, all runs"].met == "no"
    assert figures["false laws, laws outside the candidates"].part == 1
    [clear] = [figure for what, figure in figures.items() if "every term" in what]
    assert (clear.part, clear.whole, clear.met) == (47, 49, "yes")
    [coverage] = [figure for what, figure in figures.items() if "intervals" in what]
    assert (coverage.part, coverage.whole) == (47, 94)
    assert coverage.met.startswith("no")


def test_what_the_bound_hides_is_not_asked_for(part: Any):
    summary = part("_summary")
    runs = [row(False, "ambiguous")]
    for sd, met in ((0.4, "no"), (0.6, "not clear")):  # 12.5 and 8.3 standard deviations at 20 % noise
        bounds = [{"source": "catalogue", "law": "heat", "terms": {"u_t": {"u_xx": sd}}}]
        [group] = summary.groups(runs, bounds, [])
        assert group.met(summary.Bar("catalogue", "heat", 0.2)) == met
    [group] = summary.groups(runs, [], [])
    assert group.met(summary.Bar("catalogue", "heat", 0.2)) == "no bound yet"


def test_every_false_law_is_written_out(part: Any, tmp_path: Path):
    store = part("_store").Store(tmp_path / "discovery.json")
    for seed in range(2):
        store.add("runs", row(seed == 0, "identified", "outside") | {"seed": seed})
    part("_table").write(store, tmp_path / "picture.svg")
    table = (tmp_path / "discovery.md").read_text()
    assert "| false laws, all runs | 1/2 | 50 % | at most 2 % | no |" in table
    assert "`u_t = u`" in table
    assert not (tmp_path / "picture.svg").exists()


def test_the_bound_of_a_decay_is_the_one_on_paper(part: Any):
    t = np.linspace(0.0, 2.0, 41)
    field = xr.Dataset({"x": ("t", 1.5 * np.exp(-0.8 * t))}, {"t": t})
    rms = np.sqrt(np.mean(field["x"].values ** 2))
    of_rate = -t * field["x"].values * 0.8 / rms  # how samples move with the relative size of the rate
    of_start = np.exp(-0.8 * t) / rms
    left = of_rate - of_start * (of_start @ of_rate) / (of_start @ of_start)

    found = part("_bound").bound(field, pf.Equation("x_t = -0.8*x"))

    assert found["terms"]["x_t"]["x"] == pytest.approx(1 / np.sqrt(left @ left), rel=2e-3)
    assert found["pieces"] == 1


def test_the_bound_of_a_moving_wave_is_the_one_on_paper(part: Any):
    x, t = np.arange(64) * 2 * np.pi / 64, np.linspace(0.0, 1.0, 31)
    field = xr.Dataset({"u": (("t", "x"), np.sin(x - t[:, None]))}, {"t": t, "x": x})
    # The phase is unknown too: what is left of the speed's sensitivity -t cos(x - t) is that of t - mean(t).
    information = np.sum((t - t.mean()) ** 2) * np.sum(np.cos(x) ** 2) / np.mean(np.sin(x) ** 2)
    found = part("_bound").bound(field, pf.Equation("u_t = -u_x"))
    assert found["terms"]["u_t"]["u_x"] == pytest.approx(1 / np.sqrt(information), rel=2e-3)


def test_twenty_systems_are_defined_and_stay_on_their_attractors(part: Any):
    systems = part("_dysts").SYSTEMS
    assert len({system.name for system in systems}) == 20
    for system in systems:
        assert {left.removesuffix("_t") for left in system.equation.left_sides} == set(system.rates)
        assert not system.equation.parameters
    sprott = next(system for system in systems if system.name == "sprott_e").field()
    assert sprott.sizes["t"] == 2001
    assert float(abs(sprott.to_array()).max()) < 10


def test_corruptions_change_samples_and_agree_for_a_seed(part: Any):
    field = pf.catalogue.get("lotka_volterra").field()
    for name, corrupt in part("_corrupted").CORRUPTIONS.items():
        once, again = corrupt(field, 0.05, 3), corrupt(field, 0.05, 3)
        assert once.identical(again), name
        assert not once.identical(field), name
        assert set(once.data_vars) == set(field.data_vars), name


def test_laws_outside_the_candidates_are_many_and_fresh_for_each_seed(part: Any):
    outside = part("_adversarial").OUTSIDE
    assert len(outside) >= 15
    assert not outside["rational"](0).identical(outside["rational"](1))


def test_a_complex_law_is_compared_in_its_real_parts(part: Any):
    law = pf.catalogue.get("schroedinger")
    field, truth = part("_peers")._real(law.field(x=32, t=5), law.equation)
    assert list(field.data_vars) == ["u", "v"]
    assert truth == {
        "u_t": {"u^2*v": -1.0, "v^3": -1.0, "v_xx": -0.5},
        "v_t": {"u*v^2": 1.0, "u^3": 1.0, "u_xx": 0.5},
    }


def test_what_peers_cannot_state_is_said(part: Any):
    peers = part("_peers")
    for name, absent in {
        "wave": ["a second derivative in time"],
        "porous_medium": ["u_x^2"],
        "burgers": [],
        "lambda_omega": [],
    }.items():
        law = pf.catalogue.get(name)
        axes = ("t", *(axis for axis in law.domain if axis != "t"))
        zeros = np.zeros((2,) * len(axes))
        field = xr.Dataset({component: (axes, zeros) for component in law.equation.components})
        assert peers._unstated(*peers._real(field, law.equation)) == absent
