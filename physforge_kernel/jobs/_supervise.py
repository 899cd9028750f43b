"""The Dask task that carries out one attempt: it starts the job's process, listens, and writes the record."""

from __future__ import annotations

import hashlib
import logging
import mimetypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .. import _wording
from ..errors import PhysForgeError
from ..workspace._job_records import LeaseLost
from . import _process
from ._channel import Channel, Message, pair
from ._cluster import watch_for_abandonment
from ._desk import Desk
from ._inner_tasks import InnerTasks
from ._lease import Lease
from ._output import Output
from ._settings import Settings
from ._tasks import end_tasks

if TYPE_CHECKING:
    from ..workspace._job_views import Claim

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.05  # seconds, between looks at the lease, the process and the clock
_WRITE_EVERY = 0.4  # seconds, between writes of progress and output
_WEIGH_EVERY = 1.0  # seconds, between looks at the memory

Ending = Literal["succeeded", "failed", "cancelled", "died", "stopped", "lost"]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: as the job, or `died`, `stopped` with its runner, `lost` to another attempt."""

    ending: Ending
    error: str | None = None


def supervise(home: str, claim: Claim, settings: Settings) -> str:
    """Carry out the attempt that was claimed; return how it ended.

    Args:
        home: the workspace's folder.
        claim: the job, and the fence without which nothing can be written.
        settings: the runner's.
    """
    desk = Desk(Path(home))
    abandoned = watch_for_abandonment()
    with Lease(desk.records, claim, settings.lease_seconds) as lease, _scratch(desk.home, claim) as folder:
        try:
            outcome = _Attempt(desk, claim, settings, lease, abandoned, folder).run()
        except PhysForgeError as error:
            _log.exception("Attempt %d of %s could not be carried out", claim.attempt, claim.job.id)
            outcome = Outcome("died", str(error))
        _settle(desk, claim, outcome)
    return outcome.ending


def _settle(desk: Desk, claim: Claim, outcome: Outcome) -> None:
    job, fence = claim.job.id, claim.fence
    with suppress(LeaseLost):
        match outcome.ending:
            case "succeeded" | "failed" | "cancelled":
                desk.records.finish(job, fence, outcome.ending, outcome.error)
            case "died":
                desk.records.retry(job, fence, outcome.error or "The job's process ended without a word.")
            case "stopped":
                desk.records.give_back(job, fence)
            case "lost":
                _log.warning("Attempt %d of %s lost its lease and was ended", claim.attempt, job)


@contextmanager
def _scratch(home: Path, claim: Claim) -> Iterator[Path]:
    folder = home / "scratch" / f"{claim.job.id}.{claim.fence}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Attempt:
    """One attempt: its process, its output, the inner tasks it waits for, and why it was asked to stop."""

    def __init__(
        self,
        desk: Desk,
        claim: Claim,
        settings: Settings,
        lease: Lease,
        abandoned: Callable[[], bool],
        folder: Path,
    ) -> None:
        self.desk, self.claim, self.settings, self.lease = desk, claim, settings, lease
        self.abandoned, self.folder = abandoned, folder
        self.job, self.fence = claim.job.id, claim.fence
        self.mark = f"{claim.job.id}.{claim.fence}"
        self.output = Output(settings.log_bytes)
        self.map: InnerTasks | None = None
        self.reported: Outcome | None = None
        self.asked_to_stop: Literal["cancelled", "stopped"] | None = None
        self.kill_at = float("inf")
        self.progress: dict[str, Any] | None = None
        self.next_write = 0.0
        self.next_weighing = 0.0
        self.limits = _Limits(settings.job_seconds, settings.job_memory_bytes)

    def run(self) -> Outcome:
        try:
            order = self._order()
        except PhysForgeError as error:
            return Outcome("failed", str(error))
        channel, theirs = pair()
        reading, writing = os.pipe()
        self.output.read_from(reading)
        self.channel = channel
        try:
            self.process = self._start(theirs, writing)
        finally:
            os.close(writing)
            theirs.close()
        try:
            with suppress(OSError):
                channel.send("order", order)
            outcome = self._listen()
            if self.reported is not None:
                _process.wait_for_end(self.process, 1.0)
        finally:
            self._clear_away()
        if outcome.ending != "lost":
            with suppress(LeaseLost):
                self._write(last=True)
        return outcome

    def _start(self, theirs: Channel, output: int) -> subprocess.Popen[bytes]:
        return _process.start(
            "physforge_kernel.jobs._job_process",
            [],
            home=self.desk.home,
            owner=self.claim.job.owner,
            attempt=self.mark,
            folder=self.folder,
            channel=theirs.fileno(),
            output=output,
        )

    def _order(self) -> dict[str, Any]:
        """Lay out the inputs and the checkpoint, and return what the process has to know."""
        job = self.claim.job
        checkpoint = self.desk.records.load_checkpoint(job.id, self.folder / ".resumed")
        return {
            "kind": job.kind,
            "config": dict(job.config),
            "inputs": self.desk.lay_out(job, self.folder / ".inputs"),
            "checkpoint": str(checkpoint) if checkpoint else None,
            "scratch": str(self.folder),
            "attempt": self.claim.attempt,
            "seed": int.from_bytes(hashlib.sha256(job.id.encode()).digest()[:4]),
            "slots": self.settings.slots()[1],
        }

    # Listening

    def _listen(self) -> Outcome:
        started = time.monotonic()
        while True:
            now = time.monotonic()
            if self.lease.lost.is_set():
                return Outcome("lost")
            self._notice_stop(now)
            if now >= self.kill_at:
                return Outcome(self.asked_to_stop or "stopped")
            if (breach := self._breach(now, now - started)) is not None:
                return Outcome("failed", breach)
            try:
                if self.channel.waits(_LOOK_EVERY):
                    self._heed(self.channel.receive())
                elif _process.has_ended(self.process) and not self.channel.waits(0):
                    return self._unreported()
                if self.map is not None and (answer := self.map.answer(self.output)) is not None:
                    self.map = None
                    self.channel.send(answer.about, answer.values, answer.frames)
                if now >= self.next_write:
                    self.next_write = now + _WRITE_EVERY
                    self._write()
            except (EOFError, BrokenPipeError, ConnectionResetError):
                _process.wait_for_end(self.process, 1.0)
                return self._unreported()
            except LeaseLost:
                return Outcome("lost")
            if self.reported is not None:
                return self._judged(self.reported)

    def _heed(self, message: Message) -> None:
        values = message.values
        match message.about:
            case "progress":
                self.progress = values
            case "metrics":
                self.desk.records.append_event(self.job, self.fence, "metrics", values)
            case "artifact":
                self._keep(values, lambda: self._add_artifact(values))
            case "checkpoint":
                path = Path(values["path"])
                self._keep(values, lambda: self.desk.records.save_checkpoint(self.job, self.fence, path))
            case "map":
                owner, number = self.claim.job.owner, values["number"]
                self.map = InnerTasks(self.desk.home, owner, self.mark, number, message.frames)
            case "limits":
                self.limits = self.limits.tightened(values["seconds"], values["memory_bytes"])
            case "done":
                self._hear(values, Outcome("succeeded"))
            case "failed":
                self._hear(values, Outcome("failed", values["error"]))
            case "stopped":
                self._hear(values, Outcome("stopped"))

    def _keep(self, values: dict[str, Any], write: Callable[[], object]) -> None:
        answer = {"number": values["number"]}
        try:
            write()
        except LeaseLost:
            raise
        except (PhysForgeError, OSError) as error:
            answer["error"] = str(error)
        self.channel.send("kept", answer)

    def _add_artifact(self, values: dict[str, Any]) -> None:
        name = values["name"]
        media_type = values["media_type"] or mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.desk.records.add_artifact(self.job, self.fence, name, Path(values["path"]), media_type)

    def _hear(self, values: dict[str, Any], outcome: Outcome) -> None:
        self.reported = outcome
        with suppress(OSError):
            self.channel.send("heard", {"number": values["number"]})

    # Judging

    def _notice_stop(self, now: float) -> None:
        if self.asked_to_stop is not None:
            return
        if self.lease.cancelled.is_set():
            self.asked_to_stop = "cancelled"
        elif self.abandoned():
            self.asked_to_stop = "stopped"
        else:
            return
        self.kill_at = now + self.settings.grace_seconds
        _process.ask_to_end(self.process)
        if self.map is not None:
            self.map.cancel()

    def _breach(self, now: float, ran: float) -> str | None:
        if self.limits.seconds and ran > self.limits.seconds:
            limit = f"{self.limits.seconds:g} seconds"
            return f"The job was ended because it ran for longer than its limit of {limit}."
        if self.limits.memory_bytes and now >= self.next_weighing:
            self.next_weighing = now + _WEIGH_EVERY
            if _process.memory_of(self.process) > self.limits.memory_bytes:
                limit = _wording.size(round(self.limits.memory_bytes))
                return f"The job was ended because it held more memory than its limit of {limit}."
        return None

    def _judged(self, reported: Outcome) -> Outcome:
        """Return the outcome, given what the process reported and what it had been asked."""
        if reported.ending == "succeeded":
            return reported
        if self.asked_to_stop is not None:  # a failure on the way out says nothing about the job
            return Outcome(self.asked_to_stop)
        if reported.ending == "stopped":
            return Outcome("failed", "The job stopped itself as cancelled, though nobody had cancelled it.")
        return reported

    def _unreported(self) -> Outcome:
        if self.asked_to_stop is not None:
            return Outcome(self.asked_to_stop)
        return Outcome("died", f"The job's process {_process.describe_death(_process.end(self.process))}.")

    # Writing, and clearing away

    def _write(self, *, last: bool = False) -> None:
        progress, self.progress = self.progress, None
        if progress is not None:
            self.desk.records.report_progress(self.job, self.fence, progress["fraction"], progress["message"])
        if text := self.output.take() + (self.output.last() if last else ""):
            self.desk.records.append_event(self.job, self.fence, "log", {"text": text})

    def _clear_away(self) -> None:
        """Leave no process of this attempt behind."""
        if self.map is not None:
            self.map.cancel()
        _process.end(self.process)
        end_tasks(self.mark)
        if strays := _process.sweep(self.desk.home, self.mark):
            _log.info("Ended %d stray processes of %s", len(strays), self.mark)
        self.channel.close()
        self.output.finish(1.0)


@dataclass(frozen=True)
class _Limits:
    """What an attempt may use; 0 for no limit."""

    seconds: float
    memory_bytes: float

    def tightened(self, seconds: float | None, memory_bytes: float | None) -> _Limits:
        return _Limits(_smaller(seconds, self.seconds), _smaller(memory_bytes, self.memory_bytes))


def _smaller(own: float | None, general: float) -> float:
    return min((limit for limit in (own, general) if limit), default=0)
