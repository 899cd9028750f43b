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
from ._splines import Splines, fitting
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
    taken for outliers and treated as missing; `heavy` names components whose noise has heavy tails. `missing`
    counts samples that were not there, `filled` is the share of samples filled from their neighbours, and
    `spread` the sd of white noise that would disturb sums as much as the noise with them (None: `sigma`).
    `units` are those of values and points. `complex_name` is that of the complex field whose real and
    imaginary part are the two components, if they are. `controls` are the components without a law.
    `inner` are the derivatives that terms have as factors; `remaining` is the covariance of the noise of
    all arguments where it is known better than from `sigma`.
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

    @cached_property
    def arguments(self) -> tuple[np.ndarray, ...]:
        """What functions are of: the components, and the derivatives that terms have as factors."""
        return (*self.values, *(self.inner.values(self.values) if self.inner else ()))

    @cached_property
    def covariance(self) -> np.ndarray:
        """What noise makes the arguments share at a place, on average."""
        if self.remaining is not None:
            return self.remaining
        return self.inner.covariance(self.sigma) if self.inner else np.diag(np.square(self.sigma))

    @cached_property
    def noise(self) -> tuple[float, ...]:
        """The sd of the noise of every argument."""
        return tuple(np.sqrt(np.diag(self.covariance)).tolist()) if self.inner else self.sigma

    @cached_property
    def functions(self) -> NoisyFunctions:
        """Functions of the arguments on the samples, without the bias of noise."""
        return self._nowhere.at(self.arguments, self.points)

    @cached_property
    def _nowhere(self) -> NoisyFunctions:
        inner = list(self.inner.which.values()) if self.inner else []
        scales = tuple(power_of_two(k) for k in (self.units.arguments(inner) if self.units else ()))
        if self.inner is None:
            return NoisyFunctions(
                Expressions(self.components, self.axes, self.sigma, scales), (), self.spreads
            )
        pairs = zip(*np.nonzero(np.triu(self.covariance, 1)), strict=True)
        shared = {(int(i), int(j)): float(self.covariance[i, j]) for i, j in pairs}
        expressions = Expressions(self.components, self.axes, self.noise, scales, self.inner.names, shared)
        return NoisyFunctions(expressions, (), self.spreads, (), self.inner.reach)

    def slopes(self, function: Function, component: int, steps: Sequence[int]) -> Slopes:
        """How a function moves with a component, on every n-th sample: multiples by outer orders."""
        key = (function, component, tuple(steps))
        if key not in self._slopes:
            self._slopes[key] = self._moved(*key)
        return self._slopes[key]

    @cached_property
    def _slopes(self) -> dict[tuple, Slopes]:
        return {}

    def _moved(self, function: Function, component: int, steps: tuple[int, ...]) -> Slopes:
        here = self.thinned(steps).slope(function, component)
        result: Slopes = {} if here is None else {(0,) * len(self.grid): here}
        owners = [c for c, _ in self.inner.which.values()] if self.inner else []
        few = tuple(slice(None, None, n) for n in steps)
        for i, owner in enumerate(owners):
            slope = self.functions.slope(function, len(self.components) + i) if owner == component else None
            if slope is None or self.inner is None:
                continue
            for orders, part in self.inner.moved(i, slope):
                result[orders] = result[orders] + part[few] if orders in result else part[few]
        return result

    def shared(self, a: Function, b: Function) -> list[Shared]:
        """What noise makes two functions share, as sums over samples."""
        none = (0,) * len(self.grid)
        result: list[Shared] = [
            (key, none, none, factor) for key, factor in self.functions.covariance(a, b).items()
        ]
        if not any(self.functions.expressions.inner(factor) for _, factor in (a, b)):
            return result
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
