"""The job kind `symbolic`, from an uploaded field to the formula in its artifacts."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.errors import JobError
from physforge_kernel.jobs.kinds.symbolic import symbolic
from physforge_kernel.workspace._embedded import EmbeddedWorkspace


def test_a_symbolic_job_leaves_the_formula(lab: EmbeddedWorkspace):
    x, t = np.linspace(0.0, 2 * np.pi, 64, endpoint=False), np.linspace(0.0, 2.0, 81)
    u = sum(np.exp(-0.5 * k**2 * t)[:, None] * np.cos(k * x + k) for k in (1, 2, 3))
    lab.datasets.upload(xr.Dataset({"u": (("t", "x"), np.asarray(u))}, coords={"t": t, "x": x}), "rod")
    config = {"target": "u_t", "inputs": ["u", "u_x", "u_xx"], "seconds": 30}
    job = lab.jobs.submit("symbolic", config, inputs="rod")
    result = lab.jobs.result(job.id, timeout=200)
    assert result["equation"] == "u_t = u_xx/2"
    assert result["verdict"]["kind"] == "identified"


def test_a_symbolic_job_says_what_it_needs():
    with pytest.raises(JobError, match="inputs"):
        symbolic.validate({"target": "u_t"})
    with pytest.raises(JobError, match="engine"):
        symbolic.validate({"target": "u_t", "inputs": ["u"], "engine": "gplearn"})
