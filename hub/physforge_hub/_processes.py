"""Processes that a lab keeps, and the end of all of them, however far they have moved from it.

A process that calls `adopt_orphans` becomes the parent of every descendant whose own parent dies, even of one
that detached itself. So whatever a lab starts stays below the processes that keep it, where it can be ended.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from types import FrameType

import psutil

from physforge_kernel._lifeline import adopt_orphans as adopt_orphans

_LOOK_EVERY = 0.05  # seconds


def reap() -> dict[int, int]:
    """Bury every child that has ended; return their ids and exit statuses (negative: the signal)."""
    ended: dict[int, int] = {}
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])
    return ended


def end_children(patience: float, bell: Bell) -> None:
    """End every descendant of this process: ask each child, and kill what is left when patience ends.

    Whoever loses its parent meanwhile becomes a child, and is asked too.

    Args:
        patience: seconds; one more signal than the first ends it at once.
        bell: tells of signals.
    """
    deadline = time.monotonic() + patience
    asked: set[int] = set()
    bell.clear()
    while (living := _living_children()) and time.monotonic() < deadline and not bell.asked_to_stop:
        for child in living:
            if child.pid not in asked:
                asked.add(child.pid)
                with suppress(psutil.Error):
                    child.terminate()
        bell.wait(_LOOK_EVERY)
    while living := _living(psutil.Process().children(recursive=True)):
        for process in living:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(_LOOK_EVERY)  # for the dead to be handed over to this process, which buries them


def end_marked(name: str, value: str) -> int:
    """Kill every process of this account that carries a mark in its environment; return how many there were.

    Args:
        name: the variable.
        value: its value.
    """
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it ended meanwhile, or is none of ours
            if process.pid != os.getpid() and process.environ().get(name) == value:
                process.kill()
                found.append(process)
    psutil.wait_procs(found)
    return len(found)


def _living_children() -> list[psutil.Process]:
    return _living(psutil.Process().children())


def _living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    reap()
    living = []
    for process in processes:
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
    return living


class Bell:
    """Rings when a child ends, when this process is asked to stop, or when something watched is closed.

    Ctrl-C, a closed terminal and SIGTERM all ask to stop. SIGINT counts even where a shell started this in
    the background and so had it ignored; a hangup that is ignored (`nohup`) stays so.
    """

    def __init__(self) -> None:
        self.asked_to_stop = False
        self._ours, theirs = socket.socketpair()
        for end in (self._ours, theirs):
            end.setblocking(False)
        self._theirs = theirs  # kept, or it would be closed
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def wait(self, seconds: float, *watched: int) -> list[int]:
        """Wait at most so long for a signal or a watched descriptor; return those that are ready."""
        ready, _, _ = select.select([self._ours, *watched], [], [], seconds)
        with suppress(BlockingIOError):
            while self._ours.recv(64):
                pass
        return [each for each in ready if isinstance(each, int)]

    def clear(self) -> None:
        """Forget that this process was asked to stop."""
        self.asked_to_stop = False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True
