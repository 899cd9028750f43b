"""The headers of a MAT 5 file, checked in bounded memory before anything is loaded.

SciPy lists the arrays of a MAT file but not what is inside cells, and believes the sizes that the file
declares. This walk over the tags (MathWorks, "MAT-File Format", 2019, section 1) finds both, decompressing as
it goes and keeping nothing.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from ..._wording import size as human_bytes
from .._request import Request, field_bytes

_MATRIX, _COMPRESSED = 14, 15
_CELL, _SPARSE, _FIRST_NUMERIC, _LAST_NUMERIC = 1, 5, 6, 15
_COMPLEX, _LOGICAL = 0x0800, 0x0200
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_STORED = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_BLOCK = 2**16
_DEEPEST = 3
#: Headers, and the small arrays that a file keeps beside a field.
_SLACK = 2**20
_MOST_CELLS = 1000


@dataclass(frozen=True)
class Head:
    """An array's header.

    Attributes:
        dtype: None for what is no array of numbers.
        cells: the headers in a cell array, in column-major order; None for anything else.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype | None
    cells: tuple[Head, ...] | None = None
    compressed: bool = False


class _Stream:
    """Bytes of the file, or of one compressed element in it, read forward only."""

    def __init__(self, file: IO[bytes], length: int, *, packed: bool, request: Request) -> None:
        self._file, self._left = file, length
        self._inflate = zlib.decompressobj() if packed else None
        self._buffer = b""
        self._request, self._limit = request, 2 * request.max_bytes + _SLACK
        self.position = 0

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes; only ever called with small counts."""
        taken = b"".join(self._pieces(count))
        if len(taken) < count:
            raise EOFError("the data end early")
        return taken

    def skip(self, count: int) -> None:
        if self._inflate is None and not self._buffer:
            if count > self._left:
                raise EOFError("the data end early")
            self._file.seek(count, 1)
            self._left -= count
            self.position += count
            return
        if sum(map(len, self._pieces(count))) < count:
            raise EOFError("the data end early")

    def _pieces(self, count: int) -> Iterator[bytes]:
        self.position += count
        if self.position > self._limit:
            raise self._request.error(
                f"an array in it unpacks to more than {human_bytes(self._limit)}, more than a field may "
                "take here. (max_bytes). Save fewer arrays."
            )
        while count:
            if not self._buffer:
                self._fill()
                if not self._buffer:
                    return
            piece, self._buffer = self._buffer[:count], self._buffer[count:]
            count -= len(piece)
            yield piece

    def _fill(self) -> None:
        if self._inflate is None:
            self._buffer = self._file.read(min(_BLOCK, self._left))
            self._left -= len(self._buffer)
            return
        while not self._buffer and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail
            if not packed:
                packed = self._file.read(min(_BLOCK, self._left))
                self._left -= len(packed)
                if not packed:
                    return
            self._buffer = self._inflate.decompress(packed, _BLOCK)


def headers(request: Request) -> list[Head]:
    """Return the headers of all named arrays in a MAT 5 file.

    Raises:
        FieldError: the file is damaged, or an array unpacks to more than `request.max_bytes`.
    """
    size = request.path.stat().st_size
    found: list[Head] = []
    with (
        request.border(
            "Reading the MAT file's headers",
            EOFError,
            OverflowError,
            ValueError,
            struct.error,
            zlib.error,
            OSError,
        ),
        request.path.open("rb") as file,
    ):
        order = "<" if file.read(128)[126:128] == b"IM" else ">"
        while (start := file.tell()) + 8 <= size:
            kind, length = struct.unpack(f"{order}II", file.read(8))
            if start + 8 + length > size:
                raise EOFError(f"the array at byte {start} declares {length} bytes, past the end of the file")
            if kind in (_MATRIX, _COMPRESSED):
                stream = _Stream(file, length, packed=kind == _COMPRESSED, request=request)
                if kind == _COMPRESSED:
                    inner, _ = struct.unpack(f"{order}II", stream.read(8))
                    if inner != _MATRIX:
                        raise ValueError(f"the compressed element at byte {start} holds no array")
                head = _Walk(request, stream, order).matrix(0, kind == _COMPRESSED)
                if head.name:
                    found.append(head)
            # Compressed elements are not padded, others are.
            padding = 0 if kind == _COMPRESSED else -length % 8
            file.seek(start + 8 + length + padding)
    return found


@dataclass
class _Walk:
    """One walk through the sub-elements of an array."""

    request: Request
    stream: _Stream
    order: str

    def tag(self) -> tuple[int, int, bytes]:
        """Return type and length of the next element, and its data if they stand in the tag."""
        raw = self.stream.read(8)
        kind, length = struct.unpack(f"{self.order}II", raw)
        if kind >> 16:
            return kind & 0xFFFF, kind >> 16, raw[4 : 4 + (kind >> 16)]
        return kind, length, b""

    def small(self, most: int) -> tuple[int, bytes]:
        kind, length, data = self.tag()
        if length > most:
            raise ValueError(f"a header of {length} bytes")
        if not data and length:
            data = self.stream.read(length)
            self.stream.skip(-length % 8)
        return kind, data

    def matrix(self, depth: int, compressed: bool) -> Head:
        """Read the header of an array whose own tag has been read."""
        _, flags = self.small(8)
        word = struct.unpack(f"{self.order}I", flags[:4])[0]
        kind = word & 0xFF
        if kind != _CELL and not _FIRST_NUMERIC <= kind <= _LAST_NUMERIC:
            return Head(self.name() if kind < _SPARSE else "", (), None)
        _, raw = self.small(4 * 32)
        shape = struct.unpack(f"{self.order}{len(raw) // 4}i", raw)
        if any(n < 0 for n in shape):
            raise ValueError(f"an array of the shape {shape}")
        name = self.small(256)[1].decode("latin-1")
        if kind == _CELL:
            return Head(name, shape, None, self.cells(shape, depth), compressed)
        dtype = np.dtype(np.bool_ if word & _LOGICAL else _CLASSES[kind])
        if word & _COMPLEX:
            dtype = np.dtype(np.complex64 if kind == 7 else np.complex128)
        self.numbers(
            name,
            shape,
            parts=2 if word & _COMPLEX else 1,
            through=self.request.values or field_bytes(shape, dtype) <= self.request.readable or depth > 0,
        )
        return Head(name, shape, dtype, None, compressed)

    def name(self) -> str:
        """Return the name of a struct, object or text, whose content is skipped."""
        self.small(4 * 32)
        return self.small(256)[1].decode("latin-1")

    def numbers(self, name: str, shape: tuple[int, ...], *, parts: int, through: bool) -> None:
        """Check that the data are as long as the shape says; go through them if more follows."""
        count = math.prod(shape)
        for part in range(parts):
            kind, length, data = self.tag()
            if kind not in _STORED or length != count * _STORED[kind]:
                raise ValueError(f"{name} has the shape {shape}, but {length} bytes of data")
            if part + 1 == parts and not through:
                return
            if not data:
                self.stream.skip(length + -length % 8)

    def cells(self, shape: tuple[int, ...], depth: int) -> tuple[Head, ...] | None:
        """Return the headers in a cell array; None if they are too many or too deep for a field."""
        count = math.prod(shape)
        if count > _MOST_CELLS or depth >= _DEEPEST:
            return None
        found = []
        for _ in range(count):
            kind, length, _ = self.tag()
            if kind != _MATRIX:
                raise ValueError("a cell that is no array")
            end = self.stream.position + length
            if length:
                found.append(self.matrix(depth + 1, False))
            else:
                found.append(Head("", (0, 0), np.dtype("f8")))
            if self.stream.position > end:
                raise ValueError("a cell longer than it declares")
            self.stream.skip(end - self.stream.position)
        return tuple(found)
