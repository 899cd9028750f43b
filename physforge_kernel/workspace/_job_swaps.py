"""The compare-and-swap under every step of a job, and the reading of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.orm import Session

from ..errors import NotFoundError, WorkspaceError
from ._job_views import ArtifactInfo, JobRecord
from ._json import plain
from ._models import JobArtifactRow, JobEventRow, JobRow
from ._names import not_found

FREE: dict[str, Any] = {"state": "queued", "runner": None, "lease_expires": None, "not_before": None}
"""The values of a job that nobody holds."""


class LeaseLost(WorkspaceError):  # noqa: N818 (named for what happened; the runner's contract)
    """The attempt no longer holds its job: another one may be running, so stop and write nothing."""


def held(fence: int) -> ColumnElement[bool]:
    """Return the condition that the attempt with this fence still holds the job."""
    return (JobRow.state == "running") & (JobRow.fence == fence)


def swap(
    session: Session,
    job_id: str,
    condition: ColumnElement[bool],
    now: datetime,
    type: str,
    data: Mapping[str, Any],
    **values: Any,
) -> int | None:
    """Change the row if the condition still holds, and add the event that says so.

    Returns:
        the attempt's number; None if the condition did not hold, and nothing was changed.
    """
    swapped = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, condition)
        .values(last_event=JobRow.last_event + 1, **values)
        .returning(JobRow.last_event, JobRow.attempts)
        .execution_options(synchronize_session=False)
    ).first()
    if swapped is None:
        return None
    session.add(
        JobEventRow(
            job_id=job_id,
            seq=swapped.last_event,
            time=now,
            attempt=swapped.attempts,
            type=type,
            data=plain(data),
        )
    )
    return swapped.attempts


def read(session: Session, job_id: str, owner: str | None) -> JobRecord:
    """Return one job as this transaction sees it; another owner's counts as none, unless `owner` is None.

    Raises:
        NotFoundError: no job has this id.
    """
    row = session.get(JobRow, job_id, populate_existing=True)
    if row is None or owner not in (None, row.owner):
        recent = session.scalars(
            select(JobRow.id).where(owned_by(owner)).order_by(JobRow.created.desc()).limit(200)
        )
        raise not_found("job", job_id, recent, "The list of jobs shows those there are.")
    return record_of(row)


def owned_by(owner: str | None) -> ColumnElement[bool]:
    """Return the condition that a job belongs to this owner; any does if `owner` is None."""
    return true() if owner is None else JobRow.owner == owner


def lost(session: Session, job_id: str, fence: int, owner: str | None) -> WorkspaceError:
    """Return the error for an attempt whose swap found another state or fence."""
    try:
        job = read(session, job_id, owner)
    except NotFoundError as error:
        return error
    return LeaseLost(
        f"Job {job_id} is no longer held with fence {fence}: it is {job.state}, attempt {job.attempt}. "
        "Stop this attempt; nothing more of it can be recorded."
    )


def record_of(row: JobRow) -> JobRecord:
    """Return the frozen copy of a job's row that leaves this room."""
    return JobRecord(
        id=row.id,
        kind=row.kind,
        name=row.name,
        config=row.config,
        state=row.state,  # pyright: ignore[reportArgumentType] (the table's check constraint holds it)
        progress=row.progress,
        message=row.message,
        error=row.error,
        attempt=row.attempts,
        max_attempts=row.max_attempts,
        priority=row.priority,
        created=row.created,
        started=row.started,
        finished=row.finished,
        inputs={item.name: f"{item.version.dataset.name}@{item.version.number}" for item in row.inputs},
        input_ids={item.name: item.version.manifest for item in row.inputs},
        cancel_requested=row.cancel_requested,
        not_before=row.not_before,
        runner=row.runner,
        owner=row.owner,
        last_event=row.last_event,
    )


def artifact_of(row: JobArtifactRow) -> ArtifactInfo:
    """Return the frozen copy of an artifact's row that leaves this room."""
    return ArtifactInfo(row.job_id, row.name, row.size, row.sha256, row.media_type, row.created)
