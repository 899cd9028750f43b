"""Word of changes in the database: one look for all who listen together, and no thread for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

Changes = Callable[[], AbstractContextManager[Callable[[], bool]]]
"""Opens a look at the database: a function that says whether anyone committed since it was last asked."""

_LOOK_EVERY = 0.1  # seconds: one pragma each
_AGAIN = 1.0  # seconds, before the database is opened again after a look that failed

_log = logging.getLogger("physforge.service")


class Subscription:
    """One listener's part of the feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._told = asyncio.Event()

    async def changed(self, seconds: float) -> bool:
        """Wait at most so long for a change since the last call; return whether there was one.

        It returns at once when the service closes.
        """
        if not self._feed.closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._told.wait()
        there_was = self._told.is_set()
        self._told.clear()
        return there_was

    @property
    def closed(self) -> bool:
        """Whether the service is about to end, and every stream with it."""
        return self._feed.closed

    def tell(self) -> None:
        self._told.set()


class Feed:
    """Looks for changes while anybody listens; lives on one event loop.

    Args:
        changes: opens a look at the database.
        threads: held for each look.
    """

    def __init__(self, changes: Changes, threads: CapacityLimiter) -> None:
        self._changes = changes
        self._threads = threads
        self._closing = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self._looking: asyncio.Task[None] | None = None
        self.closed = False

    async def pause(self, seconds: float) -> None:
        """Wait for so long, or until the service closes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Subscription]:
        """Yield a subscription, which hears of every commit from now on."""
        subscription = Subscription(self)
        self._subscriptions.add(subscription)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def close(self) -> None:
        """End every stream; called on the event loop."""
        self.closed = True
        self._closing.set()
        self._tell_all()

    def _tell_all(self) -> None:
        for subscription in self._subscriptions:
            subscription.tell()

    async def _look(self) -> None:
        while not self.closed:
            try:
                with self._changes() as changed:  # which says yes when it is asked first
                    while not self.closed:
                        if await run_sync(changed, limiter=self._threads):
                            self._tell_all()
                        await asyncio.sleep(_LOOK_EVERY)
            except Exception:  # whatever it is may pass, and nobody would hear of anything any more
                _log.exception("The database could not be asked for changes; it is asked again")
                await self.pause(_AGAIN)
