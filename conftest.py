"""What every test runs under: a workspace of its own, never the one of whoever runs them."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

_folder = tempfile.TemporaryDirectory(prefix="physforge-tests-")
_home = Path(_folder.name) / "home"

# Set before any test module is imported, and inherited by what a test starts.
os.environ["PHYSFORGE_HOME"] = str(_home)
os.environ.pop("PHYSFORGE_URL", None)

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def empty_workspace_for_examples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An example in a docstring starts from nothing, whatever ran before it."""
    if isinstance(request.node, pytest.DoctestItem):
        folder = request.getfixturevalue("tmp_path_factory").mktemp("example")
        monkeypatch.setenv("PHYSFORGE_HOME", str(folder / "home"))


def pytest_sessionfinish() -> None:
    """End the runner that a test may have left in the workspace, before its folder goes."""
    if _home.exists():
        from physforge_kernel.jobs import stop_runner

        stop_runner(_home)
