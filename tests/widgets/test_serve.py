"""`physforge dashboard`: one person, one machine, nobody's configuration."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

import physforge_kernel as pf
from physforge_kernel._shared import shared_folder
from physforge_kernel.errors import NotFoundError, WorkspaceError
from physforge_kernel.widgets import names, serve
from physforge_kernel.widgets._serve import _JUPYTER, MOST_BYTES
from physforge_kernel.workspace import Job, Workspace

from .conftest import PATIENCE, until

COMMAND = (
    "import sys; from physforge_kernel.cli import main; sys.argv[1:] = ['dashboard', '--no-browser']; main()"
)

BROWSER = """#!/bin/sh
page="${1#file://}"
echo "$1" > seen
ls -ld "$page" "$(dirname "$page")" >> seen
cat "$page" > page
mv seen shown
"""


@pytest.fixture(scope="module")
def address(home: Path, embedded: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard that is served, started in a folder with a configuration file that must not be read."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "voila.py").write_text("open('was-read', 'w').close()\nc.Voila.ip = '0.0.0.0'\n")
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND],
        cwd=folder,
        env=os.environ | {"PHYSFORGE_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
        [found] = re.findall(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)
        yield found
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert not (folder / "was-read").exists()


def test_every_dashboard_names_our_kernel_and_page():
    assert "discovery" in names()
    for name in names():
        text = (shared_folder("dashboards") / f"{name}.ipynb").read_text()
        assert '"name": "physforge"' in text
        assert '"template": "physforge"' in text


def test_the_page_refuses_what_its_server_would_not_take():
    page = (_JUPYTER / "voila" / "templates" / "physforge" / "index.html.j2").read_text()
    assert f"physforgeMostBytes = {MOST_BYTES};" in page


def test_an_unknown_dashboard_is_refused_with_those_there_are(embedded: Workspace):
    with pytest.raises(NotFoundError, match="There is no dashboard 'tea'; dashboards are .*discovery"):
        serve("tea", embedded, port=None, opened=print)


def test_a_port_that_is_taken_is_refused(embedded: Workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(WorkspaceError, match=f"Port {port} of 127.0.0.1 was refused: .*--port"):
            serve("discovery", embedded, port=port, opened=print)


def test_nobody_without_the_token_is_shown_anything(address: str):
    bare = address.partition("?")[0]
    answer = httpx.get(bare)
    assert answer.status_code == 302
    assert "/login" in answer.headers["location"]
    refused = httpx.get(f"{bare}physforge/api/v1/reports/report-1/page")
    assert refused.status_code == 302


def test_a_page_loads_nothing_from_elsewhere(address: str):
    answer = httpx.get(address, timeout=PATIENCE)
    assert answer.status_code == 200
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', answer.text)
    assert loaded
    assert all(place.startswith(("/", "data:")) for place in loaded), loaded


def test_files_beside_the_dashboard_are_not_served(address: str):
    bare, _, token = address.partition("?token=")
    for place in ("voila/files/discovery.ipynb", "discovery.ipynb", "voila/tree"):
        answer = httpx.get(bare + place, headers={"Authorization": f"token {token}"}, follow_redirects=True)
        assert answer.status_code in (403, 404), place


def test_a_report_is_sent_so_that_nothing_in_it_runs(address: str, found: Job, embedded: Workspace):
    job = pf.connect().jobs.submit("report", {"job": found.id})
    report = job.result(PATIENCE)["report"]
    bare, _, token = address.partition("?token=")
    signed_in = {"Authorization": f"token {token}"}
    answer = httpx.get(f"{bare}physforge/api/v1/reports/{report}/page", headers=signed_in)
    assert answer.status_code == 200
    assert answer.content == embedded.reports.get(report).html.read_bytes()
    assert answer.headers["content-security-policy"].endswith("sandbox")
    missing = httpx.get(f"{bare}physforge/api/v1/reports/report-1/page", headers=signed_in)
    assert missing.status_code == 404
    assert "report-1" in missing.text


def test_the_token_is_not_on_the_command_line_of_the_browser(home: Path, tmp_path: Path):
    browser = tmp_path / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o700)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND.replace(", '--no-browser'", "")],
        cwd=tmp_path,
        env=os.environ | {"PHYSFORGE_HOME": str(home), "DISPLAY": ":none", "BROWSER": f"{browser} %s"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        [found] = re.findall(r"http://127\.0\.0\.1:\d+/\?token=\S+", process.stdout.readline())
        until((tmp_path / "shown").exists)
        process.terminate()
        assert process.wait(PATIENCE) == 0
    asked, folder, page = (tmp_path / "shown").read_text().splitlines()
    assert asked.startswith("file:///")
    assert found.partition("token=")[2] not in asked
    assert page.startswith("-rw-------")
    assert folder.startswith("drwx------")
    assert f"url={found}" in (tmp_path / "page").read_text()
    assert not Path(asked.removeprefix("file://")).parent.exists()


LATE_WORDS = """
from tornado.log import gen_log
from physforge_kernel.widgets._voila import KERNEL, ThisPython
from traitlets.utils.importstring import import_item
[chosen] = [each for each in ThisPython().get_kernel_spec(KERNEL).argv if "kernel_class" in each]
kernel = import_item(chosen.partition("=")[2])()
gen_log.error("before")
kernel.do_shutdown(False)
gen_log.error("after")
"""


def test_a_kernel_that_ends_says_nothing_more():
    done = subprocess.run(
        [sys.executable, "-P", "-c", LATE_WORDS], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert "before" in done.stderr
    assert "after" not in done.stderr


def test_a_page_that_is_opened_says_nothing_in_the_terminal(home: Path, tmp_path: Path):
    complaints = tmp_path / "complaints"
    with complaints.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", COMMAND],
            cwd=tmp_path,
            env=os.environ | {"PHYSFORGE_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    with process.stdout:
        [found] = re.findall(r"http://127\.0\.0\.1:\d+/\?token=\S+", process.stdout.readline())
        bare, _, token = found.partition("?token=")
        page = httpx.get(found, timeout=PATIENCE).text
        [kernel] = re.findall(r'"kernelId": ?"([^"]+)"', page)
        channels = f"ws{bare.removeprefix('http')}api/kernels/{kernel}/channels?session_id=1"

        async def talk() -> None:
            connection = await websocket_connect(
                HTTPRequest(channels, headers={"Authorization": f"token {token}"})
            )
            assert await connection.read_message() is not None
            connection.close()

        with ThreadPoolExecutor(1) as apart:  # the browser of other tests has a loop running in this thread
            apart.submit(lambda: asyncio.run(asyncio.wait_for(talk(), PATIENCE))).result()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert complaints.read_text() == ""
