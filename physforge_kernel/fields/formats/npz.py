"""An archive of NumPy arrays, matched to axes by name and length."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from ..._wording import size as human_bytes
from .._arrange import arrange
from .._entries import Entry
from .._layout import Layout
from .._request import Request
from .npy import header

#: The member in which `write` keeps axes and attributes, as JSON text.
META = "__physforge__"
_MOST_MEMBERS = 1000
_ERRORS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError,
    RuntimeError,
)  # fmt: skip


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand an .npz archive from the headers of its members."""
    with request.border("Opening the archive", *_ERRORS):
        archive = zipfile.ZipFile(request.path)
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) > _MOST_MEMBERS:
            raise request.error(
                f"the archive has {len(members)} members, more than {_MOST_MEMBERS}: a field has a few "
                "arrays. Save only those."
            )
        names = [info.filename.removesuffix(".npy") for info in members]
        if len(set(names)) < len(names):
            raise request.error(
                "two members of the archive have the same name: write it again with numpy.savez."
            )
        unpacked = sum(info.file_size for info in members)
        request.check_ratio(unpacked, request.path.stat().st_size, "the archive")
        if request.values and request.variables is None:
            request.check_bytes(unpacked, "the archive, unpacked,")
        meta: dict[str, Any] = {}
        entries = []
        for name, info in zip(names, members, strict=True):
            if info.filename == name:
                raise request.error("it is no NumPy array, so this is no .npz archive.", f"member {name}")
            entry = _entry(request, archive, info, name)
            if name == META:
                meta = _meta(request, entry)
            else:
                entries.append(entry)
        entries = [_with_meta(entry, meta) for entry in entries]
        attrs = meta.get("attrs", {})
        compressed = any(info.compress_type != zipfile.ZIP_STORED for info in members)
        yield arrange(
            request,
            entries,
            attrs=attrs if isinstance(attrs, dict) else {},
            details={"members": len(members), "compression": "deflate" if compressed else "none"},
        )


def _entry(request: Request, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Entry:
    place = f"member {name}"
    if info.flag_bits & 1:
        raise request.error("it is encrypted: write the archive again with numpy.savez.", place)
    with request.border("Opening the member", *_ERRORS, place=place), archive.open(info) as stream:
        shape, dtype, _ = header(request, stream, info.file_size, place)

    def load() -> np.ndarray:
        request.check_shape(shape, dtype, "the array", place)
        with request.border("Reading the array", *_ERRORS, place=place), archive.open(info) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)

    storage = (
        {"compressed": human_bytes(info.compress_size)} if info.compress_type != zipfile.ZIP_STORED else {}
    )
    return Entry(name, shape, dtype, load, storage=storage)


def _meta(request: Request, entry: Entry) -> dict[str, Any]:
    """Read what `write` left: the axes, units and attributes of the arrays."""
    if entry.dtype.kind != "U" or entry.shape != () or entry.dtype.itemsize > 2**22:
        raise request.error("it is not the text that PhysForge writes there: remove it.", f"member {META}")
    with request.border("Reading the attributes", ValueError, RecursionError, place=f"member {META}"):
        meta = json.loads(str(entry.load()))
    if not isinstance(meta, dict):
        raise request.error("it is not the text that PhysForge writes there: remove it.", f"member {META}")
    return meta


def _with_meta(entry: Entry, meta: dict[str, Any]) -> Entry:
    about = meta.get("arrays", {})
    about = about.get(entry.name) if isinstance(about, dict) else None
    if not isinstance(about, dict):
        return entry
    dims, attrs = about.get("dims"), about.get("attrs")
    attrs = dict(attrs) if isinstance(attrs, dict) else {}
    units = attrs.pop("units", None)
    if (
        not isinstance(dims, list)
        or len(dims) != len(entry.shape)
        or any(not isinstance(d, str) for d in dims)
    ):
        dims = None
    return replace(
        entry,
        dims=None if dims is None else tuple(dims),
        units=None if units is None else str(units),
        attrs=attrs,
    )
