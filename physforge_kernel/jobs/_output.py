"""What a job's processes print, on its way into the job's record, within bounds."""

from __future__ import annotations

import os
import threading

TAIL_BYTES = 64_000
_LONGEST_LINE = 64_000


class Output:
    """Reads a pipe in a thread; gives out lines as they come up to a bound, and past it keeps only the end.

    Example:
        >>> output = Output(limit=8)
        >>> output.write(b"one\\ntwo\\nthree")
        >>> output.take()
        'one\\ntwo\\n'
        >>> output.last()
        'three'
    """

    def __init__(self, limit: int, tail: int = TAIL_BYTES) -> None:
        self._limit = limit
        self._most = tail
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def read_from(self, pipe: int) -> None:
        """Take over the reading end of a pipe, until its last writer is gone."""
        self._thread = threading.Thread(target=self._drain, args=(pipe,), name="job-output", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        with self._turn:
            fits = data[: self._limit]
            self._limit -= len(fits)
            self._head += fits
            self._tail += data[len(fits) :]
            excess = len(self._tail) - self._most
            if excess > 0:
                self._left_out += excess
                del self._tail[:excess]

    def take(self) -> str:
        """Return the lines that came since the last time."""
        with self._turn:
            end = self._head.rfind(b"\n") + 1
            if len(self._head) - end > _LONGEST_LINE:
                end = len(self._head)
            data = bytes(self._head[:end])
            del self._head[:end]
        return data.decode(errors="replace")

    def last(self) -> str:
        """Return the rest: an unfinished line, how much was left out, and the end of what was too much."""
        with self._turn:
            gap = f"\n[{self._left_out:,} bytes of output were left out here]\n" if self._left_out else ""
            text = self._head.decode(errors="replace") + gap + self._tail.decode(errors="replace")
            self._head.clear()
            self._tail.clear()
        return text

    def finish(self, seconds: float) -> None:
        """Wait until all has been read, but no longer than so many seconds."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _drain(self, pipe: int) -> None:
        try:
            while data := os.read(pipe, 65536):
                self.write(data)
        finally:
            os.close(pipe)
