"""Derivatives that stand inside products, such as `u_x` in `u_x^2`: no test function can take them over.

They are those of splines nearest to the samples, which are few enough that white noise leaves little in them.
What it does leave has a known variance, which functions of them are corrected for. What the samples show
beyond the splines counts to first order, and there test functions serve again: `f D(du)` is a sum of
derivatives of multiples of `du`, by parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod

import numpy as np

from ..derivatives import Feature
from ..equations import split_derivative
from ._splines import Splines, smoothed

_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def inner_derivatives(features: Iterable[Feature]) -> dict[str, tuple[int, tuple[int, ...]]]:
    """The derivatives that features have as factors, by name: which component, and its orders."""
    found = {}
    for feature in features:
        for word in _WORD.findall(feature.factor):
            split = split_derivative(word, feature.components)
            if split is not None:
                orders = tuple(split[1].get(axis, 0) for axis in feature.axes)
                found[word] = feature.components.index(split[0]), orders
    return found


@dataclass(frozen=True, eq=False)
class Inner:
    """Derivatives of an experiment's components, `which` by name, from splines along its axes."""

    which: Mapping[str, tuple[int, tuple[int, ...]]]
    splines: tuple[Splines, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.which)

    def values(self, components: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """The derivatives of components on the samples' grid."""
        return tuple(smoothed(self.splines, components[c], orders) for c, orders in self.which.values())

    def stands_in(self, factor: str) -> bool:
        """Whether a factor holds one of the derivatives."""
        return any(word in self.which for word in _WORD.findall(factor))

    def covariance(self, sigma: Sequence[float]) -> np.ndarray:
        """What white noise leaves at a place in smoothed components and, after them, the derivatives."""
        arguments = [*((c, (0,) * len(self.splines)) for c in range(len(sigma))), *self.which.values()]
        result = np.zeros((len(arguments),) * 2)
        for i, (c, orders) in enumerate(arguments):
            for j, (other, more) in enumerate(arguments[: i + 1]):
                if c == other:
                    both = zip(self.splines, orders, more, strict=True)
                    result[i, j] = result[j, i] = sigma[c] ** 2 * prod(s.shared(a, b) for s, a, b in both)
        return result

    def moved(self, name: int, slope: np.ndarray) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        """`slope D(du)` as derivatives of multiples of `du`: their orders, and the multiples."""
        _, orders = tuple(self.which.values())[name]
        for inside in product(*(range(a + 1) for a in orders)):
            factor = prod((-1) ** k * comb(a, k) for a, k in zip(orders, inside, strict=True))
            part = smoothed(self.splines, slope, inside) if any(inside) else slope
            yield tuple(a - k for a, k in zip(orders, inside, strict=True)), factor * part
