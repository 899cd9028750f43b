"""A whole lab, running for real on free ports in a temporary home, for every test that wants one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from physforge_hub._visit import Visit

ROOT = Path(__file__).parents[1]
PATIENCE = 180.0  # seconds


class RunningLab:
    """A lab that `python -m physforge_hub.up` has started, as a terminal does.

    Args:
        home: its workspace.
        arguments: what follows on the command line.
        environment: what to add to the environment.
    """

    def __init__(self, home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.said: list[str] = []
        self._opened = threading.Event()
        command = [sys.executable, "-P", "-m", "physforge_hub.up", "--no-browser", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=home.parent,
            env=environment_for(home) | {"PHYSFORGE_HUB_PORT": "0"} | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=hear_a_closed_terminal,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_open(self) -> RunningLab:
        """Wait until the lab says where it is."""
        assert self._opened.wait(PATIENCE), "".join(self.said)
        assert self.process.poll() is None, "".join(self.said)
        return self

    @property
    def url(self) -> str:
        """The lab's address."""
        return self._told(r"open at +(http://\S+)")

    @property
    def user(self) -> str:
        """Who may sign in."""
        return self._told(r"Sign in as +(\S+)")

    @property
    def password(self) -> str:
        """What they sign in with."""
        return (self.home / "hub" / "password").read_text().strip()

    @property
    def folder(self) -> Path:
        """Where that person works."""
        return self.home / "notebooks"

    def visit(self) -> Visit:
        """Sign in as a browser does, with cookies of its own."""
        return Visit(self.url, self.user, self.password)

    def token(self, scopes: Sequence[str] | None = None) -> str:
        """Return a token that may do what its person may, or only so much of it."""
        with self.visit() as visit:
            return visit.token("a test", 3600, scopes)

    def start_server(self) -> str:
        """Start the person's server unless it runs; return its address."""
        with self.visit() as visit:
            return self.url + visit.start_server()

    def environment_of_server(self) -> dict[str, str]:
        """Return the environment that the person's server, and so every kernel in it, was given."""
        return self.part("jupyterhub.singleuser").environ()

    def part(self, module: str) -> psutil.Process:
        """Return the process of the lab whose command line names this module or program."""
        [found] = [each for each in self.processes() if any(module in word for word in each.cmdline())]
        return found

    def processes(self) -> list[psutil.Process]:
        """Return every process, however detached, that carries the mark of this lab or of its workspace."""
        return processes_of(self.home)

    def signal(self, number: int) -> None:
        """Do what a terminal does: signal the whole foreground group."""
        os.killpg(self.process.pid, number)

    def wait(self) -> int:
        """Wait for the end; return the exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def stop(self) -> int:
        """Press Ctrl-C and wait for the end."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
        return self.wait()

    def _told(self, pattern: str) -> str:
        found = re.search(pattern, "".join(self.said))
        assert found, "".join(self.said)
        return found.group(1)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self.said.append(line)
                if "Ctrl-C stops it" in line:
                    self._opened.set()
        self._opened.set()


def hear_a_closed_terminal() -> None:
    """Undo what `nohup` around the tests leaves to every process below it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def environment_for(home: Path) -> dict[str, str]:
    """The environment of a person with this workspace; nothing of the `make` around the tests, no screen."""
    dropped = {
        *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"),
        *("DISPLAY", "WAYLAND_DISPLAY", "PHYSFORGE_LAB", "PHYSFORGE_URL", "PHYSFORGE_TOKEN"),
    }
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PHYSFORGE_HOME": str(home)}


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process, however detached, that carries the mark of a lab, or of its workspace."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            marks = process.environ()
            if str(home) in (marks.get("PHYSFORGE_HOME"), marks.get("PHYSFORGE_LAB")):
                found.append(process)
    return found


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """One lab for all tests that only use it."""
    running = RunningLab(tmp_path_factory.mktemp("lab") / "home")
    try:
        yield running.wait_until_open()
    finally:
        running.stop()
