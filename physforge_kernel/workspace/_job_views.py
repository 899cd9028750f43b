"""What the outside sees of a job: frozen copies of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
FinalState = Literal["succeeded", "failed", "cancelled"]

JOB_STATES: tuple[JobState, ...] = get_args(JobState)
FINAL_STATES: tuple[FinalState, ...] = get_args(FinalState)


@dataclass(frozen=True)
class JobRecord:
    """A job as it stood in one transaction."""

    id: str
    kind: str
    name: str
    config: Mapping[str, Any]
    state: JobState
    progress: float
    """Between 0 and 1."""
    message: str
    error: str | None
    attempt: int
    """How often the job was started so far."""
    max_attempts: int
    priority: int
    created: datetime
    started: datetime | None
    finished: datetime | None
    inputs: Mapping[str, str]
    """Input name -> the exact version, such as `wake@3`."""
    input_ids: Mapping[str, str]
    """Input name -> the version's id, which resolves even after the dataset was deleted."""
    cancel_requested: bool
    not_before: datetime | None
    runner: str | None
    owner: str
    """Whose job it is; empty for the person alone on the machine."""
    last_event: int
    """The `seq` of its newest event: a copy with a higher one is a later copy."""

    @property
    def is_finished(self) -> bool:
        return self.state in FINAL_STATES


@dataclass(frozen=True)
class Event:
    """One line of a job's story."""

    job: str
    seq: int
    """Counts from 1, without gaps."""
    time: datetime
    attempt: int
    type: str
    """`queued`, `running`, `requeued`, `cancel_requested` or a final state when the state changed;
    `progress`, `log`, `metrics`, `checkpoint`, `artifact` or a kind's own type in between."""
    data: Mapping[str, Any]


@dataclass(frozen=True)
class ArtifactInfo:
    """A file that a job left behind."""

    job: str
    name: str
    size: int
    sha256: str
    media_type: str
    created: datetime


@dataclass(frozen=True)
class Claim:
    """The right to run a job: every later write must show this fence."""

    job: JobRecord
    attempt: int
    fence: int


@dataclass(frozen=True)
class Signal:
    """What a heartbeat brings back."""

    cancel: bool
