"""The documentation builds without a warning, and its command reference lists every command."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from physforge_kernel.cli._app import command

from .conftest import ROOT

pytestmark = pytest.mark.system


def test_the_documentation_builds_and_knows_every_command(tmp_path: Path):
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]

    ended = subprocess.run(
        [*build, "-d", tmp_path / "doctrees", ROOT / "docs", tmp_path / "html"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    page = re.sub(r"<[^>]+>", "", (tmp_path / "html" / "reference" / "cli.html").read_text())
    for name, group in command().commands.items():
        for path in [name, *(f"{name} {child}" for child in getattr(group, "commands", {}))]:
            assert f"physforge {path}" in page
