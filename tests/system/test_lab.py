"""The lab in a browser: sign in, drop a file, run the tutorial, read its report, see the dashboard."""

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
from playwright.sync_api import Browser, Page, expect

from ..conftest import ROOT, RunningLab, environment_for, processes_of, until
from .panel import drop, row, show_panel, use_theme

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

TUTORIAL = "01_first_law.ipynb"
FOUND = "first-law@1, discover, Done"
SAMPLES = ("burgers", "kdv", "lorenz")


@pytest.fixture(scope="module")
def signed_in(lab: RunningLab, chromium: Browser) -> Iterator[Page]:
    """A page of JupyterLab, with the first tutorial open, as one finds it after signing in."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
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


def wait_for_the_end(page: Page) -> None:
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


def test_the_tutorial_runs_to_its_law_while_the_panel_follows(
    lab: RunningLab, signed_in: Page, screenshots: Path
):
    page = signed_in
    show_panel(page)
    for name in SAMPLES:
        expect(row(page, name)).to_be_visible(timeout=60_000)
    drop(page, "canal.csv", (ROOT / "notebooks" / "data" / "kdv.csv").read_text())
    expect(row(page, "canal")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Dismiss canal.csv").click()

    run_all(page)

    jobs = page.get_by_role("list", name="Jobs")
    moving = jobs.get_by_role("progressbar")
    expect(moving.first).to_have_attribute("aria-valuenow", re.compile("[1-9]"), timeout=120_000)
    wait_for_the_end(page)
    expect(jobs.get_by_role("button", name=FOUND)).to_be_visible(timeout=60_000)
    page.keyboard.press("Control+s")
    page.get_by_text("Saving completed").wait_for(timeout=30_000)
    outputs = outputs_of(lab.folder / TUTORIAL)
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert re.search(r"u_\{?t\}?\s*=", text_of(outputs))
    *_, last_figure = (png for output in outputs if (png := output.get("data", {}).get("image/png")))
    (screenshots / "first_law.png").write_bytes(base64.b64decode(last_figure))
    show_the_law(page)
    page.screenshot(path=screenshots / "lab.png")


def test_a_job_of_the_panel_leads_to_its_report(signed_in: Page, screenshots: Path):
    page = signed_in
    page.get_by_role("list", name="Jobs").get_by_role("button", name=FOUND).click()
    page.get_by_role("button", name="Open report").first.click()

    report = page.frame_locator(".pf-Report iframe")
    expect(report.get_by_role("heading", level=1)).to_contain_text("law", timeout=180_000)
    assert page.locator(".pf-Report iframe").get_attribute("sandbox") == ""
    page.screenshot(path=screenshots / "report.png")
    use_theme(page, "JupyterLab Dark")
    page.screenshot(path=screenshots / "lab-dark.png")
    use_theme(page, "JupyterLab Light")


def test_the_palette_leads_to_the_dashboard_which_finds_the_law_of_what_was_dropped(
    signed_in: Page, screenshots: Path
):
    page = signed_in
    page.locator("#jp-bottom-panel").click()
    page.keyboard.press("Control+Shift+C")
    page.keyboard.type("Discovery dashboard")
    with page.context.expect_page(timeout=60_000) as opened:
        page.locator(".lm-CommandPalette-item[data-command='physforge:open-dashboard']").click()
    dashboard = opened.value
    dashboard.set_viewport_size({"width": 1280, "height": 900})
    dashboard.get_by_label("Dataset").select_option("canal", timeout=120_000)
    dashboard.get_by_role("button", name="Find the law").click(timeout=60_000)
    verdict = dashboard.get_by_text("Identified: the data single out this law.")
    verdict.wait_for(timeout=120_000)
    dashboard.screenshot(path=screenshots / "dashboard.png", full_page=True)
    dashboard.close()


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
