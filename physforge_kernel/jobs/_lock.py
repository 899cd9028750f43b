"""The lock that makes a workspace's runner the only one, and that its starter can hand over."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path


class RunnerLock:
    """A held lock on a file.

    The lock belongs to the open file, not to a process: whoever starts a runner takes the lock first and lets
    the runner inherit it, so there is no moment at which two could be started. It ends with its last holder.
    """

    def __init__(self, handle: int) -> None:
        os.set_inheritable(handle, False)
        self.handle = handle
        self._open = True
        _held.add(self)

    @classmethod
    def take(cls, path: Path) -> RunnerLock | None:
        """Return the lock, or None if somebody holds it."""
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(handle)

    def release(self) -> None:
        """Give the lock up for every holder."""
        if self._open:
            fcntl.flock(self.handle, fcntl.LOCK_UN)
            self.close()

    def close(self) -> None:
        """Give up this holder's part: a process that inherited the lock goes on holding it."""
        if self._open:
            self._open = False
            os.close(self.handle)


_held: weakref.WeakSet[RunnerLock] = weakref.WeakSet()


def _let_go_after_fork() -> None:
    # What another thread forks between the taking and the handing over would hold the lock while it lives.
    for lock in list(_held):
        lock.close()


_fork_hook = os.register_at_fork(after_in_child=_let_go_after_fork)
