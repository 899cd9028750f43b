"""The job kind `discover`, from an uploaded field to the law in its artifacts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.discovery import candidates
from physforge_kernel.errors import DiscoveryError, JobError
from physforge_kernel.jobs import JobCancelledError, trial
from physforge_kernel.jobs._context import FolderHost
from physforge_kernel.jobs.kinds.discover import discover
from physforge_kernel.workspace._embedded import EmbeddedWorkspace


def heat() -> xr.Dataset:
    """Two decaying modes of `u_t = 0.1*u_xx` on a periodic interval."""
    x = np.linspace(0.0, 2 * np.pi, 64, endpoint=False)
    t = np.linspace(0.0, 2.0, 41)
    decay = [np.exp(-0.1 * k**2 * t)[:, None] * np.cos(k * x + k) for k in (1, 2, 3)]
    return xr.Dataset({"u": (("t", "x"), sum(decay))}, coords={"t": t, "x": x})


def test_a_discovery_job_leaves_the_law_and_its_fit(lab: EmbeddedWorkspace):
    lab.datasets.upload(heat(), "rod")
    job = lab.jobs.submit("discover", {"target": "u_t", "seed": 1}, inputs="rod")
    result = lab.jobs.result(job.id, timeout=120)
    assert list(result["terms"]["u_t"]) == ["u_xx"]
    assert result["terms"]["u_t"]["u_xx"] == pytest.approx(0.1, rel=1e-3)
    low, high = result["intervals"]["u_t"]["u_xx"]
    assert low < 0.1 < high or high - low < 1e-4
    assert {artifact.name for artifact in lab.jobs.artifacts(job.id)} == {"result.json", "fit.nc"}
    with xr.open_dataset(lab.jobs.artifact(job.id, "fit.nc"), engine="h5netcdf") as fit:
        assert {"observed", "predicted", "residual"} <= set(fit.data_vars)
        np.testing.assert_allclose(fit["predicted"], fit["observed"] - fit["residual"], atol=1e-12)
    messages = [event.data["fraction"] for event in lab.jobs.watch(job.id) if event.type == "progress"]
    assert messages == sorted(messages)


def test_a_job_and_the_library_find_the_same(lab: EmbeddedWorkspace):
    lab.datasets.upload(heat(), "rod")
    job = lab.jobs.submit("discover", {"seed": 3}, inputs="rod")
    here = pf.discover(lab.datasets.open("rod"), seed=3)
    assert lab.jobs.result(job.id, timeout=120)["terms"] == here.to_dict()["terms"]


def test_a_target_that_the_field_cannot_have_is_refused_in_a_sentence(lab: EmbeddedWorkspace):
    lab.datasets.upload(heat(), "rod")
    job = lab.jobs.submit("discover", {"target": "v_t"}, inputs="rod")
    with pytest.raises(JobError, match="v"):
        lab.jobs.result(job.id, timeout=120)
    assert lab.jobs.log(job.id).strip() == lab.jobs.get(job.id).error


def test_a_dataset_of_several_files_is_asked_which_one(lab: EmbeddedWorkspace, tmp_path: Path):
    folder = tmp_path / "rods"
    (folder / "runs").mkdir(parents=True)
    field = heat()
    field.to_netcdf(folder / "long.nc", engine="h5netcdf")
    (2 * field).to_netcdf(folder / "runs" / "hot.nc", engine="h5netcdf")
    (folder / "README.md").write_text("Two rods, one of them hot.")
    lab.datasets.upload(folder, "rods")
    which = {
        file: lab.jobs.submit("discover", {"file": file}, inputs="rods")
        for file in (None, "cold.nc", "README.md", "../rods/long.nc", "runs/hot.nc")
    }
    for file, sentence in (
        (None, r"rods@1 holds 2 files that can be read: long\.nc, runs/hot\.nc\. .*'file', such as long\.nc"),
        ("cold.nc", r"rods@1 has no file 'cold\.nc' that can be read\. It holds long\.nc, runs/hot\.nc"),
        ("README.md", r"rods@1 has no file 'README\.md' that can be read\."),
        ("../rods/long.nc", "rods@1 has no file"),
    ):
        with pytest.raises(JobError, match=sentence):
            lab.jobs.result(which[file].id, timeout=120)
    assert list(lab.jobs.result(which["runs/hot.nc"].id, timeout=120)["terms"]["u_t"]) == ["u_xx"]


@pytest.mark.parametrize("how", ["files", "inputs"])
def test_several_experiments_share_one_law(how: str, tmp_path: Path):
    parts = [heat().isel(t=slice(25)), 2 * heat().isel(t=slice(15, None))]
    folder = tmp_path / "rods" if how == "files" else tmp_path
    folder.mkdir(exist_ok=True)
    for number, part in enumerate(parts):
        part.to_netcdf(folder / f"{number}.nc", engine="h5netcdf")
    inputs = {"field": folder} if how == "files" else {"field": folder / "0.nc", "field_2": folder / "1.nc"}
    context = trial(tmp_path / "trial", inputs=inputs)
    file = ["0.nc", "1.nc"] if how == "files" else None
    discover.run(discover.config(target="u_t", file=file), context)
    found = json.loads((tmp_path / "trial" / "artifacts" / "result.json").read_text())
    assert found["terms"] == pf.discover(parts, target="u_t").to_dict()["terms"]


def test_the_one_field_among_other_files_need_not_be_named(lab: EmbeddedWorkspace, tmp_path: Path):
    folder = tmp_path / "rod"
    folder.mkdir()
    heat().to_netcdf(folder / "run.nc", engine="h5netcdf")
    (folder / "README.md").write_text("Measured on a Tuesday.")
    lab.datasets.upload(folder, "rod-noted")
    job = lab.jobs.submit("discover", inputs="rod-noted")
    assert list(lab.jobs.result(job.id, timeout=120)["terms"]["u_t"]) == ["u_xx"]


def test_axes_that_a_file_does_not_tell_are_named_in_the_settings(tmp_path: Path):
    square = heat().isel(t=slice(40), x=slice(40))
    np.savez(tmp_path / "rod.npz", u=square["u"].values.T, t=square["t"].values, x=square["x"].values)
    context = trial(tmp_path / "trial", inputs={"field": tmp_path / "rod.npz"})

    discover.run(discover.config(target="u_t", dims="x,t"), context)

    found = json.loads((tmp_path / "trial" / "artifacts" / "result.json").read_text())
    assert found["terms"]["u_t"]["u_xx"] == pytest.approx(0.1, rel=1e-2)


def test_a_cancelled_discovery_stops_at_its_next_progress(tmp_path: Path):
    pf_file = tmp_path / "rod.nc"
    heat().to_netcdf(pf_file, engine="h5netcdf")
    context = trial(tmp_path, {"field": pf_file})
    assert isinstance(context.host, FolderHost)
    context.host.stop = True
    with pytest.raises(JobCancelledError):
        discover.run(discover.parse({}), context)
    assert not (tmp_path / "artifacts").exists()


def test_candidates_and_resamplings_are_settings(lab: EmbeddedWorkspace):
    lab.datasets.upload(pf.add_noise(heat(), 0.05, seed=0), "noisy-rod")
    config = {"target": "u_t", "library": ["sin(u)", "x*u_x"], "degree": 2, "order": 3, "draws": 6}
    job = lab.jobs.submit("discover", config, inputs="noisy-rod")
    result = lab.jobs.result(job.id, timeout=120)
    assert list(result["terms"]["u_t"]) == ["u_xx"]
    stable = result["stability"]
    assert stable["bootstrap"]["draws"] == 6
    assert {"sin(u)", "u_x*x", "u_xx"} <= set(stable["bootstrap"]["inclusion"]["u_t"])
    assert "u_xxxx" not in stable["bootstrap"]["inclusion"]["u_t"]
    assert stable["bootstrap"]["inclusion"]["u_t"]["u_xx"] == 1.0
    here = pf.discover(
        lab.datasets.open("noisy-rod"),
        target="u_t",
        library=candidates(heat(), ["sin(u)", "x*u_x"], degree=2, order=3),
    )
    assert here.stability(draws=6).to_dict() == stable
    said = [event.data["message"] for event in lab.jobs.watch(job.id) if event.type == "progress"]
    assert any("repeating the search" in message for message in said)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"library": ["sin(u"]}, r"library: The term 'sin\(u' cannot be read: This '\(' is never closed"),
        ({"library": ["u_x", "u = 3"]}, "The term 'u = 3' cannot be read"),
        ({"degree": 0}, "degree"),
        ({"order": 7}, "order"),
        ({"draws": -1}, "draws"),
        ({"method": "pysindy:lasso"}, "'pysindy:lasso' is none of weak, pysindy:stlsq, "),
        ({"options": {"threshold": 0.1}}, "The weak form has no options, and threshold was given"),
        ({"controls": "f"}, "controls"),
    ],
)
def test_settings_that_mean_nothing_are_refused_before_the_job_is_queued(settings: dict, sentence: str):
    with pytest.raises(JobError, match=sentence):
        discover.validate(settings)


def test_the_candidates_of_a_job_can_be_a_dataset_of_their_own(lab: EmbeddedWorkspace, tmp_path: Path):
    lab.datasets.upload(heat(), "rod")
    lab.datasets.upload(pf.library.terms(heat(), "u", "u_x", "x*u_xx").save(tmp_path / "few.json"))
    job = lab.jobs.submit("discover", {"target": "u_t"}, inputs={"field": "rod", "candidates": "few"})
    tried = lab.jobs.result(job.id, timeout=120)
    assert set(tried["terms"]["u_t"]) <= {"u", "u_x", "u_xx*x"}  # the law's own term was no candidate
    assert tried["verdict"]["kind"] != "identified"
    with pytest.raises(
        JobError,
        match=r"the input 'field' and may have the inputs 'candidates', 'field_2', .*, and was given",
    ):
        lab.jobs.submit("discover", inputs={"field": "rod", "library": "few"})
    with pytest.raises(JobError, match="needs the input 'field'"):
        lab.jobs.submit("discover", inputs={"candidates": "few"})


def test_a_dataset_that_is_no_library_is_refused_as_candidates(tmp_path: Path):
    heat().to_netcdf(tmp_path / "rod.nc", engine="h5netcdf")
    inputs = {"field": tmp_path / "rod.nc", "candidates": tmp_path / "rod.nc"}
    with pytest.raises(DiscoveryError, match="no valid JSON"):
        discover.run(discover.parse({}), trial(tmp_path, inputs))


def test_controls_and_the_method_that_chooses_terms_are_settings(tmp_path: Path):
    t = np.linspace(0.0, 20.0, 400)
    field = xr.Dataset({"f": ("t", np.sin(1.7 * t)), "u": ("t", _driven(t))}, {"t": t})
    field.to_netcdf(tmp_path / "driven.nc", engine="h5netcdf")
    settings = {
        "controls": ["f"],
        "degree": 2,
        "method": "pysindy:constrained",
        "options": {"derivatives": "finite", "constraints": [[{"u_t: 1": 1.0}, 0.0]]},
    }
    discover.run(discover.parse(settings), trial(tmp_path, {"field": tmp_path / "driven.nc"}))
    found = json.loads((tmp_path / "artifacts" / "result.json").read_text())
    assert set(found["terms"]["u_t"]) == {"f", "u"}
    assert found["settings"]["method"] == "pysindy:constrained"
    assert found["settings"]["controls"] == ["f"]
    assert found["settings"]["options"]["constraints"] == [[{"u_t: 1": 1.0}, 0.0]]


def _driven(t: np.ndarray) -> np.ndarray:
    """`u_t = -0.5*u + 2*f` from 1, where `f = sin(1.7*t)`."""
    a, w = 0.5, 1.7
    forced = 2 * (a * np.sin(w * t) - w * np.cos(w * t)) / (a**2 + w**2)
    return forced + (1 - forced[0]) * np.exp(-a * t)


def test_a_term_of_another_variable_is_refused_in_a_sentence(tmp_path: Path):
    heat().to_netcdf(tmp_path / "rod.nc", engine="h5netcdf")
    assert discover.validate({"library": ["sin(w)", "w*v_x", "k*u"]})
    with pytest.raises(DiscoveryError, match="holds w"):
        discover.run(discover.parse({"library": ["sin(w)"]}), trial(tmp_path, {"field": tmp_path / "rod.nc"}))


def test_a_discovery_cancelled_while_it_resamples_stops(tmp_path: Path):
    pf.add_noise(heat(), 0.05, seed=0).to_netcdf(tmp_path / "rod.nc", engine="h5netcdf")
    context = trial(tmp_path, {"field": tmp_path / "rod.nc"})
    host = context.host
    assert isinstance(host, FolderHost)

    def stop(fraction: float, message: str) -> None:
        host.stop = "repeating the search" in message

    host.progress = stop
    with pytest.raises(JobCancelledError):
        discover.run(discover.parse({"target": "u_t", "draws": 4}), context)
    assert not (tmp_path / "artifacts").exists()
