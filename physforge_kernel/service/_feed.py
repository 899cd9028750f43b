"""Word of changes in the database: one look for all event streams together, and no thread for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

Changes = Callable[[], AbstractContextManager[Callable[[], bool]]]
"""Opens a look at the database: a function that says whether anyone committed since it was last asked."""

_LOOK_EVERY = 0.1  # seconds: one pragma each


class Subscription:
    """One stream's part of the feed."""

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
    """Looks for changes while anybody listens; lives on one event loop."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._subscriptions: set[Subscription] = set()
        self._looking: asyncio.Task[None] | None = None
        self.closed = False

    @property
    def listeners(self) -> int:
        return len(self._subscriptions)

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
        self._tell_all()

    def _tell_all(self) -> None:
        for subscription in self._subscriptions:
            subscription.tell()

    async def _look(self) -> None:
        with self._changes() as changed:
            while not self.closed:
                if await run_in_threadpool(changed):
                    self._tell_all()
                await asyncio.sleep(_LOOK_EVERY)
