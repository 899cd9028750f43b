"""The line between a job's process and its supervisor: JSON messages, each with a tail of raw frames.

Only bytes and JSON cross it. The supervisor never unpickles what a job sends; frames of pickled functions and
results pass through it unopened, from one process of the job to another.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Message:
    """One message: what it is about, its JSON values, and raw frames."""

    about: str
    values: dict[str, Any] = field(default_factory=dict)
    frames: tuple[bytes, ...] = ()


class Channel:
    """One end of the line.

    Example:
        >>> ours, theirs = pair()
        >>> ours.send("progress", {"fraction": 0.5}, [b"raw"])
        >>> theirs.receive()
        Message(about='progress', values={'fraction': 0.5}, frames=(b'raw',))
    """

    def __init__(self, descriptor: int) -> None:
        self._connection = Connection(descriptor)

    def fileno(self) -> int:
        return self._connection.fileno()

    def send(self, about: str, values: dict[str, Any] | None = None, frames: Sequence[bytes] = ()) -> None:
        """Send a message; raise `OSError` if the other end is gone."""
        head = {"about": about, "values": values or {}, "frames": len(frames)}
        self._connection.send_bytes(json.dumps(head).encode())
        for frame in frames:
            self._connection.send_bytes(frame)

    def waits(self, seconds: float) -> bool:
        """Say whether a message, or the end of the line, comes within so many seconds."""
        try:
            return self._connection.poll(seconds)
        except OSError:
            return True

    def receive(self) -> Message:
        """Return the next message; raise `EOFError` if the other end is gone."""
        try:
            head = json.loads(self._connection.recv_bytes())
            frames = tuple(self._connection.recv_bytes() for _ in range(head["frames"]))
        except OSError:
            raise EOFError from None
        return Message(head["about"], head["values"], frames)

    def close(self) -> None:
        self._connection.close()


def pair() -> tuple[Channel, Channel]:
    """Return two connected ends."""
    ours, theirs = socket.socketpair()
    return Channel(ours.detach()), Channel(theirs.detach())
