"""What the embedded workspace does about runners, and with the bytes of artifacts on its disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from physforge_kernel.errors import PhysForgeWarning, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace

from .conftest import claimed


@pytest.mark.parametrize("failure", [OSError("No space left"), WorkspaceError("No space left")])
def test_a_job_for_which_no_runner_can_be_started_is_returned_and_waits(tmp_path: Path, failure: Exception):
    def wake(home: Path) -> None:
        raise failure

    workspace = EmbeddedWorkspace(tmp_path / "home", on_submit=wake)
    with pytest.warns(PhysForgeWarning) as warned:
        job = workspace.jobs.submit("tidy")

    (said,) = [str(warning.message) for warning in warned]
    assert said.startswith(f"Job {job.id} is queued, and waits: no runner could be started.")
    assert said.endswith("No space left")
    assert warned[0].filename == __file__
    assert [found.id for found in workspace.jobs.list(state="queued")] == [job.id]
    with pytest.raises(type(failure), match="No space left"):  # who waits for it must not wait in vain
        job.wait(timeout=30)


def test_equal_bytes_under_clashing_names_are_two_artifacts(behind: EmbeddedWorkspace, tmp_path: Path):
    file = tmp_path / "p"
    file.write_bytes(b"same")
    for name in ("fit", "fit/again"):
        job = behind.jobs.submit("tidy")
        claim = claimed(behind)
        behind.records.add_artifact(job.id, claim.fence, name, file)
        assert job.artifact(name).read_bytes() == b"same"
    behind.sweep()
    assert job.artifact("fit/again").exists()
