"""The workspace's home, and folders and files in it that are their owner's alone."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def home() -> Path:
    """Return the folder of the workspace: the one that `PHYSFORGE_HOME` names, or `~/.physforge`."""
    return Path(os.environ.get("PHYSFORGE_HOME", "").strip() or "~/.physforge").expanduser()


def private_folder(folder: Path) -> Path:
    """Make a folder that nobody but its owner may enter, or close one of ours that others may enter.

    Whoever makes the workspace's home, or a folder in it, does it here, so that it is private whoever comes
    first. A folder of somebody else stays as it is, and so does one that is meant to be shared: `/tmp`.

    Args:
        folder: the folder; those above it are made as usual if they are missing.

    Returns:
        the folder.

    Raises:
        OSError: it cannot be made, or is no folder.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as place:
        ...     oct(private_folder(Path(place) / "home").stat().st_mode & 0o777)
        '0o700'
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if not (found.st_mode & stat.S_ISVTX or folder == folder.parent):
        _close(folder, found)
    return folder


def private_file(path: Path) -> None:
    """Make an empty file that nobody but its owner may open, or close one of ours that others may open.

    Where that cannot be, nothing happens: whoever opens the file will say why.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600))
        _close(path, path.stat())


def _close(path: Path, found: os.stat_result) -> None:
    if found.st_uid == os.geteuid() and found.st_mode & _OTHERS:
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
