"""Functions of noisy components, without the bias that noise gives them.

The mean of a function of `u + e` over Gaussian noise e of variance s^2 is `exp(s^2/2 d^2/du^2) f(u)`. Its
inverse, applied to f before the noisy samples go in, gives values whose mean is `f(u)`: for powers the
Hermite polynomials, for `sin(k u)` the factor `exp(k^2 s^2/2)`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, factorial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..derivatives import Function
from ..errors import DiscoveryError

if TYPE_CHECKING:
    import sympy

#: Terms of the series by which noise is taken out of functions that have one everywhere, and out of others.
_TERMS_ENTIRE, _TERMS_OTHER = 8, 2

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
    """Functions of several noisy components on the samples of an experiment, unbiased, computed once each.

    `values[c]` are samples of component c with Gaussian noise of sd `sigma[c]`; in sums over samples it
    counts as independent noise of sd `spread[c]`, which is larger where samples were filled from others.
    Factors of functions see the components and the axes' `points` times `scales`, in the field's own units.
    """

    components: tuple[str, ...]
    axes: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    sigma: tuple[float, ...]
    spread: tuple[float, ...]
    points: tuple[np.ndarray, ...] = ()
    scales: tuple[float, ...] = ()

    @cached_property
    def _cache(self) -> dict[Hashable, np.ndarray]:
        return {}

    def product(self, key: Function | Covariance) -> np.ndarray:
        """A function of the components without bias, or the noise covariance of two, on every sample."""
        if key not in self._cache:
            covariance = isinstance(key, Covariance)
            self._cache[key] = self._noise(key.a, key.b) if covariance else self._value(key)
        return self._cache[key]

    def _value(self, function: Function) -> np.ndarray:
        exponents, factor = function
        if self._depends(factor):
            return self._evaluated(self._unbiased(function))
        result = self._evaluated(self._factor(factor)) if factor else np.ones_like(self.values[0])
        for values, sigma, power in zip(self.values, self.sigma, exponents, strict=True):
            if power:
                result = result * unbiased_power(values, power, sigma)
        return result

    def slope(self, function: Function, component: int, where: tuple[slice, ...]) -> np.ndarray | None:
        """Derivative of a function by one component on some of the samples; None if it is zero."""
        exponents, factor = function
        if self._depends(factor):
            derivative = self._unbiased(function).diff(self._symbols[component])
            return self._evaluated(derivative, where) if derivative != 0 else None
        power = exponents[component]
        if power == 0:
            return None
        lower = tuple(q - (i == component) for i, q in enumerate(exponents))
        return power * self.product((lower, factor))[where]

    def covariance(self, a: Function, b: Function) -> Mapping[Function | Covariance, float]:
        """Noise covariance of two functions as `{key: factor}`, to be summed over `product(key)`.

        Of powers, per component `E[H_a H_b] = sum_j C(a,j) C(b,j) j! sigma^2j u^(a+b-2j)`; the noise-free
        product is left out.
        """
        if self._depends(a[1]) or self._depends(b[1]):
            inflated = max((p / s for s, p in zip(self.sigma, self.spread, strict=True) if s), default=1.0)
            return {Covariance(a, b): inflated**2} if any(self.sigma) else {}
        factor = f"({a[1]})*({b[1]})" if a[1] and b[1] else a[1] or b[1]
        terms: dict[tuple[int, ...], float] = {(): 1.0}
        for q, p, sigma, spread in zip(a[0], b[0], self.sigma, self.spread, strict=True):
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
            powers = [v**q for v, q in zip(states, lower, strict=True) if q]
            size = float(exponents[component]) * np.ones(len(states[0]))
            return size * np.prod(powers, axis=0) if exponents[component] else 0.0 * size
        derivative = self._expression(function).diff(self._symbols[component])
        values = _callable(derivative, [*self._symbols, *self._places])(*states, *places)
        return np.broadcast_to(np.asarray(values, dtype=float), states[0].shape)

    # ------------------------------------------------------------ functions that are no powers

    @cached_property
    def _symbols(self) -> list[sympy.Symbol]:
        import sympy

        return [sympy.Symbol(name, real=True) for name in self.components]

    @cached_property
    def _places(self) -> list[sympy.Symbol]:
        import sympy

        return [sympy.Symbol(f"{name}_place", real=True) for name in self.axes]

    @cached_property
    def _factors(self) -> dict[str, sympy.Expr]:
        return {}

    def _factor(self, factor: str) -> sympy.Expr:
        """A factor as an expression in the scaled components and places."""
        if factor not in self._factors:
            import sympy

            from ..equations import Equation

            left = f"{self.components[0]}_t"
            written = Equation(f"{left} = {factor}", components=self.components).right_sides[left]
            own = dict(zip((*self.components, *self.axes), [*self._symbols, *self._places], strict=True))
            scales = dict(zip((*self.components, *self.axes), self.scales or (1.0,) * len(own), strict=True))
            meant = {sympy.Symbol(name): scales[name] * symbol for name, symbol in own.items()}
            unknown = written.free_symbols - set(meant)
            if unknown:
                raise DiscoveryError(
                    f"The factor {factor!r} holds {', '.join(sorted(map(str, unknown)))}; "
                    f"a factor may hold {', '.join(own)} only, without derivatives."
                )
            self._factors[factor] = cast("sympy.Expr", written.xreplace(meant))
        return self._factors[factor]

    def _depends(self, factor: str) -> bool:
        """Whether a factor holds components, and not places alone."""
        return bool(factor) and bool(self._factor(factor).free_symbols & set(self._symbols))

    def _expression(self, function: Function) -> sympy.Expr:
        import sympy

        exponents, factor = function
        result = self._factor(factor) if factor else sympy.Integer(1)
        for symbol, power in zip(self._symbols, exponents, strict=True):
            result = result * symbol**power
        return result

    @cached_property
    def _corrected(self) -> dict[Hashable, sympy.Expr]:
        return {}

    def _unbiased(self, function: Function) -> sympy.Expr:
        if function not in self._corrected:
            self._corrected[function] = self._without_noise(self._expression(function))
        return self._corrected[function]

    def _without_noise(self, expression: sympy.Expr) -> sympy.Expr:
        import sympy

        result = term = expression
        for n in range(1, _TERMS_ENTIRE if _entire(expression, self._symbols) else _TERMS_OTHER):
            parts = [s**2 * term.diff(u, 2) for u, s in zip(self._symbols, self.sigma, strict=True) if s]
            term = -sympy.Add(*parts) / (2 * n)
            if term == 0:
                break
            result = result + term
        return result

    def _noise(self, a: Function, b: Function) -> np.ndarray:
        """`sum_m (-1)^(|m|+1) s^2m / m! D^m F_a D^m F_b` over the derivatives by components."""
        total = np.zeros_like(self.values[0])
        for orders in product(range(_NOISE_ORDER + 1), repeat=len(self.components)):
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
        if key not in self._derivatives:
            derivative = self._unbiased(function)
            for symbol, m in zip(self._symbols, orders, strict=True):
                derivative = derivative.diff(symbol, m) if m else derivative
            self._derivatives[key] = self._evaluated(derivative) if derivative != 0 else None
        return self._derivatives[key]

    @cached_property
    def _derivatives(self) -> dict[Hashable, np.ndarray | None]:
        return {}

    def _evaluated(self, expression: sympy.Expr, where: tuple[slice, ...] = ()) -> np.ndarray:
        grids = np.meshgrid(*self.points, indexing="ij", sparse=True) if self.points else []
        samples = [values[where] if where else values for values in self.values]
        if where:
            grids = [
                g[tuple(s if i == axis else slice(None) for i, s in enumerate(where))]
                for axis, g in enumerate(grids)
            ]
        with np.errstate(all="ignore"):
            values = _callable(expression, [*self._symbols, *self._places])(*samples, *grids)
        values = np.broadcast_to(np.asarray(values, dtype=float), samples[0].shape)
        if not np.isfinite(values).all():
            raise DiscoveryError(
                f"The function {expression} is not finite on all samples; leave it out of the library, "
                "or select the part of the field on which it is."
            )
        return values


def _callable(expression: sympy.Expr, arguments: Sequence[sympy.Symbol]) -> Callable[..., Any]:
    import sympy

    return sympy.lambdify(arguments, expression, modules="numpy", cse=True)


def _entire(expression: sympy.Expr, symbols: Sequence[sympy.Symbol]) -> bool:
    """Whether the series without noise converges: powers, exponentials, sines and their products."""
    import sympy

    known = (sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.exp)
    for part in sympy.preorder_traversal(expression):
        if not part.free_symbols & set(symbols):
            continue
        if isinstance(part, sympy.Function) and not isinstance(part, known):
            return False
        if isinstance(part, sympy.Pow) and not isinstance(part, sympy.exp):
            whole = part.exp.is_Integer and part.exp.is_positive
            if not whole and part.base != sympy.E:
                return False
    return True
