"""Uploads under way: files in `<home>/incoming/<id>`, until they become a version or are given up."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool

from .. import _wording
from .._home import private_folder
from ..errors import ConflictError, NotFoundError, WorkspaceError
from ..workspace._clock import new_id, utc_now
from ..workspace._names import check_about, check_file_path, check_name, named_after, not_found
from ..workspace._protocol import FileEntry
from ..workspace._uploads import MAX_FILES, disk_errors
from ._settings import Settings

_ID = re.compile(r"upload-[0-9]{8}-[0-9]{6}-[0-9a-z]{6}")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Plan:
    """What an upload is going to be."""

    owner: str
    name: str
    description: str
    tags: tuple[str, ...]
    sizes: dict[str, int]
    """Path -> its size in bytes."""


@dataclass(frozen=True)
class Taken:
    """An upload that is complete, and that nobody else can touch any more."""

    plan: Plan
    files: Path
    """The folder that holds just the files of the plan."""


class Incoming:
    """The uploads that were begun and not ended."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self._root = private_folder(home / "incoming")
        self._settings = settings

    def begin(
        self,
        owner: str,
        name: str | None,
        description: str,
        tags: tuple[str, ...],
        files: list[FileEntry],
        called: str | None = None,
    ) -> str:
        """Open an upload of these files (their hashes are not looked at), and return its id.

        Args:
            owner: whose it is.
            name: the dataset's; None makes one of what the file or folder is called.
            description: a sentence about the version.
            tags: words to find it by.
            files: their paths and sizes.
            called: the name of the folder that holds the files; a single file says its own.

        Raises:
            WorkspaceError: it can never become a version: its names, or the number or sizes of files.
            ConflictError: this owner has too many uploads open.
        """
        sizes = _sizes(files)
        if name is None:
            name, description = _named(files, called, description)
        plan = Plan(owner, check_name(name), description, check_about(description, tags), sizes)
        total = sum(plan.sizes.values())
        if total > self._settings.upload_bytes:
            raise WorkspaceError(
                f"The files hold {_wording.size(total)} together, and this service takes "
                f"{_wording.size(int(self._settings.upload_bytes))} at most. Upload them in parts."
            )
        if total > (free := shutil.disk_usage(self._root).free):
            raise WorkspaceError(
                f"The files hold {_wording.size(total)} together, and the disk of the workspace has room for "
                f"{_wording.size(free)}. Make room, or upload less."
            )
        self.sweep()
        if sum(one.owner == owner for one in self._plans()) >= self._settings.open_uploads:
            raise ConflictError(
                f"There are {self._settings.open_uploads:g} uploads that were begun and not ended. End some "
                "of them: commit them, or delete them."
            )
        with disk_errors():
            id = new_id("upload", utc_now())
            fresh = self._root / f".{id}"
            (fresh / "files").mkdir(mode=0o700, parents=True)
            (fresh / "parts").mkdir(mode=0o700)
            (fresh / "plan.json").write_text(json.dumps(asdict(plan)), encoding="utf-8")
            fresh.rename(self._root / id)
        return id

    async def receive(self, owner: str, id: str, path: str, chunks: AsyncIterator[bytes]) -> None:
        """Stream one file of an upload to disk; it counts once it is whole, in place of one sent before.

        Raises:
            NotFoundError: this owner has no such upload, or no such file is in its plan.
            WorkspaceError: more or fewer bytes came than were announced.
        """
        folder, size = await run_in_threadpool(self._announced, owner, id, path)
        part = folder / "parts" / secrets.token_hex(8)
        try:
            received = await _stream(part, chunks, size)
            if received != size:
                raise WorkspaceError(
                    f"{path!r:.160} was announced with {size} bytes, and "
                    f"{'more' if received > size else f'only {received}'} came. Send the file again, or "
                    "begin a new upload with its right size."
                )
            await run_in_threadpool(_keep, part, folder, path)
        finally:
            await run_in_threadpool(part.unlink, missing_ok=True)

    def take(self, owner: str, id: str) -> Taken:
        """Close an upload that is complete; whoever takes it gives it up with `drop` in the end.

        Raises:
            NotFoundError: this owner has no such upload.
            ConflictError: files are missing; the upload stays open.
        """
        folder, plan = self._find(owner, id)
        missing = [path for path in plan.sizes if not (folder / "files" / path).is_file()]
        if missing:
            raise ConflictError(
                f"{len(missing)} of the {len(plan.sizes)} files are not there yet: "
                f"{', '.join(missing[:5])}. Send them, and commit again."
            )
        taken = folder.with_name(f".{id}-{secrets.token_hex(4)}")
        try:
            folder.rename(taken)
        except FileNotFoundError:
            raise _no_upload(id) from None
        return Taken(plan, taken / "files")

    def drop(self, taken: Taken) -> None:
        """Remove what a taken upload left."""
        shutil.rmtree(taken.files.parent, ignore_errors=True)

    def give_up(self, owner: str, id: str) -> None:
        """Remove an upload that was begun."""
        folder, _ = self._find(owner, id)
        gone = folder.with_name(f".{id}-{secrets.token_hex(4)}")
        with suppress(FileNotFoundError):
            folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def sweep(self) -> int:
        """Remove uploads that nothing was added to for long; return how many."""
        before = time.time() - self._settings.keep_uploads_seconds
        swept = 0
        for folder in self._root.iterdir():
            with suppress(FileNotFoundError):
                if max(each.stat().st_mtime for each in (folder, *folder.glob("*"))) < before:
                    shutil.rmtree(folder, ignore_errors=True)
                    swept += 1
        return swept

    def _plans(self) -> list[Plan]:
        found: list[Plan] = []
        for folder in self._root.glob("upload-*"):
            with suppress(FileNotFoundError):
                found.append(_plan(folder))
        return found

    def _find(self, owner: str, id: str) -> tuple[Path, Plan]:
        folder = self._root / id
        with suppress(FileNotFoundError):
            if _ID.fullmatch(id) and (plan := _plan(folder)).owner == owner:
                return folder, plan
        raise _no_upload(id)

    def _announced(self, owner: str, id: str, path: str) -> tuple[Path, int]:
        folder, plan = self._find(owner, id)
        if check_file_path(path) not in plan.sizes:
            announced = ", ".join(list(plan.sizes)[:8])
            raise not_found("file", path, plan.sizes, f"The upload announced {announced}.")
        return folder, plan.sizes[path]


