"""The lab's logs: private, one for each part, and never without end."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from physforge_kernel._wording import one_line

_LONGEST = 5_000_000  # bytes


def open_log(path: Path) -> int:
    """Open a log to write at its end, and return its descriptor; a long one is put aside first."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > _LONGEST:
            path.replace(path.with_suffix(".old"))
    return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)


def last_words(path: Path) -> str:
    """Return a sentence on where a log is and how it ends."""
    lines: list[str] = []
    with suppress(OSError), path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4000))
        lines = stream.read().decode(errors="replace").splitlines()
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"Its log is {path}" + (f", and ends with: {one_line(said):.300}" if said else ", and is empty.")
