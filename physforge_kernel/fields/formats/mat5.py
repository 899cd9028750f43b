"""MATLAB files up to version 7: arrays and cell arrays, read through SciPy once their headers are checked."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from .._arrange import arrange
from .._entries import Entry
from .._layout import Layout
from .._request import Request
from ._cells import from_cells
from ._mat5_headers import Head, headers
from ._roundoff import without_roundoff

_SCIPY_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    NotImplementedError,
    OSError,
    EOFError,
    zlib.error,
)


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a MAT 5 file from the headers of its arrays."""
    heads = headers(request)
    names = [head.name for head in heads]
    if len(set(names)) < len(names):
        raise request.error("two arrays in the file have the same name: save it again from MATLAB.")

    @cache
    def stored(name: str) -> np.ndarray:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError

        with request.border("Reading the array", MatReadError, *_SCIPY_ERRORS, place=f"array {name}"):
            return loadmat(request.path, variable_names=[name])[name]

    def whole(head: Head) -> Entry:
        def load() -> np.ndarray:
            request.check_shape(head.shape, head.dtype or np.dtype("f8"), "the array", f"array {head.name}")
            return without_roundoff(stored(head.name))

        return _entry(head, head.name, load)

    def inside(head: Head, index: int, part: Head) -> Entry:
        def load() -> np.ndarray:
            cell: Any = stored(head.name)
            return without_roundoff(np.asarray(cell.reshape(-1, order="F")[index]))

        return _entry(part, f"{head.name}{{{index + 1}}}", load)

    arrays = [whole(head) for head in heads if head.dtype is not None]
    cells = {
        head.name: [inside(head, i, part) for i, part in enumerate(head.cells)]
        for head in heads
        if head.cells
    }
    others = [head.name for head in heads if head.dtype is None and not head.cells]
    entries, notes, left_out = from_cells(request, arrays, cells)
    details = {"arrays": len(heads), "compressed": any(head.compressed for head in heads)}
    yield arrange(request, entries, notes=notes, left_out=[*others, *left_out], details=details)


def _entry(head: Head, name: str, load: Any) -> Entry:
    return Entry(name, head.shape, head.dtype or np.dtype(object), load)
