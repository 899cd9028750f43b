"""What a method is given, and what it gives back: samples along one axis, and their derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Choice = slice | NDArray[np.intp]

#: Steps that differ by less than this share are those of an even grid, written with few digits.
EVEN = 1e-4


@dataclass(frozen=True)
class Lines:
    """Many series of samples over the same points: the lines of a field along one of its axes."""

    axis: str
    points: Array
    """(n,), increasing."""
    values: Array
    """(n, m), one series in each column; NaN where a sample is missing, unless a method asks for none."""
    noise: Array
    """(m,), the standard deviation of the white noise on each series."""
    period: float | None = None
    """The length after which the series repeat, beyond the last point by one step; None if they do not."""

    @cached_property
    def step(self) -> float:
        """The mean distance of two points."""
        return float(self.points[-1] - self.points[0]) / max(len(self.points) - 1, 1)

    @cached_property
    def even(self) -> bool:
        """Whether the points are equally far apart."""
        return len(self.points) < 3 or bool(np.ptp(np.diff(self.points)) <= EVEN * self.step)

    @cached_property
    def scale(self) -> float:
        """The rms of the values, about the mean of each series."""
        if not np.isfinite(self.values).any():
            return 0.0
        known = self.values[:, np.isfinite(self.values).any(axis=0)]
        return float(np.sqrt(np.nanmean((known - np.nanmean(known, axis=0)) ** 2)))

    @cached_property
    def floor(self) -> float:
        """The standard deviation of noise that stands for rounding, and is always there."""
        largest = np.abs(self.values[np.isfinite(self.values)]).max(initial=0.0)
        return float(np.finfo(float).eps * largest)

    @cached_property
    def sd(self) -> Array:
        """(m,), the noise with that of rounding."""
        return np.hypot(self.noise, self.floor)

    @cached_property
    def typical_sd(self) -> float:
        """One standard deviation for all series, by which settings are chosen."""
        return float(np.sqrt(np.mean(self.sd**2))) if self.sd.size else 0.0

    def part(self, rows: Choice, columns: Choice = slice(None)) -> Lines:
        """Some of the samples, as lines that do not close."""
        values = self.values[rows][:, columns]
        return replace(self, points=self.points[rows], values=values, noise=self.noise[columns], period=None)

    def excerpts(self, rows: int = 512, samples: int = 1 << 15) -> list[Lines]:
        """A few stretches of some of the series, enough to choose settings by."""
        n, m = self.values.shape
        starts = [0] if n <= 2 * rows else [int(s) for s in np.linspace(0, n - rows, 4)]
        length = n if n <= 2 * rows else rows
        count = min(m, max(1, samples // (length * len(starts))))
        columns = np.unique(np.linspace(0, m - 1, count).round().astype(int))
        return [self.part(slice(s, s + length), columns) for s in starts]

    def extended(self, reach: int) -> Lines:
        """Lines that close, continued by `reach` samples at both ends."""
        if self.period is None:
            raise ValueError("Only lines that close can be continued.")
        points = np.concatenate(
            [self.points[-reach:] - self.period, self.points, self.points[:reach] + self.period]
        )
        values = np.concatenate([self.values[-reach:], self.values, self.values[:reach]])
        return replace(self, points=points, values=values, period=None)


@dataclass(frozen=True)
class Samples:
    """A whole field of one real variable, for methods that fit all of its axes at once."""

    axes: tuple[str, ...]
    points: tuple[Array, ...]
    """The coordinates (n_i,) of every axis, increasing."""
    values: Array
    """(n_1, ..., n_d); NaN where a sample is missing."""
    noise: float
    """The standard deviation of the white noise on the values."""
    periods: Mapping[str, float]
    """The lengths after which the field repeats, by axis."""


@dataclass(frozen=True)
class Estimate:
    """A derivative with what it may be wrong by."""

    values: Array
    """(n, m), or the shape of the whole field."""
    noise: Array
    """Of the same shape, the standard error that the noise of the samples leaves."""
    bias: Array
    """Of the same shape, the size of what smoothing or discretisation leaves."""
    settings: Mapping[str, float] = field(default_factory=dict)
    """What the method chose, by the names of its options, such as `{"window": 21, "degree": 4}`."""

    @property
    def error(self) -> Array:
        """The standard error of both."""
        return np.hypot(self.noise, self.bias)

    def rows(self, rows: slice) -> Estimate:
        """Some of the samples."""
        return self.each(lambda array: array[rows])

    def each(self, change: Callable[[Array], Array]) -> Estimate:
        """The same change made to the values, the noise and the bias."""
        return replace(self, values=change(self.values), noise=change(self.noise), bias=change(self.bias))
