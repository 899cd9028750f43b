"""A file that is read in a process of its own, by a reader that is killed meanwhile."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
import pytest
import xarray as xr

from physforge_kernel import fields
from physforge_kernel.errors import FieldError
from physforge_kernel.fields._request import Request
from physforge_kernel.fields.formats._apart import run_apart

SCRIPT = Path(sys.executable).with_name("physforge")
T = TypeVar("T")


def test_a_probe_does_not_outlive_the_process_that_wanted_it(tmp_path: Path):
    pipe = tmp_path / "pipe.h5"  # whoever opens it waits for a writer that never comes
    os.mkfifo(pipe)
    reader = f"""
from pathlib import Path
from physforge_kernel.fields._request import Request
from physforge_kernel.fields.formats._apart import run_apart
run_apart(Request(Path({str(pipe)!r}), 2**20), "_hdf5_probe.py", "HDF5", "1", "1", "1")
"""
    with subprocess.Popen([sys.executable, "-c", reader]) as process:
        probe = _within_a_minute(lambda: _process_with(str(pipe)))
        process.kill()
    try:
        assert _within_a_minute(lambda: _has_ended(probe))
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            probe.kill()


def _process_with(argument: str) -> psutil.Process | None:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if argument in process.cmdline():
                return process
    return None


def _has_ended(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def _within_a_minute(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("not within a minute")


def test_a_limit_on_memory_from_outside_is_no_fault_of_the_file(tmp_path: Path):
    healthy = tmp_path / "healthy.h5"
    fields.write(xr.Dataset({"u": ("x", np.ones(3))}, {"x": np.arange(3.0)}), healthy)

    described = subprocess.run(
        ["sh", "-c", f'ulimit -v 4000000; exec "{SCRIPT}" describe "$0"', healthy],
        capture_output=True,
        text=True,
        check=False,
    )

    assert described.returncode == 0, described.stderr
    assert "healthy.h5: HDF5" in described.stdout


def test_a_probe_that_could_not_do_its_work_does_not_blame_the_file(tmp_path: Path):
    file = tmp_path / "file.h5"
    file.write_bytes(b"anything")

    with pytest.raises(FieldError, match=r"could not be run on it .*nothing about the file"):
        run_apart(Request(file, 2**20), "_text.py", "HDF5")
