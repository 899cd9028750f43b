"""The working folder is seeded with the tutorials, and what a person wrote in it survives every start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from physforge_hub._folder import Seeding, fingerprint
from physforge_hub._folder import seed as seed_all


def seed(shipped: Path, folder: Path) -> Seeding:
    return seed_all({"": shipped}, folder)


def notebook(source: str, printed: str = "") -> str:
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    cell = {
        "cell_type": "code",
        "source": [source],
        "outputs": outputs,
        "metadata": {},
        "execution_count": None,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "data").mkdir(parents=True)
    (folder / "01_first_law.ipynb").write_text(notebook("law = 1"))
    (folder / "data" / "burgers.csv").write_text("t,x,u\n0,0,1\n")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "01_first_law-checkpoint.ipynb").write_text(notebook("law = 0"))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


def test_a_new_folder_gets_every_tutorial_and_its_data(shipped: Path, folder: Path):
    seeding = seed(shipped, folder)

    assert seeding.added == ("01_first_law.ipynb", "data/burgers.csv")
    assert (folder / "data" / "burgers.csv").read_bytes() == (shipped / "data" / "burgers.csv").read_bytes()
    assert not (folder / ".ipynb_checkpoints").exists()


def test_a_second_start_changes_nothing(shipped: Path, folder: Path):
    seed(shipped, folder)

    again = seed(shipped, folder)

    assert (again.added, again.refreshed, again.kept) == ((), (), ())


def test_a_tutorial_that_was_only_run_is_refreshed_when_a_newer_one_is_shipped(shipped: Path, folder: Path):
    seed(shipped, folder)
    (folder / "01_first_law.ipynb").write_text(notebook("law = 1", printed="u_t = ..."))
    (shipped / "01_first_law.ipynb").write_text(notebook("law = 2"))

    seeding = seed(shipped, folder)

    assert seeding.refreshed == ("01_first_law.ipynb",)
    assert "law = 2" in (folder / "01_first_law.ipynb").read_text()


def test_a_tutorial_that_was_edited_stays_and_is_named_when_a_newer_one_is_shipped(
    shipped: Path, folder: Path
):
    seed(shipped, folder)
    (folder / "01_first_law.ipynb").write_text(notebook("law = 'mine'"))

    assert seed(shipped, folder).kept == ()  # nothing newer yet: nothing to say

    (shipped / "01_first_law.ipynb").write_text(notebook("law = 2"))
    seeding = seed(shipped, folder)

    assert seeding.kept == ("01_first_law.ipynb",)
    assert "mine" in (folder / "01_first_law.ipynb").read_text()


def test_a_file_that_was_there_before_the_tutorials_stays(shipped: Path, folder: Path):
    folder.mkdir()
    (folder / "01_first_law.ipynb").write_text("notes of mine, no notebook")

    assert seed(shipped, folder).kept == ("01_first_law.ipynb",)
    assert (folder / "01_first_law.ipynb").read_text() == "notes of mine, no notebook"


@pytest.mark.parametrize("record", [b"", b"{broken", b"[]", b"\xff", b'{"01_first_law.ipynb": 7}'])
def test_a_record_that_cannot_be_read_costs_nobody_an_edit(shipped: Path, folder: Path, record: bytes):
    seed(shipped, folder)
    (folder / ".tutorials.json").write_bytes(record)
    (folder / "01_first_law.ipynb").write_text(notebook("law = 'mine'"))

    assert seed(shipped, folder).kept == ("01_first_law.ipynb",)
    assert "mine" in (folder / "01_first_law.ipynb").read_text()


def test_a_tutorial_that_was_deleted_comes_back(shipped: Path, folder: Path):
    seed(shipped, folder)
    (folder / "01_first_law.ipynb").unlink()

    assert seed(shipped, folder).added == ("01_first_law.ipynb",)


@given(st.text(), st.text(), st.text())
def test_what_a_notebook_printed_is_no_edit_and_what_was_typed_is(
    tmp_path_factory: pytest.TempPathFactory, typed: str, printed: str, more: str
):
    path = tmp_path_factory.mktemp("notebooks") / "notebook.ipynb"

    def fingerprint_of(content: str) -> str:
        path.write_text(content)
        return fingerprint(path)

    assert fingerprint_of(notebook(typed, printed)) == fingerprint_of(notebook(typed))
    assert (fingerprint_of(notebook(typed + more)) == fingerprint_of(notebook(typed))) == (more == "")


def test_what_belongs_in_a_place_of_the_folder_goes_there(shipped: Path, folder: Path, tmp_path: Path):
    dashboards = tmp_path / "dashboards"
    dashboards.mkdir()
    (dashboards / "discovery.ipynb").write_text(notebook("pick = 1"))

    seeding = seed_all({"": shipped, "dashboards": dashboards}, folder)

    assert seeding.added == ("01_first_law.ipynb", "data/burgers.csv", "dashboards/discovery.ipynb")
    assert "pick = 1" in (folder / "dashboards" / "discovery.ipynb").read_text()
