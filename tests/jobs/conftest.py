"""Real runners over workspaces in temporary folders, with job kinds installed as packages install them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest

from physforge_kernel.jobs import ensure_runner, kinds, runner_status, stop_runner
from physforge_kernel.jobs._environment import HOME_MARK
from physforge_kernel.jobs._starter import RunnerFiles
from physforge_kernel.workspace._embedded import EmbeddedWorkspace

PACKAGE = Path(__file__).parent / "installed"
SECONDS = 60.0
"""How long a test waits for something that has to happen, on a machine that others use too."""


Eventually = Callable[[Callable[[], object], str], None]


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Waits until a condition holds."""
    return _eventually


def _eventually(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def is_alive() -> Callable[[int], bool]:
    """Says whether a process is there and no zombie."""
    return _is_alive


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="session")
def processes_of() -> Callable[[Path], list[psutil.Process]]:
    """Finds the runner of a workspace and all processes of its jobs."""
    return _processes_of


def _processes_of(home: Path) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            of_a_job = process.environ().get(HOME_MARK) == str(home)
            is_runner = "physforge_kernel.jobs.runner" in command and str(home) in command
        except psutil.Error:
            continue
        if (of_a_job or is_runner) and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.fixture(scope="session")
def installed_kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Install the trial kinds for this process and all it starts; give the PYTHONPATH that does it."""
    site = tmp_path_factory.mktemp("site")
    information = site / "physforge_trial_kinds-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: physforge-trial-kinds\nVersion: 1.0\n"
    )
    names = (
        "echo",
        "held",
        "stubborn",
        "fail",
        "squares",
        "endless",
        "noise",
        "hungry",
        "slow",
        "read",
        "around",
    )
    lines = [f"trial-{name} = physforge_trial_kinds:trial_{name}" for name in names]
    lines += ["trial-absent = physforge_trial_absent:kind", "trial-wrong = physforge_trial_kinds:NOT_A_KIND"]
    (information / "entry_points.txt").write_text("\n".join([f"[{kinds.ENTRY_POINTS}]", *lines]) + "\n")
    folders = [str(site), str(PACKAGE)]
    path = os.pathsep.join([*folders, *filter(None, [os.environ.get("PYTHONPATH")])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*folders, *sys.path])
        patch.setenv("PYTHONPATH", path)
        yield path


Laboratory = Callable[..., AbstractContextManager[EmbeddedWorkspace]]


@pytest.fixture(scope="session")
def laboratory(installed_kinds: str) -> Laboratory:
    """Opens a workspace whose runner has given settings; checks at the end that no process of it is left."""
    return _laboratory


@contextmanager
def _laboratory(home: Path, **settings: float) -> Iterator[EmbeddedWorkspace]:
    """Open a workspace whose runner has the given settings; leave no process of it behind, and check that."""
    defaults = {"idle_seconds": 30.0, "jobs": 2, "tasks": 2, "grace_seconds": 2.0}
    environment = os.environ | {
        f"PHYSFORGE_RUNNER_{name.upper()}": str(value) for name, value in (defaults | settings).items()
    }
    workspace = EmbeddedWorkspace(
        home, kinds=kinds.validators(), on_submit=lambda where: ensure_runner(where, environment)
    )
    try:
        yield workspace
    finally:
        stop_runner(home, seconds=SECONDS)
        left = _processes_of(home)
        for process in left:
            process.kill()
        if left:
            log = RunnerFiles(home).log
            pytest.fail(f"Left behind: {left}. {log.read_text() if log.exists() else ''}")


@pytest.fixture(scope="session")
def lab(installed_kinds: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWorkspace]:
    """A workspace with one runner for all the tests that leave it in peace."""
    with _laboratory(tmp_path_factory.mktemp("lab")) as workspace:
        yield workspace


@pytest.fixture
def home(installed_kinds: str, tmp_path: Path) -> Path:
    """A folder for a workspace of the test's own."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def runner_pid() -> Callable[[EmbeddedWorkspace], int]:
    """Waits until the runner is ready, and gives its process id."""

    def wait(workspace: EmbeddedWorkspace) -> int:
        _eventually(lambda: runner_status(workspace.home) is not None, "The runner is ready")
        status = runner_status(workspace.home)
        assert status is not None
        return status.pid

    return wait
