"""`pf.connect()`: the workspace of whoever asks, wired to the job kinds, the runner and the reports."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ._home import home
from .errors import ReportError

if TYPE_CHECKING:
    from .workspace._embedded import EmbeddedWorkspace
    from .workspace._protocol import Progress, Report, Workspace


def connect() -> Workspace:
    """Open your workspace: datasets with versions, jobs that outlive the notebook, and reports.

    It lies in the folder that the environment variable `PHYSFORGE_HOME` names, or in `~/.physforge`, and is
    made on first use. Jobs that an earlier runner left unfinished are taken up again. Where several people
    share the folder, `PHYSFORGE_OWNER` says whose datasets, jobs and reports these are.

    With `PHYSFORGE_URL` set, as on a hub, it is what the service there keeps for you: `PHYSFORGE_TOKEN`, or
    else `JUPYTERHUB_API_TOKEN`, says who you are.

    Returns:
        The workspace, with `.datasets`, `.jobs` and `.reports`.

    Raises:
        WorkspaceError: the folder cannot be used; or the service does not answer, or refuses the token.

    Example:
        >>> connect().jobs.list()
        No jobs.
    """
    if url := os.environ.get("PHYSFORGE_URL", "").strip():
        return _through_a_service(url)
    workspace = open_home(home(), owner=os.environ.get("PHYSFORGE_OWNER", ""))
    workspace.jobs.take_up()
    return workspace


def open_home(home: Path, *, owner: str = "") -> EmbeddedWorkspace:
    """Open the workspace in a folder, with every kind of job, a runner for them, and reports.

    Args:
        home: the workspace's folder, made where it is missing.
        owner: whose datasets, jobs and reports it sees and makes.

    Raises:
        WorkspaceError: the folder cannot be used.
    """
    from .jobs import ensure_runner, kinds
    from .workspace._embedded import EmbeddedWorkspace

    return EmbeddedWorkspace(
        home, owner=owner, kinds=kinds.validators(), on_submit=ensure_runner, renderer=_render
    )


def _through_a_service(url: str) -> Workspace:
    from .client import HttpWorkspace

    given = (os.environ.get(name, "").strip() for name in ("PHYSFORGE_TOKEN", "JUPYTERHUB_API_TOKEN"))
    workspace = HttpWorkspace(url, next(filter(None, given), None))
    workspace.person()  # whoever cannot be served learns it here, and not in the middle of their work
    return workspace


def _render(
    workspace: EmbeddedWorkspace,
    job_id: str,
    *,
    template: str,
    title: str | None,
    progress: Progress | None,
) -> Report:
    if find_spec("papermill") is None:
        raise ReportError(
            'Rendering a report needs papermill and nbconvert. Install them: pip install "physforge[lab]"'
        )
    from .reports import render

    return render(workspace, job_id, template=template, title=title, progress=progress)
