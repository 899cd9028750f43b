"""The inner tasks that a job waits for: handed to the cluster by its supervisor, retried, or cancelled."""

from __future__ import annotations

import logging
import queue
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._channel import Message
from ._cluster import TASK_SLOT
from ._context import ChunkAnswer
from ._output import Output
from ._process import describe_death
from ._tasks import TaskAnswer, run_task

if TYPE_CHECKING:
    from distributed import Future

_log = logging.getLogger(__name__)

_TRIES = 3


class InnerTasks:
    """The inner tasks that a job waits for."""

    def __init__(self, home: Path, owner: str, mark: str, number: int, chunks: tuple[bytes, ...]) -> None:
        from distributed import get_client

        self._client = get_client()
        self._home, self._owner, self._mark, self._number = home, owner, mark, number
        self._chunks = chunks
        self._answers: list[ChunkAnswer | None] = [None] * len(chunks)
        self._tries = [0] * len(chunks)
        self._ended: queue.SimpleQueue[tuple[int, Future]] = queue.SimpleQueue()
        self._open: dict[int, Future] = {}
        for index in range(len(chunks)):
            self._submit(index)

    def answer(self, output: Output) -> Message | None:
        """Return the reply to the job once there is one: every answer, the first failure, or an error."""
        while True:
            try:
                index, future = self._ended.get_nowait()
            except queue.Empty:
                break
            if self._open.pop(index, None) is None:
                continue
            result = _result(future)
            output.write(result.output)
            self._answers[index] = result.answer
            if result.answer is None:
                if self._tries[index] < _TRIES:
                    self._submit(index)
                    continue
                self.cancel()
                death = describe_death(result.death)
                return self._reply(
                    [], error=f"An inner task was tried {_TRIES} times; each time its process {death}."
                )
            if result.answer.failed:
                self.cancel()
                return self._reply([result.answer])
        if self._open:
            return None
        return self._reply([answer for answer in self._answers if answer is not None])

    def _reply(self, answers: list[ChunkAnswer], **values: Any) -> Message:
        values |= {"number": self._number, "failed": any(answer.failed for answer in answers)}
        return Message("mapped", values, tuple(answer.packed for answer in answers))

    def cancel(self) -> None:
        """Stop what is still running; the tasks' processes are killed by their workers."""
        futures, self._open = list(self._open.values()), {}
        if futures:
            self._client.cancel(futures)

    def _submit(self, index: int) -> None:
        self._tries[index] += 1
        future = self._client.submit(
            run_task,
            str(self._home),
            self._owner,
            self._mark,
            self._chunks[index],
            key=f"task-{self._mark}-{self._number}-{index}-{self._tries[index]}",
            resources=TASK_SLOT,
            pure=False,
        )
        self._open[index] = future
        future.add_done_callback(lambda done, index=index: self._ended.put((index, done)))


def _result(future: Future) -> TaskAnswer:
    try:
        return future.result(timeout=10)
    except Exception as error:  # the worker was lost with the task
        _log.warning("An inner task was lost: %s", error)
        return TaskAnswer(None, death=-signal.SIGKILL)
