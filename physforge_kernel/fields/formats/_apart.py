"""Running a reader in a process of its own, where a crash, a hang or a flood of memory hurts nobody.

The C libraries behind HDF5 and VTK break on damaged files in ways that no exception handler sees.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from ... import _lifeline
from ..._wording import size as human_bytes
from .._request import Request

_SECONDS = 60
_SECONDS_PER_BYTE = 1 / 4_000_000
#: What Python and the library themselves map into memory, in bytes.
_OVERHEAD_BYTES = 6_000_000_000
#: What a script writes to its standard output once it is about to open the file: what ends it then may be
#: the file's fault, what ended it before cannot be.
_OPENING = b"opening"


def run_apart(request: Request, script: str, library: str, *arguments: str) -> str:
    """Run a script of this folder on a file; return what it wrote to its standard error. It dies with us.

    The script gets the file's path, the limit of its address space in bytes, and the arguments; it writes
    `opening` to its standard output before it opens the file.

    Raises:
        FieldError: the process was killed by the file, did not end in time, or could not do its work at all.
    """
    size = request.path.stat().st_size
    seconds = _SECONDS + _SECONDS_PER_BYTE * size
    limit, set_from_outside = _limit(request)
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
    except OSError as error:
        raise _could_not_run(request, library, error.strerror or str(error), set_from_outside) from error
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode < 0 and _OPENING in done.stdout:
        allowed = (
            f", or it needs more than the {human_bytes(limit)} of memory that this system allows"
            if set_from_outside
            else ""
        )
        raise request.error(
            f"{library} broke down reading it ({_ended_by(done.returncode)}): the file is damaged, or "
            f"forged{allowed}. Fetch or write it again."
        )
    if done.returncode:
        last_words = (said.strip().splitlines() or [_ended_by(done.returncode)])[-1]
        raise _could_not_run(request, library, last_words, set_from_outside)
    return said


def _limit(request: Request) -> tuple[int, bool]:
    """Return the address space that a reader may take, and whether the system allows it no more than that."""
    wanted = _OVERHEAD_BYTES + 3 * request.max_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    return (wanted, False) if hard == resource.RLIM_INFINITY or hard >= wanted else (hard, True)


def _could_not_run(request: Request, library: str, why: str, set_from_outside: bool) -> Exception:
    memory = " Allow this process more memory (ulimit -v)." if set_from_outside else ""
    return request.error(
        f"{library} could not be run on it in a process of its own ({why.rstrip('.')[:300]}). That says "
        f"nothing about the file.{memory or ' Mend that, and read it again.'}"
    )


def _ended_by(status: int) -> str:
    if status < 0:
        return signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return f"exit status {status}"
