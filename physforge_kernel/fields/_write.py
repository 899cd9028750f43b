"""Storing a field in a file that reads back as the same field."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FieldError
from ._names import listed
from ._validate import same_axes, validate
from .formats.npz import META

if TYPE_CHECKING:
    import xarray as xr

_ROWS = 65_536


def write(field: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a field to a file that `read` returns as the same field.

    The file appears whole or not at all. Values, coordinates, units and missing values survive in every
    format; NetCDF, HDF5 and .npz also keep other attributes, CSV keeps none.

    Args:
        field: the field, as `validate` accepts it.
        path: ends in .csv, .h5, .nc or .npz.

    Returns:
        The path.

    Raises:
        FieldError: `field` is no field, the format cannot hold it, or the file cannot be written.

    Example:
        >>> import pathlib, tempfile, xarray as xr
        >>> field = xr.Dataset({"u": ("x", [1.0, 4.0])}, {"x": [0.0, 1.0]})
        >>> path = write(field, pathlib.Path(tempfile.mkdtemp()) / "u.npz")
        >>> from physforge_kernel.fields import read
        >>> read(path)["u"].values
        array([1., 4.])
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise FieldError(
            f"Fields are written to {listed(_WRITERS)} files, not to {path.name}: choose one of them."
        )
    field = validate(field)
    field = field.reset_coords([name for name in field.coords if name not in field.dims])
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    except OSError as error:
        raise FieldError(f"{path.name} cannot be written in {path.parent} ({error.strerror}).") from error
    os.close(handle)
    temporary = Path(name)
    try:
        writer(field, temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise FieldError(
            f"{path.name} cannot be written in {path.parent} ({error.strerror or error})."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _umask() -> int:
    """Return the process's mask for new files, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _csv(field: xr.Dataset, path: Path) -> None:
    dims = same_axes(field)
    coords = [field[dim].values for dim in dims]
    columns = [field[name].values.reshape(-1) for name in field.data_vars]
    names = [*dims, *map(str, field.data_vars)]
    for name in names:
        if not name.strip() or any(sign in name for sign in '\n\r"[]()') or name != name.strip():
            raise FieldError(f"The name {name!r} cannot stand in the header of a table: rename it.")
    heads = [f"{name} [{units}]" if (units := _units(field[name])) else name for name in names]
    shape = tuple(values.size for values in coords)
    with path.open("w", newline="", encoding="utf-8") as stream:
        # Says which columns are axes, so that reading has nothing to guess.
        stream.write(f"# axes: {', '.join(dims)}\n")
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(heads)
        marks = [np.array(list(map(repr, values.tolist())), dtype=object) for values in coords]
        for start in range(0, columns[0].size, _ROWS):
            block = np.arange(start, min(start + _ROWS, columns[0].size))
            points = np.unravel_index(block, shape)
            cells = [texts[index].tolist() for texts, index in zip(marks, points, strict=True)]
            cells += [list(map(_cell, values[block].tolist())) for values in columns]
            stream.writelines(f"{line}\n" for line in map(",".join, zip(*cells, strict=True)))


def _cell(value: complex | float) -> str:
    if isinstance(value, complex):
        return "" if value != value else repr(value).strip("()")
    return "" if value != value else repr(value)


def _units(array: xr.DataArray) -> str:
    units = str(array.attrs.get("units", "")).strip()
    if "\n" in units or "\r" in units:
        raise FieldError(f"The units {units!r} of {array.name} run over two lines, which no header can hold.")
    return units


def _npz(field: xr.Dataset, path: Path) -> None:
    arrays = {str(name): array for name, array in field.variables.items()}
    if META in arrays:
        raise FieldError(f"The name {META} is taken by the archive itself: rename that variable.")
    about = {
        name: {"dims": list(array.dims), "attrs": _jsonable(array.attrs)} for name, array in arrays.items()
    }
    meta = json.dumps({"arrays": about, "attrs": _jsonable(field.attrs)}, allow_nan=False)
    members: dict[str, Any] = {name: array.values for name, array in arrays.items()} | {META: np.array(meta)}
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **members)


def _hdf5(field: xr.Dataset, path: Path) -> None:
    import h5py

    with h5py.File(path, "w", track_order=True) as file:
        for name in field.coords:
            scale = file.create_dataset(str(name), data=field[name].values)
            scale.make_scale(str(name))
            scale.attrs.update(_jsonable(field[name].attrs))
        for name, array in field.data_vars.items():
            dataset = file.create_dataset(
                str(name), data=array.values, compression="gzip", shuffle=True, chunks=_chunks(array.values)
            )
            dataset.attrs.update(_jsonable(array.attrs))
            for position, dim in enumerate(array.dims):
                dataset.dims[position].attach_scale(file[str(dim)])
        file.attrs.update(_jsonable(field.attrs))


def _netcdf(field: xr.Dataset, path: Path) -> None:
    plain = field.copy()
    plain.attrs = _jsonable(field.attrs)
    for name in plain.variables:
        plain[name].attrs = _jsonable(field[name].attrs)
        plain[name].encoding = {}
    packed = {
        str(n): {"zlib": True, "shuffle": True, "chunksizes": _chunks(a.values)}
        for n, a in plain.data_vars.items()
    }
    plain.to_netcdf(path, engine="h5netcdf", encoding=packed)


def _chunks(values: np.ndarray) -> tuple[int, ...]:
    """Chunks of about a MiB: whole along the last axes."""
    chunks = list(values.shape)
    for axis in range(len(chunks)):
        below = int(np.prod(chunks[axis + 1 :])) * values.itemsize
        chunks[axis] = max(1, min(chunks[axis], 2**20 // max(below, 1)))
    return tuple(chunks)


def _jsonable(attrs: Any) -> dict[str, Any]:
    """Keep the attributes that any format can hold: text, finite numbers and lists of them."""
    kept: dict[str, Any] = {}
    for key, value in attrs.items():
        plain = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
        if isinstance(plain, bool):
            plain = int(plain)
        items = plain if isinstance(plain, (list, tuple)) else [plain]
        numbers = all(isinstance(item, (int, float)) and np.isfinite(item) for item in items)
        if (numbers and items) or isinstance(plain, str):
            kept[str(key)] = list(plain) if isinstance(plain, tuple) else plain
    return kept


_WRITERS: dict[str, Callable[[Any, Path], None]] = {
    ".csv": _csv, ".h5": _hdf5, ".hdf5": _hdf5, ".nc": _netcdf, ".npz": _npz,
}  # fmt: skip
