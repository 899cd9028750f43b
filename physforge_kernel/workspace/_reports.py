"""`workspace.reports`, embedded: rendered pages with the notebooks that made them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import ReportError
from . import _objects
from ._clock import Clock, new_id
from ._database import Database
from ._display import Listing
from ._job import Job
from ._models import JobRow, ObjectRow, ReportRow
from ._names import check_words, not_found, slug
from ._object_store import ObjectStore
from ._protocol import FileEntry, Progress, Report, ReportRecord
from ._tables import REPORT_COLUMNS
from ._uploads import disk_errors
from ._views import Views

if TYPE_CHECKING:
    from ._embedded import EmbeddedWorkspace


class Renderer(Protocol):
    """Renders a job's report and adds it to the workspace; the reports room provides it."""

    def __call__(
        self,
        workspace: EmbeddedWorkspace,
        job_id: str,
        *,
        template: str,
        title: str | None,
        progress: Progress | None,
    ) -> Report: ...


class EmbeddedReports:
    """Reports kept in this workspace's own database and folder."""

    def __init__(
        self,
        workspace: EmbeddedWorkspace,
        database: Database,
        store: ObjectStore,
        views: Views,
        clock: Clock,
        renderer: Renderer | None,
        owner: str,
    ) -> None:
        self._workspace = workspace
        self._database = database
        self._store = store
        self._views = views
        self._clock = clock
        self._renderer = renderer
        self._owner = owner

    def render(
        self,
        job: str | Job,
        *,
        template: str = "discovery",
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Render a job's report from a template, and keep it.

        Raises:
            NotFoundError: there is no such job.
            ReportError: it cannot be rendered.
            WorkspaceError: the title holds what cannot be seen.
        """
        if self._renderer is None:
            raise ReportError(
                "This workspace was opened without a renderer. Open it with physforge_kernel.connect()."
            )
        check_words(title or "", "a report's title")
        job_id = self._workspace.jobs.get(job.id if isinstance(job, Job) else job).id
        return self._renderer(self._workspace, job_id, template=template, title=title, progress=progress)

    def add(
        self,
        title: str,
        template: str,
        job_id: str,
        html_path: str | PathLike[str],
        notebook_path: str | PathLike[str],
    ) -> Report:
        """Keep a rendered page and its notebook; for who renders, not for who reads.

        Raises:
            NotFoundError: there is no such job.
        """
        now = self._clock()
        with disk_errors(), self._store.staging() as staging:
            html = staging.add(Path(html_path), "report.html")
            notebook = staging.add(Path(notebook_path), "report.ipynb")
            with self._database.writing() as session:
                job = session.get(JobRow, job_id)
                if job is None or job.owner != self._owner:
                    raise not_found("job", job_id, (), "A report belongs to a job.")
                _objects.hold(session, self._store, html, now)
                _objects.hold(session, self._store, notebook, now)
                row = ReportRow(
                    id=new_id("report", now),
                    owner=self._owner,
                    title=title,
                    template=template,
                    job_id=job_id,
                    created=now,
                    html=html.sha256,
                    notebook=notebook.sha256,
                )
                session.add(row)
        return self._shown(row)

    def list(self) -> builtins.list[Report]:
        """Return all reports, the newest first."""
        with self._database.reading() as session:
            return Listing(map(self._shown, self._rows(session)), REPORT_COLUMNS, "No reports yet.")

    def get(self, id: str) -> Report:
        """Return the report with this id.

        Raises:
            NotFoundError: there is none.
        """
        with self._database.reading() as session:
            return self._shown(self._row(session, id))

    def records(self) -> builtins.list[ReportRecord]:
        """Return what is recorded of all reports, the newest first, without laying their files out."""
        with self._database.reading() as session:
            return [_record_of(session, row) for row in self._rows(session)]

    def record(self, id: str) -> ReportRecord:
        """Return what is recorded of one report.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._database.reading() as session:
            return _record_of(session, self._row(session, id))

    def _rows(self, session: Session) -> Sequence[ReportRow]:
        newest_first = (ReportRow.created.desc(), ReportRow.id.desc())
        query = select(ReportRow).where(ReportRow.owner == self._owner).order_by(*newest_first)
        return session.scalars(query).all()

    def _row(self, session: Session, id: str) -> ReportRow:
        row = session.get(ReportRow, id)
        if row is None or row.owner != self._owner:
            known = [one.id for one in self._rows(session)[:200]]
            raise not_found("report", id, known, "The list of reports shows those there are.")
        return row

    def _shown(self, row: ReportRow) -> Report:
        html, notebook = _file_names(row)
        folder = self._views.show(row.id, {html: row.html, notebook: row.notebook})
        return Report(
            id=row.id,
            title=row.title,
            template=row.template,
            job=row.job_id,
            created=row.created,
            html=folder / html,
            notebook=folder / notebook,
        )


def _record_of(session: Session, row: ReportRow) -> ReportRecord:
    def entry(path: str, sha256: str) -> FileEntry:
        size = session.scalar(select(ObjectRow.size).where(ObjectRow.sha256 == sha256))
        return FileEntry(path, size or 0, sha256)

    html, notebook = _file_names(row)
    return ReportRecord(
        id=row.id,
        title=row.title,
        template=row.template,
        job=row.job_id,
        created=row.created,
        html=entry(html, row.html),
        notebook=entry(notebook, row.notebook),
    )


def _file_names(row: ReportRow) -> tuple[str, str]:
    stem = slug(row.title)[:80] or "report"
    return f"{stem}.html", f"{stem}.ipynb"
