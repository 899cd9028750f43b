"""Datasets by name."""

from __future__ import annotations

import re

from fastapi import APIRouter, Query

from ...errors import NotFoundError
from ...workspace._protocol import Version
from .._policies import DatasetsRead, DatasetsWrite
from .._shapes import Items

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.get("", summary="One's datasets: all, or those that a word is found in")
def datasets(desk: DatasetsRead, search: str | None = Query(None, max_length=256)) -> Items:
    return Items(items=list(desk.workspace.datasets.list(search)))


@router.get("/{name}/versions", summary="All versions of a dataset, the newest first")
def versions(desk: DatasetsRead, name: str) -> list[Version]:
    return list(desk.workspace.datasets.versions(name))


@router.get("/{name}/versions/{number}", summary="One version; its number, or 'latest'")
def version(desk: DatasetsRead, name: str, number: str) -> Version:
    if number == "latest":
        return desk.workspace.datasets.versions(name)[0]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise NotFoundError(f"There is no version {number!r:.40}: a version has a number, or is 'latest'.")
    return desk.workspace.datasets.get(f"{name}@{number}")


@router.delete("/{name}", status_code=204, summary="Delete a dataset with all its versions")
def delete(desk: DatasetsWrite, name: str) -> None:
    desk.workspace.datasets.delete(name)
