"""Counting what is missing and what is infinite, in files that are small enough to be gone through."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ._layout import Variable
from ._request import Request

Counts = tuple[int | None, int | None]
_BLOCK = 2**20


def counted(request: Request, variables: Iterable[Variable]) -> dict[str, Counts]:
    """Return how many values of each variable are missing and how many infinite, by its name.

    None stands for what nobody counted: a variable is loaded for that only within `request.readable`.
    """
    found: dict[str, Counts] = {}
    for variable in variables:
        if variable.missing is not None and variable.infinite is not None:
            found[variable.name] = variable.missing, variable.infinite
        elif variable.loaded or variable.bytes <= request.readable:
            found[variable.name] = count(variable.load())
        else:
            found[variable.name] = variable.missing, variable.infinite
    return found


def count(values: np.ndarray) -> tuple[int, int]:
    """Return how many values are missing, and how many are infinite.

    Example:
        >>> count(np.array([1.0, np.nan, -np.inf, complex(0, np.inf)]))
        (1, 2)
    """
    if values.dtype.kind not in "fc":
        return 0, 0
    flat = values.reshape(-1)
    missing = infinite = 0
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        gaps = np.isnan(block)
        missing += int(gaps.sum())
        infinite += int((np.isinf(block) & ~gaps).sum())
    return missing, infinite
