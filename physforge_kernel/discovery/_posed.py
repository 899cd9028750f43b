"""Does a law run forwards in time? One whose finest waves grow without bound cannot be what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from ._projection import Sample
from ._side import SideLaw

#: Wavenumbers of the test, in units in which the field's extents are near one: far beyond any grid.
_WAVENUMBERS = (1e5, 1e6)

#: States of the field about which the law is linearised.
_STATES = 60

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
    states = _states(sample)
    components = [int(np.argmax(law.feature.exponents)) for law in laws.values()]
    second = any(law.feature.orders[sample.axes.index("t")] == 2 for law in laws.values())
    for direction in product((0.0, 1.0, -1.0), repeat=len(space)):
        if not any(direction):
            continue
        rates = [
            _growth(sample, laws, components, states, k * np.array(direction), second) for k in _WAVENUMBERS
        ]
        (slow, _), (fast, size) = rates
        if np.any((fast > _NEGLIGIBLE * size.max()) & (fast > 2 * np.maximum(slow, 0.0))):
            return True
    return False


def _states(sample: Sample) -> np.ndarray:
    """`(n, components)` states well inside what the field takes, so that noise is not taken for a state."""
    stacked = np.stack([v.ravel() for v in sample.values], axis=1)
    if sample.valid is not None:
        stacked = stacked[sample.valid.ravel()]
    low, high = np.quantile(stacked, [0.05, 0.95], axis=0) + np.outer([3, -3], sample.sigma)
    inside = stacked[np.all((stacked >= low) & (stacked <= high), axis=1)]
    chosen = inside if len(inside) else np.median(stacked, axis=0)[None, :]
    return chosen[:: max(1, len(chosen) // _STATES)]


def _growth(
    sample: Sample,
    laws: Mapping[str, SideLaw],
    components: Sequence[int],
    states: np.ndarray,
    wave: np.ndarray,
    second: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Largest growth rate and largest rate of any kind `(n,)` about every state."""
    size, space = len(components), [i for i, axis in enumerate(sample.axes) if axis != "t"]
    still = np.zeros((len(states), size, size), dtype=complex)
    moving = np.zeros_like(still)
    for row, law in enumerate(laws.values()):
        for j, weight in zip(law.estimate.fit.support, law.estimate.fit.weights, strict=True):
            feature = law.columns[j]
            symbol = np.prod([(1j * k) ** feature.orders[i] for i, k in zip(space, wave, strict=True)])
            damping = bool(feature.orders[sample.axes.index("t")])
            for column, c in enumerate(components):
                power = feature.exponents[c]
                if power:
                    lower = np.array([q - (i == c) for i, q in enumerate(feature.exponents)])
                    slope = power * np.prod(states**lower, axis=1)
                    (moving if damping else still)[:, row, column] += weight * symbol * slope
    if second:
        ones = np.broadcast_to(np.eye(size), still.shape)
        still = np.block([[np.zeros_like(still), ones.astype(complex)], [still, moving]])
    values = np.linalg.eigvals(still)
    return values.real.max(axis=1), np.abs(values).max(axis=1)
