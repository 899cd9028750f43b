"""Write the records that the Lab extension's tests read, as a real workspace and service make them.

Run it when a test says that they are out of date; `records` alone is what that test compares.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from pydantic import TypeAdapter

from physforge_kernel.service._preview_child import preview
from physforge_kernel.workspace import EmbeddedWorkspace, Version

FIXTURES = Path(__file__).parents[1] / "extension" / "test" / "fixtures"


def records() -> dict[str, Any]:
    """Return each fixture by the name of its file."""
    return {"folder.json": folder(), "preview.json": shown()}


def folder() -> dict[str, Any]:
    """Return the version that a folder of two fields, in folders of their own, and a text becomes."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "runs"
        for place, name in (("cold", "u"), ("hot", "w")):
            (root / place).mkdir(parents=True)
            rows = [f"{t},{x},{t * x}\n" for t in range(6) for x in range(4)]
            (root / place / "run 1.csv").write_text(f"t,x,{name}\n" + "".join(rows))
        (root / "README.md").write_text("Two runs, measured on a Tuesday.\n")
        version = EmbeddedWorkspace(Path(scratch) / "home").datasets.upload(root)
    return TypeAdapter(Version).dump_python(version, mode="json") | {"created": "2026-11-22T12:00:00Z"}


def shown() -> dict[str, Any]:
    """Return the preview of a field over four axes whose greatest value lies between the points shown."""
    t, x, y, z = np.arange(300.0), np.arange(5.0), np.linspace(0.0, 1.0, 3), np.arange(3.0)
    values = 0.5 * np.sin(t)[:, None, None, None] * np.ones((300, 5, 3, 3))
    values[1, 0, 0, 0] = 7.0
    dims = {"t": t, "x": x, "y": y, "z": z}
    return preview(xr.DataArray(values, dims, tuple(dims), "u", {"units": "m/s"}))


def main() -> None:
    """Write them where the tests are."""
    for name, record in records().items():
        (FIXTURES / name).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
