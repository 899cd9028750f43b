"""The process in which one attempt of a job runs; its supervisor starts it and listens to it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .._lifeline import adopt_orphans, die_with
from ..errors import JobError, PhysForgeError
from . import _process
from ._channel import Channel, Message
from ._context import ChunkAnswer, Context, Input, JobCancelledError

_LOOK_FOR_A_STOP_EVERY = 0.2  # seconds, while waiting for inner tasks


class SupervisorHost:
    """The context's host: a line to the supervisor, which alone writes to the job's record."""

    def __init__(self, channel: Channel, slots: int) -> None:
        self.slots = slots
        self._channel = channel
        self._turn = threading.RLock()
        self._asked = 0
        self._stop = threading.Event()

    def stop(self, *_: object) -> None:
        self._stop.set()

    def cancelled(self) -> bool:
        return self._stop.is_set()

    def progress(self, fraction: float, message: str) -> None:
        self._say("progress", {"fraction": fraction, "message": message})

    def metrics(self, values: Mapping[str, float], step: int | None) -> None:
        self._say("metrics", {"values": dict(values), "step": step})

    def artifact(self, name: str, path: Path, media_type: str | None) -> None:
        self._ask("artifact", {"name": name, "path": str(path), "media_type": media_type})

    def checkpoint(self, path: Path) -> None:
        self._ask("checkpoint", {"path": str(path)})

    def run_chunks(self, chunks: Sequence[bytes]) -> list[ChunkAnswer]:
        answer = self._ask("map", {}, chunks)
        return [ChunkAnswer(packed, answer.values["failed"]) for packed in answer.frames]

    def limits(self, seconds: float | None, memory_bytes: int | None) -> None:
        """Pass on what the kind says an attempt may use."""
        self._say("limits", {"seconds": seconds, "memory_bytes": memory_bytes})

    def end(self, about: str, values: dict[str, Any] | None = None) -> None:
        """Say how the attempt ended, and wait until the supervisor has heard it."""
        self._ask(about, values or {})

    def _say(self, about: str, values: dict[str, Any]) -> None:
        with self._turn:
            self._channel.send(about, values)

    def _ask(self, about: str, values: dict[str, Any], frames: Sequence[bytes] = ()) -> Message:
        with self._turn:
            number = self._asked = self._asked + 1
            self._channel.send(about, {**values, "number": number}, frames)
            while True:
                # Only inner tasks take long; a stop leaves their answer unread, to be passed over later.
                while about == "map" and not self._channel.waits(_LOOK_FOR_A_STOP_EVERY):
                    if self.cancelled():
                        raise JobCancelledError
                answer = self._channel.receive()
                if answer.values["number"] == number:
                    break
        if "error" in answer.values:
            raise JobError(answer.values["error"])
        return answer


def main() -> NoReturn:
    parent, descriptor = int(sys.argv[1]), int(sys.argv[2])
    die_with(parent)
    if sys.platform == "linux":
        adopt_orphans()
    os.set_inheritable(descriptor, False)
    channel = Channel(descriptor)
    order = channel.receive().values
    host = SupervisorHost(channel, order["slots"])
    signal.signal(signal.SIGTERM, host.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    about, values = _run(order, host)
    sys.stdout.flush()
    sys.stderr.flush()
    _process.end_descendants(os.getpid())  # or they would be nobody's once this process has gone
    host.end(about, values)
    os._exit(0)  # no exit handler of a library may hold up, or undo, what was just reported


def _run(order: dict[str, Any], host: SupervisorHost) -> tuple[str, dict[str, Any]]:
    """Run the kind, and return how it ended; what a failure says of itself goes to the log."""
    from .kinds import get

    try:
        kind = get(order["kind"])
        host.limits(kind.seconds, kind.memory_bytes)
        config = kind.parse(order["config"])
        seed = getattr(config, "seed", None)
        context = Context(
            host=host,
            inputs={
                name: Input(one["ref"], Path(one["path"]), tuple(one["readable"]))
                for name, one in order["inputs"].items()
            },
            scratch=Path(order["scratch"]),
            attempt=order["attempt"],
            seed=seed if isinstance(seed, int) else order["seed"],
            resumed=Path(order["checkpoint"]) if order["checkpoint"] else None,
        )
        kind.run(config, context)
    except JobCancelledError:
        return "stopped", {}
    except PhysForgeError as error:  # foreseen: its sentence says all
        print(error, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
        return "failed", {"error": str(error)}
    except MemoryError:
        traceback.print_exc()
        return "failed", {"error": "The job needed more memory than there is. Try a smaller field."}
    except BaseException as error:  # whatever a kind raises has to end as a sentence in the record
        traceback.print_exc()
        return "failed", {"error": _unexpected(order["kind"], error)}
    return ("stopped" if host.cancelled() else "done"), {}


def _unexpected(kind: str, error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    said = f": {lines[0]:.300}" if lines else ""
    return (
        f"The {kind} job stopped on an unexpected {type(error).__name__}{said.rstrip('.')}. "
        "Its log says where; if the input is in order, this is a fault of the kind."
    )


if __name__ == "__main__":
    main()
