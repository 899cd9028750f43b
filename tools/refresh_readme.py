"""Run the README's example and put the law and the verdict that it prints below it: part of `make images`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
EXAMPLE = re.compile(r"(```python\n)(?P<code>.*?)(```\n\n```text\n)(?P<printed>.*?)(```)", flags=re.DOTALL)


def printed_by(code: str) -> str:
    """Return the beginning of what the example prints, run at the root of the repository."""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    law, verdict, *_ = ended.stdout.split("\n\n")
    return f"{law}\n\n{verdict}\n...\n"


def example(text: str) -> re.Match[str]:
    """Return the README's example: groups `code` and `printed`."""
    found = EXAMPLE.search(text)
    if found is None:
        raise SystemExit("README.md has no python block with a text block after it.")
    return found


if __name__ == "__main__":
    text = README.read_text()
    found = example(text)
    start, end = found.span("printed")
    README.write_text(text[:start] + printed_by(found["code"]) + text[end:])
