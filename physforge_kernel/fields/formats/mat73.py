"""MATLAB 7.3 files: HDF5, with each array's axes in reverse and complex numbers as pairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrange import arrange
from .._entries import Entry
from .._layout import Layout
from .._request import Request
from ._cells import from_cells
from ._hdf5 import ERRORS, check_inside, entry_of, opened
from ._roundoff import without_roundoff
from .hdf5 import plain

if TYPE_CHECKING:
    import h5py

_MOST_CELLS = 1000


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a MAT 7.3 file from its metadata."""
    with opened(request) as (file, datasets):
        with request.border("Reading the classes of the arrays", *ERRORS):
            classes = {path: _class(dataset) for path, dataset in datasets.items()}
        if not any(classes.values()):
            # HDF5 with the ending .mat, not written by MATLAB.
            yield plain(request, file, datasets)
            return
        arrays: list[Entry] = []
        cells: dict[str, list[Entry]] = {}
        others: list[str] = []
        for path, dataset in datasets.items():
            kind = classes[path]
            if path.startswith("#") or "/" in path:
                continue
            if kind == "cell":
                with request.border("Reading the cell array", *ERRORS, place=f"dataset /{path}"):
                    cells[path] = _cells(request, dataset, path)
            elif kind in ("char", "logical", "function_handle", "") or "MATLAB_empty" in dataset.attrs:
                others.append(path)
            else:
                arrays.append(_entry(request, dataset, path))
        entries, notes, left_out = from_cells(request, arrays, cells)
        yield arrange(
            request,
            entries,
            notes=notes,
            left_out=[*others, *left_out],
            details={"arrays": len(arrays) + len(cells)},
        )


def _class(dataset: h5py.Dataset) -> str:
    kind: Any = dataset.attrs.get("MATLAB_class", b"")
    return kind.decode("latin-1") if isinstance(kind, bytes) else str(kind)


def _entry(request: Request, dataset: h5py.Dataset, path: str) -> Entry:
    """Return a dataset as MATLAB sees it: its axes reversed, its attributes MATLAB's own and dropped."""
    entry = entry_of(request, dataset, path, path.rpartition("/")[2])
    return replace(entry, shape=entry.shape[::-1], load=partial(_transposed, entry), attrs={})


def _transposed(entry: Entry) -> np.ndarray:
    return without_roundoff(np.asarray(entry.load()).T)


def _cells(request: Request, dataset: h5py.Dataset, path: str) -> list[Entry]:
    """Return the arrays in a cell array, in MATLAB's column-major order."""
    import h5py

    if dataset.size is None or dataset.size > _MOST_CELLS or h5py.check_ref_dtype(dataset.dtype) is None:
        return []
    found = []
    # In memory the axes are reversed, so that row-major order here is column-major order there.
    for reference in np.asarray(dataset[()]).reshape(-1):
        target = dataset.file[reference] if reference else None
        if not isinstance(target, h5py.Dataset):
            return []
        inside = (target.name or path).lstrip("/")
        check_inside(request, target, inside)
        found.append(replace(_entry(request, target, inside), name=f"{path}{{{len(found) + 1}}}"))
    return found
