"""Objects under the names people gave them: read-only files that share the objects' bytes.

Programs tell a format by a file's name, and an object has none; a view gives it one for nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from ._object_store import ObjectStore


class Views:
    """Folders `root/<key>` holding objects under their names; each can be made again at any time.

    A key begins with the id of what is shown, so that a view goes when that goes.
    """

    def __init__(self, root: Path, store: ObjectStore) -> None:
        self._root = root
        self._store = store
        root.mkdir(mode=0o700, exist_ok=True)

    def show(self, key: str, files: Mapping[str, str]) -> Path:
        """Return the folder `key` in which each path of `files` stands for the object with its sha256."""
        folder = self._root / key
        for path, sha256 in files.items():
            target = folder / path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                self._store.link(sha256, target)
        return folder

    def keep_only(self, wanted: Callable[[str], bool]) -> None:
        """Remove the views whose key is not wanted, so that they keep no bytes alive."""
        for folder in self._root.iterdir():
            if not wanted(folder.name):
                shutil.rmtree(folder, ignore_errors=True)
