"""Datasets as the outside sees them: frozen copies of rows."""

from __future__ import annotations

from collections.abc import Sequence

from ._models import VersionRow
from ._protocol import DatasetInfo, FileEntry, Version


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
