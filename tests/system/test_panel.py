"""PhysForge in plain JupyterLab, without a hub: data go in by a drop, a law and a report come out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from physforge_kernel.jobs import stop_runner
from physforge_kernel.service import stop_service

from .conftest import ROOT, environment_for
from .panel import drop, drop_folder, row, show_panel, use_theme

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

SAMPLE = ROOT / "notebooks" / "data" / "burgers.csv"
VIEWPORT: ViewportSize = {"width": 1360, "height": 900}


@dataclass(frozen=True)
class PlainLab:
    """A `jupyter lab` that runs: where it is, and the workspace of whoever started it."""

    address: str
    home: Path

    def open(self, chromium: Browser) -> Page:
        """Open it in a fresh browser, with the panel in view."""
        page = chromium.new_page(viewport=VIEWPORT)
        page.goto(f"{self.address}&reset")
        page.locator(".jp-Launcher").wait_for(timeout=60_000)
        page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
        show_panel(page)
        return page


@pytest.fixture(scope="module")
def plain_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlainLab]:
    folder = tmp_path_factory.mktemp("plain")
    (folder / "work").mkdir()
    settings = folder / "CONFIG" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}))
    places = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    quiet = "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        "--port=0",
    ]
    lab = subprocess.Popen(
        [*command, quiet, f"--ServerApp.root_dir={folder / 'work'}"],
        env=environment_for(folder / "home") | places,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield PlainLab(_address_of(lab), folder / "home")
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait(30)
        if lab.stdout:
            lab.stdout.close()
        stop_service(folder / "home")
        stop_runner(folder / "home")


def _address_of(lab: subprocess.Popen[str]) -> str:
    assert lab.stdout is not None
    seen = []
    for line in lab.stdout:
        seen.append(line)
        if found := re.search(r"http://127\S+/lab\?token=\w+", line):
            return found.group()
    raise AssertionError("JupyterLab ended without an address:\n" + "".join(seen))


def test_a_drop_becomes_a_law_and_a_report(plain_lab: PlainLab, chromium: Browser, screenshots: Path):
    page = plain_lab.open(chromium)
    page.screenshot(path=screenshots / "panel-launcher.png")

    drop(page, "burgers.csv", SAMPLE.read_text())
    row(page, "burgers").click(timeout=60_000)
    details = page.get_by_role("region", name="burgers, version 1")
    expect(details.get_by_role("img", name=re.compile("^u from"))).to_be_visible(timeout=60_000)
    expect(details.get_by_text("(t, x) 81 × 128")).to_be_visible()
    page.get_by_role("button", name="Dismiss burgers.csv").click()

    details.get_by_role("button", name="Discover a law").click()
    form = page.locator(".pf-Form")
    expect(form.get_by_label("Dataset")).to_have_value("burgers@1")
    page.screenshot(path=screenshots / "panel-form.png")
    form.get_by_label("Left side").fill("u_t")
    form.get_by_role("button", name="Start").click()

    card = page.get_by_role("article", name="burgers@1")
    in_the_list = page.get_by_role("list", name="Jobs").get_by_role("progressbar")
    expect(in_the_list).to_have_attribute("aria-valuenow", re.compile("[1-9]"), timeout=60_000)
    page.screenshot(path=screenshots / "panel-running.png")
    expect(card.get_by_role("status")).to_have_text("Done", timeout=120_000)
    expect(card.locator(".pf-Formula mjx-container")).to_be_visible(timeout=30_000)
    expect(card.locator(".pf-Verdict")).to_contain_text("identified")
    expect(card.get_by_label("Log", exact=True)).to_contain_text("u_t =")
    page.screenshot(path=screenshots / "panel-law.png")

    card.get_by_role("button", name="Open report").click()
    frame = page.locator(".pf-Report iframe")
    report = page.frame_locator(".pf-Report iframe")
    expect(report.get_by_role("heading", level=1)).to_have_text("The law behind burgers", timeout=180_000)
    assert frame.get_attribute("sandbox") == ""
    page.screenshot(path=screenshots / "panel-report.png")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in a browser tab").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("The law behind burgers")
    assert opened.value.evaluate("origin") == "null"  # of no origin, it gets at nothing of Jupyter's
    opened.value.close()

    use_theme(page, "JupyterLab Dark")
    page.screenshot(path=screenshots / "panel-report-dark.png")
    page.get_by_role("tab", name="burgers@1").click()
    page.get_by_role("list", name="Jobs").get_by_role("button", name="burgers@1, discover, Done").click()
    expect(page.locator(".pf-Fold-body .pf-Formula mjx-container")).to_be_visible(timeout=30_000)
    page.screenshot(path=screenshots / "panel-law-dark.png")
    details.get_by_role("button", name="Discover a law").click()
    expect(form.get_by_role("button", name="Start")).to_be_visible()
    page.screenshot(path=screenshots / "panel-form-dark.png")
    use_theme(page, "JupyterLab Light")
    page.close()


def test_the_code_that_is_inserted_runs(plain_lab: PlainLab, chromium: Browser, screenshots: Path):
    page = plain_lab.open(chromium)
    drop(page, "inserted.csv", SAMPLE.read_text())
    row(page, "inserted").click(timeout=60_000)
    details = page.get_by_role("region", name="inserted, version 1")

    details.get_by_role("button", name="Insert into notebook").click()

    cell = page.locator(".jp-Notebook .jp-CodeCell").first
    expect(cell.locator(".cm-content")).to_contain_text(
        'field = pf.connect().datasets.open("inserted@1")', timeout=60_000
    )
    page.get_by_text("PhysForge | Idle").wait_for(timeout=120_000)
    page.keyboard.press("Shift+Enter")
    expect(cell.locator(".xr-wrap")).to_be_visible(timeout=120_000)
    details.get_by_role("button", name="Insert into notebook").click()
    expect(page.locator(".jp-Notebook .jp-CodeCell .cm-content", has_text="inserted@1")).to_have_count(2)
    page.screenshot(path=screenshots / "panel-notebook.png")
    page.close()


def test_a_folder_of_files_is_looked_at_and_searched(
    plain_lab: PlainLab, chromium: Browser, screenshots: Path
):
    page = plain_lab.open(chromium)
    short = "".join(line for line in SAMPLE.read_text().splitlines(keepends=True)[: 1 + 40 * 128])
    files = {"опыт 1.csv": SAMPLE.read_text(), "опыт 2.csv": short, "README.md": "Measured on a Tuesday.\n"}

    drop_folder(page, "опыты", files)

    held = page.get_by_role("list", name="Datasets").get_by_role("listitem").filter(has_text="опыты")
    held.get_by_role("button").click(timeout=60_000)
    name = held.locator(".pf-Name").inner_text()
    assert re.fullmatch("data-[0-9a-f]{8}", name)
    details = page.get_by_role("region", name=f"{name}, version 1")
    choice = details.get_by_label("File")
    expect(choice.get_by_role("option")).to_have_text(["опыт 1.csv", "опыт 2.csv"])
    choice.select_option("опыт 2.csv")
    expect(details.get_by_role("img", name=re.compile("^u from"))).to_be_visible(timeout=60_000)
    expect(details.get_by_text("(t, x) 40 × 128")).to_be_visible()
    page.screenshot(path=screenshots / "panel-folder.png")
    with page.expect_download() as downloaded:
        details.get_by_role("link", name="Download").click()
    assert downloaded.value.path().read_text() == short
    details.get_by_role("button", name="Insert into notebook").click()
    cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    expect(cell).to_contain_text(f'datasets.open("{name}@1", "опыт 2.csv")', timeout=60_000)

    page.get_by_role("searchbox", name="Search datasets").fill("опыты")
    details.get_by_role("button", name="Discover a law").click()
    form = page.locator(".pf-Form")
    form.get_by_role("button", name="Start").click()
    expect(form.get_by_text("File is needed.")).to_be_visible()
    form.get_by_label("File").select_option(["опыт 1.csv", "опыт 2.csv"])
    form.get_by_text("More datasets").click()
    expect(form.get_by_label("Field 2").get_by_role("option", name=f"{name}@1")).to_be_attached()
    page.screenshot(path=screenshots / "panel-folder-more.png")
    form.get_by_text("More datasets").click()
    page.screenshot(path=screenshots / "panel-folder-form.png")
    form.get_by_role("button", name="Start").click()
    card = page.get_by_role("article", name=f"{name}@1")
    expect(card.get_by_role("status")).to_have_text("Done", timeout=120_000)
    page.close()


def test_a_refused_file_is_a_sentence_and_its_name_is_text(
    plain_lab: PlainLab, chromium: Browser, screenshots: Path
):
    page = plain_lab.open(chromium)
    name = "<img src=x onerror=alert(1)>.csv"
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message) or dialog.dismiss())

    drop(page, name, "no, numbers\nat, all\n")

    refusal = page.get_by_role("list", name="Uploads").get_by_role("alert")
    expect(refusal).to_contain_text(name, timeout=60_000)
    expect(refusal).to_contain_text(re.compile(r"\.$"))
    assert page.locator(".pf-Panel img").count() == 0
    page.screenshot(path=screenshots / "panel-refused.png")
    refusal.get_by_role("button", name="Dismiss").click()
    expect(refusal).to_have_count(0)
    assert alerts == []
    page.close()


def test_the_panel_is_used_from_the_keyboard_alone(plain_lab: PlainLab, chromium: Browser):
    page = plain_lab.open(chromium)
    drop(page, "keys.csv", SAMPLE.read_text())
    expect(row(page, "keys")).to_be_visible(timeout=60_000)

    page.get_by_role("searchbox", name="Search datasets").focus()
    page.keyboard.type("keys")
    expect(page.get_by_role("list", name="Datasets").get_by_role("listitem")).to_have_count(1)
    reached = _tab_to(page, "keys, version 1")
    assert reached.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    details = page.get_by_role("region", name="keys, version 1")
    expect(details.get_by_role("img", name=re.compile("^u from"))).to_be_visible(timeout=60_000)
    _tab_to(page, "Discover a law")
    page.keyboard.press("Enter")
    expect(page.locator(".pf-Form").get_by_label("Dataset")).to_have_value("keys@1")
    page.close()


def _tab_to(page: Page, name: str) -> Locator:
    focused = page.locator("*:focus")
    for _ in range(12):
        page.keyboard.press("Tab")
        if name in (focused.get_attribute("aria-label") or focused.inner_text()):
            return focused
    raise AssertionError(f"the Tab key does not lead to {name!r}")


def test_the_launcher_opens_the_dashboard_in_a_folder_without_one(
    plain_lab: PlainLab, chromium: Browser, screenshots: Path
):
    page = plain_lab.open(chromium)

    page.locator(".jp-LauncherCard[title^='Discover laws without code']").click()

    dashboard = page.frame_locator(".jp-IFrame iframe, iframe.jp-IFrame")
    expect(dashboard.get_by_role("button", name="Find the law")).to_be_visible(timeout=120_000)
    expect(dashboard.get_by_role("button", name="Upload a file", exact=True)).to_be_visible()
    page.screenshot(path=screenshots / "panel-dashboard.png")
    page.close()


def test_the_palette_and_the_launcher_lead_to_everything(plain_lab: PlainLab, chromium: Browser):
    page = plain_lab.open(chromium)

    page.locator(".jp-LauncherCard[title^='Find the differential equation']").click()
    expect(page.locator(".pf-Form").get_by_role("button", name="Start")).to_be_visible(timeout=30_000)
    page.keyboard.press("Control+Shift+C")
    page.keyboard.type("PhysForge")
    offered = page.locator(".lm-CommandPalette-item[data-command^='physforge:']")
    expect(offered).to_have_count(4)
    page.close()
