"""The handle on a job that submitting returns, and what submitting and waiting mean whichever way in."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _wording
from ..errors import JobError
from . import _display
from ._job_views import ArtifactInfo, Event, JobRecord, JobState

if TYPE_CHECKING:
    from ._protocol import Jobs, Version


class JobTimeoutError(JobError, TimeoutError):
    """The job had not ended when the patience of the caller had; it goes on."""


class Job:
    """A job as last seen; `refresh`, `wait`, `watch`, `result` and `cancel` look again."""

    def __init__(self, jobs: Jobs, record: JobRecord) -> None:
        self._jobs = jobs
        self._record = record

    @property
    def record(self) -> JobRecord:
        """Everything that is recorded of the job, as last seen."""
        return self._record

    @property
    def id(self) -> str:
        return self._record.id

    @property
    def kind(self) -> str:
        return self._record.kind

    @property
    def name(self) -> str:
        return self._record.name

    @property
    def state(self) -> JobState:
        return self._record.state

    @property
    def progress(self) -> float:
        """Between 0 and 1."""
        return self._record.progress

    @property
    def message(self) -> str:
        return self._record.message

    @property
    def error(self) -> str | None:
        return self._record.error

    @property
    def attempt(self) -> int:
        """How often the job was started so far."""
        return self._record.attempt

    @property
    def created(self) -> datetime:
        return self._record.created

    @property
    def started(self) -> datetime | None:
        return self._record.started

    @property
    def finished(self) -> datetime | None:
        return self._record.finished

    @property
    def inputs(self) -> Mapping[str, str]:
        """Input name -> the exact version that the job was given, such as `wake@3`."""
        return self._record.inputs

    @property
    def config(self) -> Mapping[str, Any]:
        return self._record.config

    def refresh(self) -> Job:
        """Look again, and return this handle."""
        self._record = self._jobs.record(self.id)
        return self

    def watch(self, timeout: float | None = None) -> Iterator[Event]:
        """Yield the job's events from its first to its last, as they come."""
        yield from self._jobs.watch(self.id, timeout)
        self.refresh()

    def wait(self, timeout: float | None = None) -> Job:
        """Return this handle once the job has ended, however it ended."""
        self._record = self._jobs.wait(self.id, timeout).record
        return self

    def result(self, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the end, and return what the job wrote to `result.json`."""
        try:
            return self._jobs.result(self.id, timeout)
        finally:
            self.refresh()

    def artifacts(self) -> builtins.list[ArtifactInfo]:
        """Return what the job left behind so far."""
        return self._jobs.artifacts(self.id)

    def artifact(self, name: str) -> Path:
        """Return the path of one artifact, read-only."""
        return self._jobs.artifact(self.id, name)

    def log(self) -> str:
        """Return what the job logged so far."""
        return self._jobs.log(self.id)

    def cancel(self) -> Job:
        """Ask the job to stop, and return this handle."""
        self._record = self._jobs.cancel(self.id).record
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        said = self.error or self.message
        return f"<Job {self.id} {self.kind}: {state_in_words(self)}{', ' + repr(said) if said else ''}>"

    def _repr_html_(self) -> str:
        facts = {
            "state": state_in_words(self),
            "message": self.error or self.message,
            "inputs": ", ".join(f"{name}: {ref}" for name, ref in self.inputs.items()),
            "config": ", ".join(f"{key}={_display.short(repr(value))}" for key, value in self.config.items()),
            "attempt": f"{self.attempt} of {self._record.max_attempts}" if self.attempt > 1 else "",
            "submitted": _wording.when(self.created),
            "ended": _wording.when(self.finished),
        }
        return _display.facts_html(f"{self.name or self.kind} ({self.id})", facts)


def state_in_words(job: Job) -> str:
    """Return the state, and how far a running job is, such as `running 40 %`."""
    return f"running {job.progress:.0%}".replace("%", " %") if job.state == "running" else job.state


def input_refs(inputs: str | Version | Mapping[str, str | Version] | None) -> dict[str, str]:
    """Return the references of a job's inputs by name; one alone is the input `field`."""
    if inputs is None:
        return {}
    named = {"field": inputs} if not isinstance(inputs, Mapping) else inputs
    return {slot: ref if isinstance(ref, str) else ref.ref for slot, ref in named.items()}


def result_of(jobs: Jobs, id: str, timeout: float | None) -> dict[str, Any]:
    """Wait for a job's end, and return its artifact `result.json`; raise `JobError` if there is none."""
    job = jobs.wait(id, timeout)
    if job.state != "succeeded":
        raise JobError(job.error or f"Job {id} was {job.state}, so it has no result.")
    if all(artifact.name != "result.json" for artifact in jobs.artifacts(id)):
        raise JobError(
            f"Job {id} of kind {job.kind!r} left no result.json. Its artifacts are listed by artifacts()."
        )
    return json.loads(jobs.artifact(id, "result.json").read_text(encoding="utf-8"))
