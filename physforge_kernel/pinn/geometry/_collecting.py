"""Points by rejection: drawn where drawing is easy, kept where they are wanted."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...errors import SolverError

#: Points tried at once, and before it is told that too few of them are kept: fewer than this share would take
#: so many trials for the points of a training that drawing would take longer than training.
_FEWEST, _MOST, _SHARE = 256, 100_000, 1e-4


def collected(count: int, attempt: Callable[[int], Tensor], empty: str) -> Tensor:
    """As many rows as asked for.

    Args:
        count: of rows.
        attempt: draws as many candidates as asked for, and returns those that are kept.
        empty: the sentence of the error.

    Raises:
        SolverError: if next to no candidate is kept.
    """
    parts: list[Tensor] = []
    have, tried = 0, 0
    while have < count or not parts:
        usual = have / tried if have else 0.5
        number = min(max(int(1.1 * (count - have) / usual), _FEWEST), _MOST)
        parts.append(attempt(number))
        have, tried = have + len(parts[-1]), tried + number
        if tried >= _MOST and have < _SHARE * tried:
            raise SolverError(empty)
    return torch.cat(parts)[:count]
