"""`workspace.datasets`, embedded: files with names, in versions that never change."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import FieldError
from . import _objects
from ._clock import Clock
from ._database import Database
from ._dataset_views import info_of, reused, version_of
from ._describing import Limits, describe_apart
from ._display import Listing
from ._models import DatasetRow, JobInputRow, VersionFileRow, VersionRow
from ._names import check_about, check_name, not_found
from ._object_store import ObjectStore
from ._protocol import DatasetInfo, Progress, Version
from ._tables import DATASET_COLUMNS, VERSION_COLUMNS
from ._uploads import Gathered, default_name, disk_errors, gather
from ._versions import no_dataset, resolve, visible_versions
from ._views import Views

if TYPE_CHECKING:
    from xarray import Dataset


class EmbeddedDatasets:
    """Datasets in this workspace's own database and folder."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        views: Views,
        clock: Clock,
        limits: Limits,
        tidy: Callable[[], None],
        owner: str,
    ) -> None:
        self._database = database
        self._store = store
        self._views = views
        self._clock = clock
        self._limits = limits
        self._tidy = tidy
        self._owner = owner

    def upload(
        self,
        source: str | PathLike[str] | Dataset,
        name: str | None = None,
        *,
        description: str = "",
        tags: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Version:
        """Keep a file, a folder or a field as a new version, which never changes afterwards.

        Bytes that are a version of this name already make no new one: the version that holds them comes back,
        with `reused` set, and keeps the description it had.

        Args:
            source: a path to a file or a folder, or a field in memory, which is kept as NetCDF.
            name: of letters, digits, '-', '_' and '.'; by default made of the file's name.
            description: a sentence about this version; by default empty, or the file's name where that cannot
                name a dataset, as `данные.csv`.
            tags: words to find it by.
            progress: called with the fraction done and what is being done.

        Raises:
            NotFoundError: there is nothing at the path.
            FieldError: the file cannot be read as a field; nothing is kept of it.
            WorkspaceError: the name, the description or a tag cannot be used, or the files cannot be kept.
        """
        report = progress or _silent
        if name is None:
            name, description = default_name(source, description)
        name = check_name(name)
        tags = check_about(description, tags)
        with disk_errors(), self._store.staging() as staging:
            gathered = gather(source, name, staging, lambda done, said: report(0.8 * done, said))
            earlier = self._same(name, gathered.manifest)
            if earlier is not None:
                for staged in gathered.files.values():
                    self._store.publish(staged)  # which brings back an object that was lost
                report(1.0, f"Found {earlier.ref}, which holds these bytes already")
                return earlier
            report(0.8, "Describing")
            described = self._describe(staging.folder, gathered)
            report(0.95, "Recording")
            version = self._record(name, gathered, described, description, tags)
        self._tidy()
        verb = "Found" if version.reused else "Uploaded"
        report(1.0, f"{verb} {version.ref}")
        return version

    def list(self, search: str | None = None) -> builtins.list[DatasetInfo]:
        """Return the datasets by name: all, or those whose name, description or tags contain `search`."""
        with self._database.reading() as session:
            rows = session.scalars(
                select(VersionRow)
                .join(VersionRow.dataset)
                .where(DatasetRow.owner == self._owner, VersionRow.deleted.is_(None))
                .order_by(DatasetRow.name, VersionRow.number.desc())
            ).all()
        grouped: dict[str, builtins.list[VersionRow]] = {}
        for row in rows:
            grouped.setdefault(row.dataset.name, []).append(row)
        found = [info_of(name, versions) for name, versions in grouped.items()]
        if search:
            needle = search.casefold()
            found = [i for i in found if needle in " ".join((i.name, i.description, *i.tags)).casefold()]
            return Listing(found, DATASET_COLUMNS, f"No dataset matches {search!r}.")
        return Listing(found, DATASET_COLUMNS, "No datasets yet.")

    def get(self, ref: str | Version) -> Version:
        """Return the version that `wake` (the newest), `wake@3`, or a version's id means.

        Raises:
            NotFoundError: there is none; the closest names are given.
        """
        with self._database.reading() as session:
            return version_of(self._resolve(session, ref))

    def versions(self, name: str) -> builtins.list[Version]:
        """Return all versions of a dataset, the newest first.

        Raises:
            NotFoundError: there is no such dataset.
        """
        with self._database.reading() as session:
            rows = visible_versions(session, self._owner, name)
            if not rows:
                raise no_dataset(session, self._owner, name)
            return Listing(map(version_of, rows), VERSION_COLUMNS, "No versions.")

    def path(self, ref: str | Version) -> Path:
        """Return where a copy of the version's file, or the folder of its files, lies.

        Copy it elsewhere to change it: what is written to it is undone, and never reaches the version.

        Raises:
            NotFoundError: there is no such version.
            WorkspaceError: its bytes in the workspace are missing or damaged.
        """
        version = self.get(ref)
        folder = self._shown(version)
        return folder / version.files[0].path if len(version.files) == 1 else folder

    def file(self, ref: str | Version, path: str) -> Path:
        """Return where a copy of one file of a version lies; the others are left alone.

        Raises:
            NotFoundError: there is no such version, or no such file in it.
        """
        version = self.get(ref)
        known = {entry.path: entry.sha256 for entry in version.files}
        if path not in known:
            raise not_found("file", path, known, f"{version.ref} holds {', '.join(list(known)[:8])}.")
        return self._views.show(version.id, {path: known[path]}) / path

    def open(
        self,
        ref: str | Version,
        file: str | None = None,
        *,
        dims: str | Sequence[str] | None = None,
    ) -> Dataset:
        """Return a version as a field.

        Args:
            ref: such as `wake` or `wake@3`.
            file: which one, for a version with several files that can be read.
            dims: the axes, where the file does not tell them, as for `pf.read`.

        Raises:
            NotFoundError: there is no such version, or no such file in it.
            WorkspaceError: its bytes in the workspace are missing or damaged.
        """
        from ..fields import read

        version = self.get(ref)
        path = version.file_to_open(file)
        return read(self._shown(version, exactly=path) / path, dims=dims)

    def download(self, ref: str | Version, destination: str | PathLike[str]) -> Path:
        """Copy a version's file, or the folder of its files, out of the workspace.

        Args:
            destination: an existing folder to put it in, or the new path; a file keeps its ending where that
                names none.

        Returns:
            the path of the copy.

        Raises:
            ConflictError: something is there already.
            WorkspaceError: its bytes in the workspace are missing or damaged, or cannot be copied.
        """
        version = self.get(ref)
        single = len(version.files) == 1
        target = version.place_at(destination)
        with disk_errors():
            for entry in version.files:
                file = target if single else target / entry.path
                file.parent.mkdir(parents=True, exist_ok=True)
                self._store.fetch(entry.sha256, file)
        return target

    def delete(self, name: str) -> None:
        """Delete a dataset with all its versions.

        What a job was given stays, found by the version's id; the rest is removed from the disk a day later.
        A new upload under the name goes on counting.
        """
        now = self._clock()
        with self._database.writing() as session:
            rows = visible_versions(session, self._owner, name)
            if not rows:
                raise no_dataset(session, self._owner, name)
            for row in rows:
                row.deleted = now
                pinned = session.scalar(
                    select(JobInputRow.job_id).where(JobInputRow.version_id == row.id).limit(1)
                )
                if pinned is None:
                    row.released = True
                    for file in row.files:
                        _objects.release(session, file.sha256, now)

    def _shown(self, version: Version, exactly: str | None = None) -> Path:
        files = {entry.path: entry.sha256 for entry in version.files}
        return self._views.show(version.id, files, exactly=exactly)

    def _resolve(self, session: Session, ref: str | Version) -> VersionRow:
        return resolve(session, self._owner, ref.id if isinstance(ref, Version) else ref)

    def _same(self, name: str, manifest: str) -> Version | None:
        with self._database.reading() as session:
            return reused(visible_versions(session, self._owner, name), manifest)

    def _describe(self, folder: Path, gathered: Gathered) -> dict[str, Any]:
        paths = list(gathered.files)
        found = describe_apart(folder, paths, self._limits)
        if not found.described:
            sentence = next(iter(found.refused.values()))
            if len(paths) > 1:
                sentence = f"None of the {len(paths)} files can be read as a field. The first: {sentence}"
            raise FieldError(sentence)
        if len(paths) == 1:
            return found.described[paths[0]]
        refused = {path: {"refused": sentence} for path, sentence in found.refused.items()}
        return {"files": {**found.described, **refused}}

    def _record(
        self, name: str, gathered: Gathered, described: dict[str, Any], description: str, tags: Sequence[str]
    ) -> Version:
        now = self._clock()
        with self._database.writing() as session:
            earlier = reused(visible_versions(session, self._owner, name), gathered.manifest)
            if earlier is not None:
                return earlier
            dataset = _dataset_row(session, self._owner, name, now)
            dataset.last_number += 1
            row = VersionRow(
                dataset=dataset,
                number=dataset.last_number,
                manifest=gathered.manifest,
                size=gathered.size,
                created=now,
                description=description,
                tags=list(tags),
                described=described,
                files=[VersionFileRow(path=e.path, size=e.size, sha256=e.sha256) for e in gathered.entries],
            )
            session.add(row)
            session.flush()
            for staged in gathered.files.values():
                _objects.hold(session, self._store, staged, now)
            return version_of(row)


def _dataset_row(session: Session, owner: str, name: str, now: datetime) -> DatasetRow:
    row = session.scalars(
        select(DatasetRow).where(DatasetRow.owner == owner, DatasetRow.name == name)
    ).first()
    if row is None:
        row = DatasetRow(owner=owner, name=name, last_number=0, created=now)
        session.add(row)
    return row


def _silent(fraction: float, message: str) -> None:
    """Report to nobody."""
