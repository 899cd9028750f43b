"""The folder that people work in: seeded with what we ship, and never at the cost of what they wrote."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_RECORD = ".tutorials.json"


@dataclass(frozen=True)
class Seeding:
    """What one start did to the shipped files of a folder: paths relative to it."""

    added: tuple[str, ...]
    refreshed: tuple[str, ...]
    kept: tuple[str, ...]


def fingerprint(path: Path) -> str:
    """Return a hash of what a person wrote in a file: of a notebook the cells, whatever they last printed.

    Args:
        path: a file; one that ends in `.ipynb` and is no notebook counts byte by byte.
    """
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        try:
            cells = json.loads(content)["cells"]
            written = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
        except (ValueError, KeyError, TypeError):
            pass
        else:
            content = json.dumps(written).encode()
    return hashlib.sha256(content).hexdigest()


def seed(sources: Mapping[str, Path], folder: Path) -> Seeding:
    """Bring the shipped files into `folder`, and leave every file there that someone has changed.

    A file that is missing is added. One that nobody changed since it was seeded is refreshed when the shipped
    one differs. One that somebody changed stays.

    Args:
        sources: a place in the folder ("" for the folder itself) -> the shipped files that belong there.
        folder: where people work; made if it does not exist.

    Returns:
        what was added, refreshed, and kept although a newer one is shipped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record_path = folder / _RECORD
    record = _recorded(record_path)
    added, refreshed, kept = [], [], []
    for name, shipped in _shipped(sources).items():
        target = folder / name
        wanted = fingerprint(shipped)
        if not target.exists():
            added.append(name)
        elif (present := fingerprint(target)) == wanted:
            record[name] = wanted
            continue
        elif record.get(name) == present:
            refreshed.append(name)
        else:
            if record.get(name) != wanted:
                kept.append(name)
            continue
        _copy(shipped, target)
        record[name] = wanted
    _replace(record_path, json.dumps(record, indent=1).encode())
    return Seeding(tuple(added), tuple(refreshed), tuple(kept))


def _recorded(path: Path) -> dict[str, str]:
    """Return the record of what was seeded; one that cannot be read says nothing, so that all edits stay."""
    try:
        record = json.loads(path.read_text())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _shipped(sources: Mapping[str, Path]) -> dict[str, Path]:
    """Return the shipped files by where they belong in the folder."""
    found: dict[str, Path] = {}
    for place, source in sources.items():
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
                found[(Path(place) / name).as_posix()] = path
    return found


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, source.read_bytes())


def _replace(target: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".seeding-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)
