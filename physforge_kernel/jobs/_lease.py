"""Keeping a job's lease alive while an attempt runs, and hearing through it that the job was cancelled."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import NotFoundError, WorkspaceError

if TYPE_CHECKING:
    from ..workspace._job_records import JobRecords
    from ..workspace._job_views import Claim

_log = logging.getLogger(__name__)

_LONGEST_PAUSE = 1.0  # seconds; how soon a cancel is noticed


class Lease:
    """Renews a claim's lease in a thread of its own, so that nothing the supervisor waits for can hold it up.

    `lost` is set once the attempt may no longer run: another one holds the job, or the records could not be
    reached for as long as the lease lasts. `cancelled` is set once someone asked to cancel.
    """

    def __init__(self, records: JobRecords, claim: Claim, seconds: float) -> None:
        self.lost = threading.Event()
        self.cancelled = threading.Event()
        self._records = records
        self._claim = claim
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{claim.job.id}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        from ..workspace._job_records import LeaseLost

        renewed = time.monotonic()
        try:
            while not self._over.wait(min(_LONGEST_PAUSE, self._seconds / 4)):
                try:
                    signal = self._records.heartbeat(self._claim.job.id, self._claim.fence, self._seconds)
                except (LeaseLost, NotFoundError):
                    return
                except WorkspaceError as error:  # a busy or full disk may recover before the lease runs out
                    _log.warning("The lease of %s could not be renewed: %s", self._claim.job.id, error)
                    if time.monotonic() - renewed > self._seconds:
                        return
                else:
                    renewed = time.monotonic()
                    if signal.cancel:
                        self.cancelled.set()
        finally:
            if not self._over.is_set():
                self.lost.set()
