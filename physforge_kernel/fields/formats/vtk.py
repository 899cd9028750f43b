"""VTK, legacy and XML, through PyVista in a process of its own; meshes on a tensor grid become fields."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .._arrange import arrange
from .._entries import Entry, from_array
from .._layout import Layout
from .._names import listed
from .._request import Request
from .._table import arrange_columns
from ._apart import run_apart
from ._content import content_of
from ._vtk_headers import check_legacy, check_xml

_COMPLAINT = re.compile(r"Error reading[^!.\n\x1b]*|Premature EOF[^!.\n\x1b]*|(?<=ERR\|)[^\n\x1b]*")
#: Coordinates in single precision agree to this share of their span.
_ROUNDING = 1e-6


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a VTK file, whose mesh has to be loaded to be known."""
    xml = content_of(request.path) == "XML"
    (check_xml if xml else check_legacy)(request)
    about, arrays = _from_worker(request)
    notes: list[str] = []
    if about["place"] == "cell_data":
        notes.append("The file has values of cells, none of points: they were placed at the cells' centres.")
    kind = "XML" if xml else "legacy"
    details = {
        "type": about["type"],
        "encoding": kind,
        "values_of": f"{about['place'].removesuffix('_data')}s",
    }
    attrs = {"time": about["time"]} if "time" in about else {}
    values = {name: arrays[key] for key, name in about["names"]}
    if not values:
        raise request.error("the mesh has no values at its points or cells: save it with its data.")
    if "points" in arrays:
        layout = _from_points(request, arrays["points"], values, notes)
        yield replace(layout, attrs=attrs, details=details, left_out=(*layout.left_out, *about["other"]))
    else:
        entries = _from_axes(request, arrays, values, notes, centres=about["place"] == "cell_data")
        yield arrange(request, entries, notes=notes, left_out=about["other"], attrs=attrs, details=details)


def _from_worker(request: Request) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Let another process read the file; return what it says and the arrays."""
    with tempfile.TemporaryDirectory(prefix="physforge-vtk-") as folder:
        said = run_apart(request, "_vtk_worker.py", "VTK", folder)
        told = Path(folder) / "mesh.json"
        about = json.loads(told.read_text())
        if "error" in about:
            raise request.error(f"VTK cannot read it ({about['error']}): it is damaged. Write it again.")
        # VTK fills up what a truncated file lacks, and only mutters that it did.
        complaint = _COMPLAINT.search(said)
        if complaint:
            raise request.error(f"VTK cannot read all of it ({complaint[0]}): it is damaged. Write it again.")
        with np.load(Path(folder) / "mesh.npz", allow_pickle=False) as archive:
            return about, {name: archive[name] for name in archive.files}


def _from_axes(
    request: Request,
    arrays: dict[str, np.ndarray],
    values: dict[str, np.ndarray],
    notes: list[str],
    *,
    centres: bool,
) -> list[Entry]:
    """Return the values of a mesh whose axes are known, VTK's x running fastest."""
    axes = {axis: arrays[axis] for axis in "xyz"}
    if centres:
        axes = {axis: (v[1:] + v[:-1]) / 2 if v.size > 1 else v for axis, v in axes.items()}
    shape = tuple(axes[axis].size for axis in "zyx")
    dims = tuple(axis for axis in "zyx" if axes[axis].size > 1)
    if not dims:
        raise request.error("the mesh is a single point: there is no field in it.")
    found = [from_array(axis, axes[axis], dims=(axis,)) for axis in dims]
    for name, array in _components(values, len(dims), notes).items():
        if array.size != np.prod(shape):
            raise request.error(f"it has {array.size} values for {np.prod(shape)} points.", f"array {name}")
        grid = array.reshape(shape).reshape([axes[axis].size for axis in dims])
        found.append(from_array(name, grid, dims=dims))
    return found


def _from_points(
    request: Request, points: np.ndarray, values: dict[str, np.ndarray], notes: list[str]
) -> Layout:
    """Return the layout of a mesh given point by point, if the points lie on a tensor grid."""
    columns = {axis: _snapped(points[:, i].astype(np.float64)) for i, axis in enumerate("xyz")}
    columns = {axis: column for axis, column in columns.items() if np.ptp(column) > 0}
    counts = {axis: np.unique(column).size for axis, column in columns.items()}
    if not columns or 2 * len(points) < np.prod(list(counts.values()), dtype=float):
        found = (
            listed(f"{n} different {axis}" for axis, n in counts.items()) if counts else "all at one place"
        )
        raise request.error(
            f"its {len(points)} points lie on no tensor grid ({found}). Resample the mesh on a regular grid "
            "(pyvista.ImageData(...).sample(mesh)), and save that as .vti."
        )
    table = [(axis, None, column) for axis, column in columns.items()]
    table += [(name, None, array) for name, array in _components(values, len(columns), notes).items()]
    return arrange_columns(replace(request, dims=tuple(columns)), table, notes=notes)


def _snapped(column: np.ndarray) -> np.ndarray:
    """Make coordinates equal that differ by rounding only."""
    distinct, inverse = np.unique(column, return_inverse=True)
    span = distinct[-1] - distinct[0] if distinct.size else 0.0
    groups = np.concatenate(([0], np.cumsum(np.diff(distinct) > _ROUNDING * span)))
    first = distinct[np.searchsorted(groups, np.arange(groups[-1] + 1))]
    return first[groups][inverse]


def _components(values: dict[str, np.ndarray], axes: int, notes: list[str]) -> dict[str, np.ndarray]:
    """Split vectors into components: `Ux`, `Uy`, `Uz` (`U_x` would mean a derivative)."""
    split: dict[str, np.ndarray] = {}
    for name, array in values.items():
        if array.ndim == 1:
            split[name] = array
            continue
        width = array.shape[1]
        labels = "xyz" if width <= 3 else [str(i + 1) for i in range(width)]
        for index in range(width):
            if width == 3 and index >= axes and not array[:, index].any():
                notes.append(f"The component {labels[index]} of {name} is zero throughout and was left out.")
            else:
                split[f"{name}{labels[index]}"] = array[:, index]
    return split
