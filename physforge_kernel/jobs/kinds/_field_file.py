"""A field as an artifact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .._context import Context

if TYPE_CHECKING:
    from xarray import Dataset


def add_field(context: Context, name: str, field: Dataset) -> None:
    """Keep a field as a NetCDF file under a name."""
    path = context.scratch / name
    write_field(field, path)
    context.artifacts.add(name, path, media_type="application/x-netcdf")


def write_field(field: Dataset, path: Path) -> None:
    """Write a field as a NetCDF file.

    NetCDF has no complex numbers: a complex field is written as HDF5 has them, which our readers take.
    """
    complex_valued = any(variable.dtype.kind == "c" for variable in field.data_vars.values())
    field.to_netcdf(path, engine="h5netcdf", invalid_netcdf=complex_valued)
