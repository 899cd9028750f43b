"""What was downloaded: files under their own names, compared with their sha256 when they are handed out."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from .._home import private_folder
from ..errors import WorkspaceError
from ..workspace._copying import sha256_of
from ..workspace._names import check_file_path
from ..workspace._protocol import FileEntry
from ..workspace._uploads import disk_errors

Fetch = Callable[[BinaryIO], None]
"""Writes a file's bytes; where some are written already, those that follow."""

_KEPT = 30 * 86_400.0  # seconds, since something was last used
_DAY = 86_400.0


class Cache:
    """A private folder of files that are read-only and can be fetched again at any time.

    Args:
        root: the folder; by default PHYSFORGE_CACHE, or `physforge` in the system's folder of caches.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or _default_root()

    def file(self, key: str, entry: FileEntry, fetch: Fetch) -> Path:
        """Return the path of a file in the folder `key`, fetched unless it is there with the right bytes.

        Raises:
            WorkspaceError: what was fetched is not what the sha256 promised, or the disk refused.
        """
        folder = private_folder(self._root) / key
        target = folder / check_file_path(entry.path)
        with disk_errors():
            if not _holds(target, entry):
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._fetch(entry, target, fetch)
            os.utime(folder)  # when it was last used
        return target

    def folder(self, key: str) -> Path:
        """Return the folder that holds the files of a key."""
        return self._root / key

    def tidy(self) -> None:
        """Once a day, remove what was not used for a month."""
        stamp = self._root / ".tidied"
        now = time.time()
        with suppress(OSError):
            private_folder(self._root)
            if stamp.exists() and stamp.stat().st_mtime > now - _DAY:
                return
            stamp.touch()
            for entry in self._root.iterdir():
                if entry != stamp and entry.stat().st_mtime < now - _KEPT:
                    shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink()

    def _fetch(self, entry: FileEntry, target: Path, fetch: Fetch) -> None:
        partial = self._root / f".{uuid.uuid4().hex}"
        try:
            with open(partial, "x+b", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                fetch(file)
                file.flush()
                file.seek(0)
                found = hashlib.file_digest(file, "sha256").hexdigest()
                os.fchmod(file.fileno(), 0o444)
            if found != entry.sha256:
                raise WorkspaceError(
                    f"{entry.path} did not arrive as it was kept: its sha256 is {found[:12]}..., not "
                    f"{entry.sha256[:12]}... . Try again; if it happens again, the service's copy is damaged."
                )
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _holds(target: Path, entry: FileEntry) -> bool:
    try:
        return target.stat().st_size == entry.size and sha256_of(target) == entry.sha256
    except OSError:
        return False


def _default_root() -> Path:
    if named := os.environ.get("PHYSFORGE_CACHE", "").strip():
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
    return Path(base).expanduser().absolute() / "physforge"
