"""A report's kernel: where its sockets lie."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from physforge_kernel.errors import ReportError
from physforge_kernel.reports import _kernel


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files whose path is longer than a socket's may be."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return deep


def test_a_notebook_runs_where_temporary_files_have_long_paths(deep: Path):
    notebook = new_notebook(cells=[new_code_cell("6 * 7")])

    _kernel.execute(
        notebook,
        deep / "ran.ipynb",
        {},
        environment={},
        folder=deep,
        seconds=60,
        progress=lambda fraction, message: None,
    )

    (cell,) = nbformat.read(deep / "ran.ipynb", as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == "42"


def test_where_no_path_is_short_enough_the_report_says_what_to_set(
    deep: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(_kernel, "_LONGEST_PLACE", 0)

    with pytest.raises(ReportError, match="too long a path.* Set TMPDIR"):
        _kernel._socket_folder()


def test_what_a_kernel_logs_of_its_own_end_does_not_reach_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    logged = "get_ipython().kernel.log.error('KeyboardInterrupt caught in kernel')"

    _kernel.execute(
        new_notebook(cells=[new_code_cell(logged)]),
        tmp_path / "ran.ipynb",
        {},
        environment={},
        folder=tmp_path,
        seconds=60,
        progress=lambda fraction, message: None,
    )

    assert "KeyboardInterrupt" not in capfd.readouterr().err
