"""The folder that people work in: seeded with the tutorials, and never at the cost of what they wrote."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

_RECORD = ".tutorials.json"


@dataclass(frozen=True)
class Seeding:
    """What one start did to the tutorials of a folder: paths relative to it."""

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


def seed(source: Path, folder: Path) -> Seeding:
    """Bring the tutorials in `source` into `folder`, and leave every file there that someone has changed.

    A file that is missing is added. One that nobody changed since it was seeded is refreshed when the shipped
    one differs. One that somebody changed stays.

    Args:
        source: the shipped tutorials.
        folder: where people work; made if it does not exist.

    Returns:
        what was added, refreshed, and kept although a newer one is shipped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record_path = folder / _RECORD
    record = _recorded(record_path)
    added, refreshed, kept = [], [], []
    for shipped in _tutorials(source):
        name = shipped.relative_to(source).as_posix()
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


def _tutorials(source: Path) -> list[Path]:
    return sorted(
        path
        for path in source.rglob("*")
        if path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(source).parts)
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, source.read_bytes())


def _replace(target: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".seeding-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)
