"""Every example of the guides runs, in a folder and a workspace of its own, with the tutorials' sample."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "notebooks" / "data"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from physforge_kernel.jobs import stop_runner

    for place in (tmp_path, tmp_path / "notebooks" / "data"):
        shutil.copytree(SAMPLES, place, dirs_exist_ok=True)
    home = tmp_path / "home"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHYSFORGE_HOME", str(home))
    yield
    stop_runner(home)
