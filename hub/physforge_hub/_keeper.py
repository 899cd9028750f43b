"""`python -m physforge_hub._keeper`: keeps the parts of a lab alive while whoever started it lives.

The proxy, the hub, the service and the runner of jobs are its children; what those start becomes its child
when they die. It starts a part again that ends. When it is asked to stop, or whoever started it is gone, it
ends everything.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from physforge_kernel.errors import PhysForgeError

from ._environment import for_the_hub, for_the_runner
from ._logs import last_words, open_log
from ._processes import Bell, adopt_orphans, end_children, reap
from ._proxy import proxy_command
from ._services import service_command, service_environment
from ._settings import Settings

PATIENCE = 20.0  # seconds, for servers to save what they hold and for jobs to go back to the queue
_STARTS = 4
_WITHIN = 180.0  # seconds: a part that has to be started so often in so short a time is given up
_LOOK_EVERY = 2.0  # seconds, between looks for the runner
_LOOK_CLOSELY_EVERY = 0.1  # seconds, between looks whether a part listens yet


@dataclass
class Part:
    """One program of the lab, where it listens, and how often it had to be started of late."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    address: tuple[str, int]
    log: Path
    pid: int = 0
    has_listened: bool = False
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=_STARTS))

    def start(self) -> None:
        """Start it, leading a session of its own, so that Ctrl-C reaches only whoever started the lab."""
        self.starts.append(time.monotonic())
        log = open_log(self.log)
        try:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                start_new_session=True,
            )
        finally:
            os.close(log)
        process.returncode = 0  # it is buried by `reap`, like the others, and not by its Popen
        self.pid = process.pid

    def look(self) -> bool:
        """Return whether it listens, or did once."""
        if not self.has_listened:
            with suppress(OSError):
                socket.create_connection(self.address, timeout=1.0).close()
                self.has_listened = True
        return self.has_listened

    def start_again(self, status: int) -> None:
        """Start it again after it ended.

        Args:
            status: how it ended (negative: the signal).

        Raises:
            PhysForgeError: it never worked, or ends again and again.
        """
        if not self.has_listened:
            raise PhysForgeError(f"The lab's {self.name} could not be started. {last_words(self.log)}")
        if len(self.starts) == _STARTS and time.monotonic() - self.starts[0] < _WITHIN:
            raise PhysForgeError(
                f"The lab's {self.name} ended {_STARTS} times within {_WITHIN:g} seconds, and the lab stops. "
                f"{last_words(self.log)}"
            )
        how = (
            f"was killed by {signal.Signals(-status).name}"
            if status < 0
            else f"ended with exit code {status}"
        )
        _say(f"The lab's {self.name} {how}, and is started again. Its log is {self.log}.")
        self.start()


def keep(settings: Settings, lifeline: int) -> int:
    """Start the lab and keep it until it is asked to stop; leave no process behind.

    Args:
        settings: with every port chosen.
        lifeline: the reading end of a pipe; the lab ends when its other end is closed.

    Returns:
        the exit code.
    """
    bell = Bell()
    adopt_orphans()
    try:
        parts = _parts(settings)
        for part in parts:
            part.start()
        _watch(parts, settings, bell, lifeline)
    except PhysForgeError as error:
        _say(str(error))
        return error.exit_code
    finally:
        end_children(PATIENCE, bell)
    return 0


def hub_command() -> list[str]:
    """Return the command that starts JupyterHub with the configuration that ships with PhysForge."""
    package = Path(__file__).resolve().parent
    carried = package / "jupyterhub_config.py"
    config = carried if carried.exists() else package.parents[1] / "jupyterhub_config.py"
    return [sys.executable, "-P", "-m", "jupyterhub", f"--config={config}"]


def _parts(settings: Settings) -> list[Part]:
    def part(name: str, command: Sequence[str], environment: Mapping[str, str], port: int) -> Part:
        return Part(name, command, environment, (settings.ip, port), settings.logs / f"{name}.log")

    of_the_hub = for_the_hub() | settings.environment()
    return [
        part("proxy", proxy_command(settings), for_the_hub(), settings.port),
        part("hub", hub_command(), of_the_hub, settings.hub_port),
        part("service", service_command(), service_environment(settings), settings.service_port),
    ]


def _watch(parts: Sequence[Part], settings: Settings, bell: Bell, lifeline: int) -> None:
    runner = _RunnerOfJobs(settings)
    while not bell.asked_to_stop:
        if everything_listens := all([part.look() for part in parts]):
            runner.look()  # not sooner: nobody waits for it yet, and it is not light
        if bell.wait(_LOOK_EVERY if everything_listens else _LOOK_CLOSELY_EVERY, lifeline):
            return
        ended = reap()
        for part in parts:
            if part.pid in ended and not bell.asked_to_stop:
                part.start_again(ended[part.pid])


class _RunnerOfJobs:
    """Sees to it that the workspace has a runner, whoever started it."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._environment = for_the_runner()
        self._complaint = ""

    def look(self) -> None:
        from physforge_kernel.jobs import ensure_runner

        try:
            ensure_runner(self._home, self._environment)
            self._complaint = ""
        except PhysForgeError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                _say(self._complaint)


def _say(text: str) -> None:
    with suppress(OSError):  # nobody listens: the terminal was closed
        print(f"PhysForge: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(keep(Settings.read(), int(sys.argv[1])))
