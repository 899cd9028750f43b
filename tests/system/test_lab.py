"""`make up` opens the lab; in a browser one signs in, and the first tutorial runs to its law."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from ..conftest import ROOT, RunningLab, environment_for, processes_of, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

TUTORIAL = "01_first_law.ipynb"


@pytest.fixture(scope="module")
def signed_in(lab: RunningLab, chromium: Browser) -> Iterator[Page]:
    """A page of JupyterLab, with the first tutorial open, as one finds it after signing in."""
    page = chromium.new_page(viewport={"width": 1360, "height": 900})
    page.goto(lab.url)
    page.get_by_label("Username").fill(lab.user)
    page.get_by_label("Password").fill(lab.password)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=180_000)
    page.locator(".jp-KernelName", has_text="PhysForge").wait_for(timeout=60_000)
    page.get_by_text("PhysForge | Idle").wait_for(timeout=60_000)
    yield page
    page.close()


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
            return prompts.length > 0 && prompts.every(prompt => /\\[\\d+\\]/.test(prompt.textContent));
        }""",
        timeout=240_000,
    )
    page.get_by_text("PhysForge | Idle").wait_for(timeout=60_000)


def outputs_of(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def text_of(outputs: list[dict[str, Any]]) -> str:
    return json.dumps([output.get("text") or output.get("data", {}) for output in outputs])


def test_the_tutorial_runs_to_its_law(lab: RunningLab, signed_in: Page, screenshots: Path):
    run_all(signed_in)
    signed_in.keyboard.press("Control+s")
    signed_in.get_by_text("Saving completed").wait_for(timeout=30_000)
    signed_in.screenshot(path=screenshots / "lab-end.png")

    outputs = outputs_of(lab.folder / TUTORIAL)
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert re.search(r"u_\{?t\}?\s*=", text_of(outputs))
    *_, last_figure = (png for output in outputs if (png := output.get("data", {}).get("image/png")))
    (screenshots / "first_law.png").write_bytes(base64.b64decode(last_figure))

    show_the_law(signed_in)
    signed_in.screenshot(path=screenshots / "lab.png")


def show_the_law(page: Page) -> None:
    """Bring the first figure to the top, so that the law below it is in view too."""
    figure = page.locator(".jp-RenderedImage img").first
    page.wait_for_function(  # cells get their height when they come into view, and move those below
        """figure => {
            const panel = figure.closest('.jp-WindowedPanel-outer');
            const above = figure.getBoundingClientRect().top - panel.getBoundingClientRect().top;
            panel.dataset.still = Math.abs(above) < 5 ? Number(panel.dataset.still || 0) + 1 : 0;
            figure.scrollIntoView({block: 'start'});
            return panel.dataset.still > 5;
        }""",
        arg=figure.element_handle(),
        polling=200,
    )
    page.mouse.move(0, 0)


def test_make_up_opens_a_lab_and_ctrl_c_in_its_terminal_leaves_nothing(tmp_path: Path):
    home = tmp_path / "home"
    with subprocess.Popen(
        ["make", "up", "ARGS=--no-browser"],
        cwd=ROOT,
        env=environment_for(home) | {"PHYSFORGE_HUB_PORT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as make:
        assert make.stdout is not None
        said = ""
        for line in make.stdout:
            said += line
            if "Ctrl-C stops it" in line:
                break
        assert re.search(r"open at +http://127\.0\.0\.1:\d+$", said, flags=re.MULTILINE), said

        os.killpg(make.pid, signal.SIGINT)

        assert "The lab has stopped." in make.stdout.read()
    until(lambda: processes_of(home) == [])
