"""The store of immutable files, each named by the sha256 of its bytes.

A file enters in two steps. *Staging* copies it beside the store, hashes it on the way, makes it durable, and
mends an object of its name that was damaged. *Publishing* gives the staged file its final name in one atomic
step, inside the transaction that records it; it reads no bytes, since other writers wait. Whatever dies in
between leaves only a staging folder or an unrecorded object, and the sweep removes both.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .._home import private_folder
from ..errors import WorkspaceError
from ._copying import copy_hashed, sha256_of

_BLOCK = 1 << 20


@dataclass(frozen=True)
class StagedFile:
    """A file that is complete, durable and hashed, but known to nobody yet.

    If there was an object of its name, that is sound.
    """

    path: Path
    sha256: str
    size: int


class Staging(Protocol):
    """A private folder in which files are gathered before they are published."""

    folder: Path

    def add(
        self, source: Path | bytes, name: str, progress: Callable[[int], None] | None = None
    ) -> StagedFile: ...

    def seal(self, name: str) -> StagedFile: ...


class ObjectStore(Protocol):
    """Where the bytes lie: a folder here, a bucket behind the service."""

    def staging(self) -> AbstractContextManager[Staging]: ...

    def publish(self, staged: StagedFile) -> None: ...

    def has(self, sha256: str) -> bool: ...

    def fetch(self, sha256: str, destination: Path, *, mode: int = 0o666) -> None: ...

    def is_copy(self, sha256: str, path: Path) -> bool: ...

    def delete(self, sha256: str) -> None: ...

    def unchanged_since(self, moment: datetime) -> Iterator[str]: ...


class LocalStaging:
    """Staging in a folder that is locked for as long as its process lives.

    Args:
        folder: the folder.
        mend: called with what was staged, before anybody gets it.
    """

    def __init__(self, folder: Path, mend: Callable[[StagedFile], None]) -> None:
        self.folder = folder
        self._mend = mend

    def add(
        self, source: Path | bytes, name: str, progress: Callable[[int], None] | None = None
    ) -> StagedFile:
        """Copy a file or bytes to `name` below the staging folder and hash it in the same pass."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with open(target, "xb") as out:
            for block in _blocks(source):
                digest.update(block)
                out.write(block)
                size += len(block)
                if progress is not None:
                    progress(len(block))
            out.flush()
            _make_durable(out.fileno())
        return self._staged(StagedFile(target, digest.hexdigest(), size))

    def seal(self, name: str) -> StagedFile:
        """Hash and make durable a file that was written straight into the staging folder."""
        target = self.folder / name
        digest = sha256_of(target)
        with open(target, "rb") as file:
            _make_durable(file.fileno())
            size = os.fstat(file.fileno()).st_size
        return self._staged(StagedFile(target, digest, size))

    def _staged(self, file: StagedFile) -> StagedFile:
        self._mend(file)
        return file


class LocalObjectStore:
    """Objects in `root/objects/ab/cd/<sha256>`, read-only, published by a hard link to the staged file."""

    def __init__(self, root: Path) -> None:
        self._objects = private_folder(root / "objects")
        self._staging = private_folder(root / "staging")

    @contextmanager
    def staging(self) -> Iterator[LocalStaging]:
        """Open a staging folder; it is gone afterwards, whatever happened."""
        folder, lock = self._locked_folder()
        try:
            yield LocalStaging(folder, self._mend)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def publish(self, staged: StagedFile) -> None:
        """Give a staged file its final name, unless an object has it already."""
        final = self._path(staged.sha256)
        _make_folders(final.parent, self._objects)
        with suppress(FileExistsError):
            os.link(staged.path, final)
        sync_folder(final.parent)

    def _mend(self, staged: StagedFile) -> None:
        """Put a staged file in place of an object of its name whose bytes are not what the name says."""
        final = self._path(staged.sha256)
        try:
            if final.stat().st_size == staged.size and sha256_of(final) == staged.sha256:
                return
        except FileNotFoundError:
            return
        spare = staged.path.with_name(uuid.uuid4().hex)
        os.link(staged.path, spare)
        os.replace(spare, final)
        sync_folder(final.parent)

    def has(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def fetch(self, sha256: str, destination: Path, *, mode: int = 0o666) -> None:
        """Copy the object to `destination`, whole or not at all; what is written there never reaches it.

        Raises:
            WorkspaceError: the object is missing, or its bytes are not what its name says.
        """
        partial = destination.with_name(f".{uuid.uuid4().hex}")
        try:
            with self._explained(sha256):
                found = copy_hashed(self._path(sha256), partial, mode)
            if found != sha256:
                raise WorkspaceError(
                    f"The object {sha256} in {self._objects} is damaged: its bytes were changed since it was "
                    "kept. Upload the original again, which mends it, or restore the file from a backup."
                )
            os.replace(partial, destination)
        finally:
            partial.unlink(missing_ok=True)

    def is_copy(self, sha256: str, path: Path) -> bool:
        """Say at a glance, by size and time of change, whether `path` is a copy that nobody touched."""
        with self._explained(sha256):
            kept = self._path(sha256).stat()
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        alike = (found.st_size, found.st_mtime_ns) == (kept.st_size, kept.st_mtime_ns)
        return alike and not os.path.samestat(found, kept)  # earlier versions of PhysForge shared the bytes

    def delete(self, sha256: str) -> None:
        self._path(sha256).unlink(missing_ok=True)

    def unchanged_since(self, moment: datetime) -> Iterator[str]:
        """Yield the names of objects that were published before `moment`."""
        for path in self._objects.glob("??/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < moment.timestamp():
                    yield path.name

    def clear_dead_staging(self) -> int:
        """Remove the staging folders whose process is gone; return how many there were."""
        cleared = 0
        for folder in self._staging.iterdir():
            with suppress(FileNotFoundError, BlockingIOError), _locked(folder):
                shutil.rmtree(folder, ignore_errors=True)
                cleared += 1
        return cleared

    def _locked_folder(self) -> tuple[Path, int]:
        while True:
            folder = self._staging / uuid.uuid4().hex
            folder.mkdir(mode=0o700)
            with suppress(FileNotFoundError, BlockingIOError):
                lock = _lock(folder)
                if folder.exists():  # a sweep may have come between the making and the locking
                    return folder, lock
                os.close(lock)

    @contextmanager
    def _explained(self, sha256: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if self.has(sha256):
                raise
            raise WorkspaceError(
                f"The object {sha256} is missing from {self._objects}. Files in the workspace's folder "
                "were removed by hand: restore them from a backup, or upload again."
            ) from error

    def _path(self, sha256: str) -> Path:
        return self._objects / sha256[:2] / sha256[2:4] / sha256


def sync_folder(folder: Path) -> None:
    """Make the names inside a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(folder: Path) -> int:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    return handle


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = _lock(folder)
    try:
        yield
    finally:
        os.close(handle)


def _make_folders(folder: Path, root: Path) -> None:
    missing: list[Path] = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_folder(new.parent)


def _make_durable(handle: int) -> None:
    os.fchmod(handle, 0o444)
    os.fsync(handle)


def _blocks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with open(source, "rb") as file:
        while block := file.read(_BLOCK):
            yield block
