"""One experiment as arrays, and the two ways in which it is read: piece by piece, and every n-th sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ._expressions import Expressions
from ._functions import NoisyFunctions
from ._units import Units, power_of_two

#: Samples of a component in a piece: functions of so many stay in the processor's cache.
_PIECE = 2**17


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a sample: its name and its points `(n,)`, increasing."""

    name: str
    points: np.ndarray


@dataclass(frozen=True)
class Control:
    """A variable that has no law of its own: its name, and the axes along which it varies.

    `noise` is what its noise, as a share of its rms, leaves unallowed for: that of a control which is the
    same along some axis is not white.
    """

    name: str
    axes: tuple[str, ...]
    noise: float = 0.0


@dataclass(frozen=True)
class Sample:
    """One experiment as arrays: axes (time first), their points, and noisy values per component.

    `valid` masks samples to be used (None: all); `unresolved` is the share left out as not resolved by the
    grid; `uneven` names components whose noise grows with their size; `outliers` counts samples that were
    taken for outliers and treated as missing; `heavy` names components whose noise has heavy tails. `missing`
    counts samples that were not there, `filled` is the share of samples filled from their neighbours, and
    `spread` the sd of white noise that would disturb sums as much as the noise with them (None: `sigma`).
    `units` are those of values and points. `complex_name` is that of the complex field whose real and
    imaginary part are the two components, if they are. `controls` are the components without a law.
    """

    grid: tuple[Axis, ...]
    components: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    sigma: tuple[float, ...]
    valid: np.ndarray | None = None
    unresolved: float = 0.0
    uneven: tuple[str, ...] = ()
    outliers: Mapping[str, int] = field(default_factory=dict)
    heavy: tuple[str, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, float] = field(default_factory=dict)
    spread: tuple[float, ...] | None = None
    units: Units | None = None
    complex_name: str = ""
    controls: tuple[Control, ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.grid)

    @property
    def points(self) -> tuple[np.ndarray, ...]:
        return tuple(axis.points for axis in self.grid)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(points) for points in self.points)

    @property
    def size(self) -> int:
        """Number of samples of a component."""
        return int(np.prod(self.shape))

    @property
    def spreads(self) -> tuple[float, ...]:
        return self.sigma if self.spread is None else self.spread

    @cached_property
    def rms(self) -> tuple[float, ...]:
        """Root mean square of every component."""
        return tuple(float(np.sqrt(np.vdot(values, values) / values.size)) for values in self.values)

    @cached_property
    def functions(self) -> NoisyFunctions:
        """Functions of the components on the samples, without the bias of noise."""
        return self._nowhere.at(self.values, self.points)

    @cached_property
    def _nowhere(self) -> NoisyFunctions:
        exponents = (*self.units.components, *self.units.axes) if self.units else ()
        scales = tuple(power_of_two(k) for k in exponents)
        expressions = Expressions(self.components, self.axes, self.sigma, scales)
        return NoisyFunctions(expressions, (), self.spreads)

    def pieces(self) -> Iterator[tuple[tuple[slice, ...], NoisyFunctions]]:
        """The whole grid in pieces along the first axis of space: where each is, and the functions there."""
        shape = self.shape
        if len(shape) == 1:
            yield (slice(0, shape[0]),), self.functions
            return
        count = max(1, _PIECE * shape[1] // self.size)
        for start in range(0, shape[1], count):
            part = (slice(0, shape[0]), slice(start, min(start + count, shape[1])))
            points = [p[part[i]] if i < 2 else p for i, p in enumerate(self.points)]
            yield part, self._nowhere.at([values[part] for values in self.values], points)

    @cached_property
    def _thinned(self) -> dict[tuple[int, ...], NoisyFunctions]:
        return {}

    def thinned(self, steps: Sequence[int]) -> NoisyFunctions:
        """Functions of the components on every n-th sample along every axis."""
        key = tuple(steps)
        if key not in self._thinned:
            few = tuple(slice(None, None, n) for n in key)
            values = [np.ascontiguousarray(part[few]) for part in self.values]
            points = [p[::n] for p, n in zip(self.points, key, strict=True)]
            self._thinned[key] = self._nowhere.at(values, points)
        return self._thinned[key]

    def states(self, most: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values of the components `(n,)` and their places `(n,)` at up to `most` valid samples."""
        steps = self._coarse(most)
        few = tuple(slice(None, None, n) for n in steps)
        valid = slice(None) if self.valid is None else self.valid[few].ravel()
        functions = self.thinned(steps)
        places = np.meshgrid(*functions.points, indexing="ij")
        return [v.ravel()[valid] for v in functions.values], [place.ravel()[valid] for place in places]

    def _coarse(self, most: int) -> tuple[int, ...]:
        """Steps along every axis that leave up to `most` samples."""
        steps = [1] * len(self.shape)
        while np.prod([-(-n // step) for n, step in zip(self.shape, steps, strict=True)]) > most:
            left = [n / step for n, step in zip(self.shape, steps, strict=True)]
            steps[int(np.argmax(left))] += 1
        return tuple(steps)
