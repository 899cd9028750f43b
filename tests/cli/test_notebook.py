"""Notebooks from the command line, run as jobs."""

from __future__ import annotations

import threading
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from physforge_kernel.service import LocalSignIn, create_app, listen_on_port
from physforge_kernel.service._serve import Server
from physforge_kernel.workspace import EmbeddedWorkspace

from .conftest import Command


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A notebook with one parameter, `by`, that divides 6 by it."""
    cells = [new_code_cell("by = 1", metadata={"tags": ["parameters"]}), new_code_cell("6 / by")]
    path = tmp_path / "mine.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_ones_own_notebook_is_run_with_parameters_and_copied_out(
    physforge: Command, mine: Path, tmp_path: Path
):
    before = mine.read_bytes()
    ran = physforge("notebook", "run", mine, "-p", "by=4", "--output", tmp_path / "out", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["state"], ran.json["kind"], ran.json["name"]) == ("succeeded", "notebook", "mine")
    assert sorted(ran.json["exported"]) == [
        str(tmp_path / "out" / f"mine.{end}") for end in ("html", "ipynb")
    ]
    kept = nbformat.read(tmp_path / "out" / "mine.ipynb", as_version=4)
    assert kept.cells[-1].outputs[0].data["text/plain"] == "1.5"
    assert mine.read_bytes() == before

    failed = physforge("notebook", "run", mine, "-p", "by=0", "-o", tmp_path / "failed")
    assert failed.code != 0
    assert "failed in cell [3]: ZeroDivisionError: division by zero." in failed.err
    assert "Traceback" not in failed.err
    assert [path.name for path in (tmp_path / "failed").iterdir()] == ["mine.ipynb"]

    left = physforge("notebook", "run", mine, "--detach")
    assert left.code == 0
    assert physforge("job", "watch", left.out.strip()).code == 0


def test_what_cannot_be_meant_is_said_and_nothing_is_queued(physforge: Command, mine: Path, tmp_path: Path):
    answers = physforge.many(
        ["notebook", "run", mine, "-p", "bye=4"],
        ["notebook", "run", "01_first_low"],
        ["notebook", "run", tmp_path / "nowhere.ipynb"],
        ["notebook", "run", mine, "-o", tmp_path],
        ["notebook", "run", mine, "-o", tmp_path / "out", "--detach"],
        ["job", "list", "--json"],
    )
    for answer, said in zip(
        answers,
        (
            "has no parameter 'bye'. Its parameters: by.",
            "Did you mean '01_first_law'?",
            "nowhere.ipynb",
            "would write over",
            "leave one out",
        ),
        strict=False,
    ):
        assert answer.code != 0
        assert said in " ".join(answer.err.split())
        assert answer.out == ""
    assert answers[-1].json == []


def test_what_a_notebook_showed_is_not_sent(physforge: Command, tmp_path: Path):
    shown = new_output("stream", text="o" * 20_000_000)  # more than a service takes in one request
    nbformat.write(new_notebook(cells=[new_code_cell("1", outputs=[shown])]), tmp_path / "shown.ipynb")
    left = physforge("notebook", "run", tmp_path / "shown.ipynb", "--detach")
    assert (left.code, left.err) == (0, "")
    assert physforge("job", "cancel", left.out.strip()).code == 0

    listener = listen_on_port(0)
    behind = EmbeddedWorkspace(tmp_path / "behind", on_submit=lambda home: None)
    server = Server(create_app(behind, LocalSignIn("token")), listener)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sent = physforge(
            *("notebook", "run", tmp_path / "shown.ipynb", "--detach"),
            PHYSFORGE_URL=url,
            PHYSFORGE_TOKEN="token",
        )
    finally:
        server.stop()
        thread.join(30)
    assert (sent.code, sent.err) == (0, "")
    assert len(behind.jobs.record(sent.out.strip()).config["source"]) < 1000


def test_names_and_values_that_are_no_text_are_refused_in_a_sentence(
    physforge: Command, mine: Path, tmp_path: Path
):
    strange = mine.rename(tmp_path / "n\udcff\udcc3.ipynb")
    for answer, said in zip(
        physforge.many(
            ["notebook", "run", strange],
            ["notebook", "run", "n\udcff"],
            ["notebook", "run", "01_first_law", "-p", "file=n\udcff"],
        ),
        (
            r"'n\udcff\udcc3' cannot be the name of a job",
            r"'n\udcff' cannot be the name of a job",
            r"'\udcff' is no text",
        ),
        strict=True,
    ):
        assert answer.code not in (0, 70)
        assert said in " ".join(answer.err.split())
    through_a_service = physforge("notebook", "run", strange, PHYSFORGE_URL="http://127.0.0.1:9")
    assert through_a_service.code == 2
    assert "Traceback" not in through_a_service.err


def test_the_notebooks_that_ship_are_listed_with_their_parameters(physforge: Command):
    listed, shown, schema = physforge.many(
        ["notebook", "list", "--json"], ["notebook", "list"], ["job", "schema", "notebook"]
    )
    found = {one["name"]: one for one in listed.json}
    assert found["01_first_law"]["parameters"] == {"file": "'data/burgers.csv'"}
    assert "01_first_law" in shown.out
    assert "From measurements to a law" in shown.out
    assert schema.json["x-order"] == ["notebook", "source", "parameters"]
