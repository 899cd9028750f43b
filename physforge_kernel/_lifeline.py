"""Bonds between processes: one dies with that which started it, and may keep those that lose their own.

Run as a script, it bonds another one that imports nothing of PhysForge:
`python -P _lifeline.py PARENT SCRIPT ARGUMENTS...`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with(parent: int) -> None:
    """Have the kernel kill this process as soon as the one that started it is gone.

    Linux ties this to the thread that started the process; ours are started by threads that wait for their
    end.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before the line above
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own, even of one that detached itself.

    Raises:
        OSError: this is not Linux.
    """
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"only Linux keeps orphaned processes together, not {sys.platform}")
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot adopt orphans")


if __name__ == "__main__":
    import runpy

    die_with(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
