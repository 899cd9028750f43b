"""Whatever a keeper starts ends with it, however far it has moved away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from physforge_hub._processes import adopt_orphans, end_marked

# Starts a child that ignores SIGTERM if told so, a child of that child, and one that detaches itself.
KEEPER = """
import json, os, subprocess, sys
from physforge_hub._processes import Bell, adopt_orphans, end_children
bell = Bell()
adopt_orphans()
trap = "trap '' TERM;" if sys.argv[1] == "stubborn" else ""
script = trap + "sleep 1000 & echo $!; (setsid sleep 1000 & echo $!); echo done; wait; wait"
shell = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True)
lines = [next(shell.stdout).strip() for _ in range(3)]
print(json.dumps([shell.pid, *map(int, lines[:2])]), flush=True)
while not bell.asked_to_stop:
    bell.wait(60)
end_children(float(sys.argv[2]), bell)
print("ended", flush=True)
"""


class Keeper:
    def __init__(self, manner: str, patience: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KEEPER, manner, str(patience)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.kept = [psutil.Process(pid) for pid in json.loads(self.process.stdout.readline())]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@pytest.fixture
def keepers() -> Iterator[list[Keeper]]:
    started: list[Keeper] = []
    yield started
    for keeper in started:
        for process in [*keeper.kept, keeper.process]:
            with suppress(psutil.Error, ProcessLookupError):
                process.kill()
        keeper.process.wait()
        assert keeper.process.stdout is not None
        keeper.process.stdout.close()


def test_children_grandchildren_and_those_who_detached_themselves_end_with_their_keeper(
    keepers: list[Keeper],
):
    keepers.append(keeper := Keeper("willing", 60))
    assert all(process.is_running() for process in keeper.kept)

    keeper.stop()

    assert keeper.process.wait(30) == 0
    assert not [process for process in keeper.kept if process.is_running()]


def test_who_does_not_listen_is_killed_when_patience_ends(keepers: list[Keeper]):
    keepers.append(keeper := Keeper("stubborn", 0.5))

    keeper.stop()

    assert keeper.process.wait(30) == 0
    assert not [process for process in keeper.kept if process.is_running()]


def test_a_second_signal_ends_the_patience(keepers: list[Keeper]):
    keepers.append(keeper := Keeper("stubborn", 1e6))

    keeper.stop()
    deadline = time.monotonic() + 30
    while keeper.process.poll() is None and time.monotonic() < deadline:
        keeper.stop()
        time.sleep(0.1)

    assert keeper.process.stdout is not None
    assert keeper.process.stdout.read() == "ended\n"
    assert not [process for process in keeper.kept if process.is_running()]


def test_what_carries_a_mark_is_ended_and_nothing_else(tmp_path: Path):
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(1000)"]
    ours, theirs = (
        subprocess.Popen(command, env=os.environ | {"PHYSFORGE_LAB": mark}, stdout=subprocess.PIPE)
        for mark in (str(tmp_path / "ours"), str(tmp_path / "theirs"))
    )
    with ours, theirs:
        for process in (ours, theirs):
            assert process.stdout is not None
            process.stdout.readline()
        try:
            assert end_marked("PHYSFORGE_LAB", str(tmp_path / "ours")) == 1
            assert ours.wait(10) is not None
            assert theirs.poll() is None
        finally:
            theirs.kill()


def test_where_a_lab_cannot_be_kept_together_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(OSError, match="only Linux .* not darwin"):
        adopt_orphans()
