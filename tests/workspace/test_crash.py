"""Killing an uploader at every stage: a file half-uploaded never becomes a version."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from physforge_kernel.workspace import EmbeddedWorkspace
from physforge_kernel.workspace._clock import utc_now

from .conftest import wave_csv

# Uploads, says so when it reaches the wanted stage, and waits there to be killed.
UPLOADER = """
import sys
from pathlib import Path
from physforge_kernel.workspace import EmbeddedWorkspace
from physforge_kernel.workspace._object_store import LocalObjectStore

home, source, wanted = sys.argv[1:]

def reached(stage):
    if stage == wanted:
        print(stage, flush=True)
        sys.stdin.read()

class Store(LocalObjectStore):
    def publish(self, staged):
        super().publish(staged)
        reached("published")

workspace = EmbeddedWorkspace(home)
workspace.datasets._store = Store(Path(home))
workspace.datasets.upload(source, "wave", progress=lambda done, said: reached(said.split()[0].lower()))
"""

# Uploads with a describer that stops before it starts to read, and tells the id of its process.
SLOW_DESCRIBER = """
import os, subprocess, sys
from physforge_kernel.workspace import EmbeddedWorkspace, _describing

home, source, pipe = sys.argv[1:]
start = subprocess.Popen

def started(command, **options):
    process = start(command, **options | {"stdin": os.open(pipe, os.O_RDWR)})  # which never ends

    def tell_and_wait(*given, **more):
        print(process.pid, flush=True)
        process.wait()

    process.communicate = tell_and_wait
    return process

_describing.subprocess.Popen = started
EmbeddedWorkspace(home).datasets.upload(source, "wave")
"""


def killed_at(stage: str, home: Path, source: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", UPLOADER, home, source, stage],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{stage}\n"
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("stage", ["copying", "describing", "recording", "published"])
def test_an_upload_that_dies_before_its_commit_leaves_no_version(tmp_path: Path, stage: str):
    home = tmp_path / "home"
    source = wave_csv(tmp_path / "wave.csv")
    killed_at(stage, home, source)
    left = [path.name for path in (home / "staging").iterdir()]
    assert len(left) == 1, "the uploader died with its staging folder in place"

    reopened = EmbeddedWorkspace(home)
    assert reopened.datasets.list() == []
    assert list((home / "staging").iterdir()) == []
    version = reopened.datasets.upload(source, "wave")
    assert (version.ref, version.reused) == ("wave@1", False)
    assert reopened.datasets.path("wave").read_bytes() == source.read_bytes()


def test_what_describes_an_upload_dies_with_the_uploader_and_leaves_nothing(tmp_path: Path):
    home, temporary, pipe = tmp_path / "home", tmp_path / "tmp", tmp_path / "pipe"
    temporary.mkdir()
    os.mkfifo(pipe)
    source = wave_csv(tmp_path / "wave.csv")
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_DESCRIBER, home, source, pipe],
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    ) as uploader:
        assert uploader.stdout is not None
        describer = psutil.Process(int(uploader.stdout.readline()))
        assert describer.ppid() == uploader.pid
        uploader.kill()
        describer.wait(timeout=30)
    assert list(temporary.iterdir()) == []

    EmbeddedWorkspace(home)
    assert list((home / "staging").iterdir()) == []


def test_an_upload_that_dies_after_its_commit_is_whole(tmp_path: Path):
    home = tmp_path / "home"
    source = wave_csv(tmp_path / "wave.csv")
    killed_at("uploaded", home, source)
    reopened = EmbeddedWorkspace(home)
    assert reopened.datasets.get("wave").ref == "wave@1"
    assert reopened.datasets.path("wave").read_bytes() == source.read_bytes()


def test_an_object_published_by_an_upload_that_died_is_swept_after_a_day(tmp_path: Path):
    home = tmp_path / "home"
    killed_at("published", home, wave_csv(tmp_path / "wave.csv"))
    orphans = [path for path in (home / "objects").rglob("*") if path.is_file()]
    assert len(orphans) == 1
    today = EmbeddedWorkspace(home)
    today.sweep()
    assert orphans[0].exists(), "it may belong to an upload that is about to commit"
    later = EmbeddedWorkspace(home, clock=lambda: utc_now() + timedelta(days=2))
    assert later.sweep() == 1
    assert not orphans[0].exists()


def test_a_live_upload_is_not_swept_away(tmp_path: Path):
    home = tmp_path / "home"
    source = wave_csv(tmp_path / "wave.csv")
    other = EmbeddedWorkspace(home, clock=lambda: utc_now() + timedelta(days=2))

    def sweep(done: float, said: str) -> None:
        other.sweep()

    version = EmbeddedWorkspace(home).datasets.upload(source, progress=sweep)
    assert other.datasets.path(version).read_bytes() == source.read_bytes()
