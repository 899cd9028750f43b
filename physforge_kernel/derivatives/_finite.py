"""Finite differences, on even and uneven points, one-sided at the ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DerivativeError
from ._lines import Array, Estimate, Lines
from ._local import by_position, interpolating, window_starts
from ._stencils import Stencils, apply, choose_plain, estimate

_ACCURACIES = (2, 4, 6, 8)


def finite(lines: Lines, order: int, *, accuracy: int | None = None) -> Estimate:
    """Differentiate by finite differences.

    Args:
        lines: the samples.
        order: of the derivative.
        accuracy: the order of the error on even steps; by default the one of 2, 4, 6 and 8 with the least
            expected error, which is 2 where noise prevails.

    Source: B. Fornberg, Math. Comp. 51 (1988).
    """
    n = len(lines.points)
    if accuracy is not None and accuracy < 1:
        raise DerivativeError(f"The accuracy of finite differences is {accuracy}: give 1 or more.")
    wanted = _ACCURACIES if accuracy is None else (accuracy,)
    usable = [each for each in wanted if order + each + 2 <= n]
    if not usable:
        raise DerivativeError(
            f"Finite differences of order {order} and accuracy {wanted[0]} need {order + wanted[0] + 2} "
            f"samples along {lines.axis}, which has {n}: ask for a lower order, or sample more finely."
        )

    def candidates(some: Lines) -> Sequence[Stencils]:
        return [_stencils(some, order, each) for each in usable]

    inside = choose_plain(lines, candidates) if len(usable) > 1 else str(usable[0])
    chosen = _stencils(lines, order, int(inside))
    return estimate(lines, chosen, chosen, {"accuracy": int(inside)})


def differences(points: Array, values: Array, order: int) -> Array:
    """Plain finite differences of curves `(n, m)`, as accurate as the samples allow, up to 6."""
    lines = Lines("", points, values, np.zeros(values.shape[1]))
    stencils = _stencils(lines, order, max(1, min(6, len(points) - order - 2)))
    return apply(stencils.starts, stencils.weights, values)


def _stencils(lines: Lines, order: int, accuracy: int) -> Stencils:
    """Weights on the `order + accuracy` nearest samples; the finer ones take two more.

    A centred stencil on even steps reaches that accuracy with one sample less, if their number is even.
    """
    n, few = len(lines.points), order + accuracy
    many = few + 2
    starts = window_starts(n, many)
    gaps, which = by_position(lines.points, starts, many, even=lines.even)
    places = (np.arange(n) - starts)[np.unique(which, return_index=True)[1]]
    narrow = np.zeros_like(gaps)
    middle = few - (few % 2 == 0)
    centred = (places >= middle // 2) & (places + middle // 2 < many) & lines.even
    for width, rows in ((middle, np.flatnonzero(centred)), (few, np.flatnonzero(~centred))):
        first = np.clip(places[rows] - (width - 1) // 2, 0, many - width)
        columns = first[:, None] + np.arange(width)
        narrow[rows[:, None], columns] = interpolating(gaps[rows[:, None], columns], order)
    return Stencils(str(accuracy), starts, narrow[which], interpolating(gaps, order)[which])