def _no_upload(id: str) -> NotFoundError:
    return not_found("upload", id, (), "It was committed, given up, or never begun. Begin a new one.")


def _plan(folder: Path) -> Plan:
    kept = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return Plan(**{**kept, "tags": tuple(kept["tags"])})


def _named(files: list[FileEntry], called: str | None, description: str) -> tuple[str, str]:
    if called:
        return named_after(called, called, description)
    if len(files) != 1:
        raise WorkspaceError("An upload of several files needs a name. Send one, as in name='wake'.")
    path = PurePosixPath(files[0].path)
    return named_after(path.name, path.stem, description)


def _sizes(files: list[FileEntry]) -> dict[str, int]:
    if not files:
        raise WorkspaceError("An upload needs at least one file. Announce its path and its size in bytes.")
    if len(files) > MAX_FILES:
        raise WorkspaceError(
            f"An upload takes at most {MAX_FILES} files. Pack them into one HDF5 file first."
        )
    sizes: dict[str, int] = {}
    for file in files:
        if check_file_path(file.path) in sizes:
            raise WorkspaceError(f"The file {file.path!r:.160} is announced twice. Give each its own path.")
        sizes[file.path] = file.size
    for path in sizes:
        for folder in PurePosixPath(path).parents:
            if folder.as_posix() in sizes:
                raise WorkspaceError(
                    f"{folder.as_posix()!r:.160} is announced as a file and as the folder of {path!r:.160}."
                )
    return sizes


async def _stream(part: Path, chunks: AsyncIterator[bytes], size: int) -> int:
    """Write what comes to `part`, and return how much did; it ends where there is more than announced."""
    received = 0
    file = await run_in_threadpool(_opened, part)
    try:
        waiting = bytearray()
        async for chunk in chunks:
            received += len(chunk)
            if received > size:
                return received
            waiting += chunk
            if len(waiting) >= _BLOCK:
                await run_in_threadpool(_write, file, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(_write, file, bytes(waiting))
    finally:
        await run_in_threadpool(os.close, file)
    return received


def _opened(part: Path) -> int:
    try:
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        raise _no_upload(part.parent.parent.name) from None


def _write(file: int, block: bytes) -> None:
    with disk_errors():
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(file, rest) :]


def _keep(part: Path, folder: Path, path: str) -> None:
    target = folder / "files" / path
    try:
        for step in reversed(PurePosixPath(path).parents[:-1]):  # never `files` itself: it may be gone
            (folder / "files" / step).mkdir(mode=0o700, exist_ok=True)
        part.replace(target)
    except FileNotFoundError:  # the upload was committed or given up meanwhile
        raise _no_upload(folder.name) from None
