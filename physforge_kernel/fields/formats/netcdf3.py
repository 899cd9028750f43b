"""NetCDF 3, read through SciPy, which maps the file rather than loading it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from .._layout import Layout
from .._request import Request
from ._cf import cf_layout, opened_by_xarray

_FLAVOURS = {1: "netCDF-3 classic", 2: "netCDF-3 64-bit offset"}
_ERRORS = (
    OSError, ValueError, TypeError, IndexError, KeyError, OverflowError, MemoryError, AttributeError,
EOFError, struct.error, )  # fmt: skip


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a NetCDF 3 file from its header."""
    with request.path.open("rb") as stream:
        version = stream.read(4)[3]
    if version not in _FLAVOURS:
        raise request.error(
            "it is a netCDF-3 file of the 64-bit data kind (CDF-5), which is not read: convert it with "
            "nccopy -k nc4."
        )
    with opened_by_xarray(request, request.path, _ERRORS, engine="scipy") as dataset:
        details = {"flavour": _FLAVOURS[version]}
        yield cf_layout(request, dataset, details, _ERRORS, check=lambda name: None, storage={}, left_out=[])
