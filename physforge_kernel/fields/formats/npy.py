"""A single NumPy array: values without coordinates, so its axes are counted."""

from __future__ import annotations

import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO

import numpy as np

from .._arrange import arrange
from .._entries import Entry
from .._layout import Layout
from .._request import Request

#: Damaged headers are parsed as Python literals; NumPy warns of some before it fails.
_HEADER_ERRORS = (
    ValueError,
    EOFError,
    SyntaxError,
    tokenize.TokenError,
    TypeError,
    OverflowError,
    RecursionError,
    MemoryError,
    UserWarning,
)


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand an .npy file from its header."""
    with request.path.open("rb") as stream:
        shape, dtype, order = header(request, stream, request.path.stat().st_size)

        @cache
        def load() -> np.ndarray:
            request.check_shape(shape, dtype, "the array")
            with request.border("Reading the array", OSError, ValueError, EOFError):
                return np.load(request.path, allow_pickle=False)

        if dtype.names:
            yield arrange(request, _columns(dtype, shape, load), details={"order": order})
            return
        if request.dims is None and sum(n > 1 for n in shape) == 1:
            raise request.undecided(
                f"the array has the shape {shape}, and the file does not tell which axis that is: name it "
                "with dims, as in t or x. Better, save its coordinate too: numpy.savez(name, t=..., u=...).",
                [("t",), ("x",)],
            )
        yield arrange(request, [Entry("u", shape, dtype, load)], details={"order": order})


def _columns(dtype: np.dtype, shape: tuple[int, ...], load: Callable[[], np.ndarray]) -> list[Entry]:
    """Return the columns of a structured array as arrays of their own."""

    def column(name: str) -> Entry:
        kind = dtype[name]
        return Entry(name, (*shape, *kind.shape), kind.base, lambda: load()[name])

    return [column(name) for name in dtype.names or ()]


def header(
    request: Request, stream: IO[bytes], size: int, place: str = ""
) -> tuple[tuple[int, ...], np.dtype, str]:
    """Read an .npy header and check what it declares against the bytes that are there.

    Args:
        stream: at the beginning of the array.
        size: of the whole, header included, in bytes.

    Returns:
        The shape, the dtype, and the order of the values.

    Raises:
        FieldError: the header is damaged, declares Python objects (a pickle), or more than there is.
    """
    with request.border("Reading the header of the NumPy array", *_HEADER_ERRORS, place=place):
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version in ((2, 0), (3, 0)):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise request.error(
                f"the .npy version {version} is unknown: write the array again with numpy.save.", place
            )
    if dtype.hasobject:
        raise request.error(
            "the array holds Python objects, that is a pickle, which can run any code and is never loaded. "
            "Save it as an array of numbers: numpy.save(name, array.astype(float)).",
            place,
        )
    if any(n < 0 for n in shape):
        raise request.error(
            f"the header declares the shape {shape}: write the array again with numpy.save.", place
        )
    declared = int(dtype.itemsize) * int(np.prod([int(n) for n in shape], dtype=object))
    there = size - stream.tell()
    if declared > there:
        raise request.error(
            f"the header declares the shape {shape} of {dtype}, {declared} bytes, but only {there} are "
            "there: the file is incomplete or forged. Write it again.",
            place,
        )
    return tuple(int(n) for n in shape), dtype, "Fortran" if fortran else "C"
