"""Where a page's state changes: one thread, so that no callback waits for the workspace or for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from traitlets.log import get_logger

from .._wording import one_line
from ..errors import PhysForgeError, UnreachableError

AWAY = "PhysForge does not answer for now; it may be restarting. What runs goes on. Try again in a minute."

T = TypeVar("T")
Deed = Callable[[], None]
Tell = Callable[[Deed], None]
"""Hands a deed to the stage from within work; raises `Superseded` once newer work has its lane."""


class Superseded(Exception):  # noqa: N818 - it is no error: nobody wants the outcome any more
    """Newer work has taken this work's lane."""


class Stage:
    """Deeds change widgets, one after the other in one thread; work is slow, and runs in threads of its own.

    A widget's callback may come from any thread: it hands the stage a deed and returns at once. Whatever a
    deed or work raises reaches the page as a sentence, and the log with its traceback.

    Args:
        complain: Shows a sentence in the page; called as a deed.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._deeds: SimpleQueue[Deed] = SimpleQueue()
        self._lanes: dict[str, int] = {}
        threading.Thread(target=self._run, name="physforge-stage", daemon=True).start()

    def act(self, deed: Deed) -> None:
        """Do this after what was handed in before."""
        self._deeds.put(deed)

    def work(
        self,
        slow: Callable[[Tell], T],
        then: Callable[[T], None],
        *,
        lane: str,
        otherwise: Callable[[str], None] | None = None,
    ) -> None:
        """Do slow work in a thread, and then something with its outcome on the stage. Call it in a deed.

        Args:
            slow: What may take long; it may tell the stage of what happens meanwhile.
            then: Gets what `slow` returned.
            lane: What the work is about. Newer work in a lane silences the older, whose outcome is dropped.
            otherwise: Gets the sentence, if `slow` fails; by default the page complains.
        """
        turn = self._lanes[lane] = self._lanes.get(lane, 0) + 1

        def tell(deed: Deed) -> None:
            if self._lanes[lane] != turn:
                raise Superseded
            self.act(lambda: self._if_current(lane, turn, deed))

        def run() -> None:
            try:
                outcome = slow(tell)
                tell(lambda: then(outcome))
            except Superseded:
                pass
            except Exception as failure:
                said = sentence(failure)
                self.act(lambda: self._if_current(lane, turn, lambda: (otherwise or self._complain)(said)))

        threading.Thread(target=run, name=f"physforge-{lane}", daemon=True).start()

    def drop(self, lane: str) -> None:
        """Let nobody hear of the work that is under way in a lane."""
        self._lanes[lane] = self._lanes.get(lane, 0) + 1

    def _if_current(self, lane: str, turn: int, deed: Deed) -> None:
        if self._lanes[lane] == turn:
            deed()

    def _run(self) -> None:
        while True:
            deed = self._deeds.get()
            try:
                deed()
            except Exception as failure:
                self._complain(sentence(failure))


def sentence(failure: Exception) -> str:
    """Return what to tell a person of a failure; one that is no error of ours goes to the log in full."""
    if isinstance(failure, UnreachableError):
        get_logger().warning("A dashboard's service does not answer: %s", one_line(failure))
        return AWAY
    if isinstance(failure, PhysForgeError):
        return one_line(failure)
    get_logger().error("A dashboard failed.", exc_info=failure)
    kind = type(failure).__name__
    return f"Something in PhysForge itself failed ({kind}); the server's log has the details. Try again."
