"""`make demo`: a CSV goes in; its law with intervals and a report come out, and no process stays."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT, environment_for, processes_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


def test_the_demo_prints_the_law_and_writes_the_report(tmp_path: Path):
    home = tmp_path / "home"

    ended = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        env=environment_for(home) | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"u_t = \S.*u\*u_x.*u_xx", ended.stdout), ended.stdout
    assert re.search(r"\[.*,.*\]", ended.stdout), ended.stdout
    report = re.search(r"^The report +(/.+)$", ended.stdout, flags=re.MULTILINE)
    assert report, ended.stdout
    page = Path(report.group(1)).read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert processes_of(home) == []
