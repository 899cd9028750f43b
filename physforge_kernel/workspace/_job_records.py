"""The life of a job as records: queued -> running -> succeeded | failed | cancelled.

The record is the truth, not the process. Every step is a compare-and-swap on the job's state and fence:
a claim raises the fence, and whoever shows an older one has lost the job and can write nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from ..errors import ConflictError, JobError, WorkspaceError
from . import _objects
from ._clock import Clock, new_id, utc_now
from ._database import Database
from ._job_swaps import FREE, LeaseLost, artifact_of, held, lost, owned_by, read, record_of, swap
from ._job_views import FINAL_STATES, ArtifactInfo, Claim, Event, FinalState, JobRecord, JobState, Signal
from ._json import digest, plain
from ._models import JobArtifactRow, JobEventRow, JobInputRow, JobRow
from ._names import check_file_path, check_words
from ._object_store import ObjectStore
from ._versions import resolve

__all__ = ["JobRecords", "LeaseLost", "exponential_backoff"]

_NEWEST, _UNFINISHED = 50, 1000  # jobs that a look for changes goes through
_PART = 500  # ids in one query


def exponential_backoff(attempt: int) -> timedelta:
    """Return how long to wait after failed attempt number `attempt`: 2, 4, 8 ... up to 300 s."""
    return timedelta(seconds=min(300.0, 2.0**attempt))


class JobRecords:
    """Reads and writes the records of jobs; the runner and `workspace.jobs` both stand on it.

    Args:
        database: where they are.
        store: where artifacts and checkpoints are kept.
        owner: whose jobs these records show and take; None for everybody's, as the runner needs.
        clock: tells the time, in UTC.
        backoff: how long to wait after failed attempt number so and so.
    """

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        *,
        owner: str | None = None,
        clock: Clock = utc_now,
        backoff: Callable[[int], timedelta] = exponential_backoff,
    ) -> None:
        self._database = database
        self._store = store
        self._owner = owner
        self._mine = owned_by(owner)
        self._clock = clock
        self._backoff = backoff

    # Coming and going, for those who submit

    def submit(
        self,
        kind: str,
        config: Mapping[str, Any] | None = None,
        *,
        inputs: Mapping[str, str] | None = None,
        name: str | None = None,
        idempotency_key: str | None = None,
        priority: int = 0,
        max_attempts: int = 3,
    ) -> JobRecord:
        """Queue a job, its inputs pinned to the exact versions that their references mean now.

        Records of everybody's jobs queue it for the person alone on the machine.

        Args:
            idempotency_key: a second submission of this owner's with the same key and the same request
                returns the first job.
            priority: higher runs earlier; equals run in the order of submission.
            max_attempts: how often the job may be started before it counts as failed.

        Raises:
            NotFoundError: an input names no version.
            WorkspaceError: the name holds what cannot be seen.
            ConflictError: the idempotency key was used for a different request.
        """
        if max_attempts < 1:
            raise JobError(f"max_attempts is {max_attempts}: a job needs at least one attempt.")
        name = check_words(name or "", "a job's name")
        wanted = dict(inputs or {})
        request = digest({"kind": kind, "config": config or {}, "inputs": wanted})
        owner = self._owner or ""
        now = self._clock()
        with self._database.writing() as session:
            if idempotency_key is not None:
                same = (JobRow.owner == owner, JobRow.idempotency_key == idempotency_key)
                earlier = session.scalars(select(JobRow).where(*same)).first()
                if earlier is not None:
                    if earlier.request_digest != request:
                        raise ConflictError(
                            f"The idempotency key {idempotency_key!r} belongs to job {earlier.id}, "
                            "which was a different request. Use a new key."
                        )
                    return record_of(earlier)
            versions = {slot: resolve(session, owner, ref) for slot, ref in wanted.items()}
            row = JobRow(
                id=new_id("job", now),
                owner=owner,
                kind=kind,
                name=name,
                config=plain(config or {}),
                state="queued",
                priority=priority,
                created=now,
                max_attempts=max_attempts,
                idempotency_key=idempotency_key,
                request_digest=request,
                inputs=[JobInputRow(name=slot, version=version) for slot, version in versions.items()],
            )
            session.add(row)
            session.flush()
            swap(session, row.id, JobRow.state == "queued", now, "queued", {"kind": kind})
            return self._read(session, row.id)

    def request_cancel(self, job_id: str) -> JobRecord:
        """Cancel a queued job at once; ask a running one to stop; leave a finished one as it is."""
        now = self._clock()
        with self._database.writing() as session:
            job = self._read(session, job_id)
            if job.state == "queued":
                ending = self._ending("cancelled", None)
                swap(session, job_id, JobRow.state == "queued", now, "cancelled", {}, **ending)
                self._drop_checkpoint(session, job_id)
            elif job.state == "running" and not job.cancel_requested:
                asked = {"cancel_requested": True}
                swap(session, job_id, JobRow.state == "running", now, "cancel_requested", {}, **asked)
            return self._read(session, job_id)

    # The life of an attempt, for the runner

    def claim(
        self,
        runner: str,
        lease_seconds: float,
        *,
        kinds: Collection[str] | None = None,
        other_than: Collection[str] = (),
    ) -> Claim | None:
        """Take the next job that is due, or None.

        Args:
            runner: who takes it.
            lease_seconds: how long it may stay silent before the job is taken back.
            kinds: the kinds to choose from; None for any.
            other_than: the kinds to leave alone.
        """
        now = self._clock()
        due = [
            self._mine,
            JobRow.state == "queued",
            or_(JobRow.not_before.is_(None), JobRow.not_before <= now),
        ]
        if kinds is not None:
            due.append(JobRow.kind.in_(list(kinds)))
        if other_than:
            due.append(JobRow.kind.not_in(list(other_than)))
        with self._database.writing() as session:
            candidate = session.execute(
                select(JobRow.id, JobRow.fence, JobRow.attempts, JobRow.started)
                .where(*due)
                .order_by(JobRow.priority.desc(), JobRow.created, JobRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if candidate is None:
                return None
            fence, attempt = candidate.fence + 1, candidate.attempts + 1
            swap(
                session,
                candidate.id,
                (JobRow.state == "queued") & (JobRow.fence == candidate.fence),
                now,
                "running",
                {"runner": runner, "attempt": attempt},
                state="running",
                fence=fence,
                attempts=attempt,
                runner=runner,
                started=candidate.started or now,
                lease_expires=now + timedelta(seconds=lease_seconds),
                not_before=None,
                message="",
            )
            return Claim(self._read(session, candidate.id), attempt, fence)

    def heartbeat(self, job_id: str, fence: int, lease_seconds: float) -> Signal:
        """Renew the lease and learn whether someone asked to cancel.

        Raises:
            LeaseLost: the attempt no longer holds the job.
        """
        expires = self._clock() + timedelta(seconds=lease_seconds)
        with self._database.writing() as session:
            cancel = session.execute(
                update(JobRow)
                .where(JobRow.id == job_id, self._mine, held(fence))
                .values(lease_expires=expires)
                .returning(JobRow.cancel_requested)
                .execution_options(synchronize_session=False)
            ).scalar_one_or_none()
            if cancel is None:
                raise lost(session, job_id, fence, self._owner)
            return Signal(cancel=cancel)

    def report_progress(self, job_id: str, fence: int, fraction: float, message: str = "") -> None:
        """Record how far the attempt is, 0 to 1, and what it is doing."""
        fraction = min(1.0, max(0.0, float(fraction)))
        data = {"fraction": fraction, "message": message}
        with self._database.writing() as session:
            self._write(session, job_id, fence, "progress", data, progress=fraction, message=message)

    def append_event(self, job_id: str, fence: int, type: str, data: Mapping[str, Any] | None = None) -> None:
        """Add a line to the job's story; the types of state changes are the records' own."""
        if type in {"queued", "running", "requeued", "cancel_requested", *FINAL_STATES}:
            raise WorkspaceError(
                f"An attempt cannot write an event of type {type!r}: it belongs to the records. "
                "Use 'log', 'metrics', or a type of your own."
            )
        with self._database.writing() as session:
            self._write(session, job_id, fence, type, data or {})

    def add_artifact(
        self,
        job_id: str,
        fence: int,
        name: str,
        path: Path,
        media_type: str = "application/octet-stream",
    ) -> ArtifactInfo:
        """Keep a copy of the file at `path` under `name`, in place of an earlier one of that name."""
        check_file_path(name)
        now = self._clock()
        with self._store.staging() as staging:
            staged = staging.add(Path(path), "artifact")
            with self._database.writing() as session:
                data = {"name": name, "size": staged.size, "media_type": media_type}
                attempt = self._write(session, job_id, fence, "artifact", data)
                _objects.hold(session, self._store, staged, now)
                before = session.get(JobArtifactRow, (job_id, name))
                if before is not None:
                    session.delete(before)
                    session.flush()
                    _objects.release(session, before.sha256, now)
                row = JobArtifactRow(
                    job_id=job_id,
                    name=name,
                    sha256=staged.sha256,
                    size=staged.size,
                    media_type=media_type,
                    attempt=attempt,
                    created=now,
                )
                session.add(row)
                return artifact_of(row)

    def save_checkpoint(self, job_id: str, fence: int, path: Path) -> None:
        """Keep a copy of the file at `path` as what the next attempt resumes from."""
        now = self._clock()
        with self._store.staging() as staging:
            staged = staging.add(Path(path), "checkpoint")
            with self._database.writing() as session:
                before = session.scalar(select(JobRow.checkpoint).where(JobRow.id == job_id))
                _objects.hold(session, self._store, staged, now)
                self._write(
                    session, job_id, fence, "checkpoint", {"size": staged.size}, checkpoint=staged.sha256
                )
                if before is not None:
                    _objects.release(session, before, now)

    def load_checkpoint(self, job_id: str, destination: Path) -> Path | None:
        """Copy the last checkpoint to `destination` and return that; None if there is no checkpoint."""
        with self._database.reading() as session:
            self._read(session, job_id)
            sha256 = session.scalar(select(JobRow.checkpoint).where(JobRow.id == job_id))
            if sha256 is None:
                return None
            self._store.fetch(sha256, destination)
            return destination

    def finish(self, job_id: str, fence: int, state: FinalState, error: str | None = None) -> JobRecord:
        """End the job, once; `error` is the sentence that people will read.

        Raises:
            LeaseLost: the attempt no longer holds the job, or has finished it already.
        """
        if state not in FINAL_STATES:
            raise WorkspaceError(f"A job ends as one of {', '.join(FINAL_STATES)}, not as {state!r}.")
        with self._database.writing() as session:
            self._end(session, job_id, fence, state, error)
            return self._read(session, job_id)

    def retry(self, job_id: str, fence: int, error: str) -> JobRecord:
        """Give up this attempt: queue the job again after a pause, or fail it if its attempts are spent.

        A job that someone asked to cancel ends as cancelled instead.
        """
        with self._database.writing() as session:
            self._put_back(session, self._read(session, job_id), fence, error)
            return self._read(session, job_id)

    def give_back(self, job_id: str, fence: int) -> JobRecord:
        """Queue the job again at once and do not count the attempt: the runner stops in good order."""
        with self._database.writing() as session:
            if self._read(session, job_id).cancel_requested:
                self._end(session, job_id, fence, "cancelled", None)
            else:
                reason = {"reason": "The runner stopped in good order."}
                self._write(session, job_id, fence, "requeued", reason, **FREE, forgiven=JobRow.forgiven + 1)
            return self._read(session, job_id)

    def release_expired(self, *, sole_runner: str | None = None) -> list[str]:
        """Take jobs back from attempts whose lease ran out; return their ids.

        Each is queued again, or ends: cancelled if that was asked for, failed if its attempts are spent.

        Args:
            sole_runner: the one runner that there can be, by a lock it holds; what any other was running is
                taken back without waiting for its lease.
        """
        now = self._clock()
        over = JobRow.lease_expires < now
        if sole_runner is not None:
            over = or_(over, JobRow.runner != sole_runner)
        with self._database.writing() as session:
            expired = session.scalars(
                select(JobRow)
                .where(self._mine, JobRow.state == "running", over)
                .order_by(JobRow.lease_expires)
                .with_for_update(skip_locked=True)
            ).all()
            for row in expired:
                error = f"The process that ran attempt {row.attempts} ({row.runner}) stopped without a word."
                self._put_back(session, record_of(row), row.fence, error)
            return [row.id for row in expired]

    # Reading

    def get(self, job_id: str) -> JobRecord:
        """Return one job.

        Raises:
            NotFoundError: no job has this id.
        """
        with self._database.reading() as session:
            return self._read(session, job_id)

    def list(self, state: JobState | None = None, limit: int = 50) -> list[JobRecord]:
        """Return jobs, the newest first."""
        query = (
            select(JobRow).where(self._mine).order_by(JobRow.created.desc(), JobRow.id.desc()).limit(limit)
        )
        if state is not None:
            query = query.where(JobRow.state == state)
        with self._database.reading() as session:
            return [record_of(row) for row in session.scalars(query)]

    def changed_since(self, known: Mapping[str, int]) -> list[JobRecord]:
        """Return the jobs, of those to look at, that are not as they are known; the rest is hardly read.

        Args:
            known: id -> `last_event` as the caller knows it. These are looked at, and so are the newest jobs
                and the newest of the unfinished ones.
        """
        marks = select(JobRow.id, JobRow.last_event).where(self._mine)
        recent = marks.order_by(JobRow.created.desc(), JobRow.id.desc())
        unfinished = recent.where(JobRow.state.not_in(FINAL_STATES))
        with self._database.reading() as session:
            found = [*session.execute(recent.limit(_NEWEST)), *session.execute(unfinished.limit(_UNFINISHED))]
            now = {id: last_event for id, last_event in found}
            for ids in _in_parts([id for id in known if id not in now]):
                now |= {id: last_event for id, last_event in session.execute(marks.where(JobRow.id.in_(ids)))}
            later = [id for id, last_event in now.items() if known.get(id) != last_event]
            return [
                record_of(row)
                for ids in _in_parts(later)
                for row in session.scalars(select(JobRow).where(JobRow.id.in_(ids)))
            ]

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are in each state that occurs."""
        with self._database.reading() as session:
            rows = session.execute(
                select(JobRow.state, func.count()).where(self._mine).group_by(JobRow.state)
            ).all()
            return {state: count for state, count in rows}

    def next_due(self) -> datetime | None:
        """Return when the next queued job may start; None if none is queued."""
        with self._database.reading() as session:
            due = session.scalar(
                select(func.min(func.coalesce(JobRow.not_before, JobRow.created))).where(
                    self._mine, JobRow.state == "queued"
                )
            )
        return due

    def events(self, job_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """Return the job's events with a `seq` above `after`, in order."""
        query = (
            select(JobEventRow)
            .where(JobEventRow.job_id == job_id, JobEventRow.seq > after)
            .order_by(JobEventRow.seq)
            .limit(limit)
        )
        with self._database.reading() as session:
            self._read(session, job_id)
            return [
                Event(row.job_id, row.seq, row.time, row.attempt, row.type, row.data)
                for row in session.scalars(query)
            ]

    def artifacts(self, job_id: str) -> list[ArtifactInfo]:
        """Return what the job left behind, by name."""
        query = select(JobArtifactRow).where(JobArtifactRow.job_id == job_id).order_by(JobArtifactRow.name)
        with self._database.reading() as session:
            self._read(session, job_id)
            return [artifact_of(row) for row in session.scalars(query)]

    # Underneath

    def _read(self, session: Session, job_id: str) -> JobRecord:
        return read(session, job_id, self._owner)

    def _write(
        self, session: Session, job_id: str, fence: int, type: str, data: Mapping[str, Any], **values: Any
    ) -> int:
        """Write as the holder of the fence; return the attempt's number."""
        attempt = swap(session, job_id, self._mine & held(fence), self._clock(), type, data, **values)
        if attempt is None:
            raise lost(session, job_id, fence, self._owner)
        return attempt

    def _end(self, session: Session, job_id: str, fence: int, state: FinalState, error: str | None) -> None:
        data = {} if error is None else {"error": error}
        self._write(session, job_id, fence, state, data, **self._ending(state, error))
        self._drop_checkpoint(session, job_id)

    def _put_back(self, session: Session, job: JobRecord, fence: int, error: str) -> None:
        if job.cancel_requested:
            self._end(session, job.id, fence, "cancelled", None)
            return
        spent = session.scalar(select(JobRow.attempts - JobRow.forgiven).where(JobRow.id == job.id)) or 0
        if spent >= job.max_attempts:
            tries = "the only attempt" if spent == 1 else f"the last of {spent} attempts"
            self._end(session, job.id, fence, "failed", f"{error} This was {tries}.")
            return
        due = self._clock() + self._backoff(spent)
        self._write(session, job.id, fence, "requeued", {"reason": error}, **(FREE | {"not_before": due}))

    def _ending(self, state: FinalState, error: str | None) -> dict[str, Any]:
        done = {"progress": 1.0} if state == "succeeded" else {}
        return {"state": state, "error": error, "finished": self._clock(), "lease_expires": None} | done

    def _drop_checkpoint(self, session: Session, job_id: str) -> None:
        sha256 = session.scalar(select(JobRow.checkpoint).where(JobRow.id == job_id))
        if sha256 is not None:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(checkpoint=None))
            _objects.release(session, sha256, self._clock())


def _in_parts(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + _PART] for start in range(0, len(ids), _PART))
