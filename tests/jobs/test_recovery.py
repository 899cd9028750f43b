"""Whatever dies, the job is found again, goes on from its checkpoint, and finishes once and rightly."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import psutil
import pytest

from physforge_kernel.errors import WorkspaceError
from physforge_kernel.jobs import ensure_runner, runner_status, stop_runner
from physforge_kernel.jobs._lock import RunnerLock
from physforge_kernel.jobs._starter import RunnerFiles
from physforge_kernel.workspace._embedded import EmbeddedWorkspace

Eventually = Callable[[Callable[[], object], str], None]
Laboratory = Callable[..., AbstractContextManager[EmbeddedWorkspace]]

STEPS, HOLD_AFTER = 6, 3


class HeldJob:
    """A job that adds up 1 to 6 and, in its first attempt, waits after 3."""

    def __init__(self, workspace: EmbeddedWorkspace, trace: Path, eventually: Eventually) -> None:
        self.workspace, self.trace = workspace, trace
        config = {"steps": STEPS, "hold_after": HOLD_AFTER, "trace": str(trace)}
        self.id = workspace.jobs.submit("trial-held", config).id
        eventually(lambda: len(self.steps()) == HOLD_AFTER, "The job holds after its third step")

    def steps(self) -> list[tuple[int, int, int]]:
        """Return (attempt, step, process id) of every step that was begun."""
        lines = self.trace.read_text().splitlines() if self.trace.exists() else []
        return [(int(attempt), int(step), int(pid)) for attempt, step, pid in map(str.split, lines)]

    def process(self) -> int:
        return self.steps()[-1][2]

    def finishes_once_from_its_checkpoint(self) -> None:
        result = self.workspace.jobs.result(self.id, timeout=90)
        assert result["total"] == sum(range(1, STEPS + 1))
        assert [step for _, step, _ in self.steps()] == list(range(1, STEPS + 1))
        types = [event.type for event in self.workspace.jobs.watch(self.id)]
        assert types.count("succeeded") == 1
        assert types.count("running") == self.workspace.jobs.get(self.id).attempt == result["attempt"] == 2


def test_a_killed_job_process(lab: EmbeddedWorkspace, tmp_path: Path, eventually: Eventually):
    job = HeldJob(lab, tmp_path / "trace", eventually)
    os.kill(job.process(), signal.SIGKILL)
    job.finishes_once_from_its_checkpoint()
    requeued = [event for event in lab.jobs.watch(job.id) if event.type == "requeued"]
    assert "killed by SIGKILL" in requeued[0].data["reason"]


def test_a_killed_runner(
    home: Path,
    laboratory: Laboratory,
    tmp_path: Path,
    eventually: Eventually,
    is_alive: Callable[[int], bool],
    runner_pid: Callable[[EmbeddedWorkspace], int],
):
    with laboratory(home) as workspace:
        stubborn = workspace.jobs.submit("trial-stubborn", {"trace": str(tmp_path / "pids")})
        job = HeldJob(workspace, tmp_path / "trace", eventually)
        eventually(lambda: (tmp_path / "pids").exists(), "The other job and its children run")
        family = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        first = runner_pid(workspace)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: not is_alive(job.process()), "The job's process died with its runner")
        workspace.jobs.cancel(stubborn.id)
        job.finishes_once_from_its_checkpoint()
        assert runner_pid(workspace) != first
        assert workspace.jobs.wait(stubborn.id, timeout=60).state == "cancelled"
        assert not any(map(is_alive, family))
        eventually(lambda: not any((home / "scratch").iterdir()), "No scratch folder is left")


def test_a_stopped_runner_gives_its_jobs_back(
    home: Path,
    laboratory: Laboratory,
    tmp_path: Path,
    eventually: Eventually,
    processes_of: Callable[[Path], list[psutil.Process]],
):
    with laboratory(home) as workspace:
        job = HeldJob(workspace, tmp_path / "trace", eventually)
        assert stop_runner(home, seconds=60)
        assert processes_of(home) == []
        assert workspace.jobs.get(job.id).state == "queued"
        assert runner_status(home) is None
        assert not stop_runner(home)
        job.finishes_once_from_its_checkpoint()


def test_a_killed_dask_worker(
    home: Path, tmp_path: Path, eventually: Eventually, is_alive: Callable[[int], bool], installed_kinds: str
):
    workspace = EmbeddedWorkspace(home)
    with remote_worker_runner(home) as worker_pid:
        job = HeldJob(workspace, tmp_path / "trace", eventually)
        assert psutil.Process(job.process()).ppid() == worker_pid
        os.kill(worker_pid, signal.SIGKILL)
        eventually(lambda: not is_alive(job.process()), "The job's process died with its worker")
        job.finishes_once_from_its_checkpoint()
        mapped = workspace.jobs.submit("trial-squares", {"count": 3})
        assert workspace.jobs.result(mapped.id, timeout=90)["squares"] == [0, 1, 4]
    requeued = [event for event in workspace.jobs.watch(job.id) if event.type == "requeued"]
    assert "worker" in requeued[0].data["reason"]


@contextmanager
def remote_worker_runner(home: Path) -> Iterator[int]:
    """Run a runner in this process over a Dask worker in another; give the worker's process id."""
    import dask.config
    from distributed import Client, LocalCluster

    from physforge_kernel.jobs._cluster import CONFIG
    from physforge_kernel.jobs._desk import Desk
    from physforge_kernel.jobs._settings import Settings
    from physforge_kernel.jobs.runner import Runner

    stop = threading.Event()
    with (
        dask.config.set(CONFIG),
        LocalCluster(
            n_workers=1,
            threads_per_worker=4,
            processes=True,
            resources={"job": 2, "task": 2},
            host="127.0.0.1",
            scheduler_kwargs={"dashboard": False},
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            local_directory=str(home),
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        runner = Runner(Desk(home), client, Settings(idle_seconds=600, jobs=2, tasks=2), stop)
        thread = threading.Thread(target=runner.serve)
        thread.start()
        try:
            yield client.submit(os.getpid).result()
        finally:
            stop.set()
            thread.join()
            runner.stand_down()


def test_an_attempt_that_lost_its_lease_ends_and_writes_nothing(
    home: Path,
    laboratory: Laboratory,
    tmp_path: Path,
    eventually: Eventually,
    is_alive: Callable[[int], bool],
    runner_pid: Callable[[EmbeddedWorkspace], int],
):
    with laboratory(home, lease_seconds=1.0) as workspace:
        job = HeldJob(workspace, tmp_path / "trace", eventually)
        runner = psutil.Process(runner_pid(workspace))
        eventually(lambda: suspended_between_writes(runner, home), "The runner sleeps")
        try:
            eventually(lambda: workspace.records.release_expired() == [job.id], "The lease runs out")
            claims = []
            eventually(lambda: claims.append(workspace.records.claim("other", 60)) or claims[-1], "It is due")
            claim = claims[-1]
            result = tmp_path / "result.json"
            result.write_text('{"by": "another"}')
            workspace.records.add_artifact(job.id, claim.fence, "result.json", result)
            workspace.records.finish(job.id, claim.fence, "succeeded")
            events = len(workspace.records.events(job.id))
        finally:
            runner.resume()
        eventually(lambda: not is_alive(job.process()), "The stale attempt was ended")
        assert workspace.jobs.result(workspace.jobs.submit("trial-echo").id, timeout=60)["attempt"] == 1
        assert workspace.jobs.result(job.id) == {"by": "another"}
        assert len(workspace.records.events(job.id)) == events


def suspended_between_writes(runner: psutil.Process, home: Path) -> bool:
    """Suspend the runner, unless that would leave the database locked."""
    runner.suspend()
    with closing(sqlite3.connect(home / "workspace.db", timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            runner.resume()
            return False
        connection.execute("ROLLBACK")
        return True


SUBMIT = """
import os, signal, sys
import physforge_kernel as pf
job = pf.connect().jobs.submit("trial-echo", {"text": sys.argv[1]})
print(job.id, flush=True)
if sys.argv[2] == "die":
    os.killpg(0, signal.SIGKILL)
os._exit(0)
"""


def submitter(home: Path, text: str, end: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PHYSFORGE_HOME": str(home), "PHYSFORGE_RUNNER_IDLE_SECONDS": "30"}
    return subprocess.Popen(
        [sys.executable, "-c", SUBMIT, text, end],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


@pytest.mark.parametrize("end", ["exit", "die"])
def test_a_job_outlives_the_process_that_submitted_it(home: Path, laboratory: Laboratory, end: str):
    with laboratory(home):
        with submitter(home, "farewell", end) as process:
            identifier = process.communicate(timeout=60)[0].strip()
        assert process.returncode == (-signal.SIGKILL if end == "die" else 0)
        # This workspace starts no runner of its own: the one that the dead process started has to do it.
        watching = EmbeddedWorkspace(home)
        assert watching.jobs.result(identifier, timeout=60)["text"] == "farewell"


def test_submitters_that_come_at_once_get_one_runner(home: Path, laboratory: Laboratory):
    with laboratory(home) as workspace:
        processes = [submitter(home, f"number {number}", "exit") for number in range(4)]
        identifiers: list[str] = []
        for process in processes:
            with process:
                identifiers.append(process.communicate(timeout=90)[0].strip())
        texts = {workspace.jobs.result(identifier, timeout=60)["text"] for identifier in identifiers}
        assert texts == {f"number {number}" for number in range(4)}
        assert RunnerFiles(home).log.read_text().count("Ready:") == 1


def test_an_idle_runner_exits_and_the_next_submission_starts_another(
    home: Path, laboratory: Laboratory, eventually: Eventually, runner_pid: Callable[[EmbeddedWorkspace], int]
):
    with laboratory(home, idle_seconds=0.5) as workspace:
        workspace.jobs.result(workspace.jobs.submit("trial-echo").id, timeout=60)
        eventually(lambda: runner_status(home) is None, "The idle runner exits")
        assert "Nothing to do" in RunnerFiles(home).log.read_text()
        assert workspace.jobs.result(workspace.jobs.submit("trial-echo").id, timeout=60)["attempt"] == 1
        assert RunnerFiles(home).log.read_text().count("Ready:") == 2


def test_a_runner_that_cannot_come_up_is_given_up_with_its_last_words(tmp_path: Path, eventually: Eventually):
    (tmp_path / "distributed.py").write_text("raise ImportError('half an installation')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    home = tmp_path / "home"
    EmbeddedWorkspace(home)

    def nobody_holds_the_lock() -> bool:
        lock = RunnerLock.take(RunnerFiles(home).lock)
        if lock is not None:
            lock.release()
        return lock is not None

    for _ in range(3):
        ensure_runner(home, environment)
        eventually(nobody_holds_the_lock, "The runner fails")
    with pytest.raises(
        WorkspaceError, match=r"started 3 times .* ends with: ImportError: half an installation"
    ):
        ensure_runner(home, environment)


def test_a_runner_does_not_inherit_what_belongs_to_the_notebook(
    home: Path,
    laboratory: Laboratory,
    monkeypatch: pytest.MonkeyPatch,
    runner_pid: Callable[[EmbeddedWorkspace], int],
):
    for name in ("JUPYTERHUB_API_TOKEN", "JUPYTER_TOKEN", "JPY_PARENT_PID", "MPLBACKEND"):
        monkeypatch.setenv(name, "of the notebook")
    with laboratory(home) as workspace:
        workspace.jobs.submit("trial-echo")
        environment = psutil.Process(runner_pid(workspace)).environ()
    assert "of the notebook" not in environment.values()
    assert environment["PHYSFORGE_HOME"] == str(home)


def test_a_second_runner_in_the_foreground_is_refused(
    lab: EmbeddedWorkspace, runner_pid: Callable[[EmbeddedWorkspace], int]
):
    lab.jobs.result(lab.jobs.submit("trial-echo").id, timeout=60)
    assert runner_pid(lab)
    second = subprocess.run(
        [sys.executable, "-m", "physforge_kernel.jobs.runner", "--home", str(lab.home)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == f"The workspace {lab.home} has a runner already.\n"
