"""Datasets as people see them: frozen copies of rows, the columns of tables, and which file to open."""

from __future__ import annotations

from collections.abc import Sequence

from .. import _wording
from ..errors import WorkspaceError
from . import _display
from ._models import VersionRow
from ._names import not_found
from ._protocol import DatasetInfo, FileEntry, Version

DATASET_COLUMNS: _display.Columns[DatasetInfo] = {
    "dataset": lambda info: info.name,
    "version": lambda info: str(info.latest),
    "size": lambda info: _wording.size(info.size),
    "uploaded": lambda info: _wording.when(info.created),
    "description": lambda info: _display.short(info.description),
    "tags": lambda info: ", ".join(info.tags),
}
VERSION_COLUMNS: _display.Columns[Version] = {
    "version": lambda version: version.ref,
    "files": lambda version: (
        version.files[0].path if len(version.files) == 1 else f"{len(version.files)} files"
    ),
    "size": lambda version: _wording.size(version.size),
    "uploaded": lambda version: _wording.when(version.created),
    "description": lambda version: _display.short(version.description),
    "id": lambda version: version.id[:12],
}


def version_of(row: VersionRow, *, reused: bool = False) -> Version:
    """Return the frozen copy of a version's row."""
    return Version(
        name=row.dataset.name,
        number=row.number,
        id=row.manifest,
        files=tuple(FileEntry(file.path, file.size, file.sha256) for file in row.files),
        size=row.size,
        created=row.created,
        description=row.description,
        tags=tuple(row.tags),
        metadata=row.described,
        reused=reused,
    )


def reused(rows: Sequence[VersionRow], manifest: str) -> Version | None:
    """Return the version among `rows` that holds just these bytes."""
    return next((version_of(row, reused=True) for row in rows if row.manifest == manifest), None)


def info_of(name: str, newest_first: Sequence[VersionRow]) -> DatasetInfo:
    """Return what a list shows of a dataset."""
    newest = newest_first[0]
    return DatasetInfo(
        name=name,
        latest=newest.number,
        versions=len(newest_first),
        size=newest.size,
        created=newest.created,
        description=newest.description,
        tags=tuple(newest.tags),
    )


def file_to_open(version: Version, file: str | None) -> str:
    """Return which of a version's files to open: the one that is named, or the only one that can be read."""
    known = version.metadata.get("files", {})
    readable = [path for path, described in known.items() if "refused" not in described]
    if file is not None:
        if file not in readable:
            raise not_found("file", file, readable, f"{version.ref} holds {', '.join(readable[:8])}.")
        return file
    if len(readable) != 1:
        raise WorkspaceError(
            f"{version.ref} holds {len(readable)} files that can be read: {', '.join(readable[:8])}. "
            f"Say which, as in open({version.ref!r}, file={readable[0]!r})."
        )
    return readable[0]
