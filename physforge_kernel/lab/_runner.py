"""The runner of jobs that a lab's notebooks start: found by the lab's mark on it, and ended with the lab."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

LAB_MARK = "PHYSFORGE_LAB"
"""The environment variable that names the lab; its kernels and terminals inherit it, and a runner that one of
them starts does too. A runner without it, or with another lab's, was started by somebody else."""

_MODULE = "physforge_kernel.jobs.runner"
_PATIENCE = 20.0  # seconds, for a runner to put its jobs back into the queue


def mark_runners() -> str:
    """Mark the runners that this process, and those that it starts, will start; return the mark's value."""
    os.environ[LAB_MARK] = lab = secrets.token_hex(8)
    return lab


def runners_of(home: Path, lab: str) -> frozenset[Process]:
    """Return the runners that a lab started for a workspace, those included that are only coming up.

    Args:
        home: the workspace's folder.
        lab: the value of the lab's mark.
    """
    import psutil

    found = set()
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            is_runner = _MODULE in command and str(home.resolve()) in command
            if is_runner and process.environ().get(LAB_MARK) == lab:
                found.add(process)
        except psutil.Error:  # it ended meanwhile, or is none of ours
            continue
    return frozenset(found)


def end_runners(home: Path, lab: str) -> bool:
    """End the runners that a lab started for a workspace; the jobs that they were at go back to the queue.

    Args:
        home: the workspace's folder.
        lab: the value of the lab's mark.

    Returns:
        whether there were any.
    """
    import psutil

    found = runners_of(home, lab)
    for process in found:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(found, timeout=_PATIENCE)
    for process in stubborn:
        process.kill()  # its workers and jobs die with it, and the next runner finds the records
    psutil.wait_procs(stubborn)
    return bool(found)
