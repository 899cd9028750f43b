"""What a reader is asked for, within which bounds, and how it refuses a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .._wording import size as human_bytes
from ..errors import AxesError, FieldError

#: Files small against this are never suspected of being bombs.
_SMALL = 64 * 2**20
#: Only to be described, arrays up to this size are gone through, of files up to that one, in bytes.
_MOST_COUNTED = 2**28
_LARGEST_COUNTED = 2**27
#: Deflate packs zeros 1032 to 1, and measured numbers 10 to 1 at the very best.
_RATIO = 500


def default_max_bytes() -> int:
    """Return the largest field that is read unasked: a quarter of this machine's, or container's, memory."""
    import psutil

    total = psutil.virtual_memory().total
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total // 4


@dataclass(frozen=True)
class Request:
    """One reading of one file.

    Attributes:
        path: the file.
        max_bytes: the most that its arrays may take in memory.
        dims: the axes of arrays, in their own order, where the caller knows them.
        variables: the wanted variables, None for all.
        values: whether the values will be loaded; False when the file is only described.
    """

    path: Path
    max_bytes: int
    dims: tuple[str, ...] | None = None
    variables: tuple[str, ...] | None = None
    values: bool = True

    @property
    def readable(self) -> int:
        """The most bytes that a variable to be loaded may take: less where it is only described."""
        if self.values:
            return self.max_bytes
        return min(self.max_bytes, _MOST_COUNTED) if self.path.stat().st_size <= _LARGEST_COUNTED else 0

    def error(self, sentence: str, place: str = "") -> FieldError:
        """Return an error that names the file and, if given, the place in it."""
        return FieldError(f"{self.path.name}{', ' + place if place else ''}: {sentence}")

    def undecided(self, sentence: str, ways: Sequence[tuple[str, ...]] = (), place: str = "") -> AxesError:
        """Return the error for a file that `dims` makes readable."""
        return AxesError(f"{self.path.name}{', ' + place if place else ''}: {sentence}", ways)

    def check_bytes(self, count: int, what: str, place: str = "") -> None:
        """Refuse what would not fit, before anything of that size is allocated."""
        if count > self.max_bytes:
            raise self.error(
                f"{what} declares {human_bytes(count)}, more than the {human_bytes(self.max_bytes)} that a "
                "field may take here (max_bytes). Read fewer of its variables, or thin the data out.",
                place,
            )

    def check_shape(self, shape: Sequence[int], dtype: np.dtype, what: str, place: str = "") -> None:
        """Refuse an array by its declared shape; values are held in double precision."""
        self.check_bytes(field_bytes(shape, dtype), what, place)

    def check_ratio(self, declared: int, stored: int, what: str, place: str = "") -> None:
        """Refuse what declares far more than any compression could have stored."""
        if declared > _SMALL and declared > _RATIO * max(stored, 1):
            raise self.error(
                f"{what} declares {human_bytes(declared)} but stores only {human_bytes(stored)}: there is "
                "almost nothing in it. Write out the part that holds data, and read that.",
                place,
            )

    @contextmanager
    def border(self, doing: str, *kinds: type[Exception], place: str = "") -> Iterator[None]:
        """Turn a library's own exceptions into one FieldError, here where the library is called."""
        try:
            yield
        except FieldError:
            raise
        except kinds as error:
            reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise self.error(
                f"{doing} failed ({reason[:300]}). The file seems damaged or incomplete: fetch or write it "
                "again.",
                place,
            ) from error


def field_bytes(shape: Sequence[int], dtype: np.dtype) -> int:
    """Return the bytes that an array takes once it is float64 or complex128.

    Example:
        >>> field_bytes((2, 3), np.dtype("float32"))
        48
    """
    return math.prod(int(n) for n in shape) * max(dtype.itemsize, 16 if dtype.kind == "c" else 8)
