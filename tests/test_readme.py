"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    assert found, f"the README has no {language} block"
    return found.group(1)


def test_the_example_prints_what_the_readme_says():
    ended = subprocess.run(
        [sys.executable, "-c", block("python")],
        cwd=ROOT / "notebooks" / "data",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert [line.rstrip() for line in ended.stdout.splitlines()] == block("text").splitlines()


def test_every_file_and_target_that_the_readme_names_exists():
    named = re.findall(r"\]\((?!http)([^)#]+)", README)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), f"make {target} is no target"
