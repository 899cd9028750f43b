"""Does a field fit in memory? What does is loaded; what does not is read block by block, from Dask."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DiscoveryError

if TYPE_CHECKING:
    import xarray as xr

#: Share of the memory that is free which discovery may use.
_SHARE = 0.5

#: A field in memory takes so many times its size: copies of it, and functions of its samples.
_TIMES = 12

#: With fewer bytes than these nobody asks how much memory there is.
_FEW = 2**22

#: A block with its neighbours, read and cleaned, is so small a share of what may be used ...
_BLOCK = 1 / 48

#: ... unless it is stored in larger chunks, which must not be more than this share.
_CHUNK = 1 / 12

#: Bytes that may be used; None: half of the memory that is free.
BUDGET: int | None = None

#: Where something is in a field: a slice of every axis, with start and stop.
Box = tuple[slice, ...]


def budget() -> int:
    """Bytes that discovery may use, given what this machine, and its container, have left."""
    if BUDGET is not None:
        return BUDGET
    import psutil
    from distributed.system import MEMORY_LIMIT

    left = min(psutil.virtual_memory().available, MEMORY_LIMIT - psutil.Process().memory_info().rss)
    return max(int(_SHARE * left), _TIMES * _FEW)


def size_of(field: xr.Dataset) -> int:
    """Bytes of a field's samples in double precision, all variables having all axes."""
    return 8 * _components(field) * int(np.prod([field.sizes[axis] for axis in field.dims]))


def _components(field: xr.Dataset) -> int:
    return sum(2 if variable.dtype.kind == "c" else 1 for variable in field.data_vars.values())


def is_stored(field: xr.Dataset) -> bool:
    """Whether Dask has the samples of a field; once `loaded`, they are too many for memory."""
    return any(variable.chunks is not None for variable in field.data_vars.values())


def loaded(field: xr.Dataset) -> xr.Dataset:
    """A field with its samples in memory, if they fit; what is in memory already is returned as it is."""
    if not is_stored(field):
        return field
    size = size_of(field)
    return field.compute() if size <= _FEW or _TIMES * size <= budget() else field


def in_memory(field: xr.Dataset, what: str) -> xr.Dataset:
    """A field with its samples in memory, for what needs all of them at once.

    Raises:
        DiscoveryError: the field does not fit.
    """
    whole = loaded(field)
    if is_stored(whole):
        raise too_large(what)
    return whole


def too_large(what: str) -> DiscoveryError:
    """Why something cannot be done with a field that does not fit in memory."""
    return DiscoveryError(
        f"The field does not fit in memory, and {what} needs all of it there; take a part of it, as in "
        "field.isel(t=slice(0, 500)), or every n-th sample."
    )


def boxes(field: xr.Dataset, axes: Sequence[str]) -> list[Box]:
    """A stored field cut into blocks of whole chunks.

    Raises:
        DiscoveryError: single chunks are too large.
    """
    components = _components(field)
    largest, chunk = 0, ()
    for variable in field.data_vars.values():
        if variable.chunks is not None:
            own = dict(zip(map(str, variable.dims), variable.chunks, strict=True))
            ends = tuple(own.get(axis, (field.sizes[axis],)) for axis in axes)
            size = int(np.prod([max(one) for one in ends]))
            if size > largest:
                largest, chunk = size, ends
    limit = int(budget() * _BLOCK / 8 / components)
    if largest * 8 * components > budget() * _CHUNK:
        raise DiscoveryError(
            f"The field's chunks hold {' × '.join(str(max(one)) for one in chunk)} samples, too many for the "
            "memory that is free; open or store it in smaller ones, as in xarray.open_dataset(path, "
            "chunks={'t': 10})."
        )
    together = [1] * len(chunk)
    while True:
        # Blocks as long in chunks along every axis have the fewest neighbours to read beside them.
        longer = [i for i, ends in enumerate(chunk) if together[i] < len(ends)]
        if not longer or largest * np.prod(together) * 2 > limit:
            break
        together[min(longer, key=lambda i: together[i])] *= 2
    cuts = []
    for ends, count in zip(chunk, together, strict=True):
        edges = np.concatenate([[0], np.cumsum(ends)])
        starts = [*edges[:-1:count], edges[-1]]
        cuts.append([slice(int(a), int(b)) for a, b in pairwise(starts)])
    return list(product(*cuts))


def around(box: Box, shape: Sequence[int], reach: int) -> tuple[Box, Box]:
    """A block with its neighbours, and where in there the block itself is."""
    wide = tuple(
        slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(box, shape, strict=True)
    )
    inner = tuple(slice(s.start - w.start, s.stop - w.start) for s, w in zip(box, wide, strict=True))
    return wide, inner


def every(box: Box, steps: Sequence[int]) -> tuple[Box, Box]:
    """Every n-th sample of a field as far as a block holds them: where in the block, and where among all."""
    here, there = [], []
    for s, n in zip(box, steps, strict=True):
        first = -(-s.start // n)
        here.append(slice(first * n - s.start, s.stop - s.start, n))
        there.append(slice(first, -(-s.stop // n)))
    return tuple(here), tuple(there)
