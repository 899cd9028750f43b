"""The process that reads a file for its preview: `python -m ... PARENT MEMORY SECONDS FILE`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._lifeline import die_with
from ..errors import PhysForgeError
from ..workspace._describe_child import limit
from ..workspace._json import plain

if TYPE_CHECKING:
    from xarray import DataArray

_POINTS = 128
_VARIABLES = 32


def main(parent: int, memory: int, seconds: int, path: Path) -> None:
    die_with(parent)
    answer = os.dup(1)
    os.dup2(2, 1)  # what a reader prints must not mix with the answer
    limit(memory, seconds)
    from ..fields import read

    try:
        field = read(path)
        found: dict[str, Any] = {
            "variables": [preview(field[name]) for name in list(field.data_vars)[:_VARIABLES]]
        }
    except PhysForgeError as error:
        found = {"refused": str(error)}
    with open(answer, "w", encoding="utf-8") as out:
        json.dump(found, out)


def preview(variable: DataArray) -> dict[str, Any]:
    """Return a variable at some 128 points along each of its two longest axes, the middle of the others.

    Returns:
        `variable`, its name; `part`, "value" or, of a complex variable, "absolute value"; `dims`, the axes
        shown; `shape` and `range`, the least and the greatest finite value (None if there is none), of the
        whole variable; `at`, where along the other axes it was cut; `units`; `coords`, by axis; `values`,
        nested lists over `dims`.
    """
    sizes = {str(dim): size for dim, size in variable.sizes.items()}
    shown = sorted(sizes, key=lambda dim: -sizes[dim])[:2]
    at = {dim: sizes[dim] // 2 for dim in sizes if dim not in shown}
    thinned = variable.isel({dim: slice(None, None, -(-sizes[dim] // _POINTS)) for dim in shown} | at)
    is_complex = thinned.dtype.kind == "c"
    return {
        "variable": str(variable.name),
        "part": "absolute value" if is_complex else "value",
        "dims": [str(dim) for dim in thinned.dims],
        "shape": list(sizes.values()),
        "range": _range(variable.values),
        "at": {
            dim: plain(variable[dim].values[index]) for dim, index in at.items() if dim in variable.coords
        },
        "units": str(variable.attrs.get("units", "")),
        "coords": {str(dim): plain(thinned[dim].values) for dim in thinned.dims if dim in thinned.coords},
        "values": plain((abs(thinned) if is_complex else thinned).values),
    }


def _range(values: np.ndarray) -> list[float] | None:
    sizes = np.abs(values) if values.dtype.kind == "c" else values.astype(float, copy=False)
    finite = np.isfinite(sizes)
    if not finite.any():
        return None
    least = np.min(sizes, where=finite, initial=np.inf)
    return [float(least), float(np.max(sizes, where=finite, initial=-np.inf))]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
