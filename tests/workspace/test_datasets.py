"""Uploading, finding, opening and deleting datasets, by every way in."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.derivatives.library import load, polynomial
from physforge_kernel.errors import AxesError, ConflictError, FieldError, NotFoundError, WorkspaceError
from physforge_kernel.workspace import EmbeddedWorkspace, Workspace

from .conftest import files_under, wave_csv


def field(shift: float = 0.0) -> xr.Dataset:
    t, x = np.arange(5.0), np.linspace(0, 1, 8)
    return xr.Dataset({"u": (("t", "x"), np.sin(x[None] - t[:, None] + shift))}, coords={"t": t, "x": x})


def test_an_upload_is_a_numbered_version_with_what_was_read_from_it(workspace: Workspace, tmp_path: Path):
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


def test_the_same_bytes_under_the_same_name_are_the_same_version(workspace: Workspace, wave: Path):
    first = workspace.datasets.upload(wave, description="first")
    again = workspace.datasets.upload(wave, description="second")
    assert (again, again.reused, again.description) == (first, True, "first")
    assert "already there" in repr(again)
    assert [version.ref for version in workspace.datasets.versions("wave")] == ["wave@1"]


def test_versions_count_up_and_none_changes(workspace: Workspace, wave: Path):
    workspace.datasets.upload(wave)
    before = workspace.datasets.open("wave@1")
    wave_csv(wave, shift=0.5)
    second = workspace.datasets.upload(wave)
    assert second.ref == "wave@2"
    assert workspace.datasets.get("wave") == second
    assert [version.number for version in workspace.datasets.versions("wave")] == [2, 1]
    assert workspace.datasets.open("wave@1").identical(before)
    assert not workspace.datasets.open("wave").identical(before)


def test_a_field_from_memory_comes_back_as_it_went_in(workspace: Workspace):
    version = workspace.datasets.upload(field(), "made")
    np.testing.assert_array_equal(workspace.datasets.open(version)["u"], field()["u"])
    assert workspace.datasets.upload(field(), "made").reused
    with pytest.raises(WorkspaceError, match="has no name yet"):
        workspace.datasets.upload(field())


def test_a_library_of_candidate_terms_is_a_dataset_and_no_field(workspace: Workspace, tmp_path: Path):
    library = polynomial(field(), degree=2)
    version = workspace.datasets.upload(library.save(tmp_path / "candidates.json"))
    assert version.metadata["format"] == "candidate terms"
    assert "for the laws of u" in version.metadata["notes"][0]
    assert load(workspace.datasets.path("candidates")) == library
    with pytest.raises(FieldError, match="no field: load it with pf.library.load"):
        workspace.datasets.open("candidates")


def test_a_folder_is_one_version_of_several_files(workspace: Workspace, tmp_path: Path):
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


def test_a_download_is_a_copy_of_ones_own(workspace: Workspace, wave: Path, tmp_path: Path):
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
    workspace: Workspace, wave: Path, tmp_path: Path, same_time: bool
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


def test_lists_show_the_newest_version_and_can_be_searched(workspace: Workspace, wave: Path):
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


def test_a_missing_dataset_is_answered_with_the_closest_name(workspace: Workspace, wave: Path):
    with pytest.raises(NotFoundError, match="holds none yet"):
        workspace.datasets.get("wake")
    workspace.datasets.upload(wave, "wake")
    with pytest.raises(NotFoundError, match=r"There is no dataset 'waek'\. Did you mean 'wake'\?"):
        workspace.datasets.open("waek")
    with pytest.raises(NotFoundError, match=r"has no version 7\. It has 1\."):
        workspace.datasets.get("wake@7")
    with pytest.raises(NotFoundError, match="no version with the id"):
        workspace.datasets.get("0" * 64)


def test_deleting_hides_a_dataset_but_keeps_what_a_job_was_given(workspace: Workspace, wave: Path):
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


def test_a_file_that_is_no_field_is_refused_and_leaves_nothing(
    workspace: Workspace, behind: EmbeddedWorkspace, tmp_path: Path
):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\x00\x01\x02 not a table")
    with pytest.raises(FieldError, match=r"bad\.csv"):
        workspace.datasets.upload(bad)
    assert workspace.datasets.list() == []
    assert files_under(behind.home / "objects") == []
    assert list((behind.home / "staging").iterdir()) == []


def test_a_file_that_does_not_tell_its_axes_is_kept_for_whoever_names_them(
    workspace: Workspace, tmp_path: Path
):
    square = np.arange(9.0).reshape(3, 3)
    np.savez(tmp_path / "square.npz", u=square, t=np.arange(3.0), x=np.arange(3.0))

    version = workspace.datasets.upload(tmp_path / "square.npz")

    assert "does not tell which axis is which" in version.metadata["notes"][0]
    assert sorted(map(tuple, version.metadata["ways"])) == [("t", "x"), ("x", "t")]
    np.testing.assert_array_equal(workspace.datasets.open(version, dims="t,x")["u"], square)
    np.testing.assert_array_equal(workspace.datasets.open(version, dims=("x", "t"))["u"], square.T)
    with pytest.raises(AxesError, match="with dims: "):
        workspace.datasets.open(version)


def test_a_download_to_a_name_without_an_ending_gets_the_files_own(
    workspace: Workspace, wave: Path, tmp_path: Path
):
    workspace.datasets.upload(wave)
    assert workspace.datasets.download("wave", tmp_path / "copy") == tmp_path / "copy.csv"
    assert (tmp_path / "copy.csv").read_bytes() == wave.read_bytes()


def test_what_is_not_a_plain_file_is_refused(workspace: Workspace, wave: Path, tmp_path: Path):
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


def test_a_file_that_changes_while_it_is_copied_is_refused(workspace: Workspace, wave: Path):
    def meddle(done: float, said: str) -> None:
        if said.startswith("Copying"):
            with open(wave, "a") as file:
                file.write("9,9,9\n")

    with pytest.raises(WorkspaceError, match="changed while it was uploaded"):
        workspace.datasets.upload(wave, progress=meddle)
    assert workspace.datasets.list() == []


def test_what_cannot_be_seen_is_no_description(workspace: Workspace, wave: Path):
    with pytest.raises(WorkspaceError, match=r"'\\x1b\[31m' cannot be a description"):
        workspace.datasets.upload(wave, description="\x1b[31m")
    with pytest.raises(WorkspaceError, match="cannot be a tag"):
        workspace.datasets.upload(wave, tags=["fine", "a\u202eb"])
    assert workspace.datasets.list() == []


def test_tables_and_cards_escape_what_people_wrote(
    workspace: Workspace, behind: EmbeddedWorkspace, wave: Path
):
    workspace.datasets.upload(wave, tags=["<b>"])
    with closing(sqlite3.connect(behind.home / "workspace.db")) as earlier, earlier:  # which took anything
        earlier.execute("UPDATE versions SET description = '<script>alert(1)</script>\x1b[31m'")
    version = workspace.datasets.get("wave")
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
