"""The runner of a workspace: `python -m physforge_kernel.jobs.runner --home HOME`.

It claims what is queued, hands it to its Dask cluster, takes back what dead attempts held, and exits when
idle. The first submitter starts it detached; a service or a terminal may run it in the foreground.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .._home import private_folder
from ..errors import PhysForgeError
from ._lock import RunnerLock
from ._process import PRIVATE_UMASK, sweep
from ._settings import Settings
from ._starter import RunnerFiles, announce

if TYPE_CHECKING:
    from distributed import Client, Future

    from ..workspace._job_views import Claim
    from ._desk import Desk

_log = logging.getLogger("physforge.runner")

_LOOK_EVERY = 0.05  # seconds, between looks for changes in the database: one pragma each
_LOOK_CLOSELY_EVERY = 1.0  # seconds, between looks for what no change announces: due retries, expired leases


class Runner:
    """Keeps the cluster's job slots filled with claims, until it is idle or told to stop."""

    def __init__(self, desk: Desk, client: Client, settings: Settings, stop: threading.Event) -> None:
        self._desk = desk
        self._client = client
        self._settings = settings
        self._stop = stop
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._running: dict[str, tuple[Claim, Future, dict[str, int]]] = {}
        self._slots = settings.slots()[0]
        self._wall = time.time()
        self._trust_leases_from = 0.0

    def serve(self) -> None:
        """Serve the queue until there has been nothing to do for the idle time, or until told to stop."""
        last_busy = look_closely_at = time.monotonic()
        with self._desk.database.changes() as changed:
            while not self._stop.wait(_LOOK_EVERY):
                now = time.monotonic()
                ended = self._collect()
                if self._running:
                    last_busy = now
                if changed() or ended or now >= look_closely_at:
                    look_closely_at = now + _LOOK_CLOSELY_EVERY
                    try:
                        self._take_back()
                        self._fill()
                        if self.has_work():
                            last_busy = now
                    except PhysForgeError as error:  # such as a full disk: those who run may still finish
                        _log.error("The queue could not be served, and will be tried again: %s", error)
                if now - last_busy > self._settings.idle_seconds:
                    return

    def take_over(self) -> None:
        """Take back at once what earlier runners were running: the lock says that they are gone."""
        for job in self._desk.records.release_expired(sole_runner=self._name):
            _log.warning("Took %s over from an earlier runner", job)

    def has_work(self) -> bool:
        """Say whether any job is queued or running."""
        counts = self._desk.records.counts()
        return bool(counts.get("queued") or counts.get("running"))

    def stand_down(self) -> None:
        """Have every attempt end and go back to the queue, and wait until none is left."""
        futures = [future for _, future, _ in self._running.values()]
        if futures:
            _log.info("Stopping %d running jobs", len(futures))
            self._client.cancel(futures)
        # Cancelled futures end at once; the attempts behind them have ended when the records say so.
        deadline = time.monotonic() + self._settings.grace_seconds + 5.0
        while self._mine_running() and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)

    def _mine_running(self) -> bool:
        return any(job.runner == self._name for job in self._desk.records.list(state="running"))

    def _fill(self) -> None:
        from ._cluster import JOB_SLOT, WAITING_SLOT
        from .kinds import WAITING

        claim, lease = self._desk.records.claim, self._settings.lease_seconds
        self._fill_slots(JOB_SLOT, lambda: claim(self._name, lease, other_than=WAITING))
        self._fill_slots(WAITING_SLOT, lambda: claim(self._name, lease, kinds=WAITING))

    def _fill_slots(self, slot: dict[str, int], take: Callable[[], Claim | None]) -> None:
        from ._supervise import supervise

        while sum(held == slot for _, _, held in self._running.values()) < self._slots:
            claim = take()
            if claim is None:
                return
            _log.info("Attempt %d of %s (%s)", claim.attempt, claim.job.id, claim.job.kind)
            future = self._client.submit(
                supervise,
                str(self._desk.home),
                claim,
                self._settings,
                key=f"job-{claim.job.id}.{claim.fence}",
                resources=slot,
                pure=False,
            )
            self._running[claim.job.id] = (claim, future, slot)

    def _collect(self) -> bool:
        """Forget the attempts that have ended; give up those that were lost with their worker."""
        ended = [job for job, (_, future, _) in self._running.items() if future.done()]
        for job in ended:
            claim, future, _ = self._running.pop(job)
            if future.status == "finished":
                _log.info("Attempt %d of %s: %s", claim.attempt, job, future.result())
                continue
            _log.error("Attempt %d of %s was lost: %r", claim.attempt, job, future.exception())
            sweep(self._desk.home, f"{job}.{claim.fence}")
            with suppress(PhysForgeError):  # then its lease runs out, and it is taken back all the same
                self._desk.records.retry(job, claim.fence, "The worker that ran the job was lost.")
        return bool(ended)

    def _take_back(self) -> None:
        wall, before = time.time(), self._wall
        self._wall = wall
        if wall - before > _LOOK_CLOSELY_EVERY + self._settings.lease_seconds / 2:
            # The machine slept: every lease ran out at once, and those who hold them need a moment to renew.
            self._trust_leases_from = wall + self._settings.lease_seconds / 2
        if wall >= self._trust_leases_from:
            for job in self._desk.records.release_expired():
                _log.warning("Took %s back from an attempt that stopped without a word", job)


def run(files: RunnerFiles, lock: RunnerLock, settings: Settings, stop: threading.Event) -> None:
    """Be the runner, until idle or told to stop; the lock is given up at the end."""
    strays = sweep(files.home)
    if strays:
        _log.warning("Ended %d processes that an earlier runner left behind", len(strays))
    shutil.rmtree(files.home / "scratch", ignore_errors=True)
    from ._cluster import local_cluster
    from ._desk import Desk

    desk = Desk(files.home)
    jobs, tasks = settings.slots()
    with local_cluster(settings, files.folder / "dask") as client:
        runner = Runner(desk, client, settings, stop)
        runner.take_over()
        announce(files, jobs, tasks)
        _log.info("Ready: %d jobs and %d inner tasks at once", jobs, tasks)
        held: RunnerLock | None = lock
        while held is not None:
            runner.serve()
            if stop.is_set():
                runner.stand_down()
                break
            # A submitter that saw the lock held counts on this runner: look once more after letting it go.
            held.release()
            held = RunnerLock.take(files.lock) if runner.has_work() else None
    if held is not None:
        held.release()
    _log.info("Stopped" if stop.is_set() else "Nothing to do")


def main(arguments: Sequence[str] | None = None, serve: Callable[..., None] = run) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m physforge_kernel.jobs.runner", description="Run a workspace's jobs."
    )
    parser.add_argument("--home", type=Path, required=True, help="the workspace's folder")
    parser.add_argument("--lock", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--detach", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.detach and os.fork() != 0:  # its child belongs to init, and so is nobody's zombie
        os._exit(0)
    os.umask(PRIVATE_UMASK)
    stop = threading.Event()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs inherit an ignored SIGINT
        signal.signal(number, lambda *_: stop.set())
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s", stream=sys.stderr
    )
    files = RunnerFiles(given.home.expanduser().resolve())
    private_folder(files.home)
    private_folder(files.folder)
    lock = RunnerLock(given.lock) if given.lock is not None else RunnerLock.take(files.lock)
    if lock is None:
        print(f"The workspace {files.home} has a runner already.", file=sys.stderr)
        return 1
    try:
        serve(files, lock, Settings.read(), stop)
    except PhysForgeError as error:
        _log.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
