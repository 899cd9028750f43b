"""What system tests start for real: `make`, and a browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]

# Without these a browser talks to its maker's servers, and a root user's does not start at all.
_BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's own browser, without a window."""
    names = (os.environ.get("PHYSFORGE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "no Chromium here: `make test` installs one, or says how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def screenshots() -> Path:
    """Where pictures go: `make images` names docs/images, the tests keep theirs aside."""
    folder = ROOT / os.environ.get("PHYSFORGE_SCREENSHOTS", "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment_for(home: Path) -> dict[str, str]:
    """The environment of a person with this workspace; nothing of the `make` around the tests, no screen."""
    dropped = {
        *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"),
        *("DISPLAY", "WAYLAND_DISPLAY", "PHYSFORGE_LAB"),
    }
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PHYSFORGE_HOME": str(home)}


def processes_of(home: Path) -> list[str]:
    """The command line of every process, however detached, that works for the workspace at `home`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PHYSFORGE_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command as a terminal does, leading a process group, for the workspace `tmp_path/home`."""
    started: list[subprocess.Popen[str]] = []

    def begin(*command: str, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment_for(tmp_path / "home") | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        if process.stdout:
            process.stdout.close()
