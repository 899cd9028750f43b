"""Describing files that nobody has looked at yet, in a process that may die of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import _wording
from ..errors import FieldError, WorkspaceError

KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Limits:
    """What describing one upload may take."""

    memory: int = 4_000_000_000
    """Address space beyond the readers' own, in bytes."""
    seconds: int = 60
    """Wall time; processor time is held to the same."""


@dataclass(frozen=True)
class Descriptions:
    """What was learnt of the files of one upload, by path."""

    described: dict[str, dict[str, Any]]
    refused: dict[str, str]


def describe_apart(folder: Path, paths: Sequence[str], limits: Limits) -> Descriptions:
    """Describe files of `folder` in a process of their own, with limits on memory and time.

    The process gets no secrets from our environment, and a folder of its own for what it writes, inside
    `folder`. It dies with this one.

    Raises:
        FieldError: a file took more than the limits, or killed its reader.
    """
    command = [
        *(sys.executable, "-P", "-B", "-m", f"{__package__}._describe_child"),
        *(str(os.getpid()), str(limits.memory), str(limits.seconds), str(folder)),
    ]
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    files = paths[0] if len(paths) == 1 else f"one of {len(paths)} files"
    with (
        tempfile.TemporaryDirectory(prefix=".describing-", dir=folder) as scratch,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment | {"TMPDIR": scratch},
            start_new_session=True,
        ) as process,
    ):
        try:
            answer, complaint = process.communicate(json.dumps(list(paths)).encode(), timeout=limits.seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise FieldError(
                f"{files}: it could not be described in {limits.seconds} s, so it was not uploaded. "
                "Check the file, or upload a smaller part of it."
            ) from error
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode == -signal.SIGXCPU:
        raise FieldError(f"{files}: describing it took more than {limits.seconds} s, so it was not uploaded.")
    if process.returncode < 0:
        raise FieldError(
            f"{files}: its reader was killed ({signal.Signals(-process.returncode).name}), so it was not "
            "uploaded. The file is damaged, or made to do harm."
        )
    if process.returncode != 0 or not answer:
        last_words = (complaint.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
        raise WorkspaceError(
            f"{files}: describing it failed in a way that was not foreseen, so it was not uploaded. "
            f"Its process said: {last_words} Please report this."
        )
    found = json.loads(answer)
    if "out_of_memory" in found:
        raise FieldError(
            f"{files}: describing it took more than {_wording.size(limits.memory)} of memory, so it was not "
            "uploaded. The file declares more than it should hold."
        )
    return Descriptions(found["described"], found["refused"])
