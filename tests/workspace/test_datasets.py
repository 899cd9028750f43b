"""Uploading, finding, opening and deleting datasets."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.errors import ConflictError, FieldError, NotFoundError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, _copying, _object_store
from physforge_kernel.workspace._describing import Limits

from .conftest import HandClock, wave_csv


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def field(shift: float = 0.0) -> xr.Dataset:
    t, x = np.arange(5.0), np.linspace(0, 1, 8)
    return xr.Dataset({"u": (("t", "x"), np.sin(x[None] - t[:, None] + shift))}, coords={"t": t, "x": x})


def test_an_upload_is_a_numbered_version_with_what_was_read_from_it(
    workspace: EmbeddedWorkspace, tmp_path: Path
):
    said: list[tuple[float, str]] = []
    source = wave_csv(tmp_path / "my wave (1).csv")
    version = workspace.datasets.upload(
        source, description="A wave.", tags=("demo",), progress=lambda done, text: said.append((done, text))
    )
    assert (version.ref, version.name, version.number) == ("my-wave-1@1", "my-wave-1", 1)
    assert [(entry.path, entry.size) for entry in version.files] == [(source.name, source.stat().st_size)]
    assert version.metadata["format"] == "CSV"
    assert [variable["name"] for variable in version.metadata["variables"]] == ["u"]
    assert (version.description, version.tags, version.reused) == ("A wave.", ("demo",), False)
    fractions = [done for done, _ in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    opened = workspace.datasets.open("my-wave-1")
    assert dict(opened.sizes) == {"t": 5, "x": 8}


def test_the_same_bytes_under_the_same_name_are_the_same_version(workspace: EmbeddedWorkspace, wave: Path):
    first = workspace.datasets.upload(wave, description="first")
    again = workspace.datasets.upload(wave, description="second")
    assert (again, again.reused, again.description) == (first, True, "first")
    assert "already there" in repr(again)
    assert [version.ref for version in workspace.datasets.versions("wave")] == ["wave@1"]


def test_versions_count_up_and_none_changes(workspace: EmbeddedWorkspace, wave: Path):
    workspace.datasets.upload(wave)
    before = workspace.datasets.open("wave@1")
    wave_csv(wave, shift=0.5)
    second = workspace.datasets.upload(wave)
    assert second.ref == "wave@2"
    assert workspace.datasets.get("wave") == second
    assert [version.number for version in workspace.datasets.versions("wave")] == [2, 1]
    assert workspace.datasets.open("wave@1").identical(before)
    assert not workspace.datasets.open("wave").identical(before)


def test_equal_bytes_are_stored_once_and_every_object_is_read_only(workspace: EmbeddedWorkspace, wave: Path):
    first = workspace.datasets.upload(wave, "one")
    second = workspace.datasets.upload(wave, "two")
    assert first.id == second.id
    (stored,) = files_under(workspace.home / "objects")
    assert stored.name == first.files[0].sha256
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444
    assert stat.S_IMODE(workspace.datasets.path("one").stat().st_mode) == 0o444
    assert stat.S_IMODE(workspace.home.stat().st_mode) == 0o700


def test_a_field_from_memory_comes_back_as_it_went_in(workspace: EmbeddedWorkspace):
    version = workspace.datasets.upload(field(), "made")
    np.testing.assert_array_equal(workspace.datasets.open(version)["u"], field()["u"])
    assert workspace.datasets.upload(field(), "made").reused
    with pytest.raises(WorkspaceError, match="has no name yet"):
        workspace.datasets.upload(field())


def test_a_folder_is_one_version_of_several_files(workspace: EmbeddedWorkspace, tmp_path: Path):
    folder = tmp_path / "runs"
    (folder / "late").mkdir(parents=True)
    wave_csv(folder / "a.csv")
    wave_csv(folder / "late" / "b.csv", shift=1.0)
    (folder / "README.txt").write_text("Two runs of the same wave, in words only.\n")
    version = workspace.datasets.upload(folder)
    assert (version.name, [entry.path for entry in version.files]) == (
        "runs",
        ["README.txt", "a.csv", "late/b.csv"],
    )
    with pytest.raises(WorkspaceError, match=r"2 files that can be read: a\.csv, late/b\.csv"):
        workspace.datasets.open("runs")
    assert dict(workspace.datasets.open("runs", file="late/b.csv").sizes) == {"t": 5, "x": 8}
    with pytest.raises(NotFoundError, match=r"Did you mean 'late/b\.csv'"):
        workspace.datasets.open("runs", file="late/c.csv")
    copy = workspace.datasets.download("runs", tmp_path / "copy")
    assert (copy / "late" / "b.csv").read_bytes() == (folder / "late" / "b.csv").read_bytes()


def test_a_download_is_a_copy_of_ones_own(workspace: EmbeddedWorkspace, wave: Path, tmp_path: Path):
    version = workspace.datasets.upload(wave)
    target = tmp_path / "out"
    target.mkdir()
    copy = workspace.datasets.download("wave", target)
    assert copy == target / "wave.csv"
    assert copy.read_bytes() == wave.read_bytes()
    copy.write_text("mine now")
    assert workspace.datasets.path(version).read_bytes() == wave.read_bytes()
    with pytest.raises(ConflictError, match="exists already"):
        workspace.datasets.download("wave", target)
    assert copy.read_text() == "mine now"


@pytest.mark.parametrize("same_time", [False, True])
def test_what_is_written_through_a_path_never_reaches_the_version(
    workspace: EmbeddedWorkspace, wave: Path, tmp_path: Path, same_time: bool
):
    workspace.datasets.upload(wave)
    before = workspace.datasets.open("wave")
    path = workspace.datasets.path("wave")
    was = path.stat()
    path.chmod(0o644)
    with open(path, "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"777")
    if same_time:
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert path.read_bytes() != wave.read_bytes()

    assert workspace.datasets.open("wave").identical(before)
    assert workspace.datasets.path("wave").read_bytes() == wave.read_bytes()
    assert workspace.datasets.download("wave", tmp_path / "copy").read_bytes() == wave.read_bytes()


def test_a_view_that_still_shares_the_objects_bytes_is_replaced(workspace: EmbeddedWorkspace, wave: Path):
    workspace.datasets.upload(wave)
    path = workspace.datasets.path("wave")
    (stored,) = files_under(workspace.home / "objects")
    path.unlink()
    os.link(stored, path)

    assert not workspace.datasets.path("wave").samefile(stored)
    assert stored.stat().st_nlink == 1


def test_an_object_that_was_damaged_is_noticed_and_mended_by_uploading_the_original(
    workspace: EmbeddedWorkspace, wave: Path, tmp_path: Path
):
    workspace.datasets.upload(wave)
    before = workspace.datasets.open("wave")
    (stored,) = files_under(workspace.home / "objects")
    stored.chmod(0o644)
    with open(stored, "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"777")

    for look in (
        lambda: workspace.datasets.open("wave"),
        lambda: workspace.datasets.path("wave"),
        lambda: workspace.datasets.download("wave", tmp_path / "copy"),
    ):
        with pytest.raises(WorkspaceError, match=r"is damaged: .* Upload the original again"):
            look()
    assert not (tmp_path / "copy").exists()

    assert workspace.datasets.upload(wave).reused
    assert workspace.datasets.open("wave").identical(before)
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().swapcase() + b" ")
    assert workspace.datasets.upload(wave, "under-another-name").ref == "under-another-name@1"
    assert workspace.datasets.open("wave").identical(before)
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444


def test_the_bytes_that_a_new_version_shares_are_compared_while_others_may_write(
    workspace: EmbeddedWorkspace, wave: Path, monkeypatch: pytest.MonkeyPatch
):
    workspace.datasets.upload(wave, "wake")
    compared: list[Path] = []

    def sha256_of(path: Path) -> str:
        with closing(sqlite3.connect(workspace.home / "workspace.db", timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")  # refused while a write transaction is open
        compared.append(path)
        return _copying.sha256_of(path)

    monkeypatch.setattr(_object_store, "sha256_of", sha256_of)

    assert workspace.datasets.upload(wave, "under-another-name").ref == "under-another-name@1"
    assert compared == files_under(workspace.home / "objects")


def test_lists_show_the_newest_version_and_can_be_searched(workspace: EmbeddedWorkspace, wave: Path):
    workspace.datasets.upload(wave, "wake", description="Behind a cylinder", tags=["PIV"])
    wave_csv(wave, 0.1)
    workspace.datasets.upload(wave, "burgers")
    wave_csv(wave, 0.2)
    workspace.datasets.upload(wave, "burgers")
    listed = workspace.datasets.list()
    assert [(info.name, info.latest, info.versions) for info in listed] == [("burgers", 2, 2), ("wake", 1, 1)]
    for search in ("WAK", "cylinder", "piv"):
        assert [info.name for info in workspace.datasets.list(search)] == ["wake"]
    assert workspace.datasets.list("nothing") == []


def test_a_missing_dataset_is_answered_with_the_closest_name(workspace: EmbeddedWorkspace, wave: Path):
    with pytest.raises(NotFoundError, match="holds none yet"):
        workspace.datasets.get("wake")
    workspace.datasets.upload(wave, "wake")
    with pytest.raises(NotFoundError, match=r"There is no dataset 'waek'\. Did you mean 'wake'\?"):
        workspace.datasets.open("waek")
    with pytest.raises(NotFoundError, match=r"has no version 7\. It has 1\."):
        workspace.datasets.get("wake@7")
    with pytest.raises(NotFoundError, match="no version with the id"):
        workspace.datasets.get("0" * 64)


def test_deleting_hides_a_dataset_but_keeps_what_a_job_was_given(workspace: EmbeddedWorkspace, wave: Path):
    pinned = workspace.datasets.upload(wave, "wake")
    wave_csv(wave, 0.3)
    loose = workspace.datasets.upload(wave, "wake")
    job = workspace.jobs.submit("discover", inputs="wake@1")
    workspace.datasets.delete("wake")
    assert workspace.datasets.list() == []
    with pytest.raises(NotFoundError):
        workspace.datasets.get("wake@1")
    assert workspace.jobs.get(job.id).inputs == {"field": "wake@1"}
    assert workspace.datasets.get(job.record.input_ids["field"]).id == pinned.id
    assert workspace.datasets.open(pinned).sizes["x"] == 8
    with pytest.raises(NotFoundError):
        workspace.datasets.get(loose.id)
    with pytest.raises(NotFoundError):
        workspace.datasets.delete("wake")
    assert workspace.datasets.upload(wave, "wake").ref == "wake@3", "numbers are never given twice"


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


def test_a_file_that_is_no_field_is_refused_and_leaves_nothing(workspace: EmbeddedWorkspace, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x00\x01\x02 not a table")
    with pytest.raises(FieldError, match=r"bad\.csv"):
        workspace.datasets.upload(bad)
    assert workspace.datasets.list() == []
    assert files_under(workspace.home / "objects") == []
    assert list((workspace.home / "staging").iterdir()) == []


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


def test_what_is_not_a_plain_file_is_refused(workspace: EmbeddedWorkspace, wave: Path, tmp_path: Path):
    with pytest.raises(NotFoundError, match="no file or folder"):
        workspace.datasets.upload(tmp_path / "nowhere.csv")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(WorkspaceError, match="neither a file nor a folder"):
        workspace.datasets.upload(pipe)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(WorkspaceError, match="holds no file"):
        workspace.datasets.upload(folder)
    (folder / "secret.csv").symlink_to(wave)
    with pytest.raises(WorkspaceError, match=r"secret\.csv is not a plain file"):
        workspace.datasets.upload(folder)
    (folder / "secret.csv").unlink()
    (folder / "a\nb.csv").write_text("x,t,u\n")
    with pytest.raises(WorkspaceError, match="not a usable file name"):
        workspace.datasets.upload(folder)


def test_a_file_that_changes_while_it_is_copied_is_refused(workspace: EmbeddedWorkspace, wave: Path):
    def meddle(done: float, said: str) -> None:
        if said.startswith("Copying"):
            with open(wave, "a") as file:
                file.write("9,9,9\n")

    with pytest.raises(WorkspaceError, match="changed while it was uploaded"):
        workspace.datasets.upload(wave, progress=meddle)
    assert workspace.datasets.list() == []


def test_tables_and_cards_escape_what_people_wrote(workspace: EmbeddedWorkspace, wave: Path):
    version = workspace.datasets.upload(wave, description="<script>alert(1)</script>\x1b[31m", tags=["<b>"])
    listed = workspace.datasets.list()
    page = listed._repr_html_() + version._repr_html_()  # type: ignore[attr-defined]
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in repr(listed)
    assert repr(listed).splitlines()[0].split() == [
        "dataset",
        "version",
        "size",
        "uploaded",
        "description",
        "tags",
    ]
