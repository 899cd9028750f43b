"""A job's progress, live, and the button that stops it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ..workspace import Event, JobRecord, Workspace
from ._pieces import box, button, markup, show, text
from ._stage import Stage, Tell

_WORDS = {
    "queued": "Waiting for its turn",
    "running": "Searching",
    "cancelled": "Cancelled",
}
_TURNS = frozenset({"queued", "running", "requeued", "cancel_requested", "succeeded", "failed", "cancelled"})


class JobPart:
    """Follows one job at a time to its end.

    Args:
        stage: Where things happen.
        ended: Called with the record of a job that has ended.
    """

    def __init__(self, stage: Stage, ended: Callable[[JobRecord], None]) -> None:
        self._stage = stage
        self._ended = ended
        self._workspace: Workspace | None = None
        self.job: str | None = None
        self._about = ""
        self._state = markup("", "pf-state")
        self._bar = widgets.FloatProgress(min=0.0, max=1.0)
        self._bar.add_class("pf-bar")
        self._cancel = button("Cancel", lambda: stage.act(self._stop), "pf-quiet")
        row = widgets.HBox((self._bar, self._cancel))
        row.add_class("pf-progress")
        self._row = row
        self.view = box((self._state, row), "pf-job")
        show(self.view, False)

    def follow(self, workspace: Workspace, job: str) -> None:
        """Show a job's progress until it ends. Call it in a deed."""
        self._workspace = workspace
        self.job = job
        self._about = job
        self._cancel.disabled = False
        self._bar.value = 0.0
        show(self._row, True)
        self._say("queued", "")
        show(self.view, True)
        self._stage.work(
            lambda tell: self._watch(workspace, job, tell), self._end, lane="job", otherwise=self.fail
        )

    def leave(self) -> None:
        """Stop showing a job; it goes on."""
        self._stage.drop("job")
        self.job = None
        show(self.view, False)

    def fail(self, said: str) -> None:
        """Show in a sentence what went wrong with the job."""
        self._state.value = text(said, class_="pf-refused", role="alert")
        show(self._row, False)
        show(self.view, True)

    def _watch(self, workspace: Workspace, job: str, tell: Tell) -> JobRecord:
        for event in workspace.jobs.watch(job):
            if event.type == "progress":
                tell(lambda event=event: self._move(event))
            elif event.type in _TURNS:
                record = workspace.jobs.record(job)
                tell(lambda record=record: self._turn(record))
        return workspace.jobs.record(job)

    def _move(self, event: Event) -> None:
        self._bar.value = float(event.data.get("fraction", 0.0))
        self._say("running", str(event.data.get("message", "")))

    def _turn(self, record: JobRecord) -> None:
        self._about = ", ".join(record.inputs.values())
        self._bar.value = record.progress
        stopping = record.cancel_requested and not record.is_finished
        self._say("Stopping" if stopping else record.state, record.message)
        self._cancel.disabled = record.cancel_requested or record.is_finished

    def _end(self, record: JobRecord) -> None:
        self.job = None
        show(self._row, False)
        if record.state == "succeeded":
            self._state.value = text("Drawing what was found …", role="status")
        elif record.state == "failed":
            self.fail(f"The search failed: {record.error or 'the job failed without a word.'}")
        else:
            self._say(record.state, "")
        self._ended(record)

    def _stop(self) -> None:
        workspace, job = self._workspace, self.job
        if workspace is None or job is None:
            return
        self._cancel.disabled = True
        self._say("Stopping", "")
        self._stage.work(lambda _: workspace.jobs.cancel(job), lambda _: None, lane="cancel")

    def _say(self, state: str, message: str) -> None:
        words = f"{_WORDS.get(state, state)} · {self._about}"
        if state == "running":
            words += f" · {self._bar.value:.0%}".replace("%", " %")
        said = text(message, "span") if message else ""
        self._state.value = f'<div role="status">{text(words, "strong")} {said}</div>'
