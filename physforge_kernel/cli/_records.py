"""The workspace that commands talk to, and its records as JSON carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..workspace import Workspace


def workspace() -> Workspace:
    """Open the workspace in the folder that PHYSFORGE_HOME names."""
    from .. import connect

    return connect()


def dataset_document(info: Any) -> dict[str, Any]:
    """Return a dataset, as lists show it, as JSON carries it."""
    names = ("name", "latest", "versions", "size", "created", "description")
    return {**_picked(info, *names), "tags": list(info.tags)}


def version_document(version: Any) -> dict[str, Any]:
    """Return a dataset's version as JSON carries it."""
    return {
        **_picked(version, "name", "number", "ref", "id", "size", "created", "description"),
        "tags": list(version.tags),
        "files": [_picked(file, "path", "size", "sha256") for file in version.files],
        "metadata": version.metadata,
    }


def job_document(job: Any) -> dict[str, Any]:
    """Return a job as JSON carries it."""
    names = ("id", "kind", "name", "state", "progress", "message", "error", "attempt")
    return {
        **_picked(job, *names, "created", "started", "finished"),
        "inputs": dict(job.inputs),
        "config": dict(job.config),
    }


def event_document(event: Any) -> dict[str, Any]:
    """Return a job's event as JSON carries it."""
    return {**_picked(event, "job", "seq", "time", "attempt", "type"), "data": dict(event.data)}


def report_document(report: Any) -> dict[str, Any]:
    """Return a report as JSON carries it."""
    names = ("id", "title", "template", "job", "created")
    return {**_picked(report, *names), "html": str(report.html), "notebook": str(report.notebook)}


def _picked(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
