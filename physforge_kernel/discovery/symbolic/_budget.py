"""The clock that budgets run on.

Wall time, as a person waits for it. A benchmark on a machine that others use sets `clock` to
`time.process_time`, so that a budget of sixty seconds is sixty seconds of one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable

clock: Callable[[], float] = time.monotonic


def now() -> float:
    """Seconds on the clock of budgets."""
    return clock()
