"""Reads one VTK file in a process of its own, because VTK's readers may crash, hang or fill the memory.

Run as a script: `python -P _vtk_worker.py SOURCE LIMIT FOLDER`. It imports nothing of PhysForge, and leaves
in FOLDER `mesh.json` and, if it succeeded, `mesh.npz` with the arrays.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyvista


def main(source: str, limit: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.write(1, b"opening")
    try:
        about, arrays = _read(source)
    except MemoryError:
        about, arrays = {"error": "its arrays do not fit into the memory that a field may take"}, {}
    except Exception as error:
        # The only word that leaves this process; the other side makes it an error that names the file.
        about, arrays = {"error": " ".join(str(error).split())[:300] or type(error).__name__}, {}
    np.savez(Path(folder) / "mesh.npz", allow_pickle=False, **arrays)
    (Path(folder) / "mesh.json").write_text(json.dumps(about))


def _read(source: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with pyvista.VtkErrorCatcher(raise_errors=True):
        mesh: Any = pyvista.read(source)
    about: dict[str, Any] = {"type": type(mesh).__name__}
    arrays: dict[str, np.ndarray] = {}
    if isinstance(mesh, pyvista.ImageData):
        if not np.allclose(np.asarray(mesh.direction_matrix), np.eye(3)):
            arrays["points"] = np.asarray(mesh.points)
        else:
            for axis, origin, step, first, count in zip(
                "xyz", mesh.origin, mesh.spacing, mesh.extent[::2], mesh.dimensions, strict=True
            ):
                arrays[axis] = origin + step * (first + np.arange(count))
    elif isinstance(mesh, pyvista.RectilinearGrid):
        for axis in "xyz":
            arrays[axis] = np.asarray(getattr(mesh, axis))
    elif isinstance(mesh, pyvista.DataSet):
        arrays["points"] = np.asarray(mesh.points)
    else:
        raise ValueError(f"a {about['type']} is put together from several meshes; save one of them alone")
    place = "point_data" if len(mesh.point_data) else "cell_data"
    about["place"] = place
    about["other"] = list(mesh.cell_data) if place == "point_data" else []
    if place == "cell_data" and "points" in arrays:
        arrays["points"] = np.asarray(mesh.cell_centers().points)
    about["names"] = []
    for number, name in enumerate(getattr(mesh, place)):
        values = np.asarray(getattr(mesh, place)[name])
        if values.dtype.kind in "iufc" and name != "vtkGhostType":
            arrays[f"data{number}"] = values
            about["names"].append([f"data{number}", str(name)])
        else:
            about["other"].append(str(name))
    for name in ("TimeValue", "TIME"):
        if name in mesh.field_data and np.size(mesh.field_data[name]) == 1:
            about["time"] = float(np.asarray(mesh.field_data[name]).reshape(-1)[0])
    return about, arrays


if __name__ == "__main__":
    main(*sys.argv[1:])
