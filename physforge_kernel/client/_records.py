"""The records of a workspace, read from JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from ..workspace._job_views import ArtifactInfo, Event, JobRecord
from ..workspace._protocol import DatasetInfo, ReportRecord, Version


@dataclass(frozen=True)
class Items:
    """Datasets, as the service lists them."""

    items: list[DatasetInfo]


@dataclass(frozen=True)
class Begun:
    """An upload that was begun."""

    id: str


@dataclass(frozen=True)
class Person:
    """Whoever the service takes us for."""

    name: str


@dataclass(frozen=True)
class About:
    """The service, and who asked."""

    person: Person


ABOUT = TypeAdapter(About)
BEGUN = TypeAdapter(Begun)
VERSION = TypeAdapter(Version)
VERSIONS = TypeAdapter(list[Version])
DATASETS = TypeAdapter(Items)
JOB = TypeAdapter(JobRecord)
JOBS = TypeAdapter(list[JobRecord])
EVENT = TypeAdapter(Event)
PROBLEM = TypeAdapter(dict[str, Any])
ARTIFACTS = TypeAdapter(list[ArtifactInfo])
REPORT = TypeAdapter(ReportRecord)
REPORTS = TypeAdapter(list[ReportRecord])
