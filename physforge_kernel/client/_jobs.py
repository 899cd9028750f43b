"""`workspace.jobs`, through a service."""

from __future__ import annotations

import builtins
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import JobError
from ..workspace._display import Listing
from ..workspace._job import Job, JobTimeoutError, input_refs, result_of, state_in_words
from ..workspace._job_views import JOB_STATES, ArtifactInfo, Event, JobRecord, JobState
from ..workspace._json import digest, plain
from ..workspace._names import not_found
from ..workspace._protocol import FileEntry, Version
from ..workspace._tables import ARTIFACT_COLUMNS, JOB_COLUMNS
from ._cache import Cache
from ._download import download
from ._events import follow
from ._line import Line
from ._records import ARTIFACTS, JOB, JOBS


class HttpJobs:
    """Jobs of whoever the service takes us for."""

    def __init__(self, line: Line, cache: Cache) -> None:
        self._line = line
        self._cache = cache

    def submit(
        self,
        kind: str,
        config: Mapping[str, Any] | None = None,
        *,
        inputs: str | Version | Mapping[str, str | Version] | None = None,
        name: str | None = None,
        idempotency_key: str | None = None,
        priority: int = 0,
        max_attempts: int = 3,
    ) -> Job:
        """Queue a job and return at once; it runs even if this process ends.

        Args:
            kind: what to do, such as `discover`.
            config: the kind's settings; checked before anything is queued.
            inputs: dataset references by input name, or one reference for a kind whose single input is
                `field`; each is pinned to the exact version that it means now.
            name: a name for people to find the job by.
            idempotency_key: submitting again with the same key and request returns the first job.
            priority: higher runs earlier.
            max_attempts: how often the job may be started, should its process die, before it has failed.

        Raises:
            NotFoundError: there is no such kind, or no such dataset.
            PhysForgeError: the config is refused.
        """
        body = {
            "kind": kind,
            "config": plain(dict(config or {})),
            "inputs": input_refs(inputs),
            "name": name,
            "idempotency_key": idempotency_key or uuid.uuid4().hex,  # so that it can be sent again
            "priority": priority,
            "max_attempts": max_attempts,
        }
        return Job(self, self._line.post(JOB, "jobs", body=body, again=True))

    def get(self, id: str) -> Job:
        """Return the job with this id.

        Raises:
            NotFoundError: there is none.
        """
        return Job(self, self.record(id))

    def record(self, id: str) -> JobRecord:
        """Return everything that is recorded of the job."""
        if id == "changes":  # which is no job's record, but the stream of all
            raise not_found("job", id, (), "The list of jobs shows those there are.")
        return self._line.get(JOB, "jobs", id)

    def list(self, state: JobState | None = None, limit: int = 50) -> builtins.list[Job]:
        """Return jobs, the newest first, all or those in one state."""
        if state is not None and state not in JOB_STATES:
            raise JobError(f"{state!r} is not a state of a job; the states are {', '.join(JOB_STATES)}.")
        records = self._line.get(JOBS, "jobs", state=state, limit=limit)
        return Listing([Job(self, record) for record in records], JOB_COLUMNS, "No jobs.")

    def watch(self, id: str, timeout: float | None = None) -> Iterator[Event]:
        """Yield the job's events from its first to its last, as they come.

        Args:
            timeout: in seconds; None for as long as it takes.

        Raises:
            NotFoundError: there is no such job.
            JobTimeoutError: the job had not ended in time; it goes on.
            WorkspaceError: the service was gone for a minute.
        """
        self.record(id)
        return self._watch(id, 0, timeout)

    def wait(self, id: str, timeout: float | None = None) -> Job:
        """Return the job once it has ended, however it ended."""
        job = self.get(id)
        if not job.record.is_finished:
            for _ in self._watch(id, job.record.last_event, timeout):
                pass
            job = self.get(id)
        return job

    def result(self, id: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the end, and return what the job wrote to its artifact `result.json`.

        Raises:
            JobError: the job failed, was cancelled, or left no result; the message is its own error.
        """
        return result_of(self, id, timeout)

    def artifacts(self, id: str) -> builtins.list[ArtifactInfo]:
        """Return what the job left behind so far, by name."""
        found = self._line.get(ARTIFACTS, "jobs", id, "artifacts")
        return Listing(found, ARTIFACT_COLUMNS, "No artifacts.")

    def artifact(self, id: str, name: str) -> Path:
        """Return the path of a copy of an artifact on this machine, read-only; copy it to change it.

        Raises:
            NotFoundError: the job left nothing under this name.
        """
        found = {artifact.name: artifact for artifact in self.artifacts(id)}
        if name not in found:
            raise not_found("artifact", name, found, f"Job {id} left {', '.join(found) or 'nothing'}.")
        entry = FileEntry(name, found[name].size, found[name].sha256)
        steps = ("jobs", id, "artifacts", *name.split("/"))
        return self._cache.file(
            f"{entry.sha256}-{digest(name)[:8]}",
            entry,
            lambda file: download(self._line, steps, entry.sha256, file),
        )

    def log(self, id: str) -> str:
        """Return what the job logged so far, over all its attempts."""
        return self._line.text("jobs", id, "log")

    def cancel(self, id: str) -> Job:
        """Cancel a queued job, ask a running one to stop, and leave a finished one as it is."""
        return Job(self, self._line.post(JOB, "jobs", id, "cancel", again=True))

    def _watch(self, id: str, after: int, timeout: float | None) -> Iterator[Event]:
        deadline = None if timeout is None else time.monotonic() + timeout
        yield from follow(self._line, id, lambda: self.record(id), after, deadline)
        job = self.get(id)
        if not job.record.is_finished:
            raise JobTimeoutError(
                f"Job {id} was still {state_in_words(job)} after {timeout:g} s. It goes on: "
                "wait again, or cancel it."
            )
