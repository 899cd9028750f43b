"""A log is private, and has an end, also while somebody writes to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from physforge_hub import _logs
from physforge_hub._logs import keep_short, last_words, open_log, shorten

from ..conftest import until


@pytest.fixture(autouse=True)
def longest(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make logs long that are not."""
    monkeypatch.setattr(_logs, "_LONGEST", 1000)
    return 1000


def test_a_long_log_is_put_aside_when_its_part_starts(tmp_path: Path):
    path = tmp_path / "hub.log"
    path.write_bytes(b"x" * 1001)
    os.close(open_log(path))
    assert path.read_bytes() == b""
    assert (tmp_path / "hub.old").stat().st_size == 1001
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_shortened_under_the_process_that_writes_it(tmp_path: Path, longest: int):
    path = tmp_path / "service.log"
    log = open_log(path)
    say = [sys.executable, "-c", "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"]
    with subprocess.Popen(say, stdin=subprocess.PIPE, stdout=log, text=True) as process:
        os.close(log)
        assert process.stdin is not None
        process.stdin.write("early\n" * 1000)
        process.stdin.flush()
        until(lambda: path.stat().st_size == 6000)
        shorten(tmp_path)
        assert path.stat().st_size == 0
        process.stdin.write("late\n")
    assert path.read_text() == "late\n"
    aside = tmp_path / "service.old"
    assert aside.stat().st_size == longest
    assert aside.read_text().endswith("early\n")
    assert aside.stat().st_mode & 0o777 == 0o600
    assert last_words(path).endswith("ends with: late")


def test_a_short_log_is_left_alone(tmp_path: Path):
    path = tmp_path / "hub.log"
    path.write_bytes(b"x" * 1000)
    shorten(tmp_path)
    assert path.stat().st_size == 1000
    assert [each.name for each in tmp_path.iterdir()] == ["hub.log"]


def test_a_log_is_emptied_though_it_cannot_be_put_aside(tmp_path: Path):
    path = tmp_path / "hub.log"
    path.write_bytes(b"x" * 2000)
    (tmp_path / "hub.old").mkdir()
    shorten(tmp_path)
    assert path.stat().st_size == 0


def test_logs_are_looked_after_again_and_again(tmp_path: Path):
    path = tmp_path / "proxy.log"
    assert keep_short(tmp_path, every=0.01).daemon
    for _ in range(3):
        path.write_bytes(b"x" * 2000)
        until(lambda: path.stat().st_size == 0)
