"""Opening HDF5 so that nothing outside the file is read, and nothing huge is allocated.

HDF5 can point at other files in three ways: links to other files, datasets whose raw data lie elsewhere, and
virtual datasets stitched from others. Each of them can be made to read any file of the user who opens it, so
a file with any of them, anywhere, is refused before a value is read.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._wording import size as human_bytes
from .._entries import Entry
from .._request import Request
from ._apart import run_apart

if TYPE_CHECKING:
    import h5py

#: What h5py raises at damaged files.
ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, AttributeError)
_MOST_OBJECTS = 20_000
_LARGEST_CHUNK = 2**28


@contextmanager
def opened(request: Request) -> Iterator[tuple[h5py.File, dict[str, h5py.Dataset]]]:
    """Open an HDF5 file that refers to nothing outside itself.

    Yields:
        The file, and every dataset in it by its path without the leading slash.

    Raises:
        FieldError: the file is damaged, or refers to another file.
    """
    import h5py

    _survives(request, request.path.stat())
    with request.border("Opening the HDF5 file", *ERRORS):
        file = h5py.File(request.path, "r", locking=False)
    with file:
        datasets: dict[str, h5py.Dataset] = {}
        with request.border("Listing the HDF5 file", *ERRORS):
            _walk(request, file, "", datasets, set())
            declared = sum(
                math.prod(each.shape or (0,)) * each.id.get_type().get_size() for each in datasets.values()
            )
        request.check_ratio(declared, request.path.stat().st_size, "the file")
        yield file, datasets


#: Files that a probe has gone through unharmed, as long as this process lives.
_survivors: dict[tuple[int, ...], None] = {}
_MOST_SURVIVORS = 1000


def _survives(request: Request, status: os.stat_result) -> None:
    """Let another process touch all that will be touched here, since HDF5 crashes on damaged metadata."""
    names = ("*",) if request.variables is None else request.variables
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, hash(names), request.values)
    if key in _survivors:
        return
    limits = map(str, (request.max_bytes, request.readable, _LARGEST_CHUNK))
    run_apart(request, "_hdf5_probe.py", "HDF5", *limits, *names)
    while len(_survivors) >= _MOST_SURVIVORS:
        _survivors.pop(next(iter(_survivors)))
    _survivors[key] = None


def _walk(
    request: Request, group: h5py.Group, prefix: str, found: dict[str, h5py.Dataset], seen: set[Any]
) -> None:
    """Collect datasets depth first, looking at each link before following it."""
    import h5py

    todo = [(group, prefix)]
    while todo:
        group, prefix = todo.pop()
        for name in group:
            path = f"{prefix}{name}"
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise request.error(
                    f"it is a link to another file ({link.filename}), and only what is inside the file is "
                    "read. Copy the data into this file, for example with h5copy.",
                    f"object /{path}",
                )
            if isinstance(link, h5py.SoftLink):
                # Its target, if inside the file, is found under its own name.
                continue
            if len(seen) > _MOST_OBJECTS:
                raise request.error(
                    f"it holds more than {_MOST_OBJECTS} objects: a field has a few. Split the file."
                )
            kind = group.get(name, getclass=True)
            if kind not in (h5py.Group, h5py.Dataset):
                continue
            thing = group[name]
            token = address(thing)
            if token in seen:
                continue
            seen.add(token)
            if isinstance(thing, h5py.Dataset):
                check_inside(request, thing, path)
                found[path] = thing
            elif isinstance(thing, h5py.Group):
                todo.append((thing, f"{path}/"))


def address(thing: h5py.HLObject) -> tuple[int, int]:
    """Return what tells one object in an HDF5 file from another, whatever its names."""
    from h5py import h5o  # pyright: ignore[reportAttributeAccessIssue]

    info = h5o.get_info(thing.id)
    return info.fileno, info.addr


def check_inside(request: Request, dataset: h5py.Dataset, path: str) -> None:
    """Refuse a dataset whose data lie in another file."""
    import h5py

    place = f"dataset /{path}"
    properties = dataset.id.get_create_plist()
    if properties.get_external_count():
        outside = properties.get_external(0)[0]
        raise request.error(
            f"its data lie in another file ({outside.decode(errors='replace')}), and only what is inside "
            "the file is read. Copy them in, for example with h5repack.",
            place,
        )
    if properties.get_layout() == h5py.h5d.VIRTUAL:
        raise request.error(
            "it is a virtual dataset, put together from other files, and only what is inside the file is "
            "read. Copy it into a plain dataset.",
            place,
        )


def check_loadable(request: Request, dataset: h5py.Dataset, path: str) -> None:
    """Refuse a dataset, or chunks, too large to load; and filters that this HDF5 lacks."""
    import h5py

    place = f"dataset /{path}"
    request.check_shape(dataset.shape or (), dataset.dtype, "the array", place)
    if dataset.chunks:
        chunk = math.prod(dataset.chunks) * dataset.dtype.itemsize
        if chunk > min(_LARGEST_CHUNK, request.max_bytes):
            raise request.error(
                f"it is stored in chunks of {human_bytes(chunk)}, each of which has to be unpacked whole. "
                "Write it in chunks of a few MiB, for example with h5repack -l CHUNK=...",
                place,
            )
        properties = dataset.id.get_create_plist()
        for index in range(properties.get_nfilters()):
            code, _, _, name = properties.get_filter(index)
            if not h5py.h5z.filter_avail(code):
                said = name.decode(errors="replace") or f"number {code}"
                raise request.error(
                    f"it is compressed with a filter ({said}) that this HDF5 lacks: write it with gzip, or "
                    "install the filter (hdf5plugin).",
                    place,
                )


def values(request: Request, dataset: h5py.Dataset, path: str) -> np.ndarray:
    """Read a checked dataset, its declared size and that of its chunks within bounds."""
    place = f"dataset /{path}"
    check_loadable(request, dataset, path)
    with request.border("Reading the array", *ERRORS, place=place):
        return np.asarray(dataset[()])


def attributes(request: Request, thing: h5py.HLObject, place: str) -> dict[str, Any]:
    """Return the attributes that a person wrote, as text, numbers and small arrays."""
    kept: dict[str, Any] = {}
    with request.border("Reading the attributes", *ERRORS, place=place):
        for name in thing.attrs:
            if name in _BOOKKEEPING or name.startswith(("_NC", "_Netcdf", "MATLAB_")):
                continue
            kind = thing.attrs.get_id(name)
            if kind.shape is not None and math.prod(kind.shape) > 1000:
                continue
            try:
                value = thing.attrs[name]
            except OSError:
                # An attribute of a type that numpy lacks says nothing that a field needs.
                continue
            if isinstance(value, np.ndarray) and value.size == 1:
                value = value.reshape(-1)[0]
            if isinstance(value, np.generic) and value.dtype.kind in "iufcb":
                value = value.item()
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace")
            if isinstance(value, (str, int, float, complex)) or (
                isinstance(value, np.ndarray) and value.dtype.kind in "iufc"
            ):
                kept[name] = str(value) if isinstance(value, str) else value
    return kept


_BOOKKEEPING = frozenset({"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS", "H5PATH"})


def storage(dataset: h5py.Dataset) -> dict[str, Any]:
    """Say how a dataset is kept."""
    facts: dict[str, Any] = {}
    if dataset.chunks:
        facts["chunks"] = list(dataset.chunks)
    if dataset.compression:
        facts["compression"] = dataset.compression
    return facts


def dtype_of(dataset: h5py.Dataset) -> np.dtype | None:
    """Return the dtype of a dataset; complex for MATLAB's pair of reals, None if numpy has none."""
    try:
        dtype = dataset.dtype
    except TypeError:
        return None
    pair = dtype.fields
    if (
        pair
        and set(pair) in ({"real", "imag"}, {"re", "im"})
        and len({kind for kind, *_ in pair.values()}) == 1
    ):
        part = next(iter(pair.values()))[0]
        if part.kind == "f":
            return np.dtype(np.complex64 if part.itemsize <= 4 else np.complex128)
    return dtype


def as_complex(array: np.ndarray) -> np.ndarray:
    """Join a compound array of real and imaginary parts; leave any other array as it is."""
    if array.dtype.fields is None:
        return array
    real, imag = ("real", "imag") if "real" in array.dtype.fields else ("re", "im")
    joined = np.empty(array.shape, dtype=np.complex64 if array.dtype[real].itemsize <= 4 else np.complex128)
    joined.real, joined.imag = array[real], array[imag]
    return joined


def entry_of(request: Request, dataset: h5py.Dataset, path: str, name: str, **more: Any) -> Entry:
    """Return a dataset as an entry; of a type that is no number if numpy has none for it."""
    dtype = dtype_of(dataset)
    attrs = attributes(request, dataset, f"dataset /{path}")
    units = next((str(attrs.pop(key)) for key in ("units", "Units", "unit") if key in attrs), None)
    shape = tuple(int(n) for n in dataset.shape) if dataset.shape is not None else (0,)
    return Entry(
        name, shape, np.dtype(object) if dtype is None else dtype,
        lambda: as_complex(values(request, dataset, path)),
        units=units, attrs=attrs, storage=storage(dataset), **more,
    )  # fmt: skip
