"""`workspace.reports`: kept pages and notebooks, and the renderer that is handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from physforge_kernel.errors import NotFoundError, ReportError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, Progress, Report


@pytest.fixture
def rendered(tmp_path: Path) -> tuple[Path, Path]:
    page, notebook = tmp_path / "out.html", tmp_path / "out.ipynb"
    page.write_text("<h1>A law</h1>")
    notebook.write_text("{}")
    return page, notebook


def test_a_report_keeps_its_page_and_notebook_under_readable_names(
    workspace: EmbeddedWorkspace, rendered: tuple[Path, Path]
):
    job = workspace.jobs.submit("discover")
    report = workspace.reports.add("Burgers' law: u_t", "discovery", job.id, *rendered)
    for path in rendered:
        path.unlink()
    assert (report.title, report.template, report.job) == ("Burgers' law: u_t", "discovery", job.id)
    assert report.html.name == "Burgers-law-u_t.html"
    assert report.notebook.name == "Burgers-law-u_t.ipynb"
    assert report.html.read_text() == "<h1>A law</h1>"
    assert workspace.reports.get(report.id) == report
    assert workspace.reports.list() == [report]
    report.html.unlink()
    assert workspace.reports.get(report.id).html.read_text() == "<h1>A law</h1>"


@pytest.mark.parametrize("title", ["", "../../etc/passwd", "λ" * 600, "...", "a\x00b/c"])
def test_no_title_leads_out_of_the_reports_folder(
    workspace: EmbeddedWorkspace, rendered: tuple[Path, Path], title: str
):
    job = workspace.jobs.submit("discover")
    report = workspace.reports.add(title, "discovery", job.id, *rendered)
    assert report.html.resolve().parent == (workspace.home / "reports" / report.id).resolve()
    assert report.html.read_text() == "<h1>A law</h1>"


def test_a_report_belongs_to_a_job(workspace: EmbeddedWorkspace, rendered: tuple[Path, Path]):
    with pytest.raises(NotFoundError, match="There is no job 'job-x'"):
        workspace.reports.add("A law", "discovery", "job-x", *rendered)
    with pytest.raises(NotFoundError, match="There is no report 'r'"):
        workspace.reports.get("r")
    assert workspace.reports.list() == []
    job = workspace.jobs.submit("discover")
    with pytest.raises(WorkspaceError, match=r"nowhere\.html could not be copied"):
        workspace.reports.add(
            "A law", "discovery", job.id, rendered[0].with_name("nowhere.html"), rendered[1]
        )


def test_rendering_is_what_was_handed_in(tmp_path: Path, rendered: tuple[Path, Path]):
    def renderer(
        workspace: EmbeddedWorkspace,
        job_id: str,
        *,
        template: str,
        title: str | None,
        progress: Progress | None,
    ) -> Report:
        return workspace.reports.add(title or "Untitled", template, job_id, *rendered)

    workspace = EmbeddedWorkspace(tmp_path / "home", renderer=renderer)
    job = workspace.jobs.submit("discover")
    report = workspace.reports.render(job, title="Mine", template="short")
    assert (report.title, report.template, report.job) == ("Mine", "short", job.id)
    assert workspace.reports.render(job.id).title == "Untitled"
    with pytest.raises(NotFoundError):
        workspace.reports.render("job-x")


def test_a_workspace_without_a_renderer_says_how_to_get_one(workspace: EmbeddedWorkspace):
    job = workspace.jobs.submit("discover")
    with pytest.raises(ReportError, match="connect"):
        workspace.reports.render(job)


def test_pages_of_a_report_survive_the_sweep(workspace: EmbeddedWorkspace, rendered: tuple[Path, Path]):
    job = workspace.jobs.submit("discover")
    report = workspace.reports.add("A law", "discovery", job.id, *rendered)
    workspace.sweep()
    assert report.html.read_text() == "<h1>A law</h1>"
