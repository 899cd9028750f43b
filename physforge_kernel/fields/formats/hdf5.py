"""HDF5, and NetCDF 4, which is HDF5 with conventions.

What follows none has datasets with dimension scales, or plain ones matched to axes by name and length.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._arrange import arrange
from .._layout import Layout
from .._request import Request
from ._cf import follows_netcdf, netcdf4_layout
from ._hdf5 import ERRORS, address, attributes, check_inside, entry_of, opened

if TYPE_CHECKING:
    import h5py


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a file from its metadata; by netCDF's conventions where it follows them."""
    with opened(request) as (file, datasets):
        with request.border("Reading the attributes", *ERRORS):
            conventional = follows_netcdf(datasets)
        if conventional:
            with netcdf4_layout(request, file, datasets) as layout:
                yield layout
        else:
            yield plain(request, file, datasets)


def plain(request: Request, file: h5py.File, datasets: dict[str, h5py.Dataset]) -> Layout:
    """Understand datasets that follow no convention but, perhaps, dimension scales."""
    names = _names(list(datasets))
    with request.border("Reading the dimension scales", *ERRORS):
        paths = {address(dataset): path for path, dataset in datasets.items()}
        dims = {path: _dims(request, dataset, datasets, names, paths) for path, dataset in datasets.items()}
    scales = {dim for axes in dims.values() for dim in axes or ()}
    entries = []
    for path, dataset in datasets.items():
        axes = dims[path]
        if axes is None and names[path] in scales and len(dataset.shape or ()) == 1:
            axes = (names[path],)
        entries.append(entry_of(request, dataset, path, names[path], dims=axes))
    attrs = attributes(request, file, "the root group")
    return arrange(request, entries, attrs=attrs, details={"datasets": len(datasets)})


def _names(paths: list[str]) -> dict[str, str]:
    """Name each dataset by the last part of its path where that is unique, else by all of it."""
    last = [path.rpartition("/")[2] for path in paths]
    return {
        path: name if last.count(name) == 1 else path.replace("/", "_")
        for path, name in zip(paths, last, strict=True)
    }


def _dims(
    request: Request,
    dataset: h5py.Dataset,
    datasets: dict[str, h5py.Dataset],
    names: dict[str, str],
    paths: dict[tuple[int, int], str],
) -> tuple[str, ...] | None:
    """Return the axes that dimension scales or labels give a dataset, None unless they give all of them."""
    if not dataset.shape or not {"DIMENSION_LIST", "DIMENSION_LABELS"} & set(dataset.attrs):
        return None
    found: list[str] = []
    for position, length in enumerate(dataset.shape):
        axis = dataset.dims[position]
        name = axis.label
        if len(axis):
            scale = axis[0]
            path = paths.get(address(scale))
            if path is None:
                # A scale without a name in the file has not been checked yet.
                check_inside(request, scale, (scale.name or "").lstrip("/"))
            elif datasets[path].shape == (length,):
                name = names[path]
        if not name:
            return None
        found.append(name)
    return tuple(found) if len(set(found)) == len(found) else None
