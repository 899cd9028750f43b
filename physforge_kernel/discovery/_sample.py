"""One experiment as arrays, and the two ways in which it is read: piece by piece, and every n-th sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..derivatives import Feature, Function
from ._expressions import Expressions
from ._functions import Covariance, NoisyFunctions
from ._inner import Inner, inner_derivatives
from ._splines import Splines, fitting, smoothed
from ._units import Units, power_of_two

#: Samples of a component in a piece: functions of so many stay in the processor's cache.
_PIECE = 2**17

#: Multiples of a component's change by the orders of the derivatives outside them.
Slopes = dict[tuple[int, ...], np.ndarray]


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
class Alike:
    """How two functions move with the same noise of a component: `product D^a(first du) D^b(second du)`.

    The orders tell which multiples of `du`, among those of each function, are meant.
    """

    first: Function
    a: tuple[int, ...]
    second: Function
    b: tuple[int, ...]
    component: int


#: What noise makes two functions share: what to sum over the samples, the orders of the derivatives of either
#: test function there, and a factor.
Shared = tuple[Function | Covariance | Alike, tuple[int, ...], tuple[int, ...], float]


@dataclass(frozen=True)
class Sample:
    """One experiment as arrays: axes (time first), their points, and noisy values per component.

    `valid` masks samples to be used (None: all); `unresolved` is the share left out as not resolved by the
    grid; `uneven` names components whose noise grows with their size; `outliers` counts samples that were
    taken for outliers and treated as missing; `heavy` names components whose noise has heavy tails;
    `rounded` holds the steps of those that are told in coarse ones. `missing` counts samples that were not
    there, `filled` is the share of samples filled from their neighbours, and `spread` the sd of white noise
    that would disturb sums as much as the noise with them (None: `sigma`).
    `units` are those of values and points. `complex_name` is that of the complex field whose real and
    imaginary part are the two components, if they are. `controls` are the components without a law.
    `inner` are the derivatives that terms have as factors; smooth samples know them, and `remaining` is the
    covariance of what noise is left in components and derivatives.
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
    rounded: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, float] = field(default_factory=dict)
    spread: tuple[float, ...] | None = None
    units: Units | None = None
    complex_name: str = ""
    controls: tuple[Control, ...] = ()
    inner: Inner | None = None
    remaining: np.ndarray | None = None

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

    @property
    def masked(self) -> bool:
        """Whether there are samples that are not to be used."""
        return self.valid is not None

    @cached_property
    def rms(self) -> tuple[float, ...]:
        """Root mean square of every component."""
        return tuple(float(np.sqrt(np.vdot(values, values) / values.size)) for values in self.values)

    def knowing(self, features: Iterable[Feature]) -> Sample:
        """The sample with the derivatives that features have as factors."""
        which = inner_derivatives(features)
        if not which:
            return self if self.inner is None else replace(self, inner=None)
        return replace(self, inner=Inner(which, self.splines))

    @cached_property
    def splines(self) -> tuple[Splines, ...]:
        """Splines along every axis that hold what the samples show."""
        return self.inner.splines if self.inner else fitting(self.points, self.values)

    def smoothed(self, values: Sequence[np.ndarray], remaining: np.ndarray) -> Sample:
        """The sample with smooth values, whose derivatives are known up to noise of a covariance."""
        still = (0.0,) * len(self.components)
        return replace(self, values=tuple(values), sigma=still, spread=None, remaining=remaining)

    @cached_property
    def smooth(self) -> Sample:
        """The samples as splines, on which functions that hold derivatives are evaluated."""
        if self.inner is None or self.remaining is not None:
            return self
        values = [smoothed(self.splines, each) for each in self.values]
        return self.smoothed(values, self.inner.covariance(self.sigma))

    @cached_property
    def arguments(self) -> tuple[np.ndarray, ...]:
        """What functions are of: the components, and on smooth samples derivatives of them."""
        return (*self.values, *(self.derived.values(self.values) if self.derived else ()))

    @property
    def derived(self) -> Inner | None:
        """The derivatives that are known here."""
        return None if self.remaining is None else self.inner

    @cached_property
    def functions(self) -> NoisyFunctions:
        """Functions of the arguments on the samples, without the bias of noise."""
        return self._nowhere.at(self.arguments, self.points)

    @cached_property
    def _nowhere(self) -> NoisyFunctions:
        inner = self.derived
        powers = self.units.arguments(inner.which.values() if inner else ()) if self.units else ()
        scales = tuple(power_of_two(k) for k in powers)
        if inner is None or self.remaining is None:
            expressions = Expressions(self.components, self.axes, self.sigma, scales)
        else:
            sigma = tuple(np.sqrt(np.diag(self.remaining)).tolist())
            pairs = zip(*np.nonzero(np.triu(self.remaining, 1)), strict=True)
            shared = {(int(i), int(j)): float(self.remaining[i, j]) for i, j in pairs}
            expressions = Expressions(self.components, self.axes, sigma, scales, inner.names, shared)
        return NoisyFunctions(expressions, (), self.spreads)

    def holds(self, function: Function) -> bool:
        """Whether a function has derivatives in it."""
        return self.inner is not None and self.inner.stands_in(function[1])

    def parts(self, function: Function) -> Slopes:
        """A function as a sum of derivatives, by their orders.

        One without derivatives in it is itself alone. Another is what it is on the smooth samples, and what
        their distance from the measured ones adds to first order: test functions take that over.
        """
        none = (0,) * len(self.grid)
        if not self.holds(function):
            return {none: self.functions.product(function)}
        if function in self._parts:
            return self._parts[function]
        result = self._parts[function] = {none: self.smooth.functions.product(function)}
        if self.smooth is self:
            return result
        for c, (measured, smooth) in enumerate(zip(self.values, self.smooth.values, strict=True)):
            for orders, slope in self.slopes(function, c, (1,) * len(none)).items():
                result[orders] = result.get(orders, 0.0) + slope * (measured - smooth)
        return result

    def slopes(self, function: Function, component: int, steps: Sequence[int]) -> Slopes:
        """How a function moves with a component, on every n-th sample: a sum of derivatives, by orders."""
        key = (function, component, tuple(steps))
        if key not in self._slopes:
            self._slopes[key] = (self.smooth if self.holds(function) else self)._moved(*key)
        return self._slopes[key]

    @cached_property
    def _parts(self) -> dict[Function, Slopes]:
        return {}

    @cached_property
    def _slopes(self) -> dict[tuple, Slopes]:
        return {}

    def _moved(self, function: Function, component: int, steps: tuple[int, ...]) -> Slopes:
        here = self.thinned(steps).slope(function, component)
        result: Slopes = {} if here is None else {(0,) * len(self.grid): here}
        if self.derived is None:
            return result
        few = tuple(slice(None, None, n) for n in steps)
        for i, (owner, _) in enumerate(self.derived.which.values()):
            slope = self.functions.slope(function, len(self.components) + i) if owner == component else None
            for orders, part in self.derived.moved(i, slope) if slope is not None else ():
                result[orders] = result.get(orders, 0.0) + part[few]
        return result

    def shared(self, a: Function, b: Function) -> list[Shared]:
        """What noise makes two functions share, as sums over samples."""
        none = (0,) * len(self.grid)
        if not (self.holds(a) or self.holds(b)):
            return [(key, none, none, factor) for key, factor in self.functions.covariance(a, b).items()]
        result: list[Shared] = []
        ones = (1,) * len(self.grid)
        for c, spread in enumerate(self.spreads):
            for o in self.slopes(a, c, ones) if spread else ():
                result += [(Alike(a, o, b, p, c), o, p, spread**2) for p in self.slopes(b, c, ones)]
        return result

    def summed(self, key: Function | Covariance | Alike, steps: Sequence[int]) -> np.ndarray:
        """What `shared` names, on every n-th sample."""
        if isinstance(key, Alike):
            first = self.slopes(key.first, key.component, steps)[key.a]
            return first * self.slopes(key.second, key.component, steps)[key.b]
        return self.thinned(steps).product(key)

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
            yield part, self._nowhere.at([values[part] for values in self.arguments], points)

    @cached_property
    def _thinned(self) -> dict[tuple[int, ...], NoisyFunctions]:
        return {}

    def thinned(self, steps: Sequence[int]) -> NoisyFunctions:
        """Functions of the components on every n-th sample along every axis."""
        key = tuple(steps)
        if key not in self._thinned:
            few = tuple(slice(None, None, n) for n in key)
            values = [np.ascontiguousarray(part[few]) for part in self.arguments]
            points = [p[::n] for p, n in zip(self.points, key, strict=True)]
            self._thinned[key] = self._nowhere.at(values, points)
        return self._thinned[key]

    def states(self, most: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values of the arguments `(n,)` and their places `(n,)` at up to `most` valid samples."""
        steps = self._coarse(most)
        mask = self.valid_at(steps)
        valid = slice(None) if mask is None else mask.ravel()
        functions = self.thinned(steps)
        places = np.meshgrid(*functions.points, indexing="ij")
        return [v.ravel()[valid] for v in functions.values], [place.ravel()[valid] for place in places]

    def valid_at(self, steps: Sequence[int]) -> np.ndarray | None:
        """Which of every n-th samples along every axis are to be used; None: all."""
        return None if self.valid is None else self.valid[tuple(slice(None, None, n) for n in steps)]

    def masks(self) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
        """Where samples are not to be used: parts of the grid, and which samples there are."""
        if self.valid is not None:
            yield (slice(None),) * len(self.shape), self.valid

    def affords(self, steps: Sequence[int]) -> bool:
        """Whether there is room for every n-th sample and functions of them."""
        return True

    @cached_property
    def smoothable(self) -> Sample | None:
        """What of the samples can be smoothed under a law: all of them."""
        return self

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to tell of how the samples were read."""
        return ()

    def _coarse(self, most: int) -> tuple[int, ...]:
        """Steps along every axis that leave up to `most` samples."""
        steps = [1] * len(self.shape)
        while np.prod([-(-n // step) for n, step in zip(self.shape, steps, strict=True)]) > most:
            left = [n / step for n, step in zip(self.shape, steps, strict=True)]
            steps[int(np.argmax(left))] += 1
        return tuple(steps)
