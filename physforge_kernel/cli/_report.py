"""`physforge report`: a job's result as a page to send to a colleague."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from .._wording import when
from ._console import facts, print_json, progress, say, show, styled, table
from ._options import AsJson
from ._records import report_document, workspace
from ._usage import MisuseError

app = typer.Typer(no_args_is_help=True, help="Reports: render, list, show, export.")

ReportId = Annotated[str, typer.Argument(metavar="REPORT", help="The report's id.")]


@app.command("render")
def render(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="A job that succeeded.")],
    title: Annotated[str | None, typer.Option("--title", help="The page's title.")] = None,
    template: Annotated[str, typer.Option("--template", help="The report's template.")] = "discovery",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="TO", help="Copy it here too: .html, .ipynb or a folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Render a job's report: a notebook that reruns, and a web page that needs no network."""
    reports = workspace().reports
    with progress(f"Rendering {job_id}") as report_progress:
        report = reports.render(job_id, template=template, title=title, progress=report_progress)
    copies = _export(report.html, report.notebook, output) if output is not None else []
    if as_json:
        print_json({**report_document(report), "exported": [str(copy) for copy in copies]})
        return
    say(f"{report.id}  {report.title}", style="bold")
    facts(
        {
            "page": report.html,
            "notebook": report.notebook,
            "copied to": ", ".join(str(copy) for copy in copies),
        }
    )


@app.command("list")
def list_reports(as_json: AsJson = False) -> None:
    """List the reports, newest first."""
    found = workspace().reports.list()
    if as_json:
        print_json([report_document(report) for report in found])
        return
    if not found:
        say("no reports yet: physforge report render JOB")
        return
    rows = [[styled(r.id, "bold"), r.title, r.template, r.job, when(r.created)] for r in found]
    show(table(["report", "title", "template", "job", "created"], rows))


@app.command("show")
def show_report(report_id: ReportId, as_json: AsJson = False) -> None:
    """Show where a report's files are."""
    report = workspace().reports.get(report_id)
    if as_json:
        print_json(report_document(report))
        return
    say()
    say(f"  {report.title}", style="bold")
    facts(
        {
            "id": report.id,
            "job": report.job,
            "template": report.template,
            "created": when(report.created),
            "page": report.html,
            "notebook": report.notebook,
        }
    )


@app.command("export")
def export(
    report_id: ReportId,
    output: Annotated[
        Path, typer.Argument(metavar="TO", help="A .html or .ipynb file, or a folder for both.")
    ],
    as_json: AsJson = False,
) -> None:
    """Copy a report's page or notebook out of the workspace."""
    report = workspace().reports.get(report_id)
    copies = _export(report.html, report.notebook, output)
    if as_json:
        print_json({"report": report.id, "exported": [str(copy) for copy in copies]})
    else:
        for copy in copies:
            say(copy)


def _export(page: Path, notebook: Path, output: Path) -> list[Path]:
    """Copy one file if the destination's name says which, else both into the folder."""
    if output.suffix in (".html", ".ipynb") and not output.is_dir():
        source = page if output.suffix == ".html" else notebook
        shutil.copyfile(source, output)
        return [output]
    if output.exists() and not output.is_dir():
        raise MisuseError(f"{str(output)!r} should end in .html or .ipynb, or be a folder.")
    output.mkdir(parents=True, exist_ok=True)
    copies = []
    for source in (page, notebook):
        copy = output / source.name
        shutil.copyfile(source, copy)
        copies.append(copy)
    return copies
