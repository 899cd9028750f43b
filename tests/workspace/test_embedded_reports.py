"""Keeping what a renderer made, and the renderer that is handed in."""

from __future__ import annotations

import dataclasses
import json
from hashlib import sha256
from pathlib import Path

import pytest

from physforge_kernel.errors import NotFoundError, ReportError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, FileEntry, Progress, Report

PAGE = "<h1>A law</h1>"


@pytest.fixture
def rendered(tmp_path: Path) -> tuple[Path, Path]:
    page, notebook = tmp_path / "out.html", tmp_path / "out.ipynb"
    page.write_text(PAGE)
    notebook.write_text("{}")
    return page, notebook


def test_what_is_recorded_of_a_report_is_plain_and_lays_nothing_out(
    behind: EmbeddedWorkspace, rendered: tuple[Path, Path]
):
    job = behind.jobs.submit("tidy")
    report = behind.reports.add("A law", "discovery", job.id, *rendered)
    report.html.unlink()

    record = behind.reports.record(report.id)

    assert behind.reports.records() == [record]
    assert not report.html.exists()
    assert (record.id, record.job, record.created) == (report.id, job.id, report.created)
    assert record.html == FileEntry("A-law.html", len(PAGE), sha256(PAGE.encode()).hexdigest())
    json.dumps(dataclasses.asdict(record) | {"created": None})
    with pytest.raises(NotFoundError, match="There is no report"):
        behind.reports.record("r")


@pytest.mark.parametrize("title", ["", "../../etc/passwd", "λ" * 600, "...", "a\x00b/c"])
def test_no_title_leads_out_of_the_reports_folder(
    behind: EmbeddedWorkspace, rendered: tuple[Path, Path], title: str
):
    job = behind.jobs.submit("tidy")
    report = behind.reports.add(title, "discovery", job.id, *rendered)
    assert report.html.resolve().parent == (behind.home / "reports" / report.id).resolve()
    assert report.html.read_text() == PAGE


def test_a_report_belongs_to_a_job(behind: EmbeddedWorkspace, rendered: tuple[Path, Path]):
    with pytest.raises(NotFoundError, match="There is no job 'job-x'"):
        behind.reports.add("A law", "discovery", "job-x", *rendered)
    assert behind.reports.list() == []
    job = behind.jobs.submit("tidy")
    with pytest.raises(WorkspaceError, match=r"nowhere\.html could not be copied"):
        behind.reports.add("A law", "discovery", job.id, rendered[0].with_name("nowhere.html"), rendered[1])


def test_rendering_is_what_was_handed_in_and_belongs_to_whoever_asked(
    tmp_path: Path, rendered: tuple[Path, Path]
):
    def renderer(
        workspace: EmbeddedWorkspace,
        job_id: str,
        *,
        template: str,
        title: str | None,
        progress: Progress | None,
    ) -> Report:
        return workspace.reports.add(title or "Untitled", template, job_id, *rendered)

    workspace = EmbeddedWorkspace(tmp_path / "home", renderer=renderer).acting_for("ann")
    job = workspace.jobs.submit("tidy")
    report = workspace.reports.render(job, title="Mine", template="short")
    assert (report.title, report.template, report.job) == ("Mine", "short", job.id)
    assert workspace.reports.render(job.id).title == "Untitled"
    assert len(workspace.reports.list()) == 2
    assert workspace.acting_for("").reports.list() == []
    with pytest.raises(NotFoundError):
        workspace.reports.render("job-x")


def test_a_workspace_without_a_renderer_says_how_to_get_one(behind: EmbeddedWorkspace):
    job = behind.jobs.submit("tidy")
    with pytest.raises(ReportError, match="connect"):
        behind.reports.render(job)


def test_pages_of_a_report_survive_the_sweep(behind: EmbeddedWorkspace, rendered: tuple[Path, Path]):
    job = behind.jobs.submit("tidy")
    report = behind.reports.add("A law", "discovery", job.id, *rendered)
    behind.sweep()
    assert report.html.read_text() == PAGE
