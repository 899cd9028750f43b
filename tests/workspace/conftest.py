"""Workspaces, a clock that tests turn by hand, and small sources to upload."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from physforge_kernel.workspace import EmbeddedWorkspace, JobRecords
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database


@dataclasses.dataclass
class HandClock:
    """A clock that stands still until it is turned."""

    now: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def records(tmp_path: Path, clock: HandClock) -> JobRecords:
    home = tmp_path / "records"
    home.mkdir()
    return JobRecords(open_database(home), LocalObjectStore(home), clock=clock)


@pytest.fixture
def workspace(tmp_path: Path) -> EmbeddedWorkspace:
    return EmbeddedWorkspace(tmp_path / "home")


def wave_csv(path: Path, shift: float = 0.0) -> Path:
    """Write a small travelling wave as x,t,u."""
    lines = ["x,t,u"]
    lines += [f"{x},{t},{math.sin(x - t + shift):.6f}" for t in range(5) for x in range(8)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    return wave_csv(tmp_path / "wave.csv")
