"""The lab's logs: private, one for each part, and never without end."""

from __future__ import annotations

import os
import shutil
import threading
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


def keep_short(folder: Path, every: float = 60.0) -> threading.Thread:
    """Shorten the logs in a folder from time to time for as long as this process lives.

    Args:
        folder: where the logs are.
        every: the seconds between looks.

    Returns:
        the thread that does it.
    """

    def look() -> None:
        while True:
            shorten(folder)
            pause.wait(every)

    pause = threading.Event()
    thread = threading.Thread(target=look, name="logs", daemon=True)
    thread.start()
    return thread


def shorten(folder: Path) -> None:
    """Put what is in each long log of a folder aside as `.old`, and empty the log.

    Whoever writes to it goes on at its new end, since `open_log` opens logs to append. Of a log that is far
    too long only the end is kept.
    """
    for path in sorted(folder.glob("*.log")):
        with suppress(OSError):
            if path.stat().st_size > _LONGEST:
                with suppress(OSError):  # the disk may be full: all the more reason to empty the log
                    _copy_end(path, path.with_suffix(".old"))
                os.truncate(path, 0)


def _copy_end(path: Path, copy: Path) -> None:
    copy.unlink(missing_ok=True)
    made = os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with path.open("rb") as source, open(made, "wb") as target:
        source.seek(max(0, path.stat().st_size - _LONGEST))
        shutil.copyfileobj(source, target)


def last_words(path: Path) -> str:
    """Return a sentence on where a log is and how it ends."""
    lines: list[str] = []
    with suppress(OSError), path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4000))
        lines = stream.read().decode(errors="replace").splitlines()
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"Its log is {path}" + (f", and ends with: {one_line(said):.300}" if said else ", and is empty.")
