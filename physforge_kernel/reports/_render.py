"""A job's result as a notebook that reruns and a page that needs no network."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ReportError
from . import _templates
from ._kernel import execute, what_failed, write

if TYPE_CHECKING:
    from ..workspace import EmbeddedWorkspace, Report

Progress = Callable[[float, str], None]

FAILED = "failed-reports"
"""The folder in a workspace's home that keeps notebooks in which a cell failed."""

_SECONDS_FOR_A_CELL = 300.0
_PAGE_STARTS_AT = 0.95


def render(
    workspace: EmbeddedWorkspace,
    job_id: str,
    *,
    template: str = "discovery",
    title: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Render a job's report and keep it in the workspace.

    The notebook runs in this Python, connected to this same workspace.

    Args:
        workspace: An embedded workspace, such as `pf.connect()` returns where there is no service.
        job_id: A job that succeeded.
        template: The name of a notebook in `templates/`.
        title: The report's title; default: one that names the data.
        progress: Called with a fraction and a message.

    Returns:
        The report's record, with the paths of its page and notebook.

    Raises:
        ReportError: there is no such template, the job has no result, the notebook tools are not installed,
            or a cell failed; the notebook up to that cell is kept and named.
    """
    source = _templates.find(template)
    job = workspace.jobs.get(job_id)
    if job.state != "succeeded":
        raise ReportError(f"Job {job.id} is {job.state}; only a job that succeeded has a result to report.")
    title = title or _title(job)
    report = progress or (lambda fraction, message: None)
    with tempfile.TemporaryDirectory(prefix="physforge-") as scratch:
        notebook, page = Path(scratch) / "report.ipynb", Path(scratch) / "report.html"
        try:
            executed = _execute(source, notebook, {"job_id": job.id, "title": title}, workspace, report)
        except Exception as failure:
            kept = _keep(notebook, workspace, job.id)
            where = f" The notebook up to the cell that failed is {kept}." if kept is not None else ""
            said = f"The report could not be rendered. {what_failed(failure)}"
            raise ReportError(said + where) from failure
        report(_PAGE_STARTS_AT, "Writing the page")
        write(executed, notebook)
        page.write_text(_page(executed, title), encoding="utf-8")
        made = workspace.reports.add(title, template, job.id, page, notebook)
    report(1.0, "Rendered")
    return made


def _title(job: Any) -> str:
    given = next(iter(job.inputs.values()), job.kind)
    return f"The law behind {given.partition('@')[0]}"


def _execute(
    source: Path,
    notebook: Path,
    parameters: Mapping[str, Any],
    workspace: EmbeddedWorkspace,
    report: Progress,
) -> Any:
    import nbformat

    work = notebook.parent / "work"
    work.mkdir()
    return execute(
        nbformat.read(source, as_version=4),
        notebook,
        parameters,
        environment=_environment(workspace),
        folder=work,
        seconds=_SECONDS_FOR_A_CELL,
        progress=lambda fraction, message: report(_PAGE_STARTS_AT * fraction, message),
    )


def _environment(workspace: EmbeddedWorkspace) -> dict[str, str]:
    """What lets `pf.connect()` in the notebook open this same workspace, as the same owner."""
    return {
        "PHYSFORGE_HOME": str(workspace.home),
        "PHYSFORGE_OWNER": workspace.owner,
        "PHYSFORGE_URL": "",
    }


def _keep(notebook: Path, workspace: EmbeddedWorkspace, job_id: str) -> Path | None:
    """Move a notebook in which a cell failed to where it can be looked at."""
    if not notebook.exists():
        return None
    folder = workspace.home / FAILED
    kept = folder / f"{job_id}.ipynb"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.move(notebook, kept)
        return kept
    return None


def _page(executed: Any, title: str) -> str:
    from ._export import to_html

    return to_html(executed, title=title)
