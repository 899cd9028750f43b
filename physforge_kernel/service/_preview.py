"""Previews: a few numbers of each variable, read in a process that may die of the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from ..errors import FieldError, WorkspaceError
from ..workspace._describing import KEPT_VARIABLES, Limits

_KEPT = 64


class Previews:
    """Makes previews, and keeps the latest.

    Args:
        seconds: the longest that making one may take.
        memory: address space beyond the readers' own, in bytes.
    """

    def __init__(self, seconds: int, memory: int = Limits.memory) -> None:
        self._seconds = seconds
        self._memory = memory
        self._made: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, sha256: str, path: Path) -> dict[str, Any]:
        """Return the preview of a file with this hash.

        Returns:
            `{"variables": [...]}`, as `_preview_child.preview` makes each of them.

        Raises:
            FieldError: the file took more than the limits, or its reader failed.
        """
        with self._lock:
            if sha256 in self._made:
                self._made.move_to_end(sha256)
                return self._made[sha256]
        made = _made_apart(path, self._seconds, self._memory)
        with self._lock:
            self._made[sha256] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made


def _made_apart(path: Path, seconds: int, memory: int) -> dict[str, Any]:
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [
        *(sys.executable, "-P", "-B", "-m", f"{__package__}._preview_child"),
        *(str(os.getpid()), str(memory), str(seconds), str(path)),
    ]
    with (
        tempfile.TemporaryDirectory(prefix="physforge-preview-") as scratch,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | {"TMPDIR": scratch},
            cwd=scratch,
            start_new_session=True,
        ) as process,
    ):
        try:
            answer, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise FieldError(
                f"{path.name}: reading it for a preview took more than {seconds} s. Download it to see it."
            ) from error
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0 or not answer:
        raise FieldError(
            f"{path.name}: no preview can be made of it, for its reader failed or took more than "
            f"{memory / 2**30:.1f} GiB of memory. Download it to look at it."
        )
    found = json.loads(answer)
    if "refused" in found:
        raise FieldError(found["refused"])
    if "variables" not in found:
        raise WorkspaceError(f"{path.name}: its preview cannot be read.")
    return found
