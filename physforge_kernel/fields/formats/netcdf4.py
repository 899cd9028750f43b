"""NetCDF 4, which is HDF5 with conventions; decoded only once the file is known to be harmless."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .._layout import Layout
from .._request import Request
from ._cf import follows_netcdf, netcdf4_layout
from ._hdf5 import ERRORS, opened
from .hdf5 import plain


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a NetCDF 4 file from its metadata; any other HDF5 is read as plain."""
    with opened(request) as (file, datasets):
        with request.border("Reading the attributes", *ERRORS):
            conventional = follows_netcdf(datasets)
        if conventional:
            with netcdf4_layout(request, file, datasets) as layout:
                yield layout
        else:
            yield plain(request, file, datasets)
