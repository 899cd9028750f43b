"""`workspace.reports`, through a service."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ReportError
from ..workspace._display import Listing
from ..workspace._job import Job
from ..workspace._protocol import Progress, Report, ReportRecord
from ..workspace._tables import REPORT_COLUMNS
from ._cache import Cache
from ._download import download
from ._jobs import HttpJobs
from ._line import Line
from ._records import JOB, REPORT, REPORTS


class HttpReport(Report):
    """A report whose page and notebook are fetched when their paths are first asked for."""

    def __init__(self, record: ReportRecord, fetch: Callable[[str], Path]) -> None:
        for name in ("id", "title", "template", "job", "created"):
            object.__setattr__(self, name, getattr(record, name))
        object.__setattr__(self, "_fetch", fetch)

    def __getattr__(self, name: str) -> Any:
        if name not in ("html", "notebook"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        path = self.__dict__["_fetch"](name)
        object.__setattr__(self, name, path)
        return path


class HttpReports:
    """Reports of whoever the service takes us for."""

    def __init__(self, line: Line, cache: Cache, jobs: HttpJobs) -> None:
        self._line = line
        self._cache = cache
        self._jobs = jobs

    def render(
        self,
        job: str | Job,
        *,
        template: str = "discovery",
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Have a job's report rendered from a template, and wait for it.

        Raises:
            NotFoundError: there is no such job.
            ReportError: it cannot be rendered.
        """
        asked = {"job": job.id if isinstance(job, Job) else job, "template": template, "title": title}
        rendering = Job(self._jobs, self._line.post(JOB, "reports", body=asked))
        for event in rendering.watch():
            if progress is not None and event.type == "progress":
                progress(float(event.data.get("fraction", 0.0)), str(event.data.get("message", "")))
        if rendering.state != "succeeded":
            raise ReportError(
                rendering.error or f"The report was not rendered: its job was {rendering.state}."
            )
        return self.get(str(rendering.result()["report"]))

    def list(self) -> builtins.list[Report]:
        """Return all reports, the newest first."""
        records = self._line.get(REPORTS, "reports")
        return Listing(map(self._shown, records), REPORT_COLUMNS, "No reports yet.")

    def get(self, id: str) -> Report:
        """Return the report with this id.

        Raises:
            NotFoundError: there is none.
        """
        return self._shown(self._line.get(REPORT, "reports", id))

    def _shown(self, record: ReportRecord) -> Report:
        def fetch(part: str) -> Path:
            entry, step = (record.html, "page") if part == "html" else (record.notebook, "notebook")
            steps = ("reports", record.id, step)
            return self._cache.file(
                record.id, entry, lambda file: download(self._line, steps, entry.sha256, file)
            )

        return HttpReport(record, fetch)
