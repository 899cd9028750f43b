"""Notebooks as batch work: which there are, what is refused, and what running one leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from physforge_kernel.errors import NotFoundError, ReportError
from physforge_kernel.reports import notebooks


def of_cells(*cells: Any) -> str:
    return nbformat.writes(new_notebook(cells=list(cells)))


def parameters_cell(source: str) -> Any:
    return new_code_cell(source, metadata={"tags": ["parameters"]})


def test_the_notebooks_that_ship_are_found_by_name_with_their_parameters():
    assert {"01_first_law", "templates/discovery"} <= set(notebooks.names())
    for name in notebooks.names():
        assert notebooks.shipped(name).cells
    assert notebooks.parameters(notebooks.shipped("01_first_law")) == {"file": "'data/burgers.csv'"}
    assert notebooks.title(notebooks.shipped("01_first_law")) == "From measurements to a law"


@pytest.mark.parametrize("name", ["01_first_low", "../pyproject", "/etc/passwd", "data/samples", ""])
def test_no_other_name_leads_anywhere(name: str):
    with pytest.raises(NotFoundError, match="comes with PhysForge"):
        notebooks.shipped(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "it is not JSON"),
        ("{}", "though it is JSON"),
        ("[]", "though it is JSON"),
        ('"x"', "though it is JSON"),
        (
            '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
            "JSON: .+",
        ),
        ('{"nbformat": 9, "nbformat_minor": 0, "metadata": {}, "cells": []}', "though it is JSON"),
        (" " * (notebooks.LARGEST + 1), r"has 5\.0 MB without its outputs, and may have 5\.0 MB"),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(text: str, said: str):
    with pytest.raises(ReportError, match=said) as refused:
        notebooks.read(text, "mine")
    assert str(refused.value).endswith(".")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    cells=_JSON
    | st.lists(st.fixed_dictionaries({"cell_type": st.just("code"), "source": _JSON}), max_size=2),
    metadata=_JSON,
    version=st.integers(-1, 5) | st.text(max_size=2),
)
def test_any_json_is_a_notebook_or_refused_in_a_sentence(cells: Any, metadata: Any, version: Any):
    text = json.dumps({"nbformat": version, "nbformat_minor": 0, "metadata": metadata, "cells": cells})
    try:
        notebook = notebooks.read(text, "mine")
    except ReportError as refused:
        said = str(refused)
    else:
        assert notebooks.text(notebooks.read(notebooks.text(notebook), "mine")) == notebooks.text(notebook)
        return
    assert said.endswith(".")


def test_what_a_notebook_showed_before_is_not_kept():
    shown = new_code_cell("1", outputs=[new_output("stream", text="secret " * 1000)], execution_count=7)
    made = new_notebook(cells=[shown], metadata={"widgets": {"state": "secret"}, "papermill": "secret"})
    text = notebooks.text(notebooks.read(nbformat.writes(made), "mine"))
    assert "secret" not in text
    assert json.loads(text)["cells"][0]["execution_count"] is None
    old = nbformat.v3.new_output("stream", output_text="secret")
    cells = [nbformat.v3.new_code_cell("1", outputs=[old], prompt_number=7)]
    before = nbformat.v3.writes_json(
        nbformat.v3.new_notebook(worksheets=[nbformat.v3.new_worksheet(cells=cells)])
    )
    assert "secret" not in notebooks.stripped(before)
    text = notebooks.text(notebooks.read(before, "mine"))
    assert json.loads(text)["cells"][0]["source"] == ["1"]


def test_what_a_notebook_showed_before_does_not_count_against_its_size():
    shown = new_code_cell("'é'", outputs=[new_output("stream", text="o" * (notebooks.LARGEST + 1))])
    assert notebooks.read(of_cells(shown), "mine").cells[0].source == "'é'"
    long = new_code_cell("#" * (notebooks.LARGEST + 1))
    with pytest.raises(ReportError, match=r"^The notebook 'mine' has 5\.0 MB without its outputs"):
        notebooks.read(of_cells(long), "mine")


def test_a_notebook_in_another_language_is_refused():
    made = new_notebook(metadata={"language_info": {"name": "julia"}})
    with pytest.raises(ReportError, match="is in 'julia'; only Python"):
        notebooks.read(nbformat.writes(made), "mine")


def test_parameters_are_what_the_tagged_cell_assigns():
    read = notebooks.read(
        of_cells(
            new_code_cell("other = 1"), parameters_cell("# words\nseed = 0\nname: str = 'wake'\nprint(1)")
        ),
        "m",
    )
    assert notebooks.parameters(read) == {"seed": "0", "name": "'wake'"}
    notebooks.check_parameters(read, {"seed": 3}, "m")
    with pytest.raises(ReportError, match=r"no parameter 'sed', 'other'\. Its parameters: seed, name\."):
        notebooks.check_parameters(read, {"sed": 3, "other": 2}, "m")
    with pytest.raises(ReportError, match="no cell tagged 'parameters'"):
        notebooks.check_parameters(notebooks.read(of_cells(), "m"), {"seed": 1}, "m")
    with pytest.raises(ReportError, match=r"not plain Python \(line 1: "):
        notebooks.parameters(notebooks.read(of_cells(parameters_cell("%matplotlib inline")), "m"))


def ran(text: str, folder: Path, given: dict[str, Any]) -> tuple[Any, list[tuple[float, str]]]:
    told: list[tuple[float, str]] = []
    (folder / "work").mkdir()
    executed = notebooks.run(
        notebooks.read(text, "mine"),
        given,
        output=folder / "out.ipynb",
        folder=folder / "work",
        progress=lambda fraction, message: told.append((fraction, message)),
    )
    return executed, told


DIVIDES = of_cells(
    parameters_cell("by = 1"),
    new_markdown_cell("## Dividing"),
    new_code_cell("print(open('data/burgers.csv').readline().strip())"),
    new_code_cell("6 / by"),
)


def test_running_a_notebook_gives_it_its_parameters_and_the_samples_and_leaves_it_and_a_page(tmp_path: Path):
    executed, told = ran(DIVIDES, tmp_path, {"by": 4})
    kept = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert kept.cells[-1].outputs[0].data["text/plain"] == "1.5"
    assert kept.cells[-2].outputs[0].text == "t,x,u\n"
    assert kept.metadata.kernelspec.name == "physforge"
    assert str(tmp_path) not in (tmp_path / "out.ipynb").read_text()
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert told[-1][1] == "Dividing"
    page = notebooks.page(executed, "A <b>title</b>")
    assert "6 / by" in page
    assert "1.5" in page
    assert "<b>title" not in page
    assert "<script" not in page


def test_a_cell_that_fails_is_named_and_what_ran_before_it_is_kept(tmp_path: Path):
    with pytest.raises(
        ReportError,
        match=r"^The notebook failed in cell \[4\], under “Dividing”: ZeroDivisionError: .*zero\.$",
    ):
        ran(DIVIDES, tmp_path, {"by": 0})
    kept = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert any(cell.get("outputs") and "t,x,u" in str(cell.outputs) for cell in kept.cells)
    assert str(tmp_path) not in (tmp_path / "out.ipynb").read_text()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import physforge_kernel as pf; pf.read('nowhere.csv')", r"in cell \[1\]: [^:]*nowhere\.csv.*\.$"),
        ("import os; os._exit(3)", r"^The notebook failed: DeadKernelError: Kernel died\.$"),
    ],
)
def test_an_error_of_ours_is_repeated_and_a_dead_kernel_is_said(tmp_path: Path, source: str, said: str):
    with pytest.raises(ReportError, match=said):
        ran(of_cells(new_code_cell(source)), tmp_path, {})
    assert (tmp_path / "out.ipynb").exists()
