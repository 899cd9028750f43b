"""Where a report's numbers came from, exactly enough to get them again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from platform import python_version
from typing import TYPE_CHECKING

import numpy as np

from ._markup import Html, code, facts, table

if TYPE_CHECKING:
    from ._run import Run


def provenance(run: Run) -> Html:
    """Show the dataset's version and hashes, the job, its settings, the software, and how to rerun it."""
    from .. import __version__

    version, job = run.dataset, run.job
    settings = {name: value for name, value in job.config.items() if value is not None}
    known = facts(
        {
            "dataset": version.ref,
            "manifest": code(version.id),
            "job": f"{job.id}, {job.kind}, attempt {job.attempt}",
            "settings": code(json.dumps(settings, sort_keys=True)) if settings else "defaults",
            "ran": _span(job.started, job.finished),
            "software": f"PhysForge {__version__}, NumPy {np.__version__}, Python {python_version()}",
            "rendered": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        }
    )
    files = table(
        ["file", "bytes", "sha256"],
        [[file.path, f"{file.size:,}".replace(",", "\u202f"), code(file.sha256)] for file in version.files],
        numbers=("bytes",),
    )
    return known + files + _again(run, settings)


def _again(run: Run, settings: dict[str, object]) -> Html:
    version, job = run.dataset, run.job
    lines = [
        "import physforge_kernel as pf",
        "",
        "workspace = pf.connect()",
        f"job = workspace.jobs.submit({job.kind!r}, {settings!r}, inputs={version.ref!r})",
        "print(job.result()['equation'])",
    ]
    words = "To run it again, where this workspace is, or after uploading a file with the same sha256:"
    typed = "\n".join(lines)
    return Html(f"<p>{words}</p><pre>{code(typed).markup}</pre>", f"{words}\n\n{typed}")


def _span(started: datetime | None, finished: datetime | None) -> str:
    if started is None or finished is None:
        return ""
    from .numbers import seconds

    return f"{started:%Y-%m-%d %H:%M:%S} UTC, for {seconds((finished - started).total_seconds())}"
