"""Reading a file into a field."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FieldError
from ._layout import load
from ._request import Request, default_max_bytes
from .formats import identify

if TYPE_CHECKING:
    import xarray as xr


def request_for(
    path: str | os.PathLike[str],
    *,
    variables: str | Sequence[str] | None,
    dims: str | Sequence[str] | None,
    max_bytes: int | None,
    values: bool,
) -> Request:
    """Return the request of one reading, its arguments checked."""
    if isinstance(variables, str):
        variables = (variables,)
    if isinstance(dims, str):
        dims = tuple(name.strip() for name in dims.split(","))
    if dims is not None and (not all(dims) or not dims or len(set(dims)) < len(dims)):
        raise FieldError(f"dims must name at least one axis, and each only once, not {','.join(dims)!r}.")
    if variables is not None and not variables:
        raise FieldError(
            "variables=() asks for nothing: name at least one variable, or leave it out for all of them."
        )
    limit = default_max_bytes() if max_bytes is None else int(max_bytes)
    if limit <= 0:
        raise FieldError(f"max_bytes={max_bytes!r} must be positive.")
    return Request(
        Path(path).expanduser(),
        limit,
        None if dims is None else tuple(dims),
        None if variables is None else tuple(variables),
        values,
    )


def read(
    path: str | os.PathLike[str],
    *,
    variables: str | Sequence[str] | None = None,
    dims: str | Sequence[str] | None = None,
    max_bytes: int | None = None,
) -> xr.Dataset:
    """Read a file into a field: an `xarray.Dataset` with named coordinates and units.

    CSV and other text tables, HDF5, NetCDF 3 and 4, NumPy (.npy, .npz), MATLAB (4, 5 and 7.3), VTK and JSON
    are read. Rows of a table that have a time and a place and fill no grid are scattered samples, along
    `sample`. Axes are recognised by name (`t` or `time`, `x`, `y`, `z`) and arrays matched to them by their
    lengths; whatever had to be decided stands in `field.attrs["layout"]`. Values become float64 or
    complex128, missing ones NaN, and the axes increase. Nothing in the file is ever executed, and nothing
    outside it opened.

    Args:
        path: the file.
        variables: names of the wanted variables, as the field or the file calls them; all by default.
        dims: the axes, where the file does not tell them: of an array, one name for each of its axes in their
            order (`("x", "t")`, or `"x,t"`); of a table, the columns that are
            axes; of a wide table, those down and across.
        max_bytes: refuse fields that would take more memory; by default a quarter of this machine's.

    Returns:
        The field, its axes in the order t, x, y, z, with `source`, `format`, `sha256` in `attrs`.

    Raises:
        FieldError: the file is no field, is damaged, too large or unsafe; the message says where and what to
            do.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "wave.csv"
        >>> _ = path.write_text("x [m],t [s],u [m/s]\\n0,0,1\\n1,0,2\\n0,1,3\\n1,1,4\\n")
        >>> field = read(path)
        >>> field["u"].dims, field["u"].attrs["units"], field["u"].sel(t=1, x=0).item()
        (('t', 'x'), 'm/s', 3.0)
    """
    request = request_for(path, variables=variables, dims=dims, max_bytes=max_bytes, values=True)
    kind = identify(request)
    with kind.contents(request) as layout:
        field = load(request, layout)
    # What was decided about a file from which this one was made is no news of this one.
    field.attrs.update(
        {name: value for name, value in layout.attrs.items() if name not in ("layout", "left_out")}
    )
    field.attrs |= {"source": request.path.name, "format": kind.name, "sha256": sha256(request.path)}
    if layout.notes:
        field.attrs["layout"] = " ".join(layout.notes)
    if layout.left_out:
        field.attrs["left_out"] = ", ".join(layout.left_out)
    return field


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
