"""The runner of jobs that a lab's notebooks start: found by its command line, and ended with the lab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil import Process

_MODULE = "physforge_kernel.jobs.runner"
_PATIENCE = 20.0  # seconds, for a runner to put its jobs back into the queue


def runners_of(home: Path) -> frozenset[Process]:
    """Return the runners of the workspace at `home`, those included that are only coming up.

    Args:
        home: the workspace's folder.
    """
    import psutil

    found = set()
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if _MODULE in command and str(home.resolve()) in command:
            found.add(process)
    return frozenset(found)


def end_runners(home: Path, spare: frozenset[Process] = frozenset()) -> bool:
    """End the runners of the workspace at `home`; the jobs that they were at go back to the queue.

    Args:
        home: the workspace's folder.
        spare: runners to leave alone.

    Returns:
        whether there were any.
    """
    import psutil

    found = runners_of(home) - spare
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
