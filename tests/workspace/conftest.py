"""Workspaces by every way in, what stands behind them, a clock that tests turn by hand, and small sources.

A test that takes `workspace` is run once for each way in, and knows nothing but the Protocol. What a test
does beside it (playing the runner, looking at the disk, keeping a report) it does to `behind`, the embedded
workspace that the way leads to. What concerns that one alone stands in files of its own, and takes `behind`.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from physforge_kernel.errors import JobError
from physforge_kernel.workspace import Claim, EmbeddedWorkspace, JobRecords, Workspace
from physforge_kernel.workspace._object_store import LocalObjectStore
from physforge_kernel.workspace._schema import open_database

from .ways_in import over_a_socket, over_tcp

WayIn = Callable[[EmbeddedWorkspace], AbstractContextManager[Workspace]]

WAYS_IN: dict[str, WayIn] = {"embedded": nullcontext, "tcp": over_tcp, "socket": over_a_socket}
"""Name -> what leads to an embedded workspace, for as long as a test lasts."""


class Discover:
    """A validator such as the jobs room hands in."""

    inputs = ("field",)

    def __call__(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        unknown = set(config) - {"seed"}
        if unknown:
            raise JobError(f"The kind 'discover' has no setting {sorted(unknown)[0]!r}.")
        return {"seed": 0, **config}


class Tidy:
    """A validator of a kind that needs nothing."""

    inputs = ()

    def __call__(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return dict(config)


@pytest.fixture
def woken() -> list[Path]:
    """The homes whose runner was asked for, in order."""
    return []


@pytest.fixture
def behind(tmp_path: Path, woken: list[Path]) -> EmbeddedWorkspace:
    """The embedded workspace that every way leads to; its jobs run only as far as a test has them run."""
    kinds = {"discover": Discover(), "tidy": Tidy()}
    return EmbeddedWorkspace(tmp_path / "home", kinds=kinds, on_submit=woken.append)


@pytest.fixture(params=WAYS_IN)
def workspace(request: pytest.FixtureRequest, behind: EmbeddedWorkspace) -> Iterator[Workspace]:
    """A workspace, by each way in."""
    with WAYS_IN[request.param](behind) as opened:
        yield opened


def claimed(behind: EmbeddedWorkspace) -> Claim:
    """Take the next job as a runner does."""
    claim = behind.records.claim("runner", 60)
    assert claim is not None
    return claim


def succeed(behind: EmbeddedWorkspace, claim: Claim, result: object, folder: Path) -> None:
    """End a job as a runner does, with a result."""
    file = folder / "result.json"
    file.write_text(json.dumps(result))
    behind.records.add_artifact(claim.job.id, claim.fence, "result.json", file, "application/json")
    behind.records.finish(claim.job.id, claim.fence, "succeeded")


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


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def wave_csv(path: Path, shift: float = 0.0) -> Path:
    """Write a small travelling wave as x,t,u."""
    lines = ["x,t,u"]
    lines += [f"{x},{t},{math.sin(x - t + shift):.6f}" for t in range(5) for x in range(8)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    return wave_csv(tmp_path / "wave.csv")
