"""Unknown functions that are a sum or a product of functions of fewer inputs each.

y = f(a) + g(b) means y(a, b) + y(a', b') = y(a, b') + y(a', b) for all pairs of rows, and for a product the
same of log|y| (AI Feynman, Udrescu & Tegmark 2020). The surrogate says what y would be at the crossed points.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ._sample import Sample
from ._surrogate import Surrogate

_PAIRS = 600


@dataclass(frozen=True)
class Split:
    """`first` has the inputs `left` only, on the surrogate; `second(values of first)` is what is left to be
    explained by the other inputs. `product` tells which of the two it is."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    product: bool
    doubt: float
    first: Sample
    second: Sample


def splits(sample: Sample, surrogate: Surrogate, most: int = 3) -> list[Split]:
    """The splits that hold best on the surrogate, the least doubtful first."""
    d = sample.X.shape[1]
    if d < 2:
        return []
    generator = np.random.default_rng(0)
    rows = generator.choice(len(sample.y), (2, _PAIRS))
    P, Q = sample.X[rows[0]], sample.X[rows[1]]
    here, there = surrogate.value(P), surrogate.value(Q)
    spread = float(np.std(sample.y)) or 1.0
    found: list[tuple[float, tuple[int, ...], bool]] = []
    subsets = [s for k in range(1, d // 2 + 1) for s in itertools.combinations(range(d), k)][:60]
    for subset in subsets:
        mask = np.isin(np.arange(d), subset)
        crossed, other = surrogate.value(np.where(mask, P, Q)), surrogate.value(np.where(mask, Q, P))
        found.append((_rms(here + there - crossed - other) / spread, subset, False))
        found.append((_rms(here * there - crossed * other) / (spread * _rms(sample.y)), subset, True))
    found.sort(key=lambda row: row[0])
    return [made for row in found[:most] if (made := _split(sample, surrogate, *row)) is not None]


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _split(
    sample: Sample, surrogate: Surrogate, doubt: float, left: tuple[int, ...], product: bool
) -> Split | None:
    d = sample.X.shape[1]
    right = tuple(i for i in range(d) if i not in left)
    anchor = np.median(sample.X, axis=0)
    if product:
        # A row at which the other factor is far from zero.
        candidates = sample.X[:: max(len(sample.X) // 50, 1)]
        anchor = candidates[int(np.argmax(np.abs(surrogate.value(candidates))))]
    points = np.tile(anchor, (len(sample.y), 1))
    points[:, left] = sample.X[:, left]
    values = surrogate.value(points)
    symbols = tuple(sample.symbols[i] for i in left)
    ones = np.ones_like(values)
    if product:
        scale = np.full_like(values, float(np.abs(surrogate.value(anchor[None])[0])) / sample.unit)
        first = Sample(
            sample.X[:, left], values, np.maximum(scale, 1e-12), symbols, sample.unit, sample.noise
        )
        fine = np.abs(values) > 1e-2 * np.abs(values).max()
        if fine.mean() < 0.5:
            return None
        kept = sample.rows(fine)
        second = kept.with_output(kept.y / values[fine], 1.0 / values[fine])
    else:
        first = Sample(sample.X[:, left], values, ones, symbols, sample.unit, sample.noise)
        second = sample.with_output(sample.y - values, ones)
    second = second.with_inputs(second.X[:, right], tuple(sample.symbols[i] for i in right))
    return Split(left, right, product, doubt, first, second)
