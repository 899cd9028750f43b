"""Versions by their id, and their bytes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response

from ...errors import NotFoundError
from ...workspace._names import check_file_path
from ...workspace._protocol import Version
from .._files import kept_file
from .._policies import DatasetsRead
from .._policy import Desk

router = APIRouter(prefix="/versions", tags=["datasets"])

Id = Annotated[str, Path(description="The sha256 of the version's manifest.")]


@router.get("/{id}", summary="One version")
def version(desk: DatasetsRead, id: Id) -> Version:
    return _version(desk, id)


@router.get("/{id}/files/{path:path}", response_class=Response, summary="The bytes of one file")
def file(desk: DatasetsRead, request: Request, id: Id, path: str) -> Response:
    found = _version(desk, id)
    kept = desk.workspace.datasets.file(found, check_file_path(path))
    sha256 = next(entry.sha256 for entry in found.files if entry.path == path)
    return kept_file(request, kept, sha256)


@router.get("/{id}/preview", summary="A few numbers of each variable of one file")
async def preview(desk: DatasetsRead, id: Id, file: str | None = None) -> dict[str, Any]:
    return await to_thread.run_sync(_preview, desk, id, file, limiter=desk.service.heavy)


def _preview(desk: Desk, id: str, file: str | None) -> dict[str, Any]:
    found = _version(desk, id)
    path = found.file_to_open(file)
    sha256 = next(entry.sha256 for entry in found.files if entry.path == path)
    return desk.service.previews.of(sha256, desk.workspace.datasets.file(found, path))


def _version(desk: Desk, id: str) -> Version:
    if not re.fullmatch(r"[0-9a-f]{64}", id):
        raise NotFoundError(f"There is no version with the id {id!r:.80}. An id has 64 hexadecimal digits.")
    return desk.workspace.datasets.get(id)
