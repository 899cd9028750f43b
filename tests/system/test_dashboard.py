"""The dashboard in a real browser: alone, as `physforge dashboard` serves it, and on the hub."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from ..conftest import ROOT, RunningLab, environment_for, processes_of, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

PATIENCE = 120_000  # milliseconds
DATA = ROOT / "notebooks" / "data"
SCHEMES = [("light", 1280), ("light", 420), ("dark", 1280), ("dark", 420)]

DROP = """([name, text]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name));
    for (const type of ["dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
}"""

DROP_LARGE = """([name, size]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["nonsense!\\n".repeat(size / 10)], name));
    document.body.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dashboard") / "home"


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """Where a dashboard is served on a workspace of its own, with one dataset."""
    command = [str(Path(sys.executable).parent / "physforge")]
    told = ["dataset", "upload", str(DATA / "burgers.csv"), "--description", "<b>Steep</b> wave"]
    subprocess.run([*command, *told], env=environment_for(home), check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [*command, "dashboard", "--no-browser"],
        env=environment_for(home),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process.stdout:
        [found] = re.findall(r"http://\S+", process.stdout.readline())
        yield found
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    until(lambda: not [one for one in processes_of(home) if "ipykernel_launcher" in " ".join(one.cmdline())])


@pytest.fixture
def page(address: str, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.goto(address)
    page.get_by_role("button", name="Find the law").and_(page.locator(":enabled")).wait_for(timeout=PATIENCE)
    yield page
    context.close()
    assert asked <= {urlsplit(address).netloc, ""}


def test_a_press_finds_the_law_and_makes_a_report(page: Page, screenshots: Path):
    assert page.locator(".pf-about").inner_text().startswith("<b>Steep</b> wave")
    page.get_by_role("button", name="Find the law").click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)
    page.screenshot(path=screenshots / "dashboard-searching.png")
    page.get_by_text("Identified: the data single out this law.").wait_for(timeout=PATIENCE)
    assert page.locator(".pf-law img").count() == 4
    assert page.get_by_role("row").filter(has=page.get_by_alt_text("u_xx")).inner_text().count("0.09") >= 1
    assert page.get_by_alt_text("Heat map of Residual of u_t").count() == 1
    page.get_by_role("button", name="Make the report").click()
    with page.expect_popup(timeout=PATIENCE) as opened:
        page.get_by_role("link", name="Open the report").click(timeout=PATIENCE)
    opened.value.get_by_role("heading", name="The law behind burgers").wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Read it here").click()
    page.frame_locator(".pf-page iframe").get_by_role("heading", name="The law behind burgers").wait_for(
        timeout=PATIENCE
    )


def test_a_reload_goes_on_where_the_page_was_and_ends_its_kernel(page: Page, address: str):
    told = json.loads(page.locator("#jupyter-config-data").text_content() or "{}")
    kernel = f"{address.partition('?')[0]}api/kernels/{told['kernelId']}"
    assert page.request.get(kernel).status == 200
    page.get_by_role("button", name="Find the law").click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=PATIENCE)
    page.reload()
    page.get_by_text("Identified: the data single out this law.").wait_for(timeout=PATIENCE)
    until(lambda: page.request.get(kernel).status == 404)


def test_files_come_by_drop_and_by_the_button(page: Page):
    text = (DATA / "lorenz.csv").read_text()
    page.evaluate(DROP, ["my lorenz.csv", text])
    page.get_by_text("my lorenz.csv is kept as my-lorenz@1.").wait_for(timeout=PATIENCE)
    assert page.get_by_label("Dataset").input_value() == "my-lorenz"
    page.get_by_alt_text("Time series of x, y, z").wait_for(timeout=PATIENCE)
    page.evaluate(DROP, ["notes.csv", "hello\nworld\n"])
    page.get_by_text("notes.csv: the first line ('hello') is a single column").wait_for(timeout=PATIENCE)
    payload = FilePayload(name="again.csv", mimeType="text/csv", buffer=text.encode())
    with page.expect_file_chooser() as chooser:
        page.locator(".pf-upload").press("Enter")
    chooser.value.set_files(payload)
    page.get_by_text("again.csv is kept as again@1.").wait_for(timeout=PATIENCE)


