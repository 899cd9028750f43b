"""Does a law run forwards in time? One whose finest waves grow without bound cannot be what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from ._projection import Sample
from ._side import SideLaw

#: Wavenumbers of the test, in units in which the field's extents are near one: far beyond any grid.
_WAVENUMBERS = (1e5, 1e6)

#: States of the field about which the law is linearised, and samples among which they are chosen.
_STATES = 60
_LOOKED_AT = 2**20

#: A growth rate below this share of the largest one is rounding, or a coefficient that is zero at that state.
_NEGLIGIBLE = 1e-3


def ill_posed(sample: Sample, laws: Mapping[str, SideLaw]) -> bool:
    """Whether waves grow the faster the shorter they are, about states that the field takes.

    The eigenvalues of the linearised law's symbol are compared at two wavenumbers in every direction; a law
    without derivatives in space is never ill-posed.

    Args:
        sample: an experiment, for the states that occur.
        laws: the laws of all left sides that were sought together.
    """
    space = [i for i, axis in enumerate(sample.axes) if axis != "t"]
    if not space:
        return False
    sample = sample.smooth
    states = _states(sample)
    rows = [
        (law, part, int(np.argmax(feature.exponents)))
        for law in laws.values()
        for part, feature in enumerate(law.target.features)
    ]
    second = any(law.target.features[0].orders[sample.axes.index("t")] == 2 for law in laws.values())
    for direction in product((0.0, 1.0, -1.0), repeat=len(space)):
        if not any(direction):
            continue
        rates = [_growth(sample, rows, states, k * np.array(direction), second) for k in _WAVENUMBERS]
        (slow, _), (fast, size) = rates
        if np.any((fast > _NEGLIGIBLE * size.max()) & (fast > 2 * np.maximum(slow, 0.0))):
            return True
    return False


def _states(sample: Sample) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """States `(n,)` per argument well inside what the field takes, not noise, and their places."""
    values, points = sample.states(_LOOKED_AT)
    stacked, places = np.stack(values, axis=1), np.stack(points, axis=1)
    low, high = np.quantile(stacked, [0.05, 0.95], axis=0) + np.outer([3, -3], sample.functions.sigma)
    inside = np.flatnonzero(np.all((stacked >= low) & (stacked <= high), axis=1))
    if not len(inside):
        return list(np.median(stacked, axis=0)[:, None]), list(np.median(places, axis=0)[:, None])
    few = inside[:: max(1, len(inside) // _STATES)]
    return list(stacked[few].T), list(places[few].T)


def _arguments(sample: Sample, component: int) -> list[tuple[int, tuple[int, ...]]]:
    """The arguments of functions that are a component or its derivatives, and their orders."""
    inner = sample.inner.which.values() if sample.inner else ()
    first = len(sample.components)
    found = [(first + i, orders) for i, (c, orders) in enumerate(inner) if c == component]
    return [(component, (0,) * len(sample.axes)), *found]


def _growth(
    sample: Sample,
    rows: Sequence[tuple[SideLaw, int, int]],
    states: tuple[list[np.ndarray], list[np.ndarray]],
    wave: np.ndarray,
    second: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Largest growth rate and largest rate of any kind `(n,)` about every state."""
    size, count = len(rows), len(states[0][0])
    space, time = [i for i, axis in enumerate(sample.axes) if axis != "t"], sample.axes.index("t")
    still = np.zeros((count, size, size), dtype=complex)
    moving = np.zeros_like(still)
    for row, (law, part, _) in enumerate(rows):
        for term, weight in zip(law.chosen, law.estimate.fit.weights, strict=True):
            for feature, share in term.parts[part if len(term.parts) > 1 else 0]:
                symbol = np.prod([(1j * k) ** feature.orders[i] for i, k in zip(space, wave, strict=True)])
                unit = sample.units.factor(feature, term.unit) if sample.units else 1.0
                for column, (_, _, c) in enumerate(rows):
                    for argument, orders in _arguments(sample, c):
                        slope = sample.functions.plain_slope(feature.function, argument, *states)
                        into = moving if feature.orders[time] + orders[time] else still
                        inside = np.prod([(1j * k) ** orders[i] for i, k in zip(space, wave, strict=True)])
                        into[:, row, column] += weight * share * unit * symbol * inside * slope
    if second:
        ones = np.broadcast_to(np.eye(size), still.shape)
        still = np.block([[np.zeros_like(still), ones.astype(complex)], [still, moving]])
    values = np.linalg.eigvals(still)
    return values.real.max(axis=1), np.abs(values).max(axis=1)
