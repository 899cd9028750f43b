"""Reports: their records, their pages and notebooks, and having one rendered."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ...errors import ReportError
from ...workspace._job_views import JobRecord
from ...workspace._protocol import ReportRecord
from .._files import kept_file
from .._policies import ReportsPublish, ReportsRead
from .._shapes import NewReport

router = APIRouter(prefix="/reports", tags=["reports"])

# A page holds what a job's owner wrote. It runs no script, fetches nothing, and counts as of no origin.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


@router.get("", summary="One's reports, the newest first")
def reports(desk: ReportsRead) -> list[ReportRecord]:
    return desk.workspace.reports.records()


@router.post("", status_code=202, summary="Have a report rendered; the job that does it is answered")
def render(desk: ReportsPublish, report: NewReport) -> JobRecord:
    job = desk.workspace.jobs.get(report.job)
    if job.state != "succeeded":
        raise ReportError(f"Job {job.id} is {job.state}; only a job that succeeded has a result to report.")
    config = {"job": job.id, "template": report.template, "title": report.title}
    return desk.workspace.jobs.submit("report", config).record


@router.get("/{id}", summary="One report")
def report(desk: ReportsRead, id: str) -> ReportRecord:
    return desk.workspace.reports.record(id)


@router.get("/{id}/page", response_class=Response, summary="A report's page")
def page(desk: ReportsRead, request: Request, id: str) -> Response:
    record = desk.workspace.reports.record(id)
    path = desk.workspace.reports.get(id).html
    headers = {"Content-Security-Policy": _PAGE_POLICY, "Content-Disposition": "inline"}
    return kept_file(request, path, record.html.sha256, "text/html; charset=utf-8", headers)


@router.get("/{id}/notebook", response_class=Response, summary="The notebook that made a report")
def notebook(desk: ReportsRead, request: Request, id: str) -> Response:
    record = desk.workspace.reports.record(id)
    path = desk.workspace.reports.get(id).notebook
    return kept_file(request, path, record.notebook.sha256, "application/x-ipynb+json")
