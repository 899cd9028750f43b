"""The workspace: datasets with immutable versions, jobs, artifacts and reports, as records that last.

In come files, fields and requests to run a job; out come exact versions, durable job records and their
artifacts. Here it is embedded: SQLite and a content-addressed folder under one home. The room imports
`fields`, to describe what is uploaded, and nothing scientific; validators of job configs, what starts the
runner and what renders a report are handed in.
"""

from ._embedded import EmbeddedWorkspace
from ._job import Job
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
from ._jobs import JobTimeoutError
from ._protocol import (
    DatasetInfo,
    Datasets,
    FileEntry,
    Jobs,
    Progress,
    Report,
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
    "Reports",
    "Signal",
    "Version",
    "Workspace",
]
