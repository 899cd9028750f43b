"""The kind `notebook` on a real runner: whose it is, what it leaves, and what it may wait for."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from physforge_kernel.errors import JobError, NotFoundError, ReportError
from physforge_kernel.jobs import kinds
from physforge_kernel.workspace import EmbeddedWorkspace

Laboratory = Callable[..., AbstractContextManager[EmbeddedWorkspace]]


def notebook(*cells: str, parameters: str = "") -> str:
    tagged = [new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters else []
    heading = new_markdown_cell("# The work")
    return nbformat.writes(new_notebook(cells=[*tagged, heading, *map(new_code_cell, cells)]))


def shown(job: Any) -> str:
    return job.artifact("notebook.ipynb").read_text()


def test_a_notebook_finds_its_owners_workspace_and_may_wait_for_a_job_where_there_is_one_slot(
    home: Path, laboratory: Laboratory
):
    source = notebook(
        "import physforge_kernel as pf\nworkspace = pf.connect()\nprint('owner', repr(workspace.owner))",
        "print(workspace.jobs.submit('trial-echo', {'text': text}).result(timeout=60)['text'])",
        parameters="text = 'hello'",
    )
    config = {"notebook": "mine", "source": source, "parameters": {"text": "waited for"}}
    with laboratory(home, jobs=1) as lab:
        ann = lab.acting_for("ann")
        job = ann.jobs.submit("notebook", config)
        assert job.result(timeout=120) == {"notebook": "mine", "parameters": {"text": "waited for"}}
        assert "owner 'ann'" in shown(job)
        assert "waited for\\n" in shown(job)
        assert "waited for" in job.artifact("notebook.html").read_text()
        assert [one.kind for one in ann.jobs.list()] == ["trial-echo", "notebook"]
        assert lab.jobs.list() == []


@pytest.mark.parametrize("ending", ["end", "cancel"])
def test_a_notebook_leaves_no_process_that_detached_itself_and_forgot_whose_it_is(
    lab: EmbeddedWorkspace,
    tmp_path: Path,
    eventually: Callable[[Callable[[], object], str], None],
    is_alive: Callable[[int], bool],
    ending: str,
):
    told = tmp_path / "pid"
    source = notebook(
        "import os, pathlib, subprocess, time",
        "sleeper = subprocess.Popen(['setsid', 'sleep', '1000'], env={'PATH': os.environ['PATH']})",
        f"pathlib.Path({str(told)!r}).write_text(str(sleeper.pid))",
        f"while pathlib.Path({str(told)!r}).exists(): time.sleep(0.01)",
        *(["time.sleep(1000)"] if ending == "cancel" else []),
    )
    job = lab.jobs.submit("notebook", {"notebook": "mine", "source": source})
    eventually(lambda: told.exists() and told.read_text().strip(), "the notebook starts a process")
    sleeper = int(told.read_text())
    assert is_alive(sleeper)
    told.unlink()
    try:
        if ending == "cancel":
            job.cancel()
        assert job.wait(60).state == ("cancelled" if ending == "cancel" else "succeeded")
        assert not is_alive(sleeper)
    finally:
        if is_alive(sleeper):
            os.kill(sleeper, signal.SIGKILL)


def test_a_notebook_that_fails_says_where_and_is_kept(lab: EmbeddedWorkspace):
    source = notebook("print('before')", "{}['missing']")
    job = lab.jobs.submit("notebook", {"notebook": "mine", "source": source})
    with pytest.raises(JobError, match=r"failed in cell \[2\], under “The work”: KeyError: 'missing'\.$"):
        job.result(timeout=120)
    assert job.attempt == 1
    assert [artifact.name for artifact in job.artifacts()] == ["notebook.ipynb"]
    assert "before" in shown(job)


def test_the_figures_of_a_notebook_are_in_it_and_in_its_page(lab: EmbeddedWorkspace):
    source = notebook("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    job = lab.jobs.submit("notebook", {"notebook": "mine", "source": source})
    assert job.wait(timeout=120).error is None
    assert "image/png" in shown(job)
    assert "data:image/png;base64," in job.artifact("notebook.html").read_text()


def test_what_cannot_run_is_refused_before_it_is_queued(tmp_path: Path):
    workspace = EmbeddedWorkspace(tmp_path / "home", kinds=kinds.validators())
    source = notebook(parameters="seed = 0")
    for refused, config in (
        (NotFoundError, {"notebook": "01_first_low"}),
        (ReportError, {"notebook": "01_first_law", "parameters": {"seed": 1}}),
        (ReportError, {"notebook": "mine", "source": "{}"}),
        (ReportError, {"notebook": "mine", "source": source, "parameters": {"sed": 1}}),
        (JobError, {"notebook": "mine", "source": source, "parameters": [1]}),
        (JobError, {"source": source}),
    ):
        with pytest.raises(refused):
            workspace.jobs.submit("notebook", config)
    assert workspace.jobs.list() == []
    kept = workspace.jobs.submit(
        "notebook", {"notebook": "mine", "source": source, "parameters": {"seed": 1}}
    )
    assert len(kept._repr_html_()) < 2000
