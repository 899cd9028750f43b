"""People's jobs as their streams tell of them: read once for all streams of one person, and not too often."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from ..workspace._job_views import JobRecord
from ._feed import Feed, Subscription
from ._shapes import in_brief

if TYPE_CHECKING:
    from ..workspace._embedded import EmbeddedWorkspace
    from ..workspace._jobs import EmbeddedJobs

_READ_EVERY = 0.5  # seconds, from one look at a person's jobs to the next, however much happens
_AGAIN = 2.0  # seconds, after a look that failed
_QUIET = 60.0  # seconds, between looks whether nothing happens still
_NEWEST = 50  # finished jobs that a stream begins with

_log = logging.getLogger("physforge.service")


class Reader(Subscription):
    """One stream's part of a person's board."""

    def __init__(self, feed: Feed, board: _Board) -> None:
        super().__init__(feed)
        self._board = board
        self.seen: int | None = None
        """The reading whose news it has; None if it has asked for none so far."""
        if board.reading:
            self.tell()

    async def changed(self, seconds: float) -> bool:
        """Wait at most so long for news since the last call; return whether there are any."""
        self._board.keep()
        return await super().changed(seconds)

    def news(self) -> list[JobRecord]:
        """Return the jobs, in brief, that are new or have changed since the last call; the oldest first."""
        found = in_order(self._board.since(self.seen or 0))
        self.seen = self._board.reading
        return found

    def may_tell_more(self, id: str, seq: int) -> bool:
        """Return whether a job may have a later event than this: it has, or is none of those on the board."""
        last_event = self._board.known().get(id)
        return last_event is None or last_event > seq


class Boards:
    """The board of each person who has a stream open; lives on one event loop.

    Args:
        feed: tells of every commit.
        threads: held while jobs are read.
    """

    def __init__(self, feed: Feed, threads: CapacityLimiter) -> None:
        self._feed = feed
        self._threads = threads
        self._boards: dict[str, _Board] = {}

    @asynccontextmanager
    async def reading(self, workspace: EmbeddedWorkspace) -> AsyncIterator[Reader]:
        """Yield a reader of the board of whoever the workspace acts for."""
        board = self._boards.get(workspace.owner)
        if board is None:
            board = self._boards[workspace.owner] = _Board(workspace.jobs, self._feed, self._threads)
        reader = Reader(self._feed, board)
        board.readers.add(reader)
        try:
            yield reader
        finally:
            board.readers.discard(reader)
            if not board.readers:
                board.end()
                del self._boards[workspace.owner]


class _Board:
    """One person's jobs, each with the number of the reading that found it changed."""

    def __init__(self, jobs: EmbeddedJobs, feed: Feed, threads: CapacityLimiter) -> None:
        self._jobs, self._feed, self._threads = jobs, feed, threads
        self._records: dict[str, tuple[int, JobRecord]] = {}  # in the order of those numbers
        self._last_events: dict[str, int] = {}
        self._keeping: asyncio.Task[None] | None = None
        self.readers: set[Reader] = set()
        self.reading = 0

    def keep(self) -> None:
        """Have the board kept up to date from now on."""
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())

    def end(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()

    def known(self) -> Mapping[str, int]:
        """Return the `last_event` of each job on the board."""
        return self._last_events

    def since(self, reading: int) -> Iterator[JobRecord]:
        """Yield the records that a later reading than this one found changed."""
        for number, record in reversed(self._records.values()):
            if number <= reading:
                return
            yield record

    async def _keep(self) -> None:
        try:
            async with self._feed.listen() as news:
                while not news.closed:
                    began = time.monotonic()
                    if not await self._read():
                        await self._feed.pause(_AGAIN)
                        continue
                    await self._feed.pause(began + _READ_EVERY - time.monotonic())
                    while not (await news.changed(_QUIET) or news.closed):
                        pass
        finally:
            self._tell()  # the service closes, and the streams with it

    async def _read(self) -> bool:
        known = dict(self._last_events)
        try:
            changed = await run_sync(changes_in_brief, self._jobs, known, limiter=self._threads)
        except Exception:  # whatever it is may pass, and the streams go on when it has
            _log.exception("Jobs could not be read for event streams; they are read again")
            return False
        if changed:
            self._take(changed)
            self._tell()
        return True

    def _take(self, changed: list[JobRecord]) -> None:
        self.reading += 1
        for record in changed:
            self._records.pop(record.id, None)
            self._records[record.id] = (self.reading, record)
            self._last_events[record.id] = record.last_event
        told = min((reader.seen for reader in self.readers if reader.seen is not None), default=self.reading)
        by_age = in_order(record for _, record in self._records.values())
        for record in by_age[:-_NEWEST]:
            if record.is_finished and self._records[record.id][0] <= told:
                del self._records[record.id], self._last_events[record.id]

    def _tell(self) -> None:
        for reader in self.readers:
            reader.tell()


def changes_in_brief(jobs: EmbeddedJobs, known: Mapping[str, int]) -> list[JobRecord]:
    """Return the jobs that are not as they are known, the oldest first: a list grows at its top."""
    return in_order(map(in_brief, jobs.changed_since(known)))


def in_order(records: Iterator[JobRecord]) -> list[JobRecord]:
    return sorted(records, key=lambda record: (record.created, record.id))
