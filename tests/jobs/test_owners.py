"""One runner, several owners: whose each job is, what it is given, and what it finds around it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

import physforge_kernel as pf
from physforge_kernel.errors import WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, Workspace

SECRETS = {
    name: "of somebody's session"
    for name in (
        *("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER", "JUPYTER_TOKEN", "JPY_PARENT_PID", "MPLBACKEND"),
        *("PHYSFORGE_URL", "PHYSFORGE_TOKEN", "PHYSFORGE_OWNER", "SOME_OTHER_TOKEN"),
    )
}

Laboratory = Callable[..., AbstractContextManager[EmbeddedWorkspace]]


def wave(path: Path, shift: int) -> Path:
    rows = [f"{x},{t},{x * t + shift}" for t in range(4) for x in range(4)]
    path.write_text("\n".join(["x,t,u", *rows, ""]))
    return path


def test_a_job_finds_its_owners_workspace_and_nobodys_tokens(
    home: Path,
    tmp_path: Path,
    laboratory: Laboratory,
    monkeypatch: pytest.MonkeyPatch,
    runner_pid: Callable[[EmbeddedWorkspace], int],
):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with laboratory(home) as workspace:
        ann, bob = workspace.acting_for("ann"), workspace.acting_for("bob")
        ann.datasets.upload(wave(tmp_path / "wake.csv", 0))
        jobs = {who: who.jobs.submit("trial-around") for who in (ann, bob, workspace)}
        found = {who.owner: job.result(timeout=60) for who, job in jobs.items()}
        environment = psutil.Process(runner_pid(workspace)).environ()

    assert "of somebody's session" not in environment.values()
    for who, job in jobs.items():
        for seen in found[who.owner].values():
            assert "of somebody's session" not in seen["environment"].values()
            assert (seen["owner"], seen["home"]) == (who.owner, str(home))
            assert seen["environment"]["PHYSFORGE_OWNER"] == who.owner
            assert seen["jobs"] == [job.id]
            assert seen["datasets"] == (["wake"] if who is ann else [])


def test_each_job_is_given_its_own_owners_data_of_a_name(lab: EmbeddedWorkspace, tmp_path: Path):
    ann, bob = lab.acting_for("ann"), lab.acting_for("bob")
    jobs = []
    for shift, who in ((0, ann), (100, bob)):
        who.datasets.upload(wave(tmp_path / "wake.csv", shift))
        jobs.append(who.jobs.submit("trial-read", inputs="wake"))
    means = [job.result(timeout=60)["mean"] for job in jobs]
    assert means == [2.25, 102.25]


def owner_of(workspace: Workspace) -> str:
    assert isinstance(workspace, EmbeddedWorkspace)
    return workspace.owner


def test_connecting_opens_the_workspace_of_the_owner_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PHYSFORGE_HOME", str(tmp_path))
    assert owner_of(pf.connect()) == ""
    monkeypatch.setenv("PHYSFORGE_OWNER", "ann")
    assert owner_of(pf.connect()) == "ann"
    monkeypatch.setenv("PHYSFORGE_OWNER", "ann ")
    with pytest.raises(WorkspaceError, match="PHYSFORGE_OWNER"):
        pf.connect()
