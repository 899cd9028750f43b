"""`workspace.jobs`, embedded: submit a job, follow it, fetch what it left."""

from __future__ import annotations

import builtins
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import JobError, PhysForgeWarning
from ._database import Database
from ._display import Listing
from ._job import Job, JobTimeoutError, input_refs, result_of, state_in_words
from ._job_records import JobRecords
from ._job_views import FINAL_STATES, JOB_STATES, ArtifactInfo, Event, JobRecord, JobState
from ._json import digest
from ._names import not_found
from ._protocol import Version
from ._tables import ARTIFACT_COLUMNS, JOB_COLUMNS
from ._views import Views

Validator = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Returns a kind's config with its defaults filled in, or raises a PhysForgeError. It may carry an attribute
`inputs`, the names of the inputs that the kind needs, and `optional`, of those that it takes besides."""

_FASTEST, _SLOWEST = 0.05, 0.25
_WAKE_EVERY = 5.0


class EmbeddedJobs:
    """Jobs recorded in this workspace's own database.

    Args:
        kinds: kind name -> validator of its config; None accepts any kind, as the runner needs.
        wake: called when there may be work and nobody may be at it; must be cheap and may come often.
    """

    def __init__(
        self,
        records: JobRecords,
        database: Database,
        views: Views,
        *,
        kinds: Mapping[str, Validator] | None,
        wake: Callable[[], None],
    ) -> None:
        self._records = records
        self._database = database
        self._views = views
        self._kinds = kinds
        self._wake = wake

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

        Once the job is queued it is returned, whatever happens: if no runner can be started for it just now,
        a warning says so, and whoever waits for it or submits the next one tries again.

        Args:
            kind: what to do, such as `discover`.
            config: the kind's settings; checked here, before anything is queued.
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
        wanted = input_refs(inputs)
        checked = self._checked(kind, dict(config or {}), wanted)
        record = self._records.submit(
            kind,
            checked,
            inputs=wanted,
            name=name,
            idempotency_key=idempotency_key,
            priority=priority,
            max_attempts=max_attempts,
        )
        if not record.is_finished:
            self._wake_or_warn(f"Job {record.id} is queued, and waits")
        return Job(self, record)

    def take_up(self) -> None:
        """Have jobs that were left unfinished run on; warn if no runner can be started for them."""
        counts = self._records.counts()
        if unfinished := counts.get("queued", 0) + counts.get("running", 0):
            are = "job is" if unfinished == 1 else "jobs are"
            self._wake_or_warn(f"{unfinished} {are} unfinished, and may have to wait")

    def get(self, id: str) -> Job:
        """Return the job with this id.

        Raises:
            NotFoundError: there is none.
        """
        return Job(self, self._records.get(id))

    def record(self, id: str) -> JobRecord:
        """Return everything that is recorded of the job."""
        return self._records.get(id)

    def list(self, state: JobState | None = None, limit: int = 50) -> builtins.list[Job]:
        """Return jobs, the newest first, all or those in one state."""
        jobs = [Job(self, record) for record in self.records(state, limit)]
        return Listing(jobs, JOB_COLUMNS, "No jobs.")

    def records(self, state: JobState | None = None, limit: int = 50) -> builtins.list[JobRecord]:
        """Return what is recorded of jobs, the newest first, all or those in one state."""
        if state is not None and state not in JOB_STATES:
            raise JobError(f"{state!r} is not a state of a job; the states are {', '.join(JOB_STATES)}.")
        return self._records.list(state, limit)

    def changed_since(self, known: Mapping[str, int]) -> builtins.list[JobRecord]:
        """Return the newest jobs, the unfinished ones and those given, as far as they have changed.

        Args:
            known: id -> `last_event` as the caller knows it.
        """
        return self._records.changed_since(known)

    def events(self, id: str, after: int = 0, limit: int = 1000) -> builtins.list[Event]:
        """Return a job's events with a `seq` above `after` so far, in order.

        Raises:
            NotFoundError: there is no such job.
        """
        return self._records.events(id, after, limit)

    def watch(self, id: str, timeout: float | None = None) -> Iterator[Event]:
        """Yield the job's events from its first to its last, as they come.

        Args:
            timeout: in seconds; None for as long as it takes.

        Raises:
            NotFoundError: there is no such job.
            JobTimeoutError: the job had not ended in time; it goes on.
        """
        return self._watch(id, timeout, over=self._records.get(id).is_finished)

    def wait(self, id: str, timeout: float | None = None) -> Job:
        """Return the job once it has ended, however it ended."""
        for _ in self.watch(id, timeout):
            pass
        return self.get(id)

    def result(self, id: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the end, and return what the job wrote to its artifact `result.json`.

        Raises:
            JobError: the job failed, was cancelled, or left no result; the message is its own error.
        """
        return result_of(self, id, timeout)

    def artifacts(self, id: str) -> builtins.list[ArtifactInfo]:
        """Return what the job left behind so far, by name."""
        return Listing(self._records.artifacts(id), ARTIFACT_COLUMNS, "No artifacts.")

    def artifact(self, id: str, name: str) -> Path:
        """Return the path of an artifact, read-only; copy it to change it.

        Raises:
            NotFoundError: the job left nothing under this name.
        """
        found = {artifact.name: artifact for artifact in self._records.artifacts(id)}
        if name not in found:
            otherwise = f"Job {id} left {', '.join(found) or 'nothing'}."
            raise not_found("artifact", name, found, otherwise)
        sha256 = found[name].sha256
        return self._views.show(f"{sha256}-{digest(name)[:8]}", {name: sha256}) / name

    def log(self, id: str) -> str:
        """Return what the job logged so far, over all its attempts."""
        self._records.get(id)
        return "".join(
            text if text.endswith("\n") else text + "\n"
            for event in self._all_events(id)
            if event.type == "log" and (text := str(event.data.get("text", "")))
        )

    def cancel(self, id: str) -> Job:
        """Cancel a queued job, ask a running one to stop, and leave a finished one as it is."""
        return Job(self, self._records.request_cancel(id))

    def _wake_or_warn(self, standing: str) -> None:
        try:
            self._wake()
        except Exception as error:  # whatever it is, the records stand, and their ids must reach the caller
            warnings.warn(
                f"{standing}: no runner could be started. It is tried again when somebody waits for a job, "
                f"submits one, or connects to the workspace. {error}",
                PhysForgeWarning,
                stacklevel=3,
            )

    def _checked(self, kind: str, config: dict[str, Any], inputs: Mapping[str, str]) -> Mapping[str, Any]:
        if self._kinds is None:
            return config
        validator = self._kinds.get(kind)
        if validator is None:
            raise not_found("job kind", kind, self._kinds, f"The kinds are: {', '.join(self._kinds)}.")
        needed: tuple[str, ...] | None = getattr(validator, "inputs", None)
        optional: tuple[str, ...] = getattr(validator, "optional", ())
        if needed is not None and not set(needed) <= set(inputs) <= {*needed, *optional}:
            each = "each" if len(needed) > 1 else "it"
            remedy = f"Name a dataset for {each}, such as wake or wake@3." if needed else "Leave that out."
            raise JobError(
                f"A job of kind {kind!r} needs {_named(needed)}{_besides(optional)}, and was given "
                f"{_named(inputs)}. {remedy}"
            )
        return validator(config)

    def _watch(self, id: str, timeout: float | None, *, over: bool) -> Iterator[Event]:
        started = woken = time.monotonic()
        if not over:
            self._wake()
        seen, pause = 0, _FASTEST
        with self._database.changes() as changed:
            while True:
                if changed():
                    for event in self._all_events(id, seen):
                        seen, pause = event.seq, _FASTEST
                        yield event
                        if event.type in FINAL_STATES:
                            return
                now = time.monotonic()
                if timeout is not None and now - started >= timeout:
                    job = self.get(id)
                    raise JobTimeoutError(
                        f"Job {id} was still {state_in_words(job)} after {timeout:g} s. It goes on: "
                        "wait again, or cancel it."
                    )
                if now - woken >= _WAKE_EVERY:
                    self._wake()
                    woken = now
                left = _SLOWEST if timeout is None else started + timeout - now
                time.sleep(min(pause, max(0.0, left)))
                pause = min(_SLOWEST, pause * 1.3)

    def _all_events(self, id: str, after: int = 0) -> Iterator[Event]:
        while page := self._records.events(id, after):
            yield from page
            after = page[-1].seq


def _besides(optional: tuple[str, ...]) -> str:
    return f" and may have {_named(optional)}" if optional else ""


def _named(slots: Mapping[str, str] | tuple[str, ...]) -> str:
    return (
        ("the input " if len(slots) == 1 else "the inputs ") + ", ".join(map(repr, slots))
        if slots
        else "no input"
    )
