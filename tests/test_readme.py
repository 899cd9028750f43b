"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"


def words(text: str) -> list[str]:
    """The text without its numbers, whose last digits are the processor's."""
    return re.sub(NUMBER, "#", text).split()


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(NUMBER, text)]


def test_the_example_prints_what_the_readme_says():
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, flags=re.DOTALL)
    assert found, "the README has no python block with a text block after it"
    code, promised = found.groups()

    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    shown, dots, _ = promised.partition("\n...\n")
    assert dots, "the README shows the beginning of what is printed, then dots"
    printed = "\n".join(ended.stdout.splitlines()[: len(shown.splitlines())])
    assert words(printed) == words(shown), "run `make images`"
    assert numbers(printed) == pytest.approx(numbers(shown), rel=0.05), "run `make images`"


def test_every_file_and_target_that_the_readme_names_exists():
    named = re.findall(r"\]\((?!http)([^)#]+)", README)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"(?:`|\$ )make (\w+)", README)
    assert {"up", "test", "demo"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), f"make {target} is no target"
