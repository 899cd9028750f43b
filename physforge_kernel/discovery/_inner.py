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
from ..errors import DiscoveryError
from ._splines import Splines, smoothed

#: Highest order of such a derivative: beyond it splines of their degree show little but noise.
_HIGHEST = 4


def inner_derivatives(features: Iterable[Feature]) -> dict[str, tuple[int, tuple[int, ...]]]:
    """The derivatives that features have as factors, by name: which component's, and their orders.

    Raises:
        DiscoveryError: one is of too high an order.
    """
    found = {name: each for feature in features for name, each in feature.inside.items()}
    for name, (_, orders) in found.items():
        if sum(orders) > _HIGHEST:
            raise DiscoveryError(
                f"A candidate term holds {name} inside a product, where derivatives may be of order "
                f"{_HIGHEST} at most; leave the term out."
            )
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
        return any(re.search(rf"\b{name}\b", factor) for name in self.which)

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
