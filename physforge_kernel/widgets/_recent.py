"""Discoveries of before, of this page or of any other: each can be opened again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._wording import one_line, when
from ..errors import PhysForgeError
from ..reports.law import line, settled, sides
from ..workspace import Job, Workspace
from ._pieces import box, button, markup, show, text
from ._stage import Stage

KIND = "discover"
MOST = 8
_LOOKED_THROUGH = 60


@dataclass(frozen=True)
class Earlier:
    """A discovery in the list: two lines that say which it is."""

    job: str
    dataset: str
    finished: bool
    label: str


class RecentPart:
    """Lists the newest discoveries of the workspace.

    Args:
        stage: Where things happen.
        opened: Called with the one that a person wants to see.
    """

    def __init__(self, stage: Stage, opened: Callable[[Earlier], None]) -> None:
        self._stage = stage
        self._opened = opened
        self._laws: dict[str, str] = {}
        self._list = box((), "pf-list")
        self.view = box((markup(text("Recent discoveries", "h2")), self._list), "pf-recent")
        show(self.view, False)

    def refresh(self, workspace: Workspace, then: Callable[[Sequence[Earlier]], None] | None = None) -> None:
        """Look again. Call it in a deed."""

        def showed(found: Sequence[Earlier]) -> None:
            self._show(found)
            if then is not None:
                then(found)

        self._stage.work(lambda _: self._look(workspace), showed, lane="recent")

    def _look(self, workspace: Workspace) -> list[Earlier]:
        jobs = [job for job in workspace.jobs.list(limit=_LOOKED_THROUGH) if job.kind == KIND][:MOST]
        return [
            Earlier(
                job.id, _dataset(job), job.record.is_finished, f"{_heading(job)}\n{self._law(workspace, job)}"
            )
            for job in jobs
        ]

    def _law(self, workspace: Workspace, job: Job) -> str:
        if job.state != "succeeded":
            return job.state
        if job.id not in self._laws:
            try:
                path = workspace.jobs.artifact(job.id, "result.json")
                self._laws[job.id] = _outcome(json.loads(path.read_text(encoding="utf-8")))
            except PhysForgeError as failure:
                return one_line(failure)
        return self._laws[job.id]

    def _show(self, found: Sequence[Earlier]) -> None:
        self._list.children = tuple(
            button(
                one.label,
                lambda one=one: self._stage.act(lambda: self._opened(one)),
                "pf-earlier",
                tooltip=one.job,
            )
            for one in found
        )
        show(self.view, bool(found))


def _outcome(result: Mapping[str, Any]) -> str:
    """The law, marked where there are doubts; where the data settle none, why."""
    verdict = result["verdict"]
    if not settled(result):
        return one_line(f"No law: {verdict['text']}")
    laws = "\n".join(one_line(line(side)) for side in sides(result))
    return f"Ambiguous: {laws}" if verdict["kind"] == "ambiguous" else laws


def _dataset(job: Job) -> str:
    return next(iter(job.inputs.values()), "").rpartition("@")[0]


def _heading(job: Job) -> str:
    about = ", ".join(job.inputs.values())
    return one_line(f"{job.name or about} · {when(job.created)}")
