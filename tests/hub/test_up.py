"""Where a lab cannot start, one sentence says what is in the way and what to do, and nothing is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from physforge_kernel.errors import PhysForgeError, WorkspaceError

from ..conftest import environment_for, processes_of

COMMAND = [sys.executable, "-P", "-m", "physforge_hub.up", "--no-browser"]


def start(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Try to start a lab, which is expected to fail."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment_for(home) | {"PHYSFORGE_HUB_PORT": "0"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sentence_of(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.stdout == ""
    assert ended.stderr.startswith("PhysForge: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.removeprefix("PhysForge: ").strip()


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_that_is_taken_is_named(tmp_path: Path, taken: int):
    ended = start(tmp_path / "home", "--port", str(taken))

    assert ended.returncode == PhysForgeError.exit_code
    assert sentence_of(ended).startswith(f"Port {taken} of 127.0.0.1 is taken by another program. Choose")
    assert processes_of(tmp_path / "home") == []


def test_a_public_address_is_refused_before_anything_is_made(tmp_path: Path):
    ended = start(tmp_path / "home", PHYSFORGE_HUB_IP="0.0.0.0")

    assert ended.returncode == PhysForgeError.exit_code
    assert "never listens where other machines can reach it" in sentence_of(ended)
    assert not (tmp_path / "home").exists()


def test_several_people_are_refused_before_anything_is_made(tmp_path: Path):
    ended = start(tmp_path / "home", PHYSFORGE_HUB_PEOPLE="ada,bob")

    assert "nothing keeps them apart" in sentence_of(ended)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("home", ["/dev/null/x", "/etc/passwd", "/proc/x"])
def test_a_home_that_cannot_be_is_named(home: str):
    ended = start(Path(home))

    assert ended.returncode == WorkspaceError.exit_code
    assert sentence_of(ended).startswith(f"The lab cannot use '{home}")
    assert "PHYSFORGE_HOME" in ended.stderr


def test_a_folder_that_cannot_be_is_named(tmp_path: Path):
    (tmp_path / "file").touch()

    ended = start(tmp_path / "home", "--folder", str(tmp_path / "file" / "below"))

    assert ended.returncode == WorkspaceError.exit_code
    assert "--folder for where you work" in sentence_of(ended)


def test_a_password_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path):
    secret = tmp_path / "home" / "hub" / "password"
    secret.parent.mkdir(parents=True)
    secret.write_text("known to all")
    secret.chmod(0o644)

    assert f"chmod 600 {secret}" in sentence_of(start(tmp_path / "home"))


def test_without_traefik_it_says_what_to_install(tmp_path: Path):
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "python").symlink_to(sys.executable)
    site = next(path for path in sys.path if path.endswith("site-packages"))
    paths = os.pathsep.join(
        [site, *(path for path in sys.path if path.startswith(str(Path(__file__).parents[2])))]
    )

    ended = subprocess.run(
        [bare / "python", *COMMAND[1:]],
        env=environment_for(tmp_path / "home") | {"PATH": str(bare), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == PhysForgeError.exit_code
    assert sentence_of(ended).startswith(f"The lab's proxy, Traefik, is neither at {bare / 'traefik'} nor")
    assert "pip install 'physforge[hub]'" in ended.stderr


def test_a_command_line_that_makes_no_sense_is_refused_with_its_usage(tmp_path: Path):
    ended = start(tmp_path / "home", "--colour", "blue")

    assert ended.returncode == 2
    assert "usage: python -m physforge_hub.up" in ended.stderr


def test_ctrl_c_before_the_lab_has_begun_ends_it_without_a_word(tmp_path: Path):
    (tmp_path / "pydantic.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")

    ended = start(tmp_path / "home", PYTHONPATH=str(tmp_path))

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_ctrl_c_before_the_keeper_can_hear_ends_the_lab_as_it_does_later(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text("""
import os, signal, sys
if "physforge_hub._keeper" in sys.orig_argv:
    os.kill(os.getppid(), signal.SIGINT)
    signal.pause()
""")

    ended = start(tmp_path / "home", "--port", "0", PYTHONPATH=str(tmp_path))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("The lab has stopped.")
    assert processes_of(tmp_path / "home") == []
