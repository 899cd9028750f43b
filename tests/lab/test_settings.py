"""A lab listens to this machine alone, asks for a token, and keeps out of the user's own Jupyter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import physforge_kernel as pf
from physforge_kernel import PhysForgeError
from physforge_kernel.errors import WorkspaceError
from physforge_kernel.lab import Settings
from physforge_kernel.lab._settings import FIRST_TUTORIAL, has_display, home_and_folder
from physforge_kernel.lab._up import main, prepare


@pytest.mark.parametrize(
    "ip", ["0.0.0.0", "::", "*", "", "192.168.1.4", "10.0.0.1", "8.8.8.8", "example.org"]
)
def test_an_address_that_others_can_reach_is_refused(tmp_path: Path, ip: str):
    with pytest.raises(PhysForgeError, match="never listens where other machines can reach it"):
        Settings(tmp_path, tmp_path, ip=ip)


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_an_address_of_this_machine_alone_is_taken(tmp_path: Path, ip: str):
    assert f"--ServerApp.ip={ip}" in Settings(tmp_path, tmp_path, ip=ip).arguments(root=False)


@pytest.mark.parametrize("port", [-1, 0, 65_536, 99_999])
def test_a_port_that_there_cannot_be_is_refused(tmp_path: Path, port: int):
    with pytest.raises(PhysForgeError, match=f"no port {port}: pass a --port between 1 and 65535"):
        Settings(tmp_path, tmp_path, port=port)


@pytest.mark.parametrize("home", ["/dev/null/x", "/etc/passwd", "/proc/x"])
def test_a_home_that_cannot_be_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: str
):
    monkeypatch.setenv("PHYSFORGE_HOME", home)
    before = signal.getsignal(signal.SIGINT)
    try:
        assert main(["--no-browser"]) == WorkspaceError.exit_code
    finally:
        signal.signal(signal.SIGINT, before)

    said = capsys.readouterr().err
    assert said.startswith(f"PhysForge: The lab cannot use '{home}")
    assert "PHYSFORGE_HOME" in said
    assert said.count("\n") == 1


def test_what_a_lab_makes_first_is_closed_to_others_and_so_is_the_workspace_in_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    home = tmp_path / "home"
    monkeypatch.setenv("PHYSFORGE_HOME", str(home))
    where, folder = home_and_folder()
    before = os.umask(0o022)
    try:
        prepare(Settings(where, folder))
        pf.connect()
    finally:
        os.umask(before)

    for place in (".", "jupyter", "objects", "staging", "views", "workspace.db"):
        assert (home / place).stat().st_mode & 0o077 == 0, place
    assert (home / "notebooks" / FIRST_TUTORIAL).exists()


def test_the_command_refuses_a_public_address_in_one_sentence_before_anything_is_made(tmp_path: Path):
    home = tmp_path / "home"
    command = [
        sys.executable,
        "-m",
        "physforge_kernel.lab",
        "--ip",
        "0.0.0.0",
        "--folder",
        str(home / "work"),
    ]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == PhysForgeError.exit_code
    assert ended.stderr.startswith("PhysForge: The lab never listens")
    assert "Traceback" not in ended.stderr
    assert not home.exists()


def test_every_lab_has_a_token_of_its_own_and_does_not_show_it_in_a_traceback(tmp_path: Path):
    one, other = Settings(tmp_path, tmp_path), Settings(tmp_path, tmp_path)

    assert one.token != other.token
    assert len(one.token) >= 32
    assert one.token not in repr(one)


def test_only_root_is_allowed_to_be_root(tmp_path: Path):
    settings = Settings(tmp_path, tmp_path)

    assert "--ServerApp.allow_root=True" in settings.arguments(root=True)
    assert not [argument for argument in settings.arguments(root=False) if "allow_root" in argument]


def test_without_a_home_of_its_own_the_lab_works_in_a_folder_that_people_see():
    home, folder = home_and_folder({})

    assert home == Path.home() / ".physforge"
    assert folder == Path.home() / "physforge"


def test_a_browser_is_opened_only_on_a_screen():
    assert has_display({"DISPLAY": ":0"})
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"})
    assert not has_display({"DISPLAY": ""})


def test_the_kernel_is_registered_in_this_environment_and_runs_this_python():
    spec = json.loads((Path(sys.prefix) / "share/jupyter/kernels/physforge/kernel.json").read_text())

    assert spec["display_name"] == "PhysForge"
    assert spec["argv"][0] == "python"  # which Jupyter takes for the Python of its own environment