def test_a_large_file_arrives_and_one_too_large_for_the_page_is_refused_before_it_is_sent(page: Page):
    arrives(page, "large.csv")
    page.evaluate(DROP_LARGE, ["huge.nc", 201e6])
    page.get_by_text("huge.nc has 201.0 MB; this page takes files of up to 200.0 MB.").wait_for(
        timeout=PATIENCE
    )


def arrives(page: Page, name: str) -> None:
    """Drop 50 MB that are no field: the sentence that says so comes from behind the page's connection."""
    page.evaluate(DROP_LARGE, [name, 50e6])
    expect(page.locator(".pf-upload-said")).to_have_text(f"Sending {name}, 50.0 MB …")
    page.get_by_text(f"{name}: the first line ('nonsense!') is a single column").wait_for(timeout=PATIENCE)


@pytest.mark.parametrize(("scheme", "width"), SCHEMES)
def test_it_is_legible_in_every_light_and_width(
    address: str, chromium: Browser, screenshots: Path, scheme: str, width: int
):
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(address)
    page.locator(".pf-earlier", has_text="u*u_x").first.click(timeout=PATIENCE)
    page.get_by_text("Identified: the data single out this law.").wait_for(timeout=PATIENCE)
    page.screenshot(path=screenshots / f"dashboard-{scheme}-{width}.png", full_page=True)
    measured = page.evaluate(
        """() => {
            const luminance = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map((one) => (one / 255) ** 2.2);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const shown = getComputedStyle(document.querySelector(".pf-head h1")).color;
            const behind = getComputedStyle(document.querySelector(".physforge")).backgroundColor;
            const [low, high] = [luminance(shown), luminance(behind)].sort((one, other) => one - other);
            return {
                contrast: (high + 0.05) / (low + 0.05),
                dark: luminance(behind) < 0.2,
                overflow: document.documentElement.scrollWidth - innerWidth,
            };
        }"""
    )
    assert measured["contrast"] > 7
    assert measured["dark"] == (scheme == "dark")
    assert measured["overflow"] <= 0
    context.close()


def test_it_is_at_a_persons_server_on_the_hub(lab: RunningLab, chromium: Browser, screenshots: Path):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: set[str] = set()
    refused: list[str] = []
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on("response", lambda each: refused.append(each.url) if each.status >= 400 else None)
    lab.start_server()
    page.goto(f"{lab.url}/user/{lab.user}/voila/render/dashboards/discovery.ipynb")
    page.get_by_label("Username").fill(lab.user)
    page.get_by_label("Password").fill(lab.password)
    page.get_by_role("button", name="Sign in").click()
    find = page.get_by_role("button", name="Find the law").and_(page.locator(":enabled"))
    find.wait_for(timeout=2 * PATIENCE)
    arrives(page, "large.csv")
    page.get_by_label("Dataset").select_option("burgers")
    page.get_by_text("A wave that steepens").wait_for(timeout=PATIENCE)
    find.click(timeout=PATIENCE)
    page.get_by_text("Identified: the data single out this law.").wait_for(timeout=PATIENCE)
    page.screenshot(path=screenshots / "dashboard-hub.png", full_page=True)
    with page.expect_response(lambda each: "no_track_activity" in each.url, timeout=PATIENCE):
        pass
    page.get_by_role("button", name="Make the report").click()
    with page.expect_popup(timeout=PATIENCE) as opened:
        page.get_by_role("link", name="Open the report").click(timeout=PATIENCE)
    opened.value.get_by_role("heading", name="The law behind burgers").wait_for(timeout=PATIENCE)
    context.close()
    assert asked <= {urlsplit(lab.url).netloc, ""}
    assert not refused
