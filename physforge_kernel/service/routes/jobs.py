"""Jobs: their kinds, their records, what they left, and what happens to them as it does."""

from __future__ import annotations

import logging
import math
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ...errors import JobError
from ...jobs import kinds
from ...workspace._job_views import ArtifactInfo, JobRecord, JobState
from .._files import kept_file
from .._people import short_names
from .._policies import JobsRead, JobsSubmit
from .._shapes import KindInfo, NewJob, in_brief
from .._streams import EventStream, job_changes, job_events

router = APIRouter(tags=["jobs"])

_log = logging.getLogger("physforge.service")

_ALSO_TAKES = {
    "report": ("reports:publish",),
    # it runs a person's own code as the lab's account, which is not held back by what a token may do
    "notebook": tuple(short_names()),
}
"""Kind of job -> the scopes that submitting it takes besides `jobs:submit`."""

Wait = Annotated[
    float | None, Query(ge=0, le=1e9, description="End the stream after so many seconds at the latest.")
]
After = Annotated[int, Query(ge=0, le=2**53, description="Leave the events up to this one out.")]
LastEventId = Annotated[str | None, Header(description="What a browser sends when it connects again.")]


@router.get("/kinds", summary="The kinds of jobs that can be submitted")
def kinds_of_jobs(desk: JobsRead) -> list[KindInfo]:
    found: list[KindInfo] = []
    for name in kinds.names():
        try:
            kind = kinds.get(name)
        except JobError as error:  # a package that is broken must not take the others along
            _log.warning("%s", error)
            continue
        found.append(
            KindInfo(
                name=name,
                summary=kind.summary,
                inputs=list(kind.inputs),
                optional=dict(kind.optional),
                schema=kind.schema(),
            )
        )
    return found


@router.get("/jobs", summary="One's jobs, the newest first, without settings that are long")
def jobs(
    desk: JobsRead,
    state: JobState | None = None,
    limit: int = Query(50, ge=1, le=10_000),
) -> list[JobRecord]:
    return [in_brief(record) for record in desk.workspace.jobs.records(state, limit)]


@router.post("/jobs", status_code=201, summary="Queue a job")
def submit(desk: JobsSubmit, job: NewJob, request: Request, response: Response) -> JobRecord:
    for needed in _ALSO_TAKES.get(job.kind, ()):
        desk.insist_on(needed)
    queued = desk.workspace.jobs.submit(
        job.kind,
        job.config,
        inputs=job.inputs,
        name=job.name,
        idempotency_key=job.idempotency_key,
        priority=job.priority,
        max_attempts=job.max_attempts,
    )
    response.headers["Location"] = f"{request.url.path}/{queued.id}"
    return queued.record


@router.get("/jobs/changes", response_class=EventStream, summary="Every change of one's jobs, as events")
async def changes(desk: JobsRead, wait: Wait = None) -> EventStream:
    return EventStream(desk, job_changes(desk, _seconds(wait)), stands=wait != 0)


@router.get("/jobs/{id}", summary="One job")
def job(desk: JobsRead, id: str) -> JobRecord:
    return desk.workspace.jobs.record(id)


@router.post("/jobs/{id}/cancel", summary="Cancel a job, or ask it to stop")
def cancel(desk: JobsSubmit, id: str) -> JobRecord:
    return desk.workspace.jobs.cancel(id).record


@router.get("/jobs/{id}/log", response_class=Response, summary="What a job logged so far")
def log(desk: JobsRead, id: str) -> Response:
    text = desk.workspace.jobs.log(id).encode("utf-8", "backslashreplace")
    return Response(text, media_type="text/plain; charset=utf-8")


@router.get("/jobs/{id}/artifacts", summary="What a job left behind so far")
def artifacts(desk: JobsRead, id: str) -> list[ArtifactInfo]:
    return list(desk.workspace.jobs.artifacts(id))


@router.get("/jobs/{id}/artifacts/{name:path}", response_class=Response, summary="The bytes of one artifact")
def artifact(desk: JobsRead, request: Request, id: str, name: str) -> Response:
    while True:
        path = desk.workspace.jobs.artifact(id, name)
        info = next(each for each in desk.workspace.jobs.artifacts(id) if each.name == name)
        if desk.workspace.jobs.artifact(id, name) == path:  # it was not replaced meanwhile, by a later one
            return kept_file(request, path, info.sha256, info.media_type)


@router.get("/jobs/{id}/events", response_class=EventStream, summary="A job's story, as it happens")
async def events(
    desk: JobsRead,
    request: Request,
    id: str,
    after: After = 0,
    wait: Wait = None,
    last_event_id: LastEventId = None,
) -> EventStream:
    await run_in_threadpool(desk.workspace.jobs.record, id)
    if last_event_id and last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 16:
        after = max(after, int(last_event_id))
    told = job_events(desk, id, after, _seconds(wait), request.state.request_id)
    return EventStream(desk, told, stands=wait != 0)


def _seconds(wait: float | None) -> float:
    return math.inf if wait is None else wait
