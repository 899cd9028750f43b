"""What a discovery found: the law and its verdict, the coefficients, the fit, and its report."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from ..reports import discovery as drawing
from ..workspace import Report, Workspace
from ._data import ONE_PEN
from ._pieces import box, button, markup, show, text
from ._stage import Stage, Tell


@dataclass(frozen=True)
class Found:
    """A discovery, drawn: pieces of HTML, and the report that it has already."""

    job: str
    dataset: str
    ref: str
    axes: str | None
    picture: str
    verdict: str
    law: str
    fit: str
    report: Report | None


def draw(workspace: Workspace, job: str) -> Found:
    """Fetch a discovery that succeeded, and draw it. Slow.

    Raises:
        PhysForgeError: the job is no discovery, or its result cannot be had.
    """
    run = drawing.load(workspace, job)
    axes = run.job.config.get("dims")
    with ONE_PEN:
        return Found(
            job=job,
            dataset=run.dataset.name,
            ref=run.dataset.ref,
            axes=axes if axes is None or isinstance(axes, str) else ",".join(axes),
            picture=drawing.drawn(run.field, f"{run.dataset.ref}, as uploaded.").markup,
            verdict=drawing.verdict(run).markup,
            law=drawing.law(run).markup,
            fit=drawing.fit(run).markup,
            report=next((one for one in workspace.reports.list() if one.job == job), None),
        )


class ResultPart:
    """Shows a discovery that was found."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._workspace: Workspace | None = None
        self._job = ""
        self._verdict = markup("", "pf-part")
        self._law = markup("", "pf-part")
        self._fit = markup("", "pf-part")
        self.report = ReportPart(stage)
        self.view = box((self._verdict, self._law, self._fit, self.report.view), "pf-result")
        show(self.view, False)

    def show(self, workspace: Workspace, found: Found) -> None:
        """Show a discovery. Call it in a deed."""
        self._verdict.value = text(f"The law behind {found.ref}", "h2") + found.verdict
        self._law.value = text("Its coefficients", "h2") + found.law
        self._fit.value = text("How well it fits", "h2") + found.fit
        self.report.open(workspace, found.job, found.report)
        show(self.view, True)

    def clear(self) -> None:
        """Show no discovery."""
        show(self.view, False)
        for part in (self._verdict, self._law, self._fit):
            part.value = ""


class ReportPart:
    """Renders a discovery's report, and shows its page."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._workspace: Workspace | None = None
        self._job = ""
        self._report: Report | None = None
        self._make = button("Make the report", lambda: stage.act(self._render), "pf-second")
        self._state = markup("", "pf-state")
        self._here = button("Read it here", lambda: stage.act(self._read), "pf-quiet")
        self._page = markup("", "pf-page")
        words = text("One page with all of this, to keep or to send to a colleague.", class_="pf-small")
        self.view = box(
            (markup(text("The report", "h2") + words), self._make, self._state, self._here, self._page),
            "pf-report",
        )

    def open(self, workspace: Workspace, job: str, report: Report | None) -> None:
        """Offer to render the report of a job, or to open the one it has."""
        self._stage.drop("report")
        self._workspace, self._job = workspace, job
        self._page.value = ""
        self._make.disabled = False
        self._state.value = ""
        self._offer(report)

    def _offer(self, report: Report | None) -> None:
        self._report = report
        show(self._make, report is None)
        show(self._here, report is not None)
        if report is not None:
            link = page_link(report.id)
            self._state.value = (
                f'<p><a href="{escape(link)}" target="_blank" rel="noopener">Open the report</a></p>'
                if link
                else ""
            )

    def _render(self) -> None:
        workspace, job = self._workspace, self._job
        if workspace is None:
            return
        self._make.disabled = True
        self._say(0.0, "Starting")
        self._stage.work(
            lambda tell: self._made(workspace, job, tell), self._offer, lane="report", otherwise=self._refuse
        )

    def _made(self, workspace: Workspace, job: str, tell: Tell) -> Report:
        # A job of its own: it goes on if the page is closed, and its kernel need not be ours.
        rendering = workspace.jobs.submit("report", {"job": job})
        for event in rendering.watch():
            if event.type == "progress":
                tell(lambda data=event.data: self._say(float(data["fraction"]), str(data["message"])))
        return workspace.reports.get(str(rendering.result()["report"]))

    def _say(self, fraction: float, message: str) -> None:
        percent = f"{fraction:.0%}".replace("%", " %")
        self._state.value = text(f"Making the report, {percent}: {message}", role="status")

    def _refuse(self, said: str) -> None:
        self._make.disabled = False
        self._state.value = text(said, class_="pf-refused", role="alert")

    def _read(self) -> None:
        report = self._report
        if report is None:
            return
        self._here.disabled = True
        self._stage.work(
            lambda _: report.html.read_bytes(), self._show_page, lane="report", otherwise=self._refuse
        )

    def _show_page(self, page: bytes) -> None:
        self._here.disabled = False
        show(self._here, False)
        self._page.value = framed(page)


def page_link(report: str) -> str | None:
    """Return where the server that shows this page has a report's page, if it is known where that server is.

    Voila tells its kernels, and a hub its servers, under which address they are reached.
    """
    base = os.environ.get("VOILA_BASE_URL") or os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    return f"{base.rstrip('/')}/physforge/api/v1/reports/{quote(report)}/page" if base else None


def framed(page: bytes) -> str:
    """Return a report's page as a frame of no origin, in which nothing runs, and a link to keep it."""
    inside = escape(page.decode("utf-8", "replace"))
    data = "data:text/html;base64," + base64.b64encode(page).decode()
    keep = f'<p><a download="report.html" href="{data}">Keep a copy</a></p>'
    return f'{keep}<iframe sandbox="" title="The report" srcdoc="{inside}"></iframe>'
