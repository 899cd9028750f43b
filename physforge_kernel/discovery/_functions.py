"""Functions of noisy components, without the bias that noise gives them.

The mean of a function of `u + e` over Gaussian noise e of variance s^2 is `exp(s^2/2 d^2/du^2) f(u)`. Its
inverse, applied to f before the noisy samples go in, gives values whose mean is `f(u)`: for powers the
Hermite polynomials, for `sin(k u)` the factor `exp(k^2 s^2/2)`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, factorial
from typing import TYPE_CHECKING

import numpy as np

from ..derivatives import Function
from ..errors import DiscoveryError
from ._expressions import Expressions

if TYPE_CHECKING:
    import sympy

#: Highest derivative by components in the noise of functions that are no powers.
_NOISE_ORDER = 3


def unbiased_power(values: np.ndarray, power: int, sigma: float) -> np.ndarray:
    """The Hermite polynomial whose mean over Gaussian noise is the power: `E[H_q(u + e)] = u^q`."""
    if power == 0:
        return np.ones_like(values)
    previous, current = np.ones_like(values), values
    for q in range(1, power):
        previous, current = current, values * current - q * sigma**2 * previous
    return current


@dataclass(frozen=True)
class Covariance:
    """What noise makes two functions share, on every sample."""

    a: Function
    b: Function


@dataclass(frozen=True)
class NoisyFunctions:
    """Functions of several noisy components on samples of an experiment, unbiased, computed once each.

    `values[c]` are samples of component c with Gaussian noise of sd `expressions.sigma[c]`, and after them
    the derivatives that stand in factors. In sums over samples a component's noise counts as independent
    noise of sd `spread[c]`, which is larger where samples were filled from others. `points` are those of the
    samples' grid, and seen by factors that depend on places.
    """

    expressions: Expressions
    values: tuple[np.ndarray, ...]
    spread: tuple[float, ...]
    points: tuple[np.ndarray, ...] = ()

    def at(self, values: Sequence[np.ndarray], points: Sequence[np.ndarray]) -> NoisyFunctions:
        """The same functions on other samples of the same experiment."""
        return NoisyFunctions(self.expressions, tuple(values), self.spread, tuple(points))

    @property
    def sigma(self) -> tuple[float, ...]:
        return self.expressions.sigma

    @cached_property
    def _cache(self) -> dict[Hashable, np.ndarray | None]:
        return {}

    def product(self, key: Function | Covariance) -> np.ndarray:
        """A function of the components without bias, or the noise covariance of two, on every sample."""
        found = self._cache.get(key)
        if found is None:
            found = self._noise(key.a, key.b) if isinstance(key, Covariance) else self._value(key)
            self._cache[key] = found
        return found

    def _value(self, function: Function) -> np.ndarray:
        exponents, factor = function
        if self.expressions.depends(factor):
            return self._evaluated(self.expressions.unbiased(function), factor)
        result = self._evaluated(self.expressions.factor(factor), factor) if factor else None
        for values, sigma, power in zip(self.values, self.sigma, exponents, strict=False):
            if power:
                factored = unbiased_power(values, power, sigma)
                result = factored if result is None else result * factored
        return np.ones_like(self.values[0]) if result is None else result

    def slope(self, function: Function, component: int) -> np.ndarray | None:
        """Derivative of a function by a component, or a derivative, on every sample; None if it is zero."""
        exponents, factor = function
        if self.expressions.depends(factor):
            orders = tuple(int(c == component) for c in range(len(self.values)))
            derivative = self.expressions.derivative(function, orders)
            return self._evaluated(derivative, factor) if derivative != 0 else None
        power = exponents[component] if component < len(exponents) else 0
        if power == 0:
            return None
        lower = self.product((tuple(q - (i == component) for i, q in enumerate(exponents)), factor))
        return power * lower if power > 1 else lower

    def covariance(self, a: Function, b: Function) -> Mapping[Function | Covariance, float]:
        """Noise covariance of two functions as `{key: factor}`, to be summed over `product(key)`.

        Of powers, per component `E[H_a H_b] = sum_j C(a,j) C(b,j) j! sigma^2j u^(a+b-2j)`; the noise-free
        product is left out.
        """
        if self.expressions.depends(a[1]) or self.expressions.depends(b[1]):
            inflated = max((p / s for s, p in zip(self.sigma, self.spread, strict=False) if s), default=1.0)
            return {Covariance(a, b): inflated**2} if any(self.sigma) else {}
        factor = f"({a[1]})*({b[1]})" if a[1] and b[1] else a[1] or b[1]
        terms: dict[tuple[int, ...], float] = {(): 1.0}
        for q, p, sigma, spread in zip(a[0], b[0], self.sigma, self.spread, strict=False):
            grown: dict[tuple[int, ...], float] = {}
            for exponents, weight in terms.items():
                share, j = 1.0, 0
                while j <= min(q, p):
                    key = (*exponents, q + p - 2 * j)
                    grown[key] = grown.get(key, 0.0) + weight * share * comb(q, j) * comb(p, j)
                    j += 1
                    share *= j * (spread if j == 1 else sigma) ** 2
            terms = grown
        terms[tuple(q + p for q, p in zip(a[0], b[0], strict=True))] -= 1.0
        return {(key, factor): weight for key, weight in terms.items() if weight}

    def plain_slope(
        self, function: Function, component: int, states: Sequence[np.ndarray], places: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Derivative by one component at states `(n,)` and places `(n,)`, as if these were free of noise."""
        exponents, factor = function
        if not factor:
            lower = [q - (i == component) for i, q in enumerate(exponents)]
            powers = [v**q for v, q in zip(states, lower, strict=False) if q]
            power = exponents[component] if component < len(exponents) else 0
            size = float(power) * np.ones(len(states[0]))
            return size * np.prod(powers, axis=0) if power else size
        derivative = self.expressions.plain(function).diff(self.expressions.symbols[component])
        values = self.expressions.callable(derivative)(*states, *places)
        return np.broadcast_to(np.asarray(values, dtype=float), states[0].shape)

    def _noise(self, a: Function, b: Function) -> np.ndarray:
        """`sum_m (-1)^(|m|+1) s^2m / m! D^m F_a D^m F_b` over the derivatives by components."""
        total = np.zeros_like(self.values[0])
        for orders in product(range(_NOISE_ORDER + 1), repeat=len(self.values)):
            if not 0 < sum(orders) <= _NOISE_ORDER:
                continue
            first, second = self._derivative(a, orders), self._derivative(b, orders)
            if first is None or second is None:
                continue
            weight = (-1.0) ** (sum(orders) + 1)
            for m, sigma in zip(orders, self.sigma, strict=True):
                weight *= sigma ** (2 * m) / factorial(m)
            total += weight * first * second
        return total

    def _derivative(self, function: Function, orders: tuple[int, ...]) -> np.ndarray | None:
        """A derivative by the components of a function without bias; None if it is zero."""
        key = (function, orders)
        if key not in self._cache:
            derivative = self.expressions.derivative(function, orders)
            self._cache[key] = self._evaluated(derivative, function[1]) if derivative != 0 else None
        return self._cache[key]

    def _evaluated(self, expression: sympy.Expr, factor: str) -> np.ndarray:
        """An expression on all samples; `factor` is that of the term that it belongs to."""
        grids = np.meshgrid(*self.points, indexing="ij", sparse=True) if self.points else []
        with np.errstate(all="ignore"):
            values = self.expressions.callable(expression)(*self.values, *grids)
        values = np.broadcast_to(np.asarray(values, dtype=float), self.values[0].shape)
        if not np.isfinite(values).all():
            raise DiscoveryError(
                f"The factor {factor} is not finite on all samples, or its noise is not; leave it out of the "
                "library, or select the part of the field on which it is."
            )
        return values
