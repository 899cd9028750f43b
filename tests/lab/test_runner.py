"""With a lab end the runners that it started, and no others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from physforge_kernel.jobs import ensure_runner
from physforge_kernel.lab._runner import LAB_MARK, end_runners


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    yield home
    for process in runners(home):
        process.kill()


def runners(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and str(home) in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != LAB_MARK} | more


@pytest.mark.parametrize(
    "theirs", [environment(), environment(**{LAB_MARK: "other"})], ids=["a terminal's", "another lab's"]
)
def test_a_runner_that_somebody_else_started_outlives_the_lab(home: Path, theirs: dict[str, str]):
    ensure_runner(home, theirs)

    assert not end_runners(home, "mine")

    assert runners(home)


def test_a_runner_that_the_lab_s_own_processes_started_ends_with_it(home: Path):
    ensure_runner(home, environment(**{LAB_MARK: "mine"}))

    assert end_runners(home, "mine")

    assert not runners(home)
