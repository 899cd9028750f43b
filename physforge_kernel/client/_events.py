"""A job's story as it happens: server-sent events, followed over lines that break, or asked for by and by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
from pydantic import ValidationError

from ..workspace._job_views import FINAL_STATES, Event, JobRecord
from ._line import Line
from ._problems import BusyError, UnreachableError, error_of, strange, unreachable
from ._records import EVENT, PROBLEM

_PATIENCE = 60.0  # seconds, for a service that is gone to come back
_SLOWEST = 2.0


def follow(
    line: Line, id: str, record: Callable[[], JobRecord], after: int, deadline: float | None
) -> Iterator[Event]:
    """Yield a job's events with a `seq` above `after` to its last, or until the deadline.

    Where the service has no stream left for us, they are asked for every two seconds instead.

    Args:
        record: looks at the job.
        deadline: on the monotonic clock; None for as long as it takes.

    Raises:
        PhysForgeError: the service refused, or was gone for a minute.
    """
    seen, heard, pause, crowded = after, time.monotonic(), 0.1, False
    while True:
        wait = None if deadline is None else max(0.0, deadline - time.monotonic())
        if crowded:  # a stream that only tells what there is takes no place
            wait, crowded, pause = 0.0, False, _SLOWEST
        try:
            for event in _told(line, id, seen, wait):
                seen, pause = event.seq, pause if wait == 0 else 0.1
                yield event
                if event.type in FINAL_STATES:
                    return
            heard = time.monotonic()
            job = record()
            if job.is_finished and job.last_event <= seen:
                return
        except BusyError:
            crowded = wait != 0
            if crowded:
                continue
        except (httpx.TransportError, UnreachableError) as error:
            if time.monotonic() - heard > _PATIENCE:
                raise unreachable(line.address.shown, error) from error
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return
        time.sleep(pause if deadline is None else min(pause, deadline - now))
        pause = min(_SLOWEST, 2 * pause)


def _told(line: Line, id: str, after: int, wait: float | None) -> Iterator[Event]:
    headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
    with line.stream("jobs", id, "events", headers=headers, wait=wait) as answer:
        for type, data in parsed(answer.iter_lines()):
            try:
                told = PROBLEM.validate_json(data) if type == "problem" else EVENT.validate_json(data)
            except ValidationError:
                raise strange(line.address.shown) from None
            if not isinstance(told, Event):
                raise error_of(told)
            yield told


def parsed(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield the type and the data of each server-sent event; what was cut off in its middle is none.

    >>> list(parsed(iter([": hello", "", "id: 4", "event: log", "data: {", "data: }", "", "data: cut"])))
    [('log', '{\\n}')]
    """
    type, data = "message", []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield type, "\n".join(data)
            type, data = "message", []
        elif name == "event":
            type = value
        elif name == "data":
            data.append(value)
