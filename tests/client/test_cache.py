"""The cache: right bytes or none, wherever they were changed, and nothing outside its folder."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from physforge_kernel.client._cache import Cache
from physforge_kernel.errors import WorkspaceError
from physforge_kernel.workspace import FileEntry

CONTENT = b"a field, in a manner of speaking"


def entry(path: str = "wave.csv", content: bytes = CONTENT) -> FileEntry:
    return FileEntry(path, len(content), hashlib.sha256(content).hexdigest())


class Source:
    """Gives bytes, and counts how often."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.asked = 0

    def __call__(self, file: BinaryIO) -> None:
        self.asked += 1
        file.write(self.content)


def test_what_is_there_is_not_fetched_again(cache: Path):
    source = Source()
    first = Cache(cache).file("key", entry("runs/wave.csv"), source)
    assert first.read_bytes() == CONTENT
    assert first.parts[-3:] == ("key", "runs", "wave.csv")
    assert Cache(cache).file("key", entry("runs/wave.csv"), source) == first
    assert source.asked == 1
    assert stat.S_IMODE(first.stat().st_mode) == 0o444
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "spoil", [b"A field, in a manner of speaking", b"", b"longer than it was, by far: " + CONTENT]
)
def test_what_was_changed_is_fetched_again(cache: Path, spoil: bytes):
    source = Source()
    path = Cache(cache).file("key", entry(), source)
    was = path.stat()
    path.chmod(0o644)
    path.write_bytes(spoil)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert Cache(cache).file("key", entry(), source).read_bytes() == CONTENT
    assert source.asked == 2


def test_wrong_bytes_are_never_handed_out(cache: Path):
    with pytest.raises(WorkspaceError, match=r"wave\.csv did not arrive as it was kept"):
        Cache(cache).file("key", entry(), Source(b"something else"))
    assert [path for path in cache.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("path", ["../wave.csv", "/etc/passwd", "a/../../b", "", "a\x00b"])
def test_no_name_from_a_service_leads_out_of_the_cache(cache: Path, path: str):
    source = Source()
    with pytest.raises(WorkspaceError, match="not a usable file name"):
        Cache(cache).file("key", entry(path), source)
    assert source.asked == 0


def test_what_nobody_used_for_a_month_goes(cache: Path):
    old, new = (Cache(cache).file(key, entry(), Source()) for key in ("old", "new"))
    long_ago = time.time() - 40 * 86_400
    os.utime(old.parent, (long_ago, long_ago))
    Cache(cache).tidy()
    assert not old.exists()
    assert new.exists()
    os.utime(new.parent, (long_ago, long_ago))
    Cache(cache).tidy()
    assert new.exists(), "it looks once a day"


def test_its_place_can_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("PHYSFORGE_CACHE", raising=False)
    assert Cache().folder("key") == tmp_path / "physforge" / "key"
    monkeypatch.setenv("PHYSFORGE_CACHE", str(tmp_path / "mine"))
    assert Cache().folder("key") == tmp_path / "mine" / "key"
