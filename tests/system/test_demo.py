"""`make demo`: alone and through the hub a CSV becomes its law and a report, and no process stays."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT, environment_for, processes_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def test_the_demo_finds_the_same_law_alone_and_in_a_lab_and_writes_both_reports(tmp_path: Path):
    home = tmp_path / "home"

    ended = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        env=environment_for(home) | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    alone, in_a_lab = ended.stdout.split("In a lab, through the hub")
    for told in (alone, in_a_lab):
        assert re.search(r"u_t = \S.*u\*u_x.*u_xx", told), told
        assert re.search(r"\[.*,.*\]", told), told
        report = re.search(r"^The report +(/.+)$", told, flags=re.MULTILINE)
        assert report, told
        page = Path(report.group(1)).read_text()
        assert page.lstrip().lower().startswith("<!doctype html>")
    assert "kdv" in in_a_lab  # the samples were there
    assert processes_of(home) == []
