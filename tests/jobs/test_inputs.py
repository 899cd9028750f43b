"""A job gets copies of its inputs: whole ones, and ones that it cannot hurt the workspace with."""

from __future__ import annotations

from pathlib import Path

import pytest

from physforge_kernel.errors import WorkspaceError
from physforge_kernel.jobs._desk import Desk
from physforge_kernel.workspace import EmbeddedWorkspace


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "wave.csv"
    path.write_text("t,x,u\n" + "".join(f"{t},{x},{t - x}\n" for t in range(5) for x in range(5)))
    return path


def test_what_a_job_writes_to_its_input_never_reaches_the_dataset(tmp_path: Path, table: Path):
    workspace = EmbeddedWorkspace(tmp_path / "home")
    workspace.datasets.upload(table, "wave")
    job = workspace.jobs.submit("discover", inputs="wave")
    laid_out = Desk(workspace.home).lay_out(job.record, tmp_path / "inputs")
    given = Path(laid_out["field"]["path"])
    assert given.read_bytes() == table.read_bytes()
    assert given.stat().st_mode & 0o222 == 0

    given.chmod(0o644)
    given.write_text("ruined")

    assert workspace.datasets.path("wave").read_bytes() == table.read_bytes()
    again = Desk(workspace.home).lay_out(job.record, tmp_path / "more")
    assert Path(again["field"]["path"]).read_bytes() == table.read_bytes()


def test_a_job_is_not_given_an_input_whose_bytes_are_damaged(tmp_path: Path, table: Path):
    workspace = EmbeddedWorkspace(tmp_path / "home")
    workspace.datasets.upload(table, "wave")
    job = workspace.jobs.submit("discover", inputs="wave")
    (stored,) = (path for path in (workspace.home / "objects").rglob("*") if path.is_file())
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"4", b"5"))

    with pytest.raises(WorkspaceError, match="is damaged"):
        Desk(workspace.home).lay_out(job.record, tmp_path / "inputs")
