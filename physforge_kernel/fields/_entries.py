"""One array that a file declares, before any of it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Entry:
    """An array in a file.

    Attributes:
        name: as the file calls it.
        shape: declared, not yet trusted to be the shape of what `load` returns.
        dtype: as stored.
        load: reads the values; raises FieldError only.
        dims: its axes if the file itself says them, else None.
        storage: how the file keeps it, for `describe`.
        loaded: the values are in memory already.
        called: the name it gets in the field, where the format's custom says so.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]
    dims: tuple[str, ...] | None = None
    units: str | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)
    storage: Mapping[str, Any] = field(default_factory=dict)
    called: str = ""
    loaded: bool = False

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_numeric(self) -> bool:
        return self.dtype.kind in "iufc" and self.size > 0

    @property
    def is_vector(self) -> bool:
        """At most one axis longer than 1, as MATLAB keeps its vectors."""
        return len(self.shape) >= 1 and max(self.shape) == self.size

    @property
    def length(self) -> int:
        return max(self.shape, default=1)

    def vector(self) -> np.ndarray:
        """Load a vector as `(n,)`."""
        return np.asarray(self.load()).reshape(-1)

    def squeezed(self) -> Entry:
        """Return the entry without its axes of length 1."""
        if 1 not in self.shape:
            return self
        shape = tuple(n for n in self.shape if n > 1)
        return replace(self, shape=shape, load=lambda: np.asarray(self.load()).reshape(shape))

    def split(self, axis: int) -> list[Entry]:
        """Return one entry for each component along `axis`, read together once."""
        whole = cache(self.load)

        def part(index: int) -> Entry:
            return replace(
                self,
                name=f"{self.name}{index + 1}",
                shape=self.shape[:axis] + self.shape[axis + 1 :],
                load=lambda: np.take(whole(), index, axis=axis),
            )

        return [part(index) for index in range(self.shape[axis])]


def from_array(name: str, array: np.ndarray, **more: Any) -> Entry:
    """Return the entry of an array that is in memory already."""
    return Entry(name, array.shape, array.dtype, lambda: array, loaded=True, **more)


def partition(entries: Iterable[Entry]) -> tuple[list[Entry], list[str]]:
    """Return the numeric entries, and the names of the others."""
    entries = list(entries)
    return [e for e in entries if e.is_numeric], [e.name for e in entries if not e.is_numeric]
