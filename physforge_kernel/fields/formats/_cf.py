"""NetCDF's conventions, decoded by xarray: fill values, scale factors, coordinates of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrange import arrange
from .._entries import Entry
from .._layout import Layout
from .._request import Request
from ._hdf5 import ERRORS, check_loadable, dtype_of, storage

if TYPE_CHECKING:
    import h5py
    import xarray as xr


def follows_netcdf(datasets: Mapping[str, h5py.Dataset]) -> bool:
    """Say whether all variables at the root stand on dimension scales, as netCDF's do."""
    root = [each for path, each in datasets.items() if "/" not in path and each.shape]
    return bool(root) and all("DIMENSION_LIST" in each.attrs or _is_scale(each) for each in root)


def _is_scale(dataset: h5py.Dataset) -> bool:
    # PyTables and others use the attribute CLASS for purposes of their own.
    return dataset.attrs.get("CLASS") in (b"DIMENSION_SCALE", "DIMENSION_SCALE")


@contextmanager
def netcdf4_layout(
    request: Request, file: h5py.File, datasets: Mapping[str, h5py.Dataset]
) -> Iterator[Layout]:
    """Read the root group of an HDF5 file that is known to refer to nothing outside itself."""
    root = {path: each for path, each in datasets.items() if "/" not in path}
    with request.border("Reading the dimensions", *ERRORS):
        scales = [path for path, each in root.items() if _is_scale(each) and dtype_of(each) is not None]
    for path in scales:
        # xarray loads the coordinates of dimensions when it opens a file.
        check_loadable(request, root[path], path)

    def store() -> Any:
        import h5netcdf
        from xarray.backends import H5NetCDFStore

        # The very file that was checked, not whatever its path leads to by now.
        return H5NetCDFStore(h5netcdf.File(file, "r"))

    with opened_by_xarray(request, store, ERRORS) as dataset:

        def check(name: str) -> None:
            if name in root:
                check_loadable(request, root[name], name)

        facts = {path: storage(each) for path, each in root.items()}
        below = [path for path in datasets if "/" in path]
        details = {"flavour": "netCDF-4 (HDF5)"}
        yield cf_layout(request, dataset, details, ERRORS, check=check, storage=facts, left_out=below)


@contextmanager
def opened_by_xarray(
    request: Request, source: Path | Callable[[], Any], errors: tuple[type[Exception], ...], **options: Any
) -> Iterator[xr.Dataset]:
    """Open a netCDF file lazily, its times as numbers.

    Args:
        source: a path, or what makes a store of a file that is open already.
    """
    import xarray as xr

    with request.border("Opening the NetCDF file", *errors):
        store = source if isinstance(source, Path) else source()
        dataset = xr.open_dataset(store, decode_times=False, cache=False, **options)
    with dataset:
        yield dataset


def cf_layout(
    request: Request,
    dataset: xr.Dataset,
    details: Mapping[str, Any],
    errors: tuple[type[Exception], ...],
    *,
    check: Callable[[str], None],
    storage: Mapping[str, Mapping[str, Any]],
    left_out: list[str],
) -> Layout:
    """Lay out a lazily opened netCDF file.

    Args:
        check: called with a variable's name before it is loaded.
        storage: how the file keeps each variable.
    """
    entries = []
    for name, variable in dataset.variables.items():
        attrs = {str(key): value for key, value in variable.attrs.items() if key != "units"}
        units = variable.attrs.get("units")

        def load(name: str = str(name)) -> np.ndarray:
            check(name)
            place = f"variable {name}"
            request.check_shape(dataset[name].shape, dataset[name].dtype, "the array", place)
            with request.border("Reading the array", *errors, place=place):
                return dataset[name].values

        entries.append(
            Entry(
                str(name), variable.shape, variable.dtype, load, dims=tuple(map(str, variable.dims)),
                units=None if units is None else str(units), attrs=attrs, storage=storage.get(str(name), {}),
            )
        )  # fmt: skip
    return arrange(request, entries, attrs=dict(dataset.attrs), details=details, left_out=left_out)
