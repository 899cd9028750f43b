"""`pf.connect()`: which workspace it opens, and how it is wired."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import physforge_kernel as pf
from physforge_kernel.errors import JobError, NotFoundError, PhysForgeWarning, WorkspaceError
from physforge_kernel.jobs import runner_status
from physforge_kernel.jobs._starter import RunnerFiles
from physforge_kernel.workspace import EmbeddedWorkspace, Workspace


def home_of(workspace: Workspace) -> Path:
    assert isinstance(workspace, EmbeddedWorkspace)
    return workspace.home


def test_the_workspace_lies_under_physforge_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PHYSFORGE_HOME", "~/lab")
    assert home_of(pf.connect()) == tmp_path / "lab"
    monkeypatch.delenv("PHYSFORGE_HOME")
    assert home_of(pf.connect()) == tmp_path / ".physforge"


@pytest.mark.parametrize(
    "url",
    [
        "https://ann:s3cret@lab.example/x",
        "https://ann:s3@cret@lab.example/x",
        "https://ann:s3cret//s3cret@lab.example/x",
        "https://ann:s3cret/s3cret@lab.example/x",
        "ann:s3cret@lab.example/x",
    ],
)
def test_the_password_in_a_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("PHYSFORGE_URL", url)
    with pytest.raises(WorkspaceError, match=r"lab\.example/x") as refused:
        pf.connect()
    assert "cret" not in str(refused.value)
    assert "ann" not in str(refused.value)


def test_what_cannot_run_is_refused_before_it_is_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PHYSFORGE_HOME", str(tmp_path))
    workspace = pf.connect()
    with pytest.raises(NotFoundError, match=r"'discovr'.*'discover'"):
        workspace.jobs.submit("discovr")
    with pytest.raises(JobError, match="no setting 'sed'"):
        workspace.jobs.submit("discover", {"sed": 1}, inputs={"field": "wake"})
    with pytest.raises(JobError, match="needs the input 'field'"):
        workspace.jobs.submit("discover")
    assert workspace.jobs.list() == []
    assert runner_status(tmp_path) is None


def test_connecting_takes_up_what_was_left_unfinished(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    laboratory: Callable[..., AbstractContextManager[EmbeddedWorkspace]],
    eventually: Callable[[Callable[[], object], str], None],
):
    monkeypatch.setenv("PHYSFORGE_HOME", str(home))
    with laboratory(home):
        job = EmbeddedWorkspace(home).jobs.submit("trial-echo")  # queued, and nobody told
        assert runner_status(home) is None
        workspace = pf.connect()
        eventually(lambda: workspace.jobs.record(job.id).state == "succeeded", "The job is done")


def test_a_workspace_whose_runner_does_not_come_up_still_opens_and_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PHYSFORGE_HOME", str(home))
    job = EmbeddedWorkspace(home).jobs.submit("trial-echo")
    starts = RunnerFiles(home).starts
    starts.parent.mkdir()
    starts.write_text("...")  # three starts, and no runner
    with pytest.warns(PhysForgeWarning, match=r"1 job is unfinished.*did not come up"):
        workspace = pf.connect()
    assert [found.id for found in workspace.jobs.list()] == [job.id]
    with pytest.warns(PhysForgeWarning, match=r"is queued, and waits.*did not come up"):
        other = workspace.jobs.submit("trial-echo")
    assert other.state == "queued"
    assert runner_status(home) is None


def test_connecting_loads_no_science():
    script = """
import sys, physforge_kernel as pf
pf.connect()
heavy = {"scipy", "sympy", "dask", "distributed", "matplotlib", "pyvista", "papermill"} & set(sys.modules)
sys.exit(", ".join(sorted(heavy)) or None)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
