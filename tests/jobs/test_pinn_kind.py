"""The job kinds `pinn` and `derivatives`, from their configs to their artifacts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr
import yaml

from physforge_kernel.errors import JobError
from physforge_kernel.fields import read
from physforge_kernel.jobs._context import trial
from physforge_kernel.jobs.kinds.derivatives import derivatives
from physforge_kernel.jobs.kinds.pinn import pinn
from physforge_kernel.pinn import Solution
from physforge_kernel.workspace._embedded import EmbeddedWorkspace

Eventually = Callable[[Callable[[], object], str], None]

HEAT = yaml.safe_load(
    """
equation: ["u_t = 0.2*u_xx"]
domain: {x: [0, 1], t: [0, 1]}
conditions: ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u(1, t) = 0"]
network: {kind: MLP, width: 8, depth: 2}
training: {steps: 48, points: 150}
stretches: 1
nodes: {x: 21, t: 11}
derivatives: [u_xx]
"""
)


def exact(field: xr.Dataset) -> xr.DataArray:
    return np.exp(-0.2 * np.pi**2 * field.t) * np.sin(np.pi * field.x)


def ran(config: dict[str, object], folder: Path, kind=pinn, **inputs: Path) -> Path:
    context = trial(folder, inputs)
    kind.run(kind.parse(config), context)
    return folder / "artifacts"


def test_a_pinn_job_goes_on_where_its_process_was_killed(
    lab: EmbeddedWorkspace, eventually: Eventually, processes_of: Callable[[Path], list[psutil.Process]]
):
    steps = 240
    job = lab.jobs.submit(
        "pinn", HEAT | {"training": {"steps": steps, "points": 150}, "checkpoint_seconds": 0}
    )
    eventually(lambda: lab.jobs.get(job.id).progress > 0.2, "Training is under way")
    [process] = [p for p in processes_of(lab.home) if "physforge_kernel.jobs._job_process" in p.cmdline()]
    os.kill(process.pid, signal.SIGKILL)
    result = lab.jobs.result(job.id, timeout=120)
    assert result["residual"] < 1e-3
    assert lab.jobs.get(job.id).attempt == 2
    assert "goes on from where it was cut off" in lab.jobs.log(job.id)
    seen = [event.data["step"] for event in lab.jobs.watch(job.id) if "step" in event.data]
    assert seen[-1] == steps
    assert seen.count(8) == 1, "Training began anew"


def test_artifacts_hold_the_field_with_its_derivatives(tmp_path: Path):
    left = ran(HEAT, tmp_path)
    field = read(left / "field.nc")
    assert float(np.abs(field["u"] - exact(field)).max()) < 1e-3
    assert float(np.abs(field["u_xx"] + np.pi**2 * exact(field)).max()) < 0.1
    solution = Solution.load(left / "solution.safetensors")
    assert solution.field(x=21, t=11)["u"].values == pytest.approx(field["u"].values, abs=1e-12)


def test_several_runs_tell_how_far_they_differ(tmp_path: Path):
    import json

    left = ran(HEAT | {"seeds": 2, "training": {"steps": 24, "points": 100}}, tmp_path)
    field = read(left / "field.nc")
    assert 0 < float(field["u_spread"].max()) < 0.1
    assert len(json.loads((left / "result.json").read_text())["residuals"]) == 2


def test_a_shape_is_given_in_plain_values(tmp_path: Path):
    config = yaml.safe_load(
        """
        equation: ["u_xx + u_yy = -1"]
        domain: {"x, y": {"-": [{box: {lower: [0, 0], upper: [2, 1]}},
                                {ball: {centre: [2, 1], radius: 0.5, name: bite}}]}}
        conditions: ["u = 0 on boundary"]
        network: {kind: MLP, width: 8, depth: 2}
        training: {steps: 16, points: 150}
        nodes: {x: 21, y: 11}
        """
    )
    folder = ran(config, tmp_path)
    shape = Solution.load(folder / "solution.safetensors").problem.box.shape
    assert shape is not None
    assert shape.names == ("box", "bite")
    with xr.open_dataset(folder / "field.nc") as field:
        assert np.isnan(field.u.sel(x=2, y=1).item())
        assert abs(field.u.sel(x=1, y=0.5, method="nearest").item()) > 0.01


def test_constants_are_found_from_data(tmp_path: Path):
    import json

    t = np.linspace(0, 2, 60)
    noise = 0.01 * np.random.default_rng(0).normal(size=60)
    xr.Dataset({"u": ("t", np.exp(-1.3 * t) + noise)}, {"t": t}).to_netcdf(tmp_path / "data.nc")
    config = {
        "equation": ["u_t = -k*u"],
        "domain": {"t": [0, 2]},
        "conditions": ["u(0) = 1"],
        "parameters": {"k": [0.1, 10]},
        "noise": 0.01,
        "training": {"steps": 48},
    }
    result = json.loads((ran(config, tmp_path, data=tmp_path / "data.nc") / "result.json").read_text())
    low, high = result["intervals"]["k"]
    assert low < 1.3 < high
    assert high - low < 0.1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"equation": ["u_t = q"]}, "'q' has no derivative and no value"),
        ({"domain": {"x": [1, 0], "t": [0, 1]}}, "give its two ends, the lower one first"),
        ({"domain": {"x, y": {"cone": {}}}}, "describes no shape; give one of box, ball, polygon"),
        ({"conditions": ["u(x, 0) = "]}, "cannot be read"),
        ({"network": {"kind": "KAN"}}, "There is no network 'KAN'; choose one of MLP"),
        ({"network": {"widht": 3}}, "The network MLP has no 'widht'"),
        ({"training": {"sampling": "none"}}, "sampling is 'none'; choose one of residual"),
        ({"training": {"epochs": 3}}, "Training has no setting 'epochs'"),
    ],
)
def test_what_cannot_be_solved_is_refused_when_it_is_submitted(changed: dict[str, object], sentence: str):
    with pytest.raises(JobError, match=sentence):
        pinn.validate(HEAT | changed)


def test_a_problem_without_enough_conditions_is_told(tmp_path: Path):
    from physforge_kernel.errors import SolverError

    with pytest.raises(SolverError, match="needs an initial condition"):
        ran(HEAT | {"conditions": ["u(0, t) = 0", "u(1, t) = 0"]}, tmp_path)


def test_a_derivatives_job_leaves_terms_on_the_grid(tmp_path: Path):
    x, t = np.linspace(0, 2 * np.pi, 80, endpoint=False), np.linspace(0, 1, 31)
    u = np.exp(-t)[:, None] * np.sin(x)[None]
    xr.Dataset({"u": (("t", "x"), u)}, {"t": t, "x": x}).to_netcdf(tmp_path / "field.nc")
    terms = ["u_xxx", "u*u_x", "sin(u)/(1 + x)"]
    left = ran({"terms": terms}, tmp_path, kind=derivatives, field=tmp_path / "field.nc")
    found = xr.open_dataset(left / "terms.nc")
    expected = -np.exp(-found.t) * np.cos(found.x)
    assert float(np.abs(found["u_xxx"] - expected).max()) < 1e-6
    assert "u_xxx_error" in found
    assert [found[name].attrs.get("term") for name in found.data_vars if ":" in str(name)] == [terms[2]]
    assert np.array_equal(found["u"].values, u)


def test_a_derivatives_job_says_what_it_cannot_evaluate(tmp_path: Path):
    from physforge_kernel.errors import DerivativeError

    t = np.linspace(0, 1, 31)
    xr.Dataset({"u": ("t", t**2)}, {"t": t}).to_netcdf(tmp_path / "field.nc")
    with pytest.raises(DerivativeError, match="holds u_x, which the field does not have"):
        ran({"terms": ["u_x"]}, tmp_path, kind=derivatives, field=tmp_path / "field.nc")
