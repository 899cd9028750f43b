"""One lab for each workspace: a lock that lasts while any process that keeps it does."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path

from physforge_kernel.errors import ConflictError

from ._ports import at_an_address_beside
from ._settings import Settings


class LabLock:
    """A held lock, which says where the lab is; its descriptor is handed on to the keeper."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self.handle = handle

    @classmethod
    def take(cls, settings: Settings) -> LabLock:
        """Return the lock.

        Raises:
            ConflictError: a lab of this workspace runs.
        """
        path = settings.state / "lab.lock"
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise ConflictError(_beside(settings, path)) from None
        return cls(path, handle)

    def say(self, settings: Settings) -> None:
        """Note where the lab is, for whoever tries to start another."""
        os.ftruncate(self.handle, 0)
        os.pwrite(self.handle, json.dumps({"url": settings.url, "pid": os.getpid()}).encode(), 0)


def _beside(settings: Settings, path: Path) -> str:
    where = ""
    with suppress(OSError, ValueError, KeyError):
        notice = json.loads(path.read_text())
        where = f" at {notice['url']} (process {notice['pid']})"
    return (
        f"The lab of {settings.home} is running already{where}. Use that one, or stop it first: Ctrl-C "
        "where it was started. Another lab beside it needs a workspace and an address of its own: "
        f"PHYSFORGE_HOME=... {at_an_address_beside(settings)} make up."
    )
