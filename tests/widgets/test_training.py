"""How training goes, below a notebook's cell and in a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from physforge_kernel.pinn import Look
from physforge_kernel.widgets._training import TrainingPlot

PNG = b"\x89PNG"
SOLVING = (
    "import physforge_kernel as pf; "
    "pf.solve(pf.Problem('u_t = -u', {'t': (0, 1)}, ['u(0) = 1']), settings=pf.pinn.Settings(steps=32))"
)


def look(step: int, end: float = 1.0) -> Look:
    return Look(step / 100, step, step / 10, 1.0 / step, 0.5 / step, 0.1 / step, 1 + (end > 1), (0.0, end))


def test_each_look_is_told_and_drawn():
    plot = TrainingPlot("u_t = <b>u_xx</b>")
    plot.add(look(8))
    first = bytes(plot._image.value)
    assert first.startswith(PNG)
    plot.add(look(16))
    plot.add(look(24, end=2.0))
    plot.draw()
    assert bytes(plot._image.value) != first
    assert plot._bar.value == 0.24
    assert "residual 2.1e-02, step 24, from t = 0 to 2" in plot._says.value
    assert "<b>" not in plot.view.children[0].value


def test_a_notebook_shows_a_plot(tmp_path: Path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOLVING)])
    NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}).execute()
    state = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    names = [each["model_name"] for each in state.values()]
    assert {"ImageModel", "FloatProgressModel"} <= set(names)
    told = [each["state"].get("value", "") for each in state.values() if each["model_name"] == "HTMLModel"]
    assert any("step 32" in each for each in told)


def test_a_terminal_shows_a_bar(tmp_path: Path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SOLVING], cwd=tmp_path, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side has closed
            break
        shown += part
    os.close(ours)
    assert process.wait() == 0
    assert b"Solving" in shown
    assert b"step 32" in shown


def test_a_pipe_shows_nothing(tmp_path: Path):
    done = subprocess.run([sys.executable, "-c", SOLVING], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == done.stderr == b""
