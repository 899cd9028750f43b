"""Processes that can be killed for good: a session of their own, bound to the life of whoever started them.

Every process of an attempt carries two marks in its environment, the workspace's home and the attempt, and
passes them on to whatever it starts. So leftovers are found even if they left the session, or if the runner
died without a word. An attempt's process also stays the ancestor of all that it starts, marked or not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ._environment import ATTEMPT_MARK, HOME_MARK, without_secrets

if TYPE_CHECKING:
    import psutil

PRIVATE_UMASK = 0o077
_KILL_SECONDS = 5.0  # for all below a process, which may start others meanwhile


def start(
    module: str,
    arguments: Sequence[str],
    *,
    home: Path,
    owner: str,
    attempt: str,
    folder: Path,
    channel: int,
    output: int | IO[bytes],
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `python -m module` as the leader of a new session.

    Args:
        module: a module whose `main` calls `die_with(parent)` first.
        arguments: what follows the module and the parent's id on the command line.
        home: the workspace's folder.
        owner: whose job it is; `pf.connect()` in the process opens that owner's workspace.
        attempt: marks the process and its descendants as part of this attempt.
        folder: the working directory.
        channel: file descriptor that the process inherits under the same number.
        output: where stdout and stderr go.
        environment: what to add to the runner's own environment, of which the process gets no tokens.
    """
    # -P: the working directory holds what a job wrote, and nothing in it may shadow a module.
    command = [sys.executable, "-P", "-m", module, str(os.getpid()), str(channel), *arguments]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        pass_fds=(channel,),
        start_new_session=True,
        umask=PRIVATE_UMASK,
        env={
            **without_secrets(os.environ),
            "PYTHONUNBUFFERED": "1",
            "MPLBACKEND": "Agg",
            **(environment or {}),
            "PHYSFORGE_HOME": str(home),
            "PHYSFORGE_OWNER": owner,
            HOME_MARK: str(home),
            ATTEMPT_MARK: attempt,
        },
    )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Say whether the process has ended; it stays unreaped, so that its id names its group and no other."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait_for_end(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait at most so long for the process to end, and say whether it did."""
    deadline = time.monotonic() + seconds
    pause = 0.001
    while not has_ended(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return True


def ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to the process, but not to its children: it may need them to save its work."""
    if not has_ended(process):
        process.terminate()


def end(process: subprocess.Popen[bytes]) -> int:
    """Kill the process, its group and all below it, reap it; return its exit status (signals: negative)."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            if not has_ended(process):
                os.kill(process.pid, signal.SIGSTOP)  # it adopts whom its children leave, and starts no more
                end_descendants(process.pid)
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def end_descendants(pid: int) -> None:
    """Kill all that a process started, and what those did, for as long as there are any."""
    import psutil

    deadline = time.monotonic() + _KILL_SECONDS
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        while (below := _living(process.children(recursive=True))) and time.monotonic() < deadline:
            for each in below:
                with contextlib.suppress(psutil.Error):
                    each.kill()
            time.sleep(0.005)


def _living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    import psutil

    found = []
    for each in processes:
        with contextlib.suppress(psutil.Error):
            if each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
    return found


def sweep(home: Path, attempt: str | None = None) -> list[int]:
    """Kill every process of ours with the mark of this workspace, and of this attempt if one is given.

    Returns:
        The ids of the processes that were killed.
    """
    import psutil

    killed: list[int] = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.uids().effective != os.geteuid():
                continue
            marks = process.environ()
            if marks.get(HOME_MARK) == str(home) and attempt in (None, marks.get(ATTEMPT_MARK)):
                process.kill()
                killed.append(process.pid)
        except psutil.Error:  # it ended meanwhile, or is none of ours
            continue
    return killed


def memory_of(process: subprocess.Popen[bytes]) -> int:
    """Return the resident memory of the process and its descendants, in bytes; 0 once it is gone."""
    import psutil

    total = 0
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(process.pid)
        for member in (leader, *leader.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += member.memory_info().rss
    return total


def describe_death(status: int) -> str:
    """Say how a process ended, to follow "The job's process".

    >>> describe_death(-9)
    'was killed by SIGKILL, as happens when memory runs out'
    """
    if status >= 0:
        return f"ended with exit status {status} before the work was done"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return f"was killed by {name}" + (
        ", as happens when memory runs out" if status == -signal.SIGKILL else ""
    )
