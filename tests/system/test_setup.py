"""`make setup` does nothing twice, starts over where it must, and says what a machine lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment was set up a moment ago."""
    folder = tmp_path / "physforge"
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copytree(ROOT / "physforge_kernel" / "kernelspec", folder / "physforge_kernel" / "kernelspec")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "set-up").write_text(f"{folder}\n")
    return folder


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def bare_path(folder: Path) -> str:
    """A search path with the least that a machine has, and nobody's right to install more."""
    folder.mkdir()
    for name in ("bash", "cat", "dirname", "rm", "make"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    (folder / "id").write_text("#!/bin/sh\necho 1000\n")
    (folder / "id").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("target", ["setup", "up", "demo"])
def test_an_environment_that_is_up_to_date_is_left_alone(checkout: Path, target: str):
    assert "tools/setup.sh" not in make(checkout, "-n", target).stdout


@pytest.mark.parametrize("target", ["test", "check", "format", "docs", "images", "extension", "lock"])
def test_what_only_developers_need_is_installed_when_they_need_it(checkout: Path, target: str):
    assert "tools/setup.sh hub,test,docs" in make(checkout, "-n", target).stdout
    (checkout / ".venv" / "set-up-to-develop").write_text(f"{checkout}\n")
    assert "tools/setup.sh" not in make(checkout, "-n", target).stdout


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_change_of_what_is_installed_sets_up_again(checkout: Path, name: str):
    later = (checkout / ".venv" / "set-up").stat().st_mtime + 10
    os.utime(checkout / name, (later, later))

    assert "tools/setup.sh hub\n" in make(checkout, "-n", "up").stdout


def test_a_checkout_that_was_moved_is_set_up_again(checkout: Path):
    moved = checkout.rename(checkout.with_name("moved"))

    assert "tools/setup.sh hub\n" in make(moved, "-n", "up").stdout
    assert "tools/setup.sh hub,test,docs" in make(moved, "-n", "check").stdout


def test_a_python_that_cannot_serve_is_named_and_nothing_is_made(checkout: Path):
    shutil.rmtree(checkout / ".venv")

    ended = make(checkout, "setup", "PYTHON=/bin/false")

    assert ended.returncode != 0
    assert "PYTHON=/bin/false is no Python 3.11 or newer" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_a_machine_without_python_is_told_what_to_install(checkout: Path, tmp_path: Path):
    shutil.rmtree(checkout / ".venv")

    ended = make(checkout, "setup", PATH=bare_path(tmp_path / "bin"))

    assert ended.returncode != 0
    assert "sudo apt-get install python3 python3-venv" in ended.stderr


def test_a_machine_without_a_browser_where_nothing_may_be_installed_is_told_what_to_install(
    checkout: Path, tmp_path: Path
):
    ended = subprocess.run(
        [checkout / "tools" / "system-packages.sh"],
        env={"PATH": bare_path(tmp_path / "bin")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert "sudo apt-get install chromium fonts-dejavu-core libatomic1" in ended.stderr
