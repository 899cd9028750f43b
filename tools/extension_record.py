"""Record which sources the built Lab extension was made of, so that a test can tell when it is stale.

Run by tools/extension.sh after a build; `digest` alone is what the test compares.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).parents[1] / "extension"
BUILT = ROOT / "physforge_lab" / "labextension"
RECORD = BUILT / "sources.json"

_FILES = ("package.json", "tsconfig.json", "yarn.lock")
_FOLDERS = ("src", "style")


def digest() -> str:
    """Return the sha256 over the paths and contents of everything that the bundle is made of."""
    paths = [ROOT / name for name in _FILES]
    paths += [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    whole = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.relative_to(ROOT).as_posix()):
        name = path.relative_to(ROOT).as_posix()
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def built() -> dict[str, str]:
    """Return the sha256 of every file of the bundle, but for the record itself."""
    return {
        path.relative_to(BUILT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(BUILT.rglob("*"))
        if path.is_file() and path != RECORD
    }


def main() -> None:
    """Write the record beside the bundle."""
    RECORD.write_text(json.dumps({"sources": digest(), "built": built()}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
