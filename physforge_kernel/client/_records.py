"""The records of a workspace, read from JSON."""

from __future__ import annotations

from pydantic import TypeAdapter

from ..workspace._job_views import ArtifactInfo, Event, JobRecord
from ..workspace._protocol import DatasetInfo, ReportRecord, Version

VERSION = TypeAdapter(Version)
VERSIONS = TypeAdapter(list[Version])
DATASETS = TypeAdapter(list[DatasetInfo])
JOB = TypeAdapter(JobRecord)
JOBS = TypeAdapter(list[JobRecord])
EVENT = TypeAdapter(Event)
ARTIFACTS = TypeAdapter(list[ArtifactInfo])
REPORT = TypeAdapter(ReportRecord)
REPORTS = TypeAdapter(list[ReportRecord])
