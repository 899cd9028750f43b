"""The service as a process: where it listens, how it ends, and the one that a workspace has of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import httpx
import psutil
import pytest

from physforge_kernel.client import HttpWorkspace
from physforge_kernel.errors import WorkspaceError
from physforge_kernel.service import Settings, ensure_service, listen_on_port, listen_on_socket, stop_service
from physforge_kernel.service._starter import ServiceFiles

from .conftest import eventually

SECONDS = 60.0


@contextmanager
def started(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a service as a terminal does, and give its process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "physforge_kernel.service", "--home", str(home), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = re.search(r" at (\S+); its token is in (\S+)\.$", process.stdout.readline().strip())
        assert told is not None, process.communicate()[1]
        yield process, told.group(1)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def token_of(home: Path) -> str:
    return (home / "service" / "token").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_it_is_told_to_though_streams_are_open(tmp_path: Path, number: int):
    home = tmp_path / "home"
    with started(home, "--port", "0", "--prefix", "/lab/") as (process, url):
        assert stat.S_IMODE((home / "service" / "token").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "service").stat().st_mode) == 0o700
        headers = {"Authorization": f"Bearer {token_of(home)}"}
        with httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=SECONDS) as client:
            assert client.get("").json()["person"]["name"] == ""
            with client.stream("GET", "jobs/changes") as stream:
                lines = stream.iter_lines()
                assert next(lines) == ": here they come"
                process.send_signal(number)
                assert process.wait(SECONDS) == 0
                assert [line for line in lines if line.startswith("data")] == []


def test_a_token_survives_a_restart(tmp_path: Path):
    home, socket = tmp_path / "home", tmp_path / "s"
    for _ in range(2):
        with started(home, "--socket", str(socket)) as (process, url):
            assert stat.S_IMODE(socket.stat().st_mode) == 0o600
            workspace = HttpWorkspace(url, token_of(home), cache=tmp_path / "cache")
            assert workspace.jobs.list() == []
            workspace.close()
            process.kill()  # it leaves its socket behind, which is no obstacle
            process.wait(SECONDS)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_it_listens_on_no_interface_that_others_can_reach(host: str):
    with pytest.raises(WorkspaceError, match="can be reached from other machines"):
        listen_on_port(0, host)


def test_addresses_that_cannot_be_had_are_refused_in_a_sentence(tmp_path: Path):
    with listen_on_port(0) as taken:
        with pytest.raises(WorkspaceError, match=r"127\.0\.0\.1 port \d+: Address already in use"):
            listen_on_port(taken.getsockname()[1])
        # else asyncio would leave Nagle's algorithm on, which costs 40 ms for each answer
        import socket

        assert taken.proto == socket.IPPROTO_TCP
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError, match="is there, and is no socket"):
        listen_on_socket(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
    with (
        listen_on_socket(tmp_path / "socket"),
        pytest.raises(WorkspaceError, match="Somebody listens on .*socket already"),
    ):
        listen_on_socket(tmp_path / "socket")
    listen_on_socket(tmp_path / "socket").close()  # the one before is dead
    with pytest.raises(WorkspaceError, match="at most 107 bytes"):
        listen_on_socket(tmp_path / ("x" * 200))
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "physforge_kernel.service"),
            *("--home", str(tmp_path / "home"), "--port", "0", "--host", "0.0.0.0"),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 7
    assert ended.stderr.startswith("PhysForge: '0.0.0.0' can be reached")
    assert not (tmp_path / "home").exists()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose own service is ended in the end."""
    place = tmp_path / "home"
    yield place
    stop_service(place)


def pid_of(home: Path) -> int:
    return json.loads(ServiceFiles(home).notice.read_text())["pid"]


def test_a_workspace_has_one_service_however_many_ask_for_it(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret-1")
    monkeypatch.setenv("JPY_SESSION_NAME", "secret-2")
    monkeypatch.setenv("PHYSFORGE_TOKEN", "secret-3")
    monkeypatch.setenv("PHYSFORGE_OWNER", "ann")
    found = []
    askers = [threading.Thread(target=lambda: found.append(ensure_service(home))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(SECONDS)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert found[0].token not in repr(found[0])
    services = [
        process
        for process in psutil.process_iter()
        if str(home) in _command(process) and "--lock" in _command(process)
    ]
    assert [process.pid for process in services] == [pid_of(home)]
    environment = services[0].environ()
    assert not any("secret" in value for value in environment.values())
    assert "PHYSFORGE_OWNER" not in environment
    assert stat.S_IMODE(found[0].socket.stat().st_mode) == 0o600
    workspace = HttpWorkspace("http://lab", found[0].token, socket=found[0].socket, cache=home / "cache")
    assert workspace.person() == ""
    workspace.close()
    assert stop_service(home)
    assert not stop_service(home)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_service_that_was_killed_is_started_anew_with_the_same_token(home: Path):
    first = ensure_service(home)
    pid = pid_of(home)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not psutil.pid_exists(pid) or _is_zombie(pid), "The service is gone")
    assert ensure_service(home) == first
    assert pid_of(home) != pid


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_service_that_nobody_asks_ends_but_not_under_an_open_stream(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PHYSFORGE_SERVICE_IDLE_SECONDS", "0.5")
    monkeypatch.setenv("PHYSFORGE_SERVICE_HEARTBEAT_SECONDS", "0.5")
    address = ensure_service(home)
    pid = pid_of(home)
    transport = httpx.HTTPTransport(uds=str(address.socket))
    headers = {"Authorization": f"Bearer {address.token}"}
    with (
        httpx.Client(transport=transport, base_url="http://lab/api/v1/", headers=headers) as client,
        client.stream("GET", "jobs/changes", timeout=SECONDS) as stream,
    ):
        lines = stream.iter_lines()
        for _ in range(8):
            next(lines)  # two seconds of heartbeats
        assert psutil.pid_exists(pid)
    eventually(lambda: not psutil.pid_exists(pid) or _is_zombie(pid), "The idle service ends")
    assert not stop_service(home)


def test_a_deep_folder_has_its_socket_where_paths_are_short(tmp_path: Path):
    home = tmp_path / ("deep" * 20) / ("er" * 40)
    place = ServiceFiles(home).socket
    assert len(os.fsencode(place)) <= 107
    assert home not in place.parents
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert ServiceFiles(home / "other").socket != place
    try:
        address = ensure_service(home)
        assert address.socket == place
    finally:
        assert stop_service(home)


def test_a_service_that_cannot_start_says_why(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "workspace.db").write_text("no database at all, and not a short one either")
    with pytest.raises(
        WorkspaceError, match=r"ended at once\. Its log is .*, and ends with: .*workspace\.db"
    ):
        ensure_service(home)


def test_every_setting_is_documented_with_its_default():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "environment.md").read_text()
    for setting in fields(Settings):
        name = f"PHYSFORGE_SERVICE_{setting.name.upper()}"
        row = re.search(rf"^\| `{name}` \| (\S+) \|", page, flags=re.MULTILINE)
        assert row, f"docs/reference/environment.md lacks {name}"
        assert float(row.group(1)) == setting.default


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "many"])
def test_a_setting_that_cannot_be_is_refused(text: str):
    with pytest.raises(WorkspaceError, match=f"PHYSFORGE_SERVICE_BODY_BYTES is '{text}'"):
        Settings.read({"PHYSFORGE_SERVICE_BODY_BYTES": text})
