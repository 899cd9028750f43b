"""MATLAB files of version 4: matrices one after the other, each behind a header of its own.

MathWorks, "MAT-File Format" (2019), section 2. The numbers are read where they lie, so that only their sizes
have to be believed, and those are checked against the file's.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .._arrange import arrange
from .._entries import Entry
from .._layout import Layout
from .._request import Request
from ._roundoff import without_roundoff

_HEADER = 20
_ORDERS = ("<", ">")
_STORED = ("f8", "f4", "i4", "i2", "u2", "u1")
_MOST_MATRICES = 1000
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Matrix:
    """A matrix's header.

    Attributes:
        dtype: of one part, real or imaginary, as stored.
        parts: 2 if it is complex.
        offset: where its numbers begin, in bytes.
        is_numeric: it is a full matrix of numbers rather than text or a sparse one.
    """

    name: str
    shape: tuple[int, int]
    dtype: np.dtype
    parts: int
    offset: int
    is_numeric: bool

    @property
    def end(self) -> int:
        return self.offset + self.parts * self.dtype.itemsize * math.prod(self.shape)


def matrix_at(head: bytes, offset: int = 0) -> Matrix | None:
    """Return the matrix whose header begins with these bytes, or None if they are no such header.

    Args:
        head: at least the header and the name, where they are all there.
        offset: where in the file they stand.
    """
    for number, order in enumerate(_ORDERS):
        if len(head) <= _HEADER:
            return None
        kind, rows, columns, imaginary, length = struct.unpack(f"{order}5i", head[:_HEADER])
        # The digits of the type: byte order, 0, how numbers are stored, and full, text or sparse.
        digits = divmod(kind // 10, 10)[1], kind % 10
        if kind // 1000 != number or kind // 100 % 10 or digits[0] >= len(_STORED) or digits[1] > 2:
            continue
        name, nul, rest = head[_HEADER : _HEADER + length].partition(b"\x00")
        if not 1 < length <= _LONGEST_NAME or rest or not nul or not name.decode("latin-1").isidentifier():
            continue
        if min(rows, columns) < 0 or imaginary not in (0, 1):
            continue
        dtype = np.dtype(_STORED[digits[0]]).newbyteorder(order)
        return Matrix(
            name.decode("latin-1"), (rows, columns), dtype, 1 + imaginary, offset + _HEADER + length,
            digits[1] == 0,
        )  # fmt: skip
    return None


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a MAT 4 file from the headers of its matrices."""
    matrices = _matrices(request)
    names = [matrix.name for matrix in matrices]
    if len(set(names)) < len(names):
        raise request.error("two matrices in the file have the same name: save it again from MATLAB.")
    arrays = [_entry(request, matrix) for matrix in matrices if matrix.is_numeric]
    others = [matrix.name for matrix in matrices if not matrix.is_numeric]
    yield arrange(request, arrays, left_out=others, details={"arrays": len(matrices)})


def _matrices(request: Request) -> list[Matrix]:
    size = request.path.stat().st_size
    found: list[Matrix] = []
    with request.border("Reading the headers", OSError), request.path.open("rb") as file:
        position = 0
        while position < size:
            file.seek(position)
            matrix = matrix_at(file.read(_HEADER + _LONGEST_NAME), position)
            if matrix is None or matrix.end > size:
                raise request.error(
                    "there is no whole matrix: the file is incomplete or damaged. Save it again from MATLAB.",
                    f"byte {position}",
                )
            if len(found) == _MOST_MATRICES:
                raise request.error(f"it holds more than {_MOST_MATRICES} matrices: a field has a few.")
            found.append(matrix)
            position = matrix.end
    return found


def _entry(request: Request, matrix: Matrix) -> Entry:
    dtype = np.dtype(np.complex128) if matrix.parts == 2 else matrix.dtype.newbyteorder("=")

    def load() -> np.ndarray:
        place = f"array {matrix.name}"
        request.check_shape(matrix.shape, dtype, "the array", place)
        count = math.prod(matrix.shape)
        with request.border("Reading the array", OSError, ValueError, place=place):
            stored = np.fromfile(request.path, matrix.dtype, matrix.parts * count, offset=matrix.offset)
        real, *imaginary = [part.reshape(matrix.shape, order="F") for part in np.split(stored, matrix.parts)]
        if not imaginary:
            return real.astype(dtype)
        joined = np.empty(matrix.shape, dtype=np.complex128)
        joined.real, joined.imag = real, imaginary[0]
        return without_roundoff(joined)

    return Entry(matrix.name, matrix.shape, dtype, load)
