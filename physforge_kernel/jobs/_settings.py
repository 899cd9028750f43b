"""What can be set about the runner, each by an environment variable."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .._numbers import asked_for

_PREFIX = "PHYSFORGE_RUNNER_"


@dataclass(frozen=True)
class Settings:
    """Settings of a runner; `PHYSFORGE_RUNNER_IDLE_SECONDS=600` sets `idle_seconds`, and so on.

    The first submitter's environment counts, since it starts the runner.

    Example:
        >>> Settings.read({"PHYSFORGE_RUNNER_IDLE_SECONDS": "5"}).idle_seconds
        5.0
    """

    idle_seconds: float = 60.0
    """With nothing to do for so long, the runner exits."""
    lease_seconds: float = 15.0
    """An attempt whose lease was not renewed for so long is taken to be dead."""
    grace_seconds: float = 5.0
    """What a job is given to save its work between being asked to stop and being killed."""
    jobs: int = 0
    """Jobs that run at once, and as many notebooks besides; 0 for one per processor, at most 4."""
    tasks: int = 0
    """Inner tasks that run at once, of all jobs together; 0 for one per processor."""
    job_seconds: float = 0.0
    """The longest an attempt of any kind may take; 0 for no limit."""
    job_memory_bytes: int = 0
    """The most memory the processes of an attempt may hold together; 0 for no limit."""
    log_bytes: int = 1_000_000
    """What is kept of the beginning of an attempt's output; its end is kept besides."""

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings that the environment asks for; raise `WorkspaceError` if one cannot be used."""
        return asked_for(cls, _PREFIX, environment, zero=True)

    def slots(self) -> tuple[int, int]:
        """Return how many jobs, and how many inner tasks, run at once."""
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return self.jobs or min(processors, 4), self.tasks or processors
