"""Inner tasks: chunks of a `Context.map`, worked out in killable processes that the worker keeps for more."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import _process
from ._channel import pair
from ._cluster import watch_for_abandonment
from ._context import ChunkAnswer
from ._output import TAIL_BYTES

_LOOK_EVERY = 0.1  # seconds

# Inner tasks run side by side, so each leaves the other processors alone unless the user said otherwise.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class TaskAnswer:
    """What came of a chunk."""

    answer: ChunkAnswer | None
    """None if the process died, or nobody wanted the answer any more."""
    output: bytes = b""
    """What the chunk printed, or the end of it."""
    death: int = 0
    """The exit status of a process that died; negative for a signal."""


class _TaskProcess:
    """One process of one attempt, and the line to it."""

    def __init__(self, home: Path, owner: str, attempt: str) -> None:
        ours, theirs = pair()
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        self.channel = ours
        self.process: subprocess.Popen[bytes] = _process.start(
            "physforge_kernel.jobs._task_process",
            [],
            home=home,
            owner=owner,
            attempt=attempt,
            folder=Path(tempfile.gettempdir()),
            channel=theirs.fileno(),
            output=self._output,
            environment={name: os.environ.get(name, "1") for name in _ONE_THREAD},
        )
        theirs.close()

    def run(self, packed: bytes, abandoned: Callable[[], bool]) -> TaskAnswer:
        try:
            self.channel.send("chunk", frames=[packed])
            while not self.channel.waits(_LOOK_EVERY):
                if abandoned():
                    self.end()
                    return TaskAnswer(None)
            message = self.channel.receive()
        except (EOFError, OSError):
            _process.wait_for_end(self.process, 1.0)
            output = self._printed()
            return TaskAnswer(None, output, self.end())
        return TaskAnswer(ChunkAnswer(message.frames[0], message.values["failed"]), self._printed())

    def is_usable(self) -> bool:
        return not _process.has_ended(self.process)

    def end(self) -> int:
        """Kill the process if it still runs, and return its exit status; once more does no harm."""
        status = _process.end(self.process)
        self.channel.close()
        self._output.close()
        return status

    def _printed(self) -> bytes:
        # The process shares this file's position, which goes back to the start with the file emptied.
        handle = self._output.fileno()
        size = os.fstat(handle).st_size
        data = os.pread(handle, TAIL_BYTES, max(0, size - TAIL_BYTES))
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        return data


_idle: defaultdict[str, list[_TaskProcess]] = defaultdict(list)
_idle_lock = threading.Lock()


def run_task(home: str, owner: str, attempt: str, packed: bytes) -> TaskAnswer:
    """Work out one chunk; this is what the Dask worker runs.

    Args:
        home: the workspace's folder.
        owner: whose job the chunk belongs to.
        attempt: the attempt that the chunk belongs to; only its chunks share a process.
        packed: what `run_chunk` takes.
    """
    abandoned = watch_for_abandonment()
    worker = _take(attempt) or _TaskProcess(Path(home), owner, attempt)
    answer = worker.run(packed, abandoned)
    if abandoned():
        worker.end()
    elif answer.answer is not None:
        with _idle_lock:
            _idle[attempt].append(worker)
    return answer


def end_tasks(attempt: str) -> None:
    """End the idle processes that this worker keeps for an attempt."""
    with _idle_lock:
        workers = _idle.pop(attempt, [])
    for worker in workers:
        worker.end()


def _take(attempt: str) -> _TaskProcess | None:
    while True:
        with _idle_lock:
            waiting = _idle[attempt]
            worker = waiting.pop() if waiting else None
            if not waiting:
                del _idle[attempt]
        if worker is None or worker.is_usable():
            return worker
        with contextlib.suppress(OSError):
            worker.end()
