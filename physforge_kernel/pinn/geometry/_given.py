"""What a shape is given: names and numbers, checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...errors import SolverError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: What conditions call all of a boundary that no other condition names.
BOUNDARY = "boundary"

_NAME = re.compile(r"[A-Za-z]\w*\Z")


def named(name: object) -> str:
    """The name of a surface.

    Raises:
        SolverError: if it is none, or the one that stands for all the rest of a boundary.
    """
    if not isinstance(name, str) or not _NAME.match(name) or name == BOUNDARY:
        raise SolverError(
            f"{name!r} cannot name a surface; give a word of letters, digits and '_' other than "
            f"{BOUNDARY!r}, which stands for all that no condition names."
        )
    return name


def place(what: str, given: ArrayLike) -> tuple[float, ...]:
    """A point of one to three finite coordinates; a number is one on a line.

    Raises:
        SolverError: if it is something else.
    """
    try:
        found = np.atleast_1d(np.asarray(given, dtype=float))
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != 1 or not 1 <= len(found) <= 3 or not np.isfinite(found).all():
        raise SolverError(f"{what} is {given!r}; give one to three numbers, one for each coordinate.")
    return tuple(map(float, found))
