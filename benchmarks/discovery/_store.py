"""Where results are kept: one line a row, replaced as a whole, so that a stopped command goes on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]
Key = tuple[Any, ...]

#: The kinds of rows, and what tells one row of a kind from another.
KINDS = {
    "runs": ("source", "law", "noise", "seed"),
    "peers": ("source", "law", "noise", "seed"),
    "bounds": ("source", "law"),
}


class Store:
    """The rows of a results file by kind and key.

    Args:
        path: the file; made when the first row is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about: dict[str, Any] = {}
        self.rows: dict[str, dict[Key, Row]] = {kind: {} for kind in KINDS}
        if path.is_file():
            stored = json.loads(path.read_text())
            for kind in KINDS:
                for row in stored.pop(kind, []):
                    self.rows[kind][_key(kind, row)] = row
            self.about = stored

    def of(self, kind: str) -> list[Row]:
        """The rows of a kind, in order of their keys as first added."""
        return list(self.rows[kind].values())

    def add(self, kind: str, row: Row) -> None:
        """Put a row in, in place of one with its key, and write the file."""
        self.rows[kind][_key(kind, row)] = row
        self.write()

    def forget(self, kind: str, keys: Iterable[Key]) -> None:
        """Drop rows, so that they are measured again."""
        for key in keys:
            self.rows[kind].pop(key, None)

    def write(self) -> None:
        """Replace the file by what is known now."""
        parts = [f'"{name}": {json.dumps(value)}' for name, value in self.about.items()]
        for kind, rows in self.rows.items():
            lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows.values())
            parts.append(f'"{kind}": [\n{lines}\n]')
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".json.new")
        draft.write_text("{\n" + ",\n".join(parts) + "\n}\n")
        os.replace(draft, self.path)


def about() -> dict[str, Any]:
    """On which machine rows were measured, and when."""
    processor = platform.processor()
    if Path("/proc/cpuinfo").is_file():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
    machine = {"processor": processor, "python": platform.python_version(), "numpy": np.__version__}
    return {"machine": machine, "measured": datetime.now(UTC).date().isoformat()}


def _key(kind: str, row: Row) -> Key:
    return tuple(row[name] for name in KINDS[kind])
