"""Uploads: announced, sent file by file, and committed to a version, which nothing half-sent ever becomes."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request

from ...workspace._protocol import Version
from .._policies import DatasetsWrite
from .._policy import Desk
from .._shapes import Begun, NewUpload

router = APIRouter(prefix="/uploads", tags=["datasets"])


@router.post("", status_code=201, summary="Begin an upload")
def begin(desk: DatasetsWrite, upload: NewUpload) -> Begun:
    entries = [file.entry() for file in upload.files]
    id = desk.service.incoming.begin(
        desk.person.owner, upload.name, upload.description, tuple(upload.tags), entries, upload.called
    )
    return Begun(id=id)


@router.put("/{id}/files/{path:path}", status_code=204, summary="Send one file, as it is")
async def send(desk: DatasetsWrite, request: Request, id: str, path: str) -> None:
    await desk.service.incoming.receive(desk.person.owner, id, path, request.stream())


@router.post("/{id}/commit", status_code=201, summary="Make a version of an upload that is complete")
async def commit(desk: DatasetsWrite, id: str) -> Version:
    return await to_thread.run_sync(_commit, desk, id, limiter=desk.service.heavy)


@router.delete("/{id}", status_code=204, summary="Give an upload up")
def give_up(desk: DatasetsWrite, id: str) -> None:
    desk.service.incoming.give_up(desk.person.owner, id)


def _commit(desk: Desk, id: str) -> Version:
    incoming = desk.service.incoming
    taken = incoming.take(desk.person.owner, id)
    try:
        plan = taken.plan
        return desk.workspace.datasets.upload(
            taken.files, plan.name, description=plan.description, tags=plan.tags
        )
    finally:
        incoming.drop(taken)
