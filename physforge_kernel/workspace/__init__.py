"""The workspace: datasets with immutable versions, jobs, artifacts and reports, as records that last.

In come files, fields and requests to run a job; out come exact versions, durable job records and their
artifacts. Here it is embedded: SQLite and a content-addressed folder under one home. The room imports
`fields`, to describe what is uploaded, and nothing scientific; validators of job configs, what starts the
runner and what renders a report are handed in.

Names are loaded when they are first used: the process that describes an upload needs no database.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._embedded import EmbeddedWorkspace
    from ._job import Job, JobTimeoutError
    from ._job_records import JobRecords, LeaseLost
    from ._job_views import (
        FINAL_STATES,
        JOB_STATES,
        ArtifactInfo,
        Claim,
        Event,
        FinalState,
        JobRecord,
        JobState,
        Signal,
    )
    from ._protocol import (
        DatasetInfo,
        Datasets,
        FileEntry,
        Jobs,
        Progress,
        Report,
        ReportRecord,
        Reports,
        Version,
        Workspace,
    )

__all__ = [
    "FINAL_STATES",
    "JOB_STATES",
    "ArtifactInfo",
    "Claim",
    "DatasetInfo",
    "Datasets",
    "EmbeddedWorkspace",
    "Event",
    "FileEntry",
    "FinalState",
    "Job",
    "JobRecord",
    "JobRecords",
    "JobState",
    "JobTimeoutError",
    "Jobs",
    "LeaseLost",
    "Progress",
    "Report",
    "ReportRecord",
    "Reports",
    "Signal",
    "Version",
    "Workspace",
]

_HOMES = {
    "_embedded": ("EmbeddedWorkspace",),
    "_job": ("Job", "JobTimeoutError"),
    "_job_records": ("JobRecords", "LeaseLost"),
    "_job_views": (
        *("FINAL_STATES", "JOB_STATES", "FinalState", "JobState"),
        *("ArtifactInfo", "Claim", "Event", "JobRecord", "Signal"),
    ),
    "_protocol": (
        *("DatasetInfo", "FileEntry", "Progress", "Report", "ReportRecord", "Version"),
        *("Datasets", "Jobs", "Reports", "Workspace"),
    ),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f".{module}", __name__), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
