"""Copying a file, sharing its blocks with the copy where the file system can, and hashing it on the way."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 20
_FICLONE = 0x40049409  # from linux/fs.h: let one file share another's blocks until either is written to


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_hashed(source: Path, target: Path, mode: int = 0o666) -> str:
    """Copy a file to `target`, which must not exist, with its time of change; return the sha256 of the copy.

    Args:
        source: the file.
        target: the copy, which shares no bytes with it that a writer could reach.
        mode: the copy's permissions, of which the umask takes its share.
    """
    with open(source, "rb") as original, open(target, "x+b", opener=_opener(mode)) as copy:
        found = os.fstat(original.fileno())
        digest = hashlib.sha256()
        blocks = copy if _share(original, copy) else original
        while block := blocks.read(_BLOCK):
            digest.update(block)
            if blocks is original:
                copy.write(block)
        copy.flush()
        os.utime(copy.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
    return digest.hexdigest()


def _opener(mode: int) -> Callable[[str, int], int]:
    return lambda path, flags: os.open(path, flags, mode)


def _share(original: BinaryIO, copy: BinaryIO) -> bool:
    try:
        fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
    except OSError:
        return False
    return True
