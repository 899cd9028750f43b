"""What the lists of a workspace show when they are printed, whichever way they came."""

from __future__ import annotations

from .. import _wording
from . import _display
from ._job import Job, state_in_words
from ._job_views import ArtifactInfo
from ._protocol import DatasetInfo, Report, Version

DATASET_COLUMNS: _display.Columns[DatasetInfo] = {
    "dataset": lambda info: info.name,
    "version": lambda info: str(info.latest),
    "size": lambda info: _wording.size(info.size),
    "uploaded": lambda info: _wording.when(info.created),
    "description": lambda info: _display.short(info.description),
    "tags": lambda info: ", ".join(info.tags),
}
VERSION_COLUMNS: _display.Columns[Version] = {
    "version": lambda version: version.ref,
    "files": lambda version: (
        version.files[0].path if len(version.files) == 1 else f"{len(version.files)} files"
    ),
    "size": lambda version: _wording.size(version.size),
    "uploaded": lambda version: _wording.when(version.created),
    "description": lambda version: _display.short(version.description),
    "id": lambda version: version.id[:12],
}
JOB_COLUMNS: _display.Columns[Job] = {
    "job": lambda job: job.id,
    "kind": lambda job: job.kind,
    "name": lambda job: _display.short(job.name, 30),
    "state": state_in_words,
    "inputs": lambda job: _display.short(", ".join(job.inputs.values()), 40),
    "submitted": lambda job: _wording.when(job.created),
    "message": lambda job: _display.short(job.error or job.message),
}
ARTIFACT_COLUMNS: _display.Columns[ArtifactInfo] = {
    "artifact": lambda artifact: artifact.name,
    "size": lambda artifact: _wording.size(artifact.size),
    "type": lambda artifact: artifact.media_type,
    "created": lambda artifact: _wording.when(artifact.created),
}
REPORT_COLUMNS: _display.Columns[Report] = {
    "report": lambda report: report.id,
    "title": lambda report: _display.short(report.title),
    "template": lambda report: report.template,
    "job": lambda report: report.job,
    "rendered": lambda report: _wording.when(report.created),
}
