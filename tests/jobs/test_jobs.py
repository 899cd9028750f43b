"""Jobs on a real runner that is left in peace: results, failures, cancelling, limits and inner tasks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import xarray as xr

from physforge_kernel.errors import JobError
from physforge_kernel.workspace._embedded import EmbeddedWorkspace


def test_a_job_leaves_its_result_metrics_and_log(lab: EmbeddedWorkspace):
    job = lab.jobs.submit("trial-echo", {"text": "twice", "seed": 11})
    result = lab.jobs.result(job.id, timeout=60)
    assert (result["text"], result["attempt"], result["seed"]) == ("twice", 1, 11)
    assert "Echoing twice" in lab.jobs.log(job.id)
    events = list(lab.jobs.watch(job.id))
    assert {"values": {"loss": 0.25}, "step": 1} in [dict(event.data) for event in events]
    assert events[-1].type == "succeeded"
    assert lab.jobs.get(job.id).progress == 1.0


def test_nothing_of_an_attempt_remains(lab: EmbeddedWorkspace, is_alive: Callable[[int], bool]):
    result = lab.jobs.result(lab.jobs.submit("trial-echo").id, timeout=60)
    assert not is_alive(result["pid"])
    deadline = time.monotonic() + 10  # the scratch folder goes after the record is written
    while Path(result["scratch"]).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(result["scratch"]).exists()


def test_a_seed_is_drawn_from_the_job_if_none_is_given(lab: EmbeddedWorkspace):
    jobs = [lab.jobs.submit("trial-echo") for _ in range(2)]
    seeds = [lab.jobs.result(job.id, timeout=60)["seed"] for job in jobs]
    assert seeds[0] != seeds[1]
    assert all(isinstance(seed, int) for seed in seeds)


def test_an_input_is_read_as_the_version_it_was_pinned_to(lab: EmbeddedWorkspace):
    def field(value: float) -> xr.Dataset:
        x = np.linspace(0.0, 1.0, 5)
        t = np.linspace(0.0, 1.0, 4)
        return xr.Dataset({"u": (("t", "x"), np.full((4, 5), value))}, coords={"t": t, "x": x})

    lab.datasets.upload(field(1.0), "plate")
    job = lab.jobs.submit("trial-read", inputs="plate")
    lab.datasets.upload(field(2.0), "plate")
    result = lab.jobs.result(job.id, timeout=60)
    assert (result["ref"], result["mean"]) == ("plate@1", 1.0)
    assert Path(result["name"]).suffix in {".nc", ".h5", ".npz"}


@pytest.mark.parametrize(
    ("how", "error", "in_the_log"),
    [
        ("sentence", "The field has no axis t: give it one.", "The field has no axis t: give it one."),
        (
            "surprise",
            "The trial-fail job stopped on an unexpected ZeroDivisionError: division of a secret by zero. "
            "Its log says where; if the input is in order, this is a fault of the kind.",
            "Traceback",
        ),
        ("memory", "The job needed more memory than there is. Try a smaller field.", "MemoryError"),
        (
            "artifact",
            "The artifact 'result.json' cannot be written as JSON",
            "'result.json' cannot be written",
        ),
        ("inner", "an unexpected ZeroDivisionError", "In an inner task"),
        ("unpicklable", "An inner task failed with UnpicklableError: 1 and 2.", "_raise_unpicklable"),
    ],
)
def test_a_failure_is_a_sentence_and_the_log_says_more_of_the_unforeseen(
    lab: EmbeddedWorkspace, how: str, error: str, in_the_log: str
):
    job = lab.jobs.wait(lab.jobs.submit("trial-fail", {"how": how}).id, timeout=60)
    assert job.state == "failed"
    assert error in str(job.error)
    assert "Traceback" not in str(job.error)
    log = lab.jobs.log(job.id)
    assert in_the_log in log
    assert ("Traceback" in log) == (how not in {"sentence", "artifact"})
    assert job.attempt == 1


def test_a_process_that_keeps_dying_fails_the_job_when_its_attempts_are_spent(lab: EmbeddedWorkspace):
    job = lab.jobs.submit("trial-fail", {"how": "exit"}, max_attempts=2)
    with pytest.raises(JobError, match=r"ended with exit status 3.*last of 2 attempts"):
        lab.jobs.result(job.id, timeout=60)
    assert lab.jobs.get(job.id).attempt == 2


def test_a_cancelled_job_that_listens_stops_at_once(
    lab: EmbeddedWorkspace, tmp_path: Path, eventually: Callable
):
    trace = tmp_path / "trace"
    job = lab.jobs.submit("trial-held", {"trace": str(trace), "hold_after": 1})
    eventually(lambda: trace.exists(), "The first step is done")
    lab.jobs.cancel(job.id)
    ended = lab.jobs.wait(job.id, timeout=60)
    assert ended.state == "cancelled"
    assert ended.error is None


def test_a_cancelled_job_that_does_not_listen_is_killed_with_all_its_children(
    lab: EmbeddedWorkspace, tmp_path: Path, eventually: Callable, is_alive: Callable[[int], bool]
):
    trace = tmp_path / "trace"
    job = lab.jobs.submit("trial-stubborn", {"trace": str(trace)})
    eventually(lambda: trace.exists() and len(trace.read_text().split()) == 3, "The job and its children run")
    pids = [int(pid) for pid in trace.read_text().split()]
    assert all(map(is_alive, pids))
    lab.jobs.cancel(job.id)
    assert lab.jobs.wait(job.id, timeout=60).state == "cancelled"
    assert not any(map(is_alive, pids))


def test_cancelling_ends_the_inner_tasks(
    lab: EmbeddedWorkspace, tmp_path: Path, eventually: Callable, is_alive: Callable[[int], bool]
):
    job = lab.jobs.submit("trial-endless", {"folder": str(tmp_path)})
    files = [tmp_path / "0", tmp_path / "1"]
    eventually(lambda: all(file.exists() and file.read_text() for file in files), "Both inner tasks run")
    lab.jobs.cancel(job.id)
    assert lab.jobs.wait(job.id, timeout=60).state == "cancelled"
    assert not any(is_alive(int(file.read_text())) for file in files)


def test_inner_tasks_share_the_work_among_processes_of_their_own(lab: EmbeddedWorkspace):
    job = lab.jobs.submit("trial-squares", {"count": 40})
    result = lab.jobs.result(job.id, timeout=60)
    assert result["squares"] == [value * value for value in range(40)]
    assert 1 <= len(result["processes"]) <= 2
    assert result["own"] not in result["processes"]
    log = lab.jobs.log(job.id)
    assert all(f"Squaring {value}\n" in log for value in range(40))


def test_an_inner_task_whose_process_is_killed_is_run_again(lab: EmbeddedWorkspace, tmp_path: Path):
    job = lab.jobs.submit("trial-squares", {"count": 6, "die_once": str(tmp_path / "died")})
    assert lab.jobs.result(job.id, timeout=60)["squares"] == [0, 1, 4, 9, 16, 25]
    assert (tmp_path / "died").exists()
    assert lab.jobs.get(job.id).attempt == 1


def test_an_inner_task_that_always_dies_fails_the_job(lab: EmbeddedWorkspace):
    job = lab.jobs.submit("trial-squares", {"count": 1, "always_die": True})
    with pytest.raises(JobError, match=r"An inner task was tried 3 times.*killed by SIGKILL"):
        lab.jobs.result(job.id, timeout=60)


def test_jobs_that_wait_for_inner_tasks_do_not_starve_them(lab: EmbeddedWorkspace):
    jobs = [lab.jobs.submit("trial-squares", {"count": 5}) for _ in range(4)]
    for job in jobs:
        assert lab.jobs.result(job.id, timeout=60)["squares"] == [0, 1, 4, 9, 16]


def test_a_jobs_time_and_memory_can_be_limited(lab: EmbeddedWorkspace):
    slow, hungry = lab.jobs.submit("trial-slow"), lab.jobs.submit("trial-hungry")
    with pytest.raises(JobError, match="ran for longer than its limit of 1 seconds"):
        lab.jobs.result(slow.id, timeout=60)
    with pytest.raises(JobError, match=r"held more memory than its limit of 200\.0 MB\."):
        lab.jobs.result(hungry.id, timeout=60)


def test_a_long_output_is_kept_at_both_ends(lab: EmbeddedWorkspace):
    job = lab.jobs.submit("trial-noise", {"lines": 30_000})
    assert lab.jobs.wait(job.id, timeout=60).state == "succeeded"
    log = lab.jobs.log(job.id)
    assert log.startswith("line 000000 of")
    assert "line 029999 of" in log
    assert "bytes of output were left out here" in log
    assert len(log) < 1_200_000


def test_the_runner_listens_on_loopback_only_and_serves_nothing(
    lab: EmbeddedWorkspace, runner_pid: Callable[[EmbeddedWorkspace], int]
):
    import urllib.error
    import urllib.request

    lab.jobs.result(lab.jobs.submit("trial-echo").id, timeout=60)
    listening = [one for one in psutil.Process(runner_pid(lab)).net_connections() if one.status == "LISTEN"]
    assert {one.laddr.ip for one in listening} <= {"127.0.0.1"}
    for one in listening:
        for page in ("", "status", "json/identity.json", "info/main/workers.html", "api/v1/get_workers"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"http://127.0.0.1:{one.laddr.port}/{page}", timeout=10)
            assert caught.value.code == 404
            caught.value.close()


def test_a_workspaces_own_folders_are_private(lab: EmbeddedWorkspace):
    lab.jobs.result(lab.jobs.submit("trial-echo").id, timeout=60)
    for name in ("runner", "scratch"):
        assert (lab.home / name).stat().st_mode & 0o077 == 0
