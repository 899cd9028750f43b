"""The service itself: what it is, who asks, whether it is well, and its metrics."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from ...errors import PhysForgeError, WorkspaceError
from ...workspace._embedded import EmbeddedWorkspace
from .._policies import OPEN, Admin, SignedIn
from .._shapes import About, Health, Who
from .._state import service_of

router = APIRouter(tags=["service"])


@router.get("/", summary="What answers here, and who asks")
def about(desk: SignedIn) -> About:
    who = Who(name=desk.person.name, scopes=sorted(desk.person.scopes))
    return About(name="PhysForge", version=version("physforge"), person=who)


@router.get("/health/live", dependencies=[OPEN], summary="Whether the service answers at all")
async def live() -> Health:
    return Health(status="ok")


@router.get("/health/ready", dependencies=[OPEN], summary="Whether the database and the store can be used")
def ready(request: Request, response: Response) -> Health:
    workspace = service_of(request).workspace
    parts = {name: _state(check, workspace) for name, check in _CHECKS.items()}
    well = set(parts.values()) == {"ok"}
    response.status_code = 200 if well else 503
    return Health(status="ok" if well else "unavailable", parts=parts)


@router.get("/metrics", summary="Metrics for Prometheus")
def metrics(desk: Admin) -> Response:
    text = desk.service.metrics.text(desk.service.workspace.records.counts())
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _store_takes_files(workspace: EmbeddedWorkspace) -> None:
    for folder in ("objects", "staging", "incoming"):
        if not os.access(workspace.home / folder, os.R_OK | os.W_OK | os.X_OK):
            raise WorkspaceError(f"The folder {folder} cannot be written.")


_CHECKS: dict[str, Callable[[EmbeddedWorkspace], object]] = {
    "database": lambda workspace: workspace.records.counts(),
    "store": _store_takes_files,
}


def _state(check: Callable[[EmbeddedWorkspace], object], workspace: EmbeddedWorkspace) -> str:
    try:
        check(workspace)
    except (PhysForgeError, OSError):
        return "unavailable"
    return "ok"
