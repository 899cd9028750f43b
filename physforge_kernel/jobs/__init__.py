"""Jobs: what a kind of job is, what it sees while it runs, and the runner that carries queued jobs out.

In come job records that a workspace has queued; out go their progress, artifacts and ends, written to the
same records. The record is the truth: whatever dies, the runner finds the job again and resumes it from its
checkpoint. Work runs in killable processes, supervised by tasks on the runner's Dask cluster.

`kinds` holds the kinds by name. `Kind`, `Context` and `trial` are for those who write one.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import kinds
    from ._context import Context, Input, JobCancelledError, trial
    from ._kind import Kind
    from ._starter import RunnerStatus, ensure_runner, runner_status, stop_runner

__all__ = [
    "Context",
    "Input",
    "JobCancelledError",
    "Kind",
    "RunnerStatus",
    "ensure_runner",
    "kinds",
    "runner_status",
    "stop_runner",
    "trial",
]

_HOMES = {
    "Context": "._context",
    "Input": "._context",
    "JobCancelledError": "._context",
    "Kind": "._kind",
    "RunnerStatus": "._starter",
    "ensure_runner": "._starter",
    "runner_status": "._starter",
    "stop_runner": "._starter",
    "trial": "._context",
}


def __getattr__(name: str) -> Any:
    if name == "kinds":
        return importlib.import_module(".kinds", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
