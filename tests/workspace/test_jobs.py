"""`workspace.jobs`: submitting, watching, waiting, and fetching what a job left."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from physforge_kernel.errors import JobError, NotFoundError, PhysForgeWarning, WorkspaceError
from physforge_kernel.workspace import Claim, EmbeddedWorkspace, JobTimeoutError


class Discover:
    """A validator such as the jobs room hands in."""

    inputs = ("field",)

    def __call__(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        unknown = set(config) - {"seed"}
        if unknown:
            raise JobError(f"The kind 'discover' has no setting {sorted(unknown)[0]!r}.")
        return {"seed": 0, **config}


@pytest.fixture
def woken() -> list[Path]:
    return []


@pytest.fixture
def workspace(tmp_path: Path, woken: list[Path]) -> EmbeddedWorkspace:
    return EmbeddedWorkspace(
        tmp_path / "home",
        kinds={"discover": Discover(), "tidy": lambda config: dict(config)},
        on_submit=woken.append,
    )


def claimed(workspace: EmbeddedWorkspace) -> Claim:
    claim = workspace.records.claim("runner", 60)
    assert claim is not None
    return claim


def succeed(workspace: EmbeddedWorkspace, claim: Claim, result: object, folder: Path) -> None:
    file = folder / "result.json"
    file.write_text(json.dumps(result))
    workspace.records.add_artifact(claim.job.id, claim.fence, "result.json", file, "application/json")
    workspace.records.finish(claim.job.id, claim.fence, "succeeded")


def test_submitting_checks_pins_queues_and_wakes_the_runner(
    workspace: EmbeddedWorkspace, wave: Path, woken: list[Path]
):
    version = workspace.datasets.upload(wave, "wake")
    job = workspace.jobs.submit("discover", {"seed": 3}, inputs="wake", name="first look")
    assert (job.kind, job.state, job.name) == ("discover", "queued", "first look")
    assert (job.config, job.inputs) == ({"seed": 3}, {"field": "wake@1"})
    assert job.record.input_ids == {"field": version.id}
    assert woken == [workspace.home]
    assert workspace.jobs.submit("discover", inputs=version).inputs == {"field": "wake@1"}
    assert workspace.jobs.submit("discover", inputs={"field": "wake@1"}).config == {"seed": 0}


def test_what_cannot_run_is_refused_before_it_is_queued(
    workspace: EmbeddedWorkspace, wave: Path, woken: list[Path]
):
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
    assert workspace.jobs.list() == []
    assert woken == []


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


def test_watching_tells_the_whole_story_as_it_happens(workspace: EmbeddedWorkspace, tmp_path: Path):
    job = workspace.jobs.submit("tidy")
    seen: list[str] = []
    heard = threading.Event()

    def run() -> None:
        claim = claimed(workspace)
        workspace.records.report_progress(job.id, claim.fence, 0.5, "half")
        assert heard.wait(30), "the watcher did not hear of the progress while the job ran"
        succeed(workspace, claim, {"law": "u_t = 0"}, tmp_path)

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


def test_patience_that_ends_leaves_the_job_alone(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    with pytest.raises(JobTimeoutError, match="was still queued after 0 s"):
        job.wait(timeout=0)
    with pytest.raises(TimeoutError):
        job.result(timeout=0)
    assert job.refresh().state == "queued"


def test_waiting_for_a_job_wakes_a_runner_that_may_have_died(workspace: EmbeddedWorkspace, woken: list[Path]):
    job = workspace.jobs.submit("tidy")
    woken.clear()
    job.cancel()
    job.wait()
    assert woken == []
    job = workspace.jobs.submit("tidy")
    woken.clear()
    with pytest.raises(JobTimeoutError):
        job.wait(timeout=0)
    assert woken == [workspace.home]


def test_a_failed_job_raises_its_own_sentence(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    claim = claimed(workspace)
    workspace.records.finish(job.id, claim.fence, "failed", "The field has no time axis.")
    with pytest.raises(JobError, match=r"^The field has no time axis\.$"):
        job.result()
    assert (job.state, job.error) == ("failed", "The field has no time axis.")


def test_a_cancelled_job_has_no_result(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy").cancel()
    assert job.state == "cancelled"
    with pytest.raises(JobError, match="was cancelled, so it has no result"):
        job.result()


def test_a_job_without_a_result_says_so(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    claim = claimed(workspace)
    workspace.records.finish(job.id, claim.fence, "succeeded")
    with pytest.raises(JobError, match=r"left no result\.json"):
        job.result()


def test_artifacts_are_found_by_name_and_their_paths_keep_it(workspace: EmbeddedWorkspace, tmp_path: Path):
    job = workspace.jobs.submit("tidy")
    claim = claimed(workspace)
    plot = tmp_path / "p"
    for content in (b"first", b"second"):
        plot.write_bytes(content)
        workspace.records.add_artifact(job.id, claim.fence, "plots/fit.png", plot, "image/png")
        assert job.artifact("plots/fit.png").read_bytes() == content
    assert job.artifact("plots/fit.png").parts[-2:] == ("plots", "fit.png")
    assert [artifact.name for artifact in job.artifacts()] == ["plots/fit.png"]
    with pytest.raises(NotFoundError, match=r"Did you mean 'plots/fit\.png'"):
        job.artifact("plots/fit.svg")


def test_the_log_holds_the_lines_of_all_attempts(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy")
    for attempt in (1, 2):
        claim = claimed(workspace)
        workspace.records.append_event(job.id, claim.fence, "log", {"text": f"attempt {attempt}"})
        workspace.records.append_event(job.id, claim.fence, "log", {"text": "two\nlines\n"})
        workspace.records.give_back(job.id, claim.fence)
    assert job.log() == "attempt 1\ntwo\nlines\nattempt 2\ntwo\nlines\n"


def test_handles_and_lists_read_well(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("tidy", name="<i>clean</i>")
    claim = claimed(workspace)
    workspace.records.report_progress(job.id, claim.fence, 0.4, "Sweeping")
    assert repr(job.refresh()) == f"<Job {job.id} tidy: running 40 %, 'Sweeping'>"
    listed = workspace.jobs.list("running")
    assert listed == [job]
    assert "running 40 %" in repr(listed)
    assert "<i>" not in job._repr_html_() + listed._repr_html_()  # type: ignore[attr-defined]
    with pytest.raises(JobError, match="'done' is not a state"):
        workspace.jobs.list("done")  # type: ignore[arg-type]


def test_equal_bytes_under_clashing_names_are_two_artifacts(workspace: EmbeddedWorkspace, tmp_path: Path):
    file = tmp_path / "p"
    file.write_bytes(b"same")
    for name in ("fit", "fit/again"):
        job = workspace.jobs.submit("tidy")
        claim = claimed(workspace)
        workspace.records.add_artifact(job.id, claim.fence, name, file)
        assert job.artifact(name).read_bytes() == b"same"
    workspace.sweep()
    assert job.artifact("fit/again").exists()
