"""The process in which an uploaded file is first opened: `python -m ... MEMORY SECONDS FILE...`.

It sets its own limits before it imports a reader, and answers with JSON on what was standard output.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any


def main(memory: int, seconds: int, paths: list[str]) -> None:
    answer = os.dup(1)
    os.dup2(2, 1)  # what a reader prints must not mix with the answer
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    from ..errors import PhysForgeError
    from ..fields import describe
    from ._json import plain

    described: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for path in paths:
        try:
            described[path] = plain(describe(Path(path)).to_dict())
        except PhysForgeError as error:
            refused[path] = str(error)
        except MemoryError:
            os.write(answer, json.dumps({"out_of_memory": path}).encode())
            return
    os.write(answer, json.dumps({"described": described, "refused": refused}).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
