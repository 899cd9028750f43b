"""`workspace.reports`: pages and notebooks that were rendered, by every way in."""

from __future__ import annotations

from pathlib import Path

import pytest

from physforge_kernel.errors import NotFoundError
from physforge_kernel.workspace import EmbeddedWorkspace, Report, Workspace

PAGE = "<h1>A law</h1>"


@pytest.fixture
def kept(behind: EmbeddedWorkspace, tmp_path: Path) -> Report:
    """A report as a renderer keeps it."""
    page, notebook = tmp_path / "out.html", tmp_path / "out.ipynb"
    page.write_text(PAGE)
    notebook.write_text("{}")
    job = behind.jobs.submit("tidy")
    made = behind.reports.add("Burgers' law: u_t", "discovery", job.id, page, notebook)
    page.unlink()
    notebook.unlink()
    return made


def test_a_report_has_its_page_and_notebook_under_readable_names(workspace: Workspace, kept: Report):
    report = workspace.reports.get(kept.id)
    assert (report.title, report.template, report.job) == ("Burgers' law: u_t", "discovery", kept.job)
    assert (report.id, report.created) == (kept.id, kept.created)
    assert report.html.name == "Burgers-law-u_t.html"
    assert report.notebook.name == "Burgers-law-u_t.ipynb"
    assert report.html.read_text() == PAGE
    assert report.notebook.read_text() == "{}"
    assert [one.id for one in workspace.reports.list()] == [kept.id]
    report.html.unlink()
    assert workspace.reports.get(kept.id).html.read_text() == PAGE


def test_lists_and_cards_of_reports_read_well(workspace: Workspace, kept: Report):
    listed = workspace.reports.list()
    assert "Burgers' law: u_t" in repr(listed)
    assert kept.id in listed._repr_html_()  # type: ignore[attr-defined]
    assert "Burgers&#x27; law" in workspace.reports.get(kept.id)._repr_html_()


def test_a_missing_report_is_answered_with_the_closest_id(workspace: Workspace, kept: Report):
    with pytest.raises(NotFoundError, match=f"There is no report .* Did you mean '{kept.id}'"):
        workspace.reports.get(kept.id[:-1])


def test_without_a_report_lists_say_so(workspace: Workspace):
    assert workspace.reports.list() == []
    assert repr(workspace.reports.list()) == "No reports yet."
    with pytest.raises(NotFoundError, match="There is no report 'r'"):
        workspace.reports.get("r")
