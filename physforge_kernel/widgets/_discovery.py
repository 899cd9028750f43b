"""The page `dashboards/discovery.ipynb`: data in, the law out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from ..workspace import JobRecord, Workspace
from ._data import DataPart
from ._job import JobPart
from ._pieces import Notice, box, button, every, markup, show, stylesheet, text
from ._recent import KIND, Earlier, RecentPart
from ._result import Found, ResultPart, draw
from ._stage import Stage

_WELCOME = (
    "Choose data, or upload your own. PhysForge searches for the differential equation that they obey, "
    "and says how sure it is."
)


class DiscoveryPage:
    """Data on the left, what was found on the right; `view` is the widget that shows both.

    Nothing is kept here: datasets, jobs and reports are the workspace's, and outlive the page.

    Args:
        workspace: Where they are; by default what `physforge_kernel.connect()` opens.
    """

    def __init__(self, workspace: Workspace | None = None) -> None:
        self._workspace = workspace
        self.notice = Notice()
        self.stage = Stage(self.notice.say)
        self.data = DataPart(self.stage, self._ready, self._picked)
        self.job = JobPart(self.stage, self._ended)
        self.result = ResultPart(self.stage)
        self.recent = RecentPart(self.stage, self._reopen)
        self.find = button("Find the law", lambda: self.stage.act(self._submit), "pf-main")
        self.find.disabled = True
        head = markup(
            text("PhysForge · discovery", class_="pf-over")
            + text("The law behind your data", "h1")
            + text(_WELCOME, class_="pf-lead")
        )
        head.add_class("pf-head")
        side = box((self.data.view, self.find, self.recent.view), "pf-side")
        body = box((self.data.picture, self.job.view, self.result.view), "pf-body")
        columns = widgets.Box((side, body))
        columns.add_class("pf-columns")
        # Voila's page presses this once it shows: what changed while it loaded may never have reached it.
        hello = button("", lambda: self.stage.act(self._tell_again), "pf-hello")
        self.view = box((widgets.HTML(stylesheet()), head, self.notice.view, columns, hello), "physforge")
        self.stage.act(self._open)

    def _ipython_display_(self, **_: Any) -> None:
        from IPython.display import display

        display(self.view)

    def _open(self) -> None:
        self.stage.work(lambda _: self._workspace or _connect(), self._opened, lane="workspace")

    def _tell_again(self) -> None:
        for widget in every(self.view):
            widget.send_state()

    def _opened(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.data.open(workspace)
        self.recent.refresh(workspace, self._take_up)

    def _take_up(self, found: Sequence[Earlier]) -> None:
        """Follow the newest discovery if it is still under way: a reload loses nobody's progress."""
        if found and not found[0].finished and self.job.job is None:
            self._reopen(found[0])

    def _ready(self) -> None:
        self.find.disabled = self.data.chosen is None or self.job.job is not None

    def _picked(self) -> None:
        """What was found in other data goes from the page; a search that is under way goes on."""
        self.notice.clear()
        self.stage.drop("result")
        self.result.clear()
        if self.job.job is None:
            self.job.leave()

    def _submit(self) -> None:
        workspace, chosen = self._workspace, self.data.chosen
        if workspace is None or chosen is None:
            return
        self.notice.clear()
        self.result.clear()
        self.find.disabled = True
        config = {"file": chosen.file} if len(chosen.version.files) > 1 else {}
        if chosen.axes is not None:
            config["dims"] = chosen.axes
        self.stage.work(
            lambda _: workspace.jobs.submit(KIND, config, inputs=chosen.version.ref).id,
            lambda job: self._follow(workspace, job),
            lane="submit",
            otherwise=self._refused,
        )

    def _refused(self, said: str) -> None:
        self.notice.say(said)
        self._ready()

    def _follow(self, workspace: Workspace, job: str) -> None:
        self.result.clear()
        self.job.follow(workspace, job)
        self._ready()
        self.recent.refresh(workspace)

    def _ended(self, record: JobRecord) -> None:
        if self._workspace is None:
            return
        self._ready()
        self.recent.refresh(self._workspace)
        if record.state == "succeeded":
            self._show(record.id)

    def _reopen(self, earlier: Earlier) -> None:
        if self._workspace is None:
            return
        self.notice.clear()
        self.data.pick(earlier.dataset)
        self._follow(self._workspace, earlier.job)

    def _show(self, job: str) -> None:
        workspace = self._workspace
        if workspace is None:
            return
        self.stage.work(
            lambda _: draw(workspace, job),
            lambda found: self._found(workspace, found),
            lane="result",
            otherwise=self.job.fail,
        )

    def _found(self, workspace: Workspace, found: Found) -> None:
        self.data.choose(found.dataset, found.axes, found.picture)
        self.result.show(workspace, found)
        show(self.job.view, False)


def discovery(workspace: Workspace | None = None) -> DiscoveryPage:
    """Return the page on which people without code find the law behind their data.

    Args:
        workspace: Whose datasets and jobs it shows; by default what `physforge_kernel.connect()` opens.
    """
    return DiscoveryPage(workspace)


def _connect() -> Workspace:
    from .._connect import connect

    return connect()
