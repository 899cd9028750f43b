"""Units in which all numbers are near one, so that no power of them overflows, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import frexp

import numpy as np

from ..derivatives import Feature


@dataclass(frozen=True)
class Units:
    """Powers of two by which components and axes were divided: exact, and exactly undone."""

    components: tuple[int, ...]
    axes: tuple[int, ...]

    def of(self, feature: Feature) -> int:
        """The power of two that a feature is measured in."""
        values = sum(q * k for q, k in zip(feature.exponents, self.components, strict=True))
        return values - sum(a * k for a, k in zip(feature.orders, self.axes, strict=True))

    def arguments(self, derivatives: Iterable[tuple[int, tuple[int, ...]]]) -> list[int]:
        """The powers of two of the components, of derivatives of them, and of the axes."""
        found = [
            self.components[c] - sum(a * k for a, k in zip(orders, self.axes, strict=True))
            for c, orders in derivatives
        ]
        return [*self.components, *found, *self.axes]

    def factor(self, left: Feature, feature: Feature) -> float:
        """What turns a feature's weight into one in the field's units; infinite or zero beyond numbers."""
        return power_of_two(self.of(left) - self.of(feature))


def power_of_two(exponent: int) -> float:
    """`2 ** exponent`, infinite or zero beyond what a number holds."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(1.0, exponent))


def size_exponent(parts: Sequence[np.ndarray]) -> int:
    """The power of two next to the rms of the finite values of several arrays."""
    finite = np.concatenate([part[np.isfinite(part)] for part in parts])
    largest = frexp(float(np.abs(finite).max(initial=0.0)))[1]
    rms = float(np.sqrt(np.mean(np.ldexp(finite, -largest) ** 2))) if finite.size else 0.0
    return largest + (frexp(rms)[1] if rms else 0)


def extent_exponent(parts: Sequence[np.ndarray]) -> int:
    """The power of two next to the longest extent of several sets of points."""
    largest = max(frexp(float(np.abs(part).max()))[1] for part in parts)
    extent = max(float(np.ptp(np.ldexp(part, -largest))) for part in parts)
    return largest + frexp(extent)[1]
