"""Starting the runner of a workspace, finding it, and stopping it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from .._home import private_folder
from ..errors import WorkspaceError
from ._environment import without_secrets
from ._lock import RunnerLock
from ._process import PRIVATE_UMASK

_STARTS_BEFORE_GIVING_UP = 3
_FORGET_STARTS_AFTER = 60.0  # seconds
_LONGEST_LOG = 5_000_000  # bytes


@dataclass(frozen=True)
class RunnerFiles:
    """Where the runner of a workspace keeps its own files."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "runner"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def notice(self) -> Path:
        return self.folder / "runner.json"

    @property
    def starts(self) -> Path:
        return self.folder / "starts"


@dataclass(frozen=True)
class RunnerStatus:
    """A runner that is there: its process, and how many jobs and inner tasks it can run at once."""

    pid: int
    started: float
    """When the process was started, in seconds since 1970; tells it from a later one with its id."""
    jobs: int
    tasks: int

    def is_alive(self) -> bool:
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 2.0  # it shifts when the clock is set
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def ensure_runner(home: Path, environment: Mapping[str, str] | None = None) -> None:
    """Start the runner of the workspace at `home`, detached, unless it has one; do not wait until it is up.

    Args:
        home: the workspace's folder.
        environment: the runner's environment, of which it gets no tokens; this process's if left out.

    Raises:
        WorkspaceError: it has failed to come up several times in a row; the message ends with its log's last
        line.
    """
    files = RunnerFiles(home.resolve())
    private_folder(files.home)
    private_folder(files.folder)
    lock = RunnerLock.take(files.lock)
    if lock is None:
        return
    try:
        _count_start(files)
        _start(files, lock, os.environ if environment is None else environment)
    finally:
        lock.close()


def runner_status(home: Path) -> RunnerStatus | None:
    """Return the runner of the workspace at `home`; None if there is none, or it is only coming up."""
    # Not by trying the lock: a submitter that came at that moment would take this look for a runner.
    with contextlib.suppress(FileNotFoundError):
        status = RunnerStatus(**json.loads(RunnerFiles(home.resolve()).notice.read_text()))
        if status.is_alive():
            return status
    return None


def stop_runner(home: Path, seconds: float = 20.0) -> bool:
    """Ask the runner of the workspace at `home` to stop, and wait for it; its jobs go back to the queue.

    Returns:
        Whether there was one.

    Raises:
        WorkspaceError: it still runs after so many seconds.
    """
    status = runner_status(home)
    if status is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(status.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while status.is_alive():
        if time.monotonic() >= deadline:
            raise WorkspaceError(
                f"The runner of {home}, process {status.pid}, still runs after {seconds:g} seconds."
            )
        time.sleep(0.02)
    return True


def announce(files: RunnerFiles, jobs: int, tasks: int) -> None:
    """Say that this process is the runner, and is ready."""
    import psutil

    status = RunnerStatus(os.getpid(), psutil.Process().create_time(), jobs, tasks)
    partial = files.notice.with_suffix(".new")
    partial.write_text(json.dumps(asdict(status)))
    partial.replace(files.notice)
    files.starts.unlink(missing_ok=True)


def _start(files: RunnerFiles, lock: RunnerLock, environment: Mapping[str, str]) -> None:
    if files.log.exists() and files.log.stat().st_size > _LONGEST_LOG:
        files.log.replace(files.log.with_suffix(".old"))
    handle = os.open(files.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    command = [sys.executable, "-P", "-m", "physforge_kernel.jobs.runner"]
    try:
        first = subprocess.run(
            [*command, "--home", str(files.home), "--lock", str(lock.handle), "--detach"],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            cwd=files.home,
            env={**without_secrets(environment), "PHYSFORGE_HOME": str(files.home)},
            pass_fds=(lock.handle,),
            start_new_session=True,
            umask=PRIVATE_UMASK,
            check=False,
        )
    finally:
        os.close(handle)
    if first.returncode != 0:
        raise WorkspaceError(f"The runner of jobs could not be started. {_last_words(files)}")


def _count_start(files: RunnerFiles) -> None:
    """Note one more start that has not led to a ready runner yet; refuse when there were too many."""
    with contextlib.suppress(FileNotFoundError):
        age = time.time() - files.starts.stat().st_mtime
        if age < _FORGET_STARTS_AFTER and files.starts.stat().st_size >= _STARTS_BEFORE_GIVING_UP:
            raise WorkspaceError(
                f"The runner of jobs was started {_STARTS_BEFORE_GIVING_UP} times and did not come up; "
                f"it will be tried again after a minute. {_last_words(files)}"
            )
        if age >= _FORGET_STARTS_AFTER:
            files.starts.unlink()
    with files.starts.open("a") as starts:
        starts.write(".")


def _last_words(files: RunnerFiles) -> str:
    lines = files.log.read_text(errors="replace").splitlines() if files.log.exists() else []
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"Its log is {files.log}" + (f", and ends with: {said:.300}" if said else ", and is empty.")
