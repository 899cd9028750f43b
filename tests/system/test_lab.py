"""`make up` opens JupyterLab with the first tutorial, which runs to its law; Ctrl-C leaves nothing behind."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest
from playwright.sync_api import Browser, Page

from physforge_kernel.jobs import stop_runner

from .conftest import processes_of

Start = Callable[..., subprocess.Popen[str]]

pytestmark = [pytest.mark.system, pytest.mark.timeout(420)]

TUTORIAL = "01_first_law.ipynb"


def address_of(lab: subprocess.Popen[str]) -> str:
    """Read what the lab prints until it names its address."""
    assert lab.stdout is not None
    seen = []
    for line in lab.stdout:
        seen.append(line)
        if found := re.search(r"http://\S+", line):
            return found.group()
    raise AssertionError("the lab ended without an address:\n" + "".join(seen))


def press_ctrl_c(process: subprocess.Popen[str]) -> None:
    """Do what a terminal does on Ctrl-C: interrupt the whole foreground group."""
    os.killpg(process.pid, signal.SIGINT)
    process.wait(60)


def open_tutorial(chromium: Browser, address: str) -> Page:
    page = chromium.new_page(viewport={"width": 1360, "height": 900})
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    page.locator(".jp-KernelName", has_text="PhysForge").wait_for(timeout=60_000)
    page.get_by_text("PhysForge | Idle").wait_for(timeout=60_000)
    return page


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


def test_the_tutorial_runs_to_its_law_and_ctrl_c_leaves_nothing(
    start: Start, chromium: Browser, screenshots: Path, tmp_path: Path
):
    home = tmp_path / "home"
    lab = start("make", "up")
    address = address_of(lab)
    assert f"/lab/tree/{TUTORIAL}" in address

    page = open_tutorial(chromium, address)
    run_all(page)
    page.keyboard.press("Control+s")
    page.get_by_text("Saving completed").wait_for(timeout=30_000)
    page.screenshot(path=screenshots / "lab-end.png")

    outputs = outputs_of(home / "notebooks" / TUTORIAL)
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert re.search(r"u_\{?t\}?\s*=", text_of(outputs))
    *_, last_figure = (png for output in outputs if (png := output.get("data", {}).get("image/png")))
    (screenshots / "first_law.png").write_bytes(base64.b64decode(last_figure))

    show_the_law(page)
    page.screenshot(path=screenshots / "lab.png")
    page.close()

    press_ctrl_c(lab)
    assert processes_of(home) == []


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


@pytest.mark.parametrize("starter", ["notebook", "terminal"])
def test_ctrl_c_ends_the_runner_that_a_notebook_started_and_spares_a_terminal_s(
    start: Start, tmp_path: Path, starter: str
):
    home = tmp_path / "home"
    lab = start("make", "up")
    of_a_kernel = environment_of_a_kernel(address_of(lab), home)
    submit = start(".venv/bin/python", "-c", SLOW_JOB, **(of_a_kernel if starter == "notebook" else {}))
    assert submit.wait(120) == 0, submit.stdout and submit.stdout.read()
    assert runners_of(home)

    press_ctrl_c(lab)

    if starter == "notebook":
        assert processes_of(home) == []
    else:
        assert stop_runner(home)


def runners_of(home: Path) -> list[str]:
    return [command for command in processes_of(home) if "physforge_kernel.jobs.runner" in command]


def environment_of_a_kernel(address: str, home: Path) -> dict[str, str]:
    """Start a kernel of the lab, and return what its notebook's processes inherit from it."""
    server, token = re.findall(r"(http://[^/]+)/.*token=(\w+)", address)[0]
    request = Request(f"{server}/api/kernels", b'{"name": "physforge"}', {"Authorization": f"token {token}"})
    with urlopen(request, timeout=60) as answer:
        kernel = json.load(answer)["id"]
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(kernel in argument for argument in process.cmdline()):
                return process.environ()
    raise AssertionError(f"no process of the kernel {kernel}")


SLOW_JOB = """
import physforge_kernel as pf
field = pf.catalogue.get("burgers").field(x=64, t=41)
workspace = pf.connect()
workspace.datasets.upload(field, "burgers")
workspace.jobs.submit("discover", inputs="burgers")
"""


def test_the_lab_takes_a_free_port_listens_to_this_machine_alone_and_asks_for_its_token(start: Start):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        lab = start("make", "up", f"ARGS=--port {port}")
        address = address_of(lab)

    found = re.match(r"http://127\.0\.0\.1:(\d+)/lab/tree/\S+\?token=(\w{32,})$", address)
    assert found
    assert int(found.group(1)) != port
    with urlopen(f"{address.split('/lab')[0]}/api/status?token={found.group(2)}") as answer:
        assert answer.status == 200
    with pytest.raises(HTTPError, match="403"):
        urlopen(f"{address.split('/lab')[0]}/api/status")
    assert listening_addresses(lab.pid) <= {"127.0.0.1", "::1"}


def listening_addresses(pid: int) -> set[str]:
    parts = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return {
        connection.laddr.ip
        for part in parts
        for connection in part.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
