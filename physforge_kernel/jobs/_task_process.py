"""The process in which inner tasks of one job run, one after another, until none came for a while."""

from __future__ import annotations

import os
import signal
import sys

from .._lifeline import die_with
from ._channel import Channel
from ._context import run_chunk

IDLE_SECONDS = 10.0


def main() -> None:
    parent, descriptor = int(sys.argv[1]), int(sys.argv[2])
    die_with(parent)
    os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(descriptor)
    while channel.waits(IDLE_SECONDS):
        try:
            order = channel.receive()
        except EOFError:
            return
        answer = run_chunk(order.frames[0])
        sys.stdout.flush()
        sys.stderr.flush()
        channel.send("answer", {"failed": answer.failed}, [answer.packed])


if __name__ == "__main__":
    main()
