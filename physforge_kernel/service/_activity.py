"""How busy a service is: requests under way, and since when there has been none."""

from __future__ import annotations

import time


class Activity:
    """Counts the requests under way, open event streams among them; used on the event loop only."""

    def __init__(self) -> None:
        self._under_way = 0
        self._quiet_since = time.monotonic()

    def begin(self) -> None:
        self._under_way += 1

    def end(self) -> None:
        self._under_way -= 1
        self._quiet_since = time.monotonic()

    def idle_seconds(self) -> float:
        """Return for how long there has been no request; 0 while there is one."""
        return 0.0 if self._under_way else time.monotonic() - self._quiet_since
