"""The laws of a system of ordinary differential equations as what they are for: rates of its states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..derivatives import Feature, Function
from ._functions import NoisyFunctions
from ._sample import Sample
from ._target import combinations
from ._units import Units, power_of_two
from ._whitened import Law


@dataclass(frozen=True)
class _Speed:
    """A power of a component's velocity; an `odd` one has its sign, though the power be even."""

    component: int
    power: int = 1
    odd: bool = False

    def values(self, velocity: np.ndarray) -> np.ndarray:
        return velocity**self.power * (np.sign(velocity) if self.odd else 1.0)

    def slopes(self, velocity: np.ndarray) -> np.ndarray:
        return self.power * velocity ** (self.power - 1) * (np.sign(velocity) if self.odd else 1.0)


#: What a column of a law is a sum of: a weight, a function of the components, and the velocity that it is
#: multiplied by, if any.
_Part = tuple[float, Function, _Speed | None]


@dataclass(frozen=True)
class Moved:
    """States `(s, n)` after a time, and how they move with those before `(s, s, n)` and weights
    `(s, p, n)`.
    """

    states: np.ndarray
    by_states: np.ndarray
    by_weights: np.ndarray


@dataclass(frozen=True)
class Rates:
    """Rates of the states of a sample, which has time as its only axis, under one law for each component.

    States are the components, and after them their velocities where laws are of the second order. The
    weights of all laws stand one after another.
    """

    sample: Sample
    laws: tuple[Law, ...]

    @property
    def order(self) -> int:
        """Order of the laws in time."""
        return self.laws[0].target.features[0].order

    @property
    def size(self) -> int:
        """How many states there are."""
        return self.order * len(self.laws)

    @cached_property
    def weights(self) -> np.ndarray:
        return np.concatenate([law.weights for law in self.laws])

    @cached_property
    def _columns(self) -> tuple[Feature, ...]:
        terms = (feature for law in self.laws for term in law.terms for feature in term.features)
        return tuple(dict.fromkeys(terms))

    @cached_property
    def _parts(self) -> list[tuple[_Part, ...]]:
        return [tuple(_parts(feature, self.sample.units)) for feature in self._columns]

    @cached_property
    def _sides(self) -> list[tuple[int, np.ndarray]]:
        """The state whose rate each law is, and its terms as combinations of columns `(terms, columns)`."""
        found = []
        for law in self.laws:
            columns = (*self._columns, *law.target.features)
            [side] = combinations(self.sample.units, columns, law.target, law.terms)
            component = law.target.features[0].exponents.index(1)
            found.append((component + self.size - len(self.laws), side[:-1, :-1].T))
        return found

    def _mixed(self, weights: np.ndarray) -> np.ndarray:
        """What the laws say of rates, as combinations of the columns `(s, columns)`."""
        result, first = np.zeros((self.size, len(self._columns))), 0
        for state, side in self._sides:
            result[state] = weights[first : first + len(side)] @ side
            first += len(side)
        return result

    def moved(
        self, states: np.ndarray, weights: np.ndarray, times: np.ndarray, steps: np.ndarray, count: int
    ) -> np.ndarray:
        """Where each of the states `(s, n)` is after its step `(n,)`, by `count` steps of Runge and Kutta."""
        mixed, step = self._mixed(weights), steps / count
        for k in range(count):
            at = times + k * step
            a = self._at(mixed, states, at)
            b = self._at(mixed, states + step / 2 * a, at + step / 2)
            c = self._at(mixed, states + step / 2 * b, at + step / 2)
            d = self._at(mixed, states + step * c, at + step)
            states = states + step / 6 * (a + 2 * b + 2 * c + d)
        return states

    def traced(
        self, states: np.ndarray, weights: np.ndarray, times: np.ndarray, steps: np.ndarray, count: int
    ) -> Moved:
        """The same with what moves it."""
        mixed, step, size = self._mixed(weights), steps / count, len(states)
        moves = np.zeros((size, size + len(weights), states.shape[1]))
        moves[np.arange(size), np.arange(size)] = 1.0
        for k in range(count):
            at = times + k * step
            a, da = self._traced(mixed, states, moves, at)
            b, db = self._traced(mixed, states + step / 2 * a, moves + step / 2 * da, at + step / 2)
            c, dc = self._traced(mixed, states + step / 2 * b, moves + step / 2 * db, at + step / 2)
            d, dd = self._traced(mixed, states + step * c, moves + step * dc, at + step)
            states = states + step / 6 * (a + 2 * b + 2 * c + d)
            moves += step / 6 * (da + 2 * db + 2 * dc + dd)
        return Moved(states, moves[:, :size], moves[:, size:])

    def _functions(self, states: np.ndarray, times: np.ndarray) -> NoisyFunctions:
        return self.sample.functions.at(tuple(states[: len(self.laws)]), (times,))

    def _value(self, j: int, functions: NoisyFunctions, states: np.ndarray) -> np.ndarray:
        """A column at every state `(n,)`."""
        total = np.zeros(states.shape[1])
        for weight, function, speed in self._parts[j]:
            total += weight * functions.product(function) * self._speed(speed, states)
        return total

    def _speed(self, speed: _Speed | None, states: np.ndarray) -> np.ndarray | float:
        return 1.0 if speed is None else speed.values(states[len(self.laws) + speed.component])

    def _start(self, states: np.ndarray) -> np.ndarray:
        """Rates of what the laws say nothing of: components move with their velocities."""
        rates = np.zeros_like(states)
        if self.order == 2:
            rates[: len(self.laws)] = states[len(self.laws) :]
        return rates

    def _at(self, mixed: np.ndarray, states: np.ndarray, times: np.ndarray) -> np.ndarray:
        functions, result = self._functions(states, times), self._start(states)
        for j in map(int, np.flatnonzero(mixed.any(axis=0))):
            value = self._value(j, functions, states)
            for i in np.flatnonzero(mixed[:, j]):
                result[i] += mixed[i, j] * value
        return result

    def _traced(
        self, mixed: np.ndarray, states: np.ndarray, moves: np.ndarray, times: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        functions, count = self._functions(states, times), len(self.laws)
        values = [self._value(j, functions, states) for j in range(len(self._columns))]
        rates, slopes = self._start(states), np.zeros((len(states), *states.shape))
        if self.order == 2:
            slopes[np.arange(count), count + np.arange(count)] = 1.0
        for j in map(int, np.flatnonzero(mixed.any(axis=0))):
            which = np.flatnonzero(mixed[:, j])
            for i in which:
                rates[i] += mixed[i, j] * values[j]
            for state, slope in self._slopes(j, functions, states):
                for i in which:
                    slopes[i, state] += mixed[i, j] * slope
        result = np.zeros_like(moves)
        for i, c in zip(*np.nonzero(slopes.any(axis=2)), strict=True):
            result[i] += slopes[i, c] * moves[c]
        first = len(states)
        for state, side in self._sides:
            for j, row in enumerate(side):
                for k in np.flatnonzero(row):
                    result[state, first + j] += row[k] * values[k]
            first += len(side)
        return rates, result

    def _slopes(
        self, j: int, functions: NoisyFunctions, states: np.ndarray
    ) -> Iterator[tuple[int, np.ndarray]]:
        """How a column moves with every state."""
        for weight, function, speed in self._parts[j]:
            for c in range(len(self.laws)):
                slope = functions.slope(function, c)
                if slope is not None:
                    yield c, weight * slope * self._speed(speed, states)
            if speed is not None:
                velocity = len(self.laws) + speed.component
                yield velocity, weight * functions.product(function) * speed.slopes(states[velocity])


def followable(feature: Feature) -> bool:
    """Whether a feature follows from the states.

    Functions of components and time do, those of a velocity, and the rates of products of powers and time.
    """
    if feature.inside:
        return not feature.order and not feature.degree and _velocity(feature) is not None
    return not feature.order or (feature.order == 1 and feature.factor in ("", "t"))


def velocities(component: str) -> tuple[str, ...]:
    """Functions of a component's velocity that damp otherwise than in proportion to it."""
    return f"{component}_t^3", f"{component}_t*abs({component}_t)"


def _velocity(feature: Feature) -> _Speed | None:
    """The power of a velocity that a feature is."""
    written = feature.factor.replace("Abs", "abs")
    for c, name in enumerate(feature.components):
        v = f"{name}_t"
        known = {v: (1, False), f"{v}^2": (2, False), f"{v}^3": (3, False), f"abs({v})*{v}": (2, True)}
        if written in known:
            return _Speed(c, *known[written])
    return None


def _parts(feature: Feature, units: Units | None) -> Iterator[_Part]:
    nothing, speed = (0,) * len(feature.components), _velocity(feature)
    if speed is not None:
        # Factors are of the field's own units.
        scale = units.components[speed.component] - units.axes[0] if units else 0
        yield power_of_two(speed.power * scale), (nothing, ""), speed
        return
    if not feature.order:
        yield 1.0, feature.function, None
        return
    if feature.factor:
        yield power_of_two(units.axes[0] if units else 0), (feature.exponents, ""), None
    for c, power in enumerate(feature.exponents):
        if power:
            lower = tuple(q - (i == c) for i, q in enumerate(feature.exponents))
            yield float(power), (lower, feature.factor), _Speed(c)


def plain(sample: Sample, components: Sequence[np.ndarray]) -> Sample:
    """A sample with given components, free of noise."""
    return sample.smoothed(components, np.zeros((len(components),) * 2))
