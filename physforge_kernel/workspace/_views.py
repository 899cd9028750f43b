"""Objects under the names people gave them: read-only copies, made again when someone has changed them.

Programs tell a format by a file's name, and an object has none; a view gives it one. It shares its blocks
with the object where the file system can, and never its bytes: what is written to it is lost, and harms none.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from .._home import private_folder
from ._copying import sha256_of
from ._object_store import ObjectStore
from ._uploads import disk_errors


class Views:
    """Folders `root/<key>` holding objects under their names; each can be made again at any time.

    A key begins with the id of what is shown, so that a view goes when that goes.
    """

    def __init__(self, root: Path, store: ObjectStore) -> None:
        self._root = private_folder(root)
        self._store = store

    def show(self, key: str, files: Mapping[str, str], *, exactly: str | None = None) -> Path:
        """Return the folder `key` in which each path of `files` is a copy of the object with its sha256.

        A copy that is there already is taken as it is if its size and time of change are the object's.

        Args:
            key: the view's name.
            files: path below the folder -> sha256.
            exactly: a path whose copy is compared with its sha256 byte by byte.

        Raises:
            WorkspaceError: an object is missing or damaged, or a copy cannot be made.
        """
        folder = self._root / key
        with disk_errors():
            for path, sha256 in files.items():
                target = folder / path
                if not self._store.is_copy(sha256, target) or (
                    path == exactly and sha256_of(target) != sha256
                ):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    self._store.fetch(sha256, target, mode=0o444)
        return folder

    def keep_only(self, wanted: Callable[[str], bool]) -> None:
        """Remove the views whose key is not wanted, so that they keep no bytes alive."""
        for folder in self._root.iterdir():
            if not wanted(folder.name):
                shutil.rmtree(folder, ignore_errors=True)
