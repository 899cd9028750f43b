"""What the embedded workspace does with the bytes of datasets on its disk."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from physforge_kernel.errors import FieldError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, _copying, _object_store
from physforge_kernel.workspace._describing import Limits

from .conftest import HandClock, files_under


def test_equal_bytes_are_stored_once_and_every_object_is_read_only(behind: EmbeddedWorkspace, wave: Path):
    first = behind.datasets.upload(wave, "one")
    second = behind.datasets.upload(wave, "two")
    assert first.id == second.id
    (stored,) = files_under(behind.home / "objects")
    assert stored.name == first.files[0].sha256
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444
    assert stat.S_IMODE(behind.datasets.path("one").stat().st_mode) == 0o444
    assert stat.S_IMODE(behind.home.stat().st_mode) == 0o700


def test_a_view_that_still_shares_the_objects_bytes_is_replaced(behind: EmbeddedWorkspace, wave: Path):
    behind.datasets.upload(wave)
    path = behind.datasets.path("wave")
    (stored,) = files_under(behind.home / "objects")
    path.unlink()
    os.link(stored, path)

    assert not behind.datasets.path("wave").samefile(stored)
    assert stored.stat().st_nlink == 1


def test_an_object_that_was_damaged_is_noticed_and_mended_by_uploading_the_original(
    behind: EmbeddedWorkspace, wave: Path, tmp_path: Path
):
    behind.datasets.upload(wave)
    before = behind.datasets.open("wave")
    (stored,) = files_under(behind.home / "objects")
    stored.chmod(0o644)
    with open(stored, "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"777")

    for look in (
        lambda: behind.datasets.open("wave"),
        lambda: behind.datasets.path("wave"),
        lambda: behind.datasets.download("wave", tmp_path / "copy"),
    ):
        with pytest.raises(WorkspaceError, match=r"is damaged: .* Upload the original again"):
            look()
    assert not (tmp_path / "copy").exists()

    assert behind.datasets.upload(wave).reused
    assert behind.datasets.open("wave").identical(before)
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().swapcase() + b" ")
    assert behind.datasets.upload(wave, "under-another-name").ref == "under-another-name@1"
    assert behind.datasets.open("wave").identical(before)
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444


def test_objects_go_a_day_after_the_last_version_that_held_them(tmp_path: Path, wave: Path, clock: HandClock):
    workspace = EmbeddedWorkspace(tmp_path / "home", clock=clock)
    workspace.datasets.upload(wave, "one")
    workspace.datasets.upload(wave, "two")
    workspace.datasets.path("two")
    workspace.datasets.delete("one")
    clock.turn(100_000)
    workspace.sweep()
    assert len(files_under(workspace.home / "objects")) == 1, "the second dataset still holds it"
    workspace.datasets.delete("two")
    workspace.sweep()
    assert len(files_under(workspace.home / "objects")) == 1, "a day has not passed"
    clock.turn(86_401)
    assert workspace.sweep() == 1
    assert files_under(workspace.home / "objects") == []
    assert files_under(workspace.home / "views") == []
    assert workspace.datasets.upload(wave, "one").ref == "one@2"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(memory=0), r"wave\.csv: describing it took more than 0 B of memory"),
        (Limits(seconds=0), r"wave\.csv: it could not be described in 0 s"),
    ],
)
def test_a_file_that_wants_too_much_is_refused_and_leaves_nothing(
    tmp_path: Path, wave: Path, limits: Limits, said: str
):
    workspace = EmbeddedWorkspace(tmp_path / "home", limits=limits)
    with pytest.raises(FieldError, match=said):
        workspace.datasets.upload(wave)
    assert workspace.datasets.list() == []
    assert list((workspace.home / "staging").iterdir()) == []


def test_the_bytes_that_a_new_version_shares_are_compared_while_others_may_write(
    behind: EmbeddedWorkspace, wave: Path, monkeypatch: pytest.MonkeyPatch
):
    behind.datasets.upload(wave, "wake")
    compared: list[Path] = []

    def sha256_of(path: Path) -> str:
        with closing(sqlite3.connect(behind.home / "workspace.db", timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")  # refused while a write transaction is open
        compared.append(path)
        return _copying.sha256_of(path)

    monkeypatch.setattr(_object_store, "sha256_of", sha256_of)

    assert behind.datasets.upload(wave, "under-another-name").ref == "under-another-name@1"
    assert compared == files_under(behind.home / "objects")
