"""`workspace.datasets`, through a service."""

from __future__ import annotations

import builtins
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PhysForgeError
from ..workspace._copying import copy_hashed
from ..workspace._display import Listing
from ..workspace._names import check_name, parse_ref
from ..workspace._protocol import DatasetInfo, FileEntry, Progress, Version
from ..workspace._tables import DATASET_COLUMNS, VERSION_COLUMNS
from ..workspace._uploads import changed, default_name, disk_errors, regular_files
from ._cache import Cache
from ._download import download
from ._line import Line
from ._records import BEGUN, DATASETS, VERSION, VERSIONS

if TYPE_CHECKING:
    from xarray import Dataset

_BLOCK = 1 << 18
_DESCRIBING = 3600.0  # seconds; the service copies what it was sent, and has it described


class HttpDatasets:
    """Datasets of whoever the service takes us for."""

    def __init__(self, line: Line, cache: Cache) -> None:
        self._line = line
        self._cache = cache

    def upload(
        self,
        source: str | PathLike[str] | Dataset,
        name: str | None = None,
        *,
        description: str = "",
        tags: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Version:
        """Send a file, a folder or a field to be kept as a new version, which never changes afterwards.

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
            WorkspaceError: the name cannot be used, or the files cannot be sent or kept.
        """
        report = progress or _silent
        if name is None:
            name, description = default_name(source, description)
        name = check_name(name)
        said = {
            "name": name,
            "description": description,
            "tags": [tags] if isinstance(tags, str) else [*tags],
        }
        if isinstance(source, str | PathLike):
            root = Path(source).expanduser()
            return self._send(said, root.name, regular_files(root), report)
        from ..fields import write

        with tempfile.TemporaryDirectory(prefix="physforge-") as scratch:
            path = Path(scratch) / f"{name}.nc"
            report(0.0, f"Writing {path.name}")
            write(source, path)
            return self._send(said, path.name, {path.name: path}, report)

    def list(self, search: str | None = None) -> builtins.list[DatasetInfo]:
        """Return the datasets by name: all, or those whose name, description or tags contain `search`."""
        found = self._line.get(DATASETS, "datasets", search=search or None).items
        empty = f"No dataset matches {search!r}." if search else "No datasets yet."
        return Listing(found, DATASET_COLUMNS, empty)

    def get(self, ref: str | Version) -> Version:
        """Return the version that `wake` (the newest), `wake@3`, or a version's id means.

        Raises:
            NotFoundError: there is none; the closest names are given.
        """
        wanted = parse_ref(ref.id if isinstance(ref, Version) else ref)
        if wanted.manifest is not None:
            return self._line.get(VERSION, "versions", wanted.manifest)
        number = "latest" if wanted.number is None else str(wanted.number)
        return self._line.get(VERSION, "datasets", wanted.name or "", "versions", number)

    def versions(self, name: str) -> builtins.list[Version]:
        """Return all versions of a dataset, the newest first.

        Raises:
            NotFoundError: there is no such dataset.
        """
        found = self._line.get(VERSIONS, "datasets", name, "versions")
        return Listing(found, VERSION_COLUMNS, "No versions.")

    def path(self, ref: str | Version) -> Path:
        """Return where a copy of the version's file, or the folder of its files, lies on this machine.

        Copy it elsewhere to change it: what is written to it is undone, and never reaches the version.

        Raises:
            NotFoundError: there is no such version.
            WorkspaceError: its bytes cannot be fetched, or are damaged.
        """
        version = self.get(ref)
        here = [self._here(version, entry) for entry in version.files]
        return here[0] if len(here) == 1 else self._cache.folder(version.id)

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
            WorkspaceError: its bytes cannot be fetched, or are damaged.
        """
        from ..fields import read

        version = self.get(ref)
        path = version.file_to_open(file)
        entry = next(entry for entry in version.files if entry.path == path)
        return read(self._here(version, entry), dims=dims)

    def download(self, ref: str | Version, destination: str | PathLike[str]) -> Path:
        """Copy a version's file, or the folder of its files, to a place of one's own.

        Args:
            destination: an existing folder to put it in, or the new path; a file keeps its ending where that
                names none.

        Returns:
            the path of the copy.

        Raises:
            ConflictError: something is there already.
            WorkspaceError: its bytes cannot be fetched or copied, or are damaged.
        """
        version = self.get(ref)
        single = len(version.files) == 1
        target = version.place_at(destination)
        for entry in version.files:
            here = self._here(version, entry)
            file = target if single else target / entry.path
            with disk_errors():
                file.parent.mkdir(parents=True, exist_ok=True)
                copy_hashed(here, file)
        return target

    def delete(self, name: str) -> None:
        """Delete a dataset with all its versions.

        What a job was given stays, found by the version's id; the rest is removed from the disk a day later.
        A new upload under the name goes on counting.
        """
        self._line.delete("datasets", name)

    def _here(self, version: Version, entry: FileEntry) -> Path:
        steps = ("versions", version.id, "files", *entry.path.split("/"))
        return self._cache.file(
            version.id, entry, lambda file: download(self._line, steps, entry.sha256, file)
        )

    def _send(self, said: dict[str, object], shown: str, files: dict[str, Path], report: Progress) -> Version:
        with disk_errors():
            sizes = {path: file.stat().st_size for path, file in files.items()}
        total, sent = sum(sizes.values()) or 1, 0

        def count(size: int) -> None:
            nonlocal sent
            sent += size
            report(0.8 * min(1.0, sent / total), f"Copying {shown}")

        announced = [{"path": path, "size": size} for path, size in sizes.items()]
        upload = self._line.post(BEGUN, "uploads", body={**said, "files": announced}).id
        try:
            for path, file in files.items():
                steps = ("uploads", upload, "files", *path.split("/"))
                with disk_errors():
                    self._line.put(*steps, size=sizes[path], blocks=_steady(file, sizes[path], count))
            report(0.8, "Describing")
            version = self._line.post(VERSION, "uploads", upload, "commit", patience=_DESCRIBING)
        except BaseException:
            with suppress(PhysForgeError):
                self._line.delete("uploads", upload)
            raise
        report(
            1.0,
            f"Found {version.ref}, which holds these bytes already"
            if version.reused
            else f"Uploaded {version.ref}",
        )
        return version


def _steady(file: Path, size: int, count: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the bytes of a file that stays as it is; one that is still written to must not be kept."""
    before, read = file.stat(), 0
    with open(file, "rb") as source:
        while block := source.read(_BLOCK):
            read += len(block)
            if read > size:
                raise changed(file)
            yield block
            count(len(block))
    after = file.stat()
    if read != size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise changed(file)


def _silent(fraction: float, message: str) -> None:
    """Report to nobody."""
