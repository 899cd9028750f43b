"""Following a job from a terminal or a script: to its end, and out with its error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .._wording import clock
from ._console import progress, say

_QUIET_EVENTS = frozenset({"progress", "metrics", "checkpoint"})


def follow(jobs: Any, job_id: str, tell: Callable[[Any], None] | None = None) -> None:
    """Wait for a job's end, with a bar on a terminal; `tell` gets each event as it comes."""
    with progress(job_id) as report:
        for event in jobs.watch(job_id):
            if tell is not None:
                tell(event)
            if event.type == "progress":
                report(float(event.data.get("fraction", 0.0)), str(event.data.get("message", "")))


def say_turn(event: Any) -> None:
    """Say an event in a line, where there is no bar to watch."""
    if not sys.stderr.isatty() and event.type not in _QUIET_EVENTS:
        say(f"{clock(event.time)}  {event.type:<10}{_event_words(event)}".rstrip())


def _event_words(event: Any) -> str:
    words = [str(event.data[key]) for key in ("name", "text", "message", "reason") if event.data.get(key)]
    lines = " ".join(words).splitlines()
    # What went wrong stands at the end of a traceback; above it stands only where.
    told = lines[-1:] if lines and lines[0].startswith("Traceback (most recent call last)") else lines[:1]
    return f"  {''.join(told)[:100]}"


def exit_by(job: Any) -> None:
    """End as the job ended: quietly if it succeeded, with its own error sentence if not."""
    if job.state == "succeeded":
        return
    from ..errors import JobError

    raise JobError(job.error or f"Job {job.id} was {job.state}.")
