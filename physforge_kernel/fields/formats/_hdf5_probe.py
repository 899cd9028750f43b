"""Touches everything in an HDF5 file that a reader would touch, to see whether the library survives it.

Run as a script: `python -P _hdf5_probe.py SOURCE LIMIT LARGEST READABLE CHUNK NAMES...`. It imports nothing
of PhysForge and judges nothing: whatever Python can catch is left for the reader, which looks at the same
things and says what is wrong. Only a crash, seen as this process's end, is news.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import resource
import sys
from typing import Any

import h5py

_AXIS = re.compile(r"^([txyz]{1,2}|.*(grid|time|coord).*)$", re.IGNORECASE)
_FACTS = ("dtype", "chunks", "compression", "shuffle", "fletcher32", "fillvalue", "maxshape", "is_scale")
_MOST_OBJECTS = 20_000
_BLOCK = 2**26


def main(source: str, limit: str, largest: str, readable: str, chunk: str, *names: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.write(1, b"opening")
    with contextlib.suppress(Exception), h5py.File(source, "r", locking=False) as file:
        touch = _Touch(int(largest), int(readable), int(chunk), names)
        touch.attributes(file)
        todo: list[Any] = [file]
        seen: set[Any] = set()
        while todo and len(seen) <= _MOST_OBJECTS:
            group = todo.pop()
            for name in group:
                with contextlib.suppress(Exception):
                    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                        continue
                    thing = group[name]
                    info = h5py.h5o.get_info(thing.id)  # pyright: ignore[reportAttributeAccessIssue]
                    if (info.fileno, info.addr) in seen:
                        continue
                    seen.add((info.fileno, info.addr))
                    touch.attributes(thing)
                    if isinstance(thing, h5py.Group):
                        todo.append(thing)
                    elif isinstance(thing, h5py.Dataset):
                        touch.dataset(thing)


class _Touch:
    """Touches attributes and datasets within bounds."""

    def __init__(self, largest: int, readable: int, chunk: int, names: tuple[str, ...]) -> None:
        self._largest, self._readable, self._chunk, self._names = largest, readable, chunk, names

    def attributes(self, thing: Any) -> None:
        for name in thing.attrs:
            with contextlib.suppress(Exception):
                _ = thing.attrs[name]

    def dataset(self, dataset: Any) -> None:
        properties = dataset.id.get_create_plist()
        if properties.get_external_count() or properties.get_layout() == h5py.h5d.VIRTUAL:
            return
        for fact in _FACTS:
            with contextlib.suppress(Exception):
                getattr(dataset, fact)
        for axis in range(len(dataset.shape or ())):
            with contextlib.suppress(Exception):
                _ = dataset.dims[axis].label, [scale.name for scale in dataset.dims[axis].values()]
        with contextlib.suppress(Exception):
            if self._wanted(dataset):
                self._values(dataset)

    def _wanted(self, dataset: Any) -> bool:
        path = str(dataset.name or "")
        name = path.rpartition("/")[2]
        small = len(dataset.shape or ()) <= 1 or "#refs#" in path or bool(_AXIS.match(name))
        wanted = "*" in self._names or name in self._names
        return small or (wanted and dataset.nbytes <= self._readable)

    def _values(self, dataset: Any) -> None:
        chunk = math.prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
        if dataset.nbytes > self._largest or chunk > self._chunk:
            return
        if dataset.nbytes <= _BLOCK:
            dataset[()]
        elif dataset.chunks:
            for block in dataset.iter_chunks():
                dataset[block]
        else:
            dataset[:1]


if __name__ == "__main__":
    main(*sys.argv[1:])
