"""The real command, in processes of its own, over workspaces in temporary folders."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from physforge_kernel.jobs import stop_runner

SECONDS = 240.0
SCRIPT = Path(sys.executable).with_name("physforge")

_MANY = """
import contextlib, io, json
from physforge_kernel.cli import main

done = []
for call in {calls!r}:
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(call)
        except SystemExit as end:
            code = end.code
    done.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(done))
"""


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """`physforge` with a workspace of its own."""

    home: Path

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PHYSFORGE_")}
        for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            kept.pop(name, None)
        return {**kept, "PHYSFORGE_HOME": str(self.home), "TERM": "xterm-256color", **extra}

    def __call__(self, *arguments: object, **extra: str) -> Ran:
        done = subprocess.run(
            [SCRIPT, *map(str, arguments)],
            env=self.environment(extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def python(self, source: str) -> Ran:
        """Run the command from Python, as `main([...])`, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", source],
            env=self.environment({}),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def many(self, *calls: Sequence[object]) -> list[Ran]:
        """Run the command several times, in one process that loads the library once."""
        ran = self.python(_MANY.format(calls=[[str(argument) for argument in call] for call in calls]))
        assert ran.code == 0, ran.err
        return [Ran(*done) for done in json.loads(ran.out)]

    def on_terminal(self, *arguments: object, **extra: str) -> Ran:
        """Run with stdout and stderr on one terminal, as a person would; what it showed is `out`."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [SCRIPT, *map(str, arguments)],
            env=self.environment({"COLUMNS": "100", **extra}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        shown = b""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
        os.close(master)
        return Ran(process.wait(timeout=SECONDS), shown.decode(), "")


@pytest.fixture
def physforge(tmp_path: Path) -> Iterator[Command]:
    """The command, over an empty workspace."""
    home = tmp_path / "home"
    yield Command(home)
    if home.exists():
        stop_runner(home)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file in which u obeys Burgers' equation with nu = 0.1, with 2 % noise."""
    folder = tmp_path_factory.mktemp("sample")
    made = Command(folder / "home")("catalogue", "sample", "burgers", folder / "wake.csv", "--noise", "0.02")
    assert made.code == 0, made.err
    return folder / "wake.csv"
