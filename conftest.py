"""What every test runs under: a workspace of its own, never the one of whoever runs them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_folder = tempfile.TemporaryDirectory(prefix="physforge-tests-")
_home = Path(_folder.name) / "home"

# Set before any test module is imported, and inherited by what a test starts.
os.environ["PHYSFORGE_HOME"] = str(_home)
os.environ.pop("PHYSFORGE_URL", None)


@pytest.fixture(autouse=True)
def home_of_an_example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every docstring's example a workspace in which nothing has happened yet."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    from physforge_kernel.jobs import stop_runner

    home = request.getfixturevalue("tmp_path") / "home"
    monkeypatch.setenv("PHYSFORGE_HOME", str(home))
    yield
    if home.exists():
        stop_runner(home)


def pytest_sessionfinish() -> None:
    """End the runner that a test may have left in the workspace, before its folder goes."""
    if _home.exists():
        from physforge_kernel.jobs import stop_runner

        stop_runner(_home)
