"""Server-sent events: how they are written, and the two streams of jobs."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, ParamSpec, TypeVar

from anyio.to_thread import run_sync
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ..errors import PhysForgeError
from ..workspace._job_views import FINAL_STATES, Event, JobRecord
from ._board import changes_in_brief
from ._policy import Desk
from ._problems import Refusal, problem_of

_WAKE_EVERY = 5.0  # seconds, between looks whether a runner is there for an unfinished job
_PAGE = 500
_RETRY_AFTER = 15  # seconds

P = ParamSpec("P")
T = TypeVar("T")

_event = TypeAdapter(Event)
_record = TypeAdapter(JobRecord)


class Streams:
    """Counts the event streams that are open.

    Args:
        most: that one person may have.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: Counter[str] = Counter()

    @property
    def open(self) -> int:
        return self._of.total()

    @contextmanager
    def place(self, owner: str) -> Iterator[None]:
        """Take one of a person's places while the context lasts; refuse if none is left."""
        if self._of[owner] >= self._most:
            raise Refusal(
                429,
                f"You have {self._most} event streams open, as many as one person may. Close pages and "
                "programs that you no longer need, or ask again later.",
                {"Retry-After": str(_RETRY_AFTER)},
            )
        self._of[owner] += 1
        try:
            yield
        finally:
            self._of[owner] -= 1
            if not self._of[owner]:
                del self._of[owner]


class EventStream(StreamingResponse):
    """A response whose body is server-sent events; no proxy between may hold it back.

    Args:
        stands: whether it may last, and takes a place; one that only tells what there is takes none.
    """

    media_type = "text/event-stream"

    def __init__(
        self, desk: Desk, content: AsyncIterator[bytes], status_code: int = 200, *, stands: bool
    ) -> None:
        said = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, status_code, said)  # FastAPI reads the status in this signature
        self._place = desk.service.streams.place(desk.person.owner) if stands else nullcontext()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


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
    seen, woken, look = after, -_WAKE_EVERY, True
    async with desk.service.boards.reading(desk.workspace) as board:
        deadline = time.monotonic() + wait
        yield b": here they come\n\n"
        while True:
            if look:
                over = (await _asked(desk, jobs.record, id)).is_finished  # before its events are read
                while page := await _asked(desk, jobs.events, id, seen, _PAGE):
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
            if left <= 0 or board.closed:
                return
            pause = min(left, desk.service.settings.heartbeat_seconds, _WAKE_EVERY)
            there_was = await board.changed(pause)
            if not await admission.lasts():
                return
            look = board.may_tell_more(id, seen) or not there_was
            if not (look and there_was):
                yield b": nothing new\n\n"


async def job_changes(desk: Desk, wait: float) -> AsyncIterator[bytes]:
    """Yield the newest jobs' records in brief, and from then on that of every job that changes.

    It ends when whoever listens is no longer let in.
    """
    admission = _Admission(desk)
    yield b": here they come\n\n"
    if not wait:
        for record in await _asked(desk, changes_in_brief, desk.workspace.jobs, {}):
            yield written("job", _record.dump_json(record).decode())
        return
    async with desk.service.boards.reading(desk.workspace) as board:
        deadline = time.monotonic() + wait
        while (left := deadline - time.monotonic()) > 0 and not board.closed:
            there_was = await board.changed(min(left, desk.service.settings.heartbeat_seconds))
            for record in board.news():
                yield written("job", _record.dump_json(record).decode())
            if not await admission.lasts():
                return
            if not there_was:
                yield b": nothing new\n\n"


async def _asked(desk: Desk, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await run_sync(partial(read, *args, **kwargs), limiter=desk.service.listening)


def _problem(desk: Desk, error: Exception, request_id: str) -> str:
    ours = error if isinstance(error, PhysForgeError) else PhysForgeError(_unstarted(error))
    document: dict[str, Any] = problem_of(ours, desk.service.workspace.home, request_id)
    return json.dumps(document)


def _unstarted(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"The job waits, and no runner could be started for it: {reason}. Tell whoever runs the lab."
