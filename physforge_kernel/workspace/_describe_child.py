"""The process in which an uploaded file is first opened: `python -m ... PARENT MEMORY SECONDS FOLDER`.

The files' names come as JSON on standard input. The process limits itself before it opens a file, and answers
with JSON on what was standard output.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from .._lifeline import die_with
from ..errors import AxesError, PhysForgeError
from ..fields import describe, undecided
from ._json import plain


def main(parent: int, memory: int, seconds: int, folder: Path) -> None:
    die_with(parent)
    paths: list[str] = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)  # what a reader prints must not mix with the answer
    limit(memory, seconds)
    described: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for path in paths:
        try:
            described[path] = plain(describe(folder / path).to_dict())
        except AxesError as error:  # whoever opens it can say how
            described[path] = plain(undecided(folder / path, error).to_dict())
        except PhysForgeError as error:
            refused[path] = str(error)
        except (MemoryError, OSError, ImportError) as error:
            if not _is_exhaustion(error):
                raise
            os.write(answer, json.dumps({"out_of_memory": path}).encode())
            return
    os.write(answer, json.dumps({"described": described, "refused": refused}).encode())


def limit(memory: int, seconds: int) -> None:
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for kind, soft in (
        (resource.RLIMIT_AS, in_use + memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, memory),
    ):
        _, hard = resource.getrlimit(kind)  # left alone: a reader may limit a process of its own otherwise
        resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _is_exhaustion(error: MemoryError | OSError | ImportError) -> bool:
    """Say whether memory ran out; a library that could not be mapped says so as an ImportError."""
    if isinstance(error, ImportError):
        return "map segment" in str(error) or "allocate memory" in str(error)
    return isinstance(error, MemoryError) or error.errno == errno.ENOMEM


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
