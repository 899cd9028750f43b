"""Running a reader in a process of its own, where a crash, a hang or a flood of memory hurts nobody.

The C libraries behind HDF5 and VTK break on damaged files in ways that no exception handler sees.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ... import _lifeline
from .._request import Request

_SECONDS = 60
_SECONDS_PER_BYTE = 1 / 4_000_000
#: What Python and the library themselves map into memory, in bytes.
_OVERHEAD_BYTES = 6_000_000_000


def run_apart(request: Request, script: str, library: str, *arguments: str) -> str:
    """Run a script of this folder on a file; return what it wrote to its standard error. It dies with us.

    The script gets the file's path, the limit of its address space in bytes, and the arguments.

    Raises:
        FieldError: the process died, or did not end in time.
    """
    size = request.path.stat().st_size
    seconds = _SECONDS + _SECONDS_PER_BYTE * size
    limit = _OVERHEAD_BYTES + 3 * request.max_bytes
    # -P: the names of this folder's modules must not hide those of libraries.
    command = [
        sys.executable,
        "-P",
        _lifeline.__file__,
        str(os.getpid()),
        str(Path(__file__).with_name(script)),
        str(request.path.resolve()),
        str(limit),
    ]
    try:
        done = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise request.error(
            f"{library} did not finish reading it in {seconds:.0f} seconds: the file seems damaged. Write "
            "it again."
        ) from error
    if done.returncode:
        raise request.error(
            f"{library} broke down reading it (exit status {done.returncode}): the file is damaged, or "
            "forged. Fetch or write it again."
        )
    return done.stderr.decode("utf-8", "replace")
