"""Server-sent events: how they are written, and the two streams of jobs."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from ..errors import PhysForgeError
from ..workspace._job_views import FINAL_STATES, Event, JobRecord
from ._policy import Desk
from ._problems import problem_of
from ._shapes import in_brief

_WAKE_EVERY = 5.0  # seconds, between looks whether a runner is there for an unfinished job
_NEWEST = 50
_PAGE = 500

_event = TypeAdapter(Event)
_record = TypeAdapter(JobRecord)


class EventStream(StreamingResponse):
    """A response whose body is server-sent events; no proxy between may hold it back."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[bytes], status_code: int = 200) -> None:
        said = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, status_code, said)


def written(type: str, data: str, id: int | None = None) -> bytes:
    r"""Return one event; its data is JSON, which has no line breaks, and its type is made one word.

    >>> written("progress\ndata: 7", "{}", 3)
    b'id: 3\nevent: progress_data:_7\ndata: {}\n\n'
    """
    named = "_".join(type.split()) or "event"
    numbered = "" if id is None else f"id: {id}\n"
    return f"{numbered}event: {named}\ndata: {data}\n\n".encode()


class _Admission:
    """Whether a stream's listener is still let in: asked again at every heartbeat, also when much happens."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._every = desk.service.settings.heartbeat_seconds
        self._due = time.monotonic() + self._every

    async def lasts(self) -> bool:
        if time.monotonic() < self._due:
            return True
        self._due = time.monotonic() + self._every
        return await self._desk.still_admitted()


async def job_events(desk: Desk, id: str, after: int, wait: float, request_id: str) -> AsyncIterator[bytes]:
    """Yield a job's events with a `seq` above `after`, up to its last, for at most `wait` seconds.

    It ends early when whoever listens is no longer let in, such as with a token that was taken back.
    """
    jobs, admission = desk.workspace.jobs, _Admission(desk)
    seen, woken = after, -_WAKE_EVERY
    async with desk.service.feed.listen() as news:
        deadline = time.monotonic() + wait
        yield b": here they come\n\n"
        while True:
            over = (await run_in_threadpool(jobs.record, id)).is_finished  # before its events are read
            while page := await run_in_threadpool(jobs.events, id, seen, _PAGE):
                for event in page:
                    seen = event.seq
                    yield written(event.type, _event.dump_json(event).decode(), event.seq)
                    if event.type in FINAL_STATES:
                        return
                if not await admission.lasts():
                    return
            if over:  # all that is left to tell was told before
                return
            if time.monotonic() - woken >= _WAKE_EVERY:
                woken = time.monotonic()
                try:
                    await run_in_threadpool(desk.workspace.wake)
                except (PhysForgeError, OSError) as error:  # whoever waits must not wait in vain
                    yield written("problem", _problem(desk, error, request_id))
                    return
            left = deadline - time.monotonic()
            if left <= 0 or news.closed:
                return
            pause = min(left, desk.service.settings.heartbeat_seconds, _WAKE_EVERY)
            there_was = await news.changed(pause)
            if not await admission.lasts():
                return
            if not there_was:
                yield b": nothing new\n\n"


async def job_changes(desk: Desk, wait: float) -> AsyncIterator[bytes]:
    """Yield the newest jobs' records in brief, and from then on that of every job that changes.

    It ends when whoever listens is no longer let in.
    """
    sent: dict[str, JobRecord] = {}
    admission = _Admission(desk)
    async with desk.service.feed.listen() as news:
        deadline = time.monotonic() + wait
        yield b": here they come\n\n"
        while True:
            for whole in await run_in_threadpool(_present, desk, sent):
                record = in_brief(whole)
                if sent.get(record.id) != record:
                    sent[record.id] = record
                    yield written("job", _record.dump_json(record).decode())
            left = deadline - time.monotonic()
            if left <= 0 or news.closed:
                return
            there_was = await news.changed(min(left, desk.service.settings.heartbeat_seconds))
            if not await admission.lasts():
                return
            if not there_was:
                yield b": nothing new\n\n"


def _present(desk: Desk, sent: dict[str, JobRecord]) -> list[JobRecord]:
    """Return the records that may differ from those sent, the oldest first: a list grows at its top."""
    jobs = desk.workspace.jobs
    found = {record.id: record for record in jobs.records(None, _NEWEST)}
    for state in ("running", "queued"):
        found |= {record.id: record for record in jobs.records(state, 10 * _NEWEST)}
    for id, record in sent.items():
        if not record.is_finished and id not in found:
            found[id] = jobs.record(id)
    return sorted(found.values(), key=lambda record: (record.created, record.id))


def _problem(desk: Desk, error: Exception, request_id: str) -> str:
    ours = error if isinstance(error, PhysForgeError) else PhysForgeError(_unstarted(error))
    document: dict[str, Any] = problem_of(ours, desk.service.workspace.home, request_id)
    return json.dumps(document)


def _unstarted(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"The job waits, and no runner could be started for it: {reason}. Tell whoever runs the lab."
