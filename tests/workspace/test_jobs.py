"""`workspace.jobs`: submitting, watching, waiting, and fetching what a job left, by every way in."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from physforge_kernel.errors import JobError, NotFoundError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, JobTimeoutError, Workspace

from .conftest import claimed, succeed


def test_submitting_checks_pins_queues_and_wakes_the_runner(
    workspace: Workspace, behind: EmbeddedWorkspace, wave: Path, woken: list[Path]
):
    version = workspace.datasets.upload(wave, "wake")
    job = workspace.jobs.submit("discover", {"seed": 3}, inputs="wake", name="first look")
    assert (job.kind, job.state, job.name) == ("discover", "queued", "first look")
    assert (job.config, job.inputs) == ({"seed": 3}, {"field": "wake@1"})
    assert job.record.input_ids == {"field": version.id}
    assert set(woken) == {behind.home}
    assert workspace.jobs.submit("discover", inputs=version).inputs == {"field": "wake@1"}
    assert workspace.jobs.submit("discover", inputs={"field": "wake@1"}).config == {"seed": 0}


def test_what_cannot_run_is_refused_before_it_is_queued(workspace: Workspace, wave: Path, woken: list[Path]):
    workspace.datasets.upload(wave, "wake")
    for kind, config, inputs, said in (
        ("discovr", {}, "wake", r"There is no job kind 'discovr'\. Did you mean 'discover'\?"),
        ("discover", {"sed": 1}, "wake", "has no setting 'sed'"),
        ("discover", {}, "waek", r"There is no dataset 'waek'\. Did you mean 'wake'\?"),
        ("discover", {}, None, "needs the input 'field', and was given no input"),
        ("discover", {}, {"data": "wake"}, "needs the input 'field', and was given the input 'data'"),
    ):
        with pytest.raises((JobError, NotFoundError), match=said):
            workspace.jobs.submit(kind, config, inputs=inputs)
    with pytest.raises(WorkspaceError, match=r"'run \\u202e7' cannot be a job's name"):
        workspace.jobs.submit("discover", inputs="wake", name="run \u202e7")
    assert workspace.jobs.list() == []
    assert woken == []


def test_watching_tells_the_whole_story_as_it_happens(
    workspace: Workspace, behind: EmbeddedWorkspace, tmp_path: Path
):
    job = workspace.jobs.submit("tidy")
    seen: list[str] = []
    heard = threading.Event()

    def run() -> None:
        claim = claimed(behind)
        behind.records.report_progress(job.id, claim.fence, 0.5, "half")
        assert heard.wait(30), "the watcher did not hear of the progress while the job ran"
        succeed(behind, claim, {"law": "u_t = 0"}, tmp_path)

    runner = threading.Thread(target=run)
    runner.start()
    for event in job.watch(timeout=30):
        seen.append(event.type)
        if event.type == "progress":
            heard.set()
    runner.join()
    assert seen == ["queued", "running", "progress", "artifact", "succeeded"]
    assert job.state == "succeeded"
    assert [event.type for event in workspace.jobs.watch(job.id)] == seen, (
        "a finished job can be watched again"
    )
    assert job.result() == {"law": "u_t = 0"}


def test_patience_that_ends_leaves_the_job_alone(workspace: Workspace):
    job = workspace.jobs.submit("tidy")
    with pytest.raises(JobTimeoutError, match="was still queued after 0 s"):
        job.wait(timeout=0)
    with pytest.raises(TimeoutError):
        job.result(timeout=0)
    assert job.refresh().state == "queued"


def test_waiting_for_a_job_wakes_a_runner_that_may_have_died(
    workspace: Workspace, behind: EmbeddedWorkspace, woken: list[Path]
):
    job = workspace.jobs.submit("tidy")
    woken.clear()
    job.cancel()
    job.wait()
    assert woken == []
    job = workspace.jobs.submit("tidy")
    woken.clear()
    with pytest.raises(JobTimeoutError):
        job.wait(timeout=0)
    assert set(woken) == {behind.home}


def test_a_failed_job_raises_its_own_sentence(workspace: Workspace, behind: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    claim = claimed(behind)
    behind.records.finish(job.id, claim.fence, "failed", "The field has no time axis.")
    with pytest.raises(JobError, match=r"^The field has no time axis\.$"):
        job.result()
    assert (job.state, job.error) == ("failed", "The field has no time axis.")


def test_a_cancelled_job_has_no_result(workspace: Workspace):
    job = workspace.jobs.submit("tidy").cancel()
    assert job.state == "cancelled"
    with pytest.raises(JobError, match="was cancelled, so it has no result"):
        job.result()


def test_a_job_without_a_result_says_so(workspace: Workspace, behind: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    claim = claimed(behind)
    behind.records.finish(job.id, claim.fence, "succeeded")
    with pytest.raises(JobError, match=r"left no result\.json"):
        job.result()


def test_artifacts_are_found_by_name_and_their_paths_keep_it(
    workspace: Workspace, behind: EmbeddedWorkspace, tmp_path: Path
):
    job = workspace.jobs.submit("tidy")
    claim = claimed(behind)
    plot = tmp_path / "p"
    for content in (b"first", b"second"):
        plot.write_bytes(content)
        behind.records.add_artifact(job.id, claim.fence, "plots/fit.png", plot, "image/png")
        assert job.artifact("plots/fit.png").read_bytes() == content
    assert job.artifact("plots/fit.png").parts[-2:] == ("plots", "fit.png")
    assert [artifact.name for artifact in job.artifacts()] == ["plots/fit.png"]
    with pytest.raises(NotFoundError, match=r"Did you mean 'plots/fit\.png'"):
        job.artifact("plots/fit.svg")


def test_the_log_holds_the_lines_of_all_attempts(workspace: Workspace, behind: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    for attempt in (1, 2):
        claim = claimed(behind)
        behind.records.append_event(job.id, claim.fence, "log", {"text": f"attempt {attempt}"})
        behind.records.append_event(job.id, claim.fence, "log", {"text": "two\nlines\n"})
        behind.records.give_back(job.id, claim.fence)
    assert job.log() == "attempt 1\ntwo\nlines\nattempt 2\ntwo\nlines\n"


def test_handles_and_lists_read_well(workspace: Workspace, behind: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy", name="<i>clean</i>")
    claim = claimed(behind)
    behind.records.report_progress(job.id, claim.fence, 0.4, "Sweeping")
    assert repr(job.refresh()) == f"<Job {job.id} tidy: running 40 %, 'Sweeping'>"
    listed = workspace.jobs.list("running")
    assert listed == [job]
    assert "running 40 %" in repr(listed)
    assert "<i>" not in job._repr_html_() + listed._repr_html_()  # type: ignore[attr-defined]
    with pytest.raises(JobError, match="'done' is not a state"):
        workspace.jobs.list("done")  # type: ignore[arg-type]
