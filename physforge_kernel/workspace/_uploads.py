"""Gathering what is uploaded into a staging folder: a file, a folder, or a field from memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NotFoundError, WorkspaceError
from ._json import digest
from ._names import check_file_path, named_after
from ._object_store import StagedFile, Staging
from ._protocol import FileEntry, Progress

if TYPE_CHECKING:
    from xarray import Dataset

MAX_FILES = 10_000


@dataclass(frozen=True)
class Gathered:
    """The files of an upload, staged, by their path in the manifest."""

    files: dict[str, StagedFile]

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        return tuple(FileEntry(path, file.size, file.sha256) for path, file in sorted(self.files.items()))

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())

    @property
    def manifest(self) -> str:
        """The identity of the version: the sha256 of its files' paths, sizes and hashes."""
        return digest([[entry.path, entry.size, entry.sha256] for entry in self.entries])


def gather(
    source: str | PathLike[str] | Dataset, name: str, staging: Staging, progress: Progress
) -> Gathered:
    """Stage everything that `source` holds.

    Raises:
        NotFoundError: there is nothing at the path.
        WorkspaceError: it is neither a file nor a folder of files, or it changed while it was read.
    """
    if not isinstance(source, str | PathLike):
        from ..fields import write

        path = f"{name}.nc"
        progress(0.0, f"Writing {path}")
        write(source, staging.folder / path)
        return Gathered({path: staging.seal(path)})
    root = Path(source).expanduser()
    found = regular_files(root)
    total = sum(path.stat().st_size for path in found.values()) or 1
    copied = 0

    def count(size: int) -> None:
        nonlocal copied
        copied += size
        progress(min(1.0, copied / total), f"Copying {root.name}")

    return Gathered({path: _steady_copy(staging, full, path, count) for path, full in found.items()})


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the system's refusals, such as a full disk or a file that may not be read, into sentences."""
    try:
        yield
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise WorkspaceError(
            f"The file{where} could not be copied: {error.strerror or error}. "
            "Check that it may be read and that the disk has room, and try again."
        ) from error


def default_name(source: str | PathLike[str] | Dataset, description: str) -> tuple[str, str]:
    """Return the dataset's name that a path suggests, and its description, as `named_after` does.

    Raises:
        WorkspaceError: it is a field from memory, which suggests none.
    """
    if isinstance(source, str | PathLike):
        path = Path(source).expanduser()
        root = path.resolve() if path.is_dir() else path
        return named_after(root.name, root.name if path.is_dir() else root.stem, description)
    raise WorkspaceError("A field from memory has no name yet. Pass one, as in upload(field, 'wake').")


def regular_files(root: Path) -> dict[str, Path]:
    """Return the plain files of an upload by their path in it: the file itself, or all below a folder.

    Raises:
        NotFoundError: there is nothing.
        WorkspaceError: there is something else than plain files and folders, or too many of them.
    """
    if not root.exists():
        raise NotFoundError(
            f"There is no file or folder {root}. Check the path; it is read from {Path.cwd()}."
        )
    if root.is_file():
        return {check_file_path(root.name): root}
    if not root.is_dir():
        raise WorkspaceError(f"{root} is neither a file nor a folder. Write it to a file, and upload that.")
    found: dict[str, Path] = {}
    for folder, folders, files in os.walk(root):
        for entry in (*folders, *files):
            path = Path(folder) / entry
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise WorkspaceError(
                    f"{path} is not a plain file. Links and devices cannot be kept: put a copy there."
                )
            if stat.S_ISREG(mode):
                found[check_file_path(path.relative_to(root).as_posix())] = path
        if len(found) > MAX_FILES:
            raise WorkspaceError(
                f"{root} holds more than {MAX_FILES} files. Pack them into one HDF5 file first."
            )
    if not found:
        raise WorkspaceError(f"The folder {root} holds no file.")
    return found


def _steady_copy(staging: Staging, source: Path, path: str, count: Callable[[int], None]) -> StagedFile:
    """Copy a file that stays as it is; one that is still written to might never end."""
    before = source.stat()
    copied = 0

    def counted(size: int) -> None:
        nonlocal copied
        copied += size
        if copied > before.st_size:
            raise changed(source)
        count(size)

    staged = staging.add(source, path, counted)
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or copied != after.st_size:
        raise changed(source)
    return staged


def changed(source: Path) -> WorkspaceError:
    """Return the error for a file that is still written to."""
    return WorkspaceError(f"{source} changed while it was uploaded. Upload it again once it is written.")
