"""Functions of noisy components that are no powers, as SymPy expressions without the bias of noise."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ..derivatives import Function, right_side
from ..errors import DiscoveryError

if TYPE_CHECKING:
    import sympy

#: Terms of the series by which noise is taken out of functions that have one everywhere, and out of others.
_TERMS_ENTIRE, _TERMS_OTHER = 8, 2


@dataclass(frozen=True)
class Expressions:
    """Functions of components, of derivatives among them, and of places along the axes.

    Components and derivatives have noise of sd `sigma`; `shared` is the covariance of different ones.
    Factors of functions see all of them times `scales`, in the field's own units.
    """

    components: tuple[str, ...]
    axes: tuple[str, ...]
    sigma: tuple[float, ...]
    scales: tuple[float, ...] = ()
    derivatives: tuple[str, ...] = ()
    shared: Mapping[tuple[int, int], float] = field(default_factory=dict)

    @cached_property
    def symbols(self) -> list[sympy.Symbol]:
        """The components, and the derivatives."""
        import sympy

        return [sympy.Symbol(name, real=True) for name in (*self.components, *self.derivatives)]

    @cached_property
    def places(self) -> list[sympy.Symbol]:
        """The axes."""
        import sympy

        return [sympy.Symbol(f"{name}_place", real=True) for name in self.axes]

    @cached_property
    def _cache(self) -> dict[Hashable, Any]:
        return {}

    def factor(self, factor: str) -> sympy.Expr:
        """A factor as an expression in the scaled components and places."""
        key = ("factor", factor)
        if key not in self._cache:
            self._cache[key] = self._read(factor)
        return self._cache[key]

    def _read(self, factor: str) -> sympy.Expr:
        import sympy

        written = right_side(factor, self.components)
        names = (*self.components, *self.derivatives, *self.axes)
        scales = self.scales or (1.0,) * len(names)
        meant = {
            sympy.Symbol(name): scale * symbol
            for name, scale, symbol in zip(names, scales, [*self.symbols, *self.places], strict=True)
        }
        unknown = written.free_symbols - set(meant)
        if unknown:
            raise DiscoveryError(
                f"The factor {factor!r} holds {', '.join(sorted(map(str, unknown)))}; "
                f"a factor may hold {', '.join(names)} only."
            )
        return cast("sympy.Expr", written.xreplace(meant))

    def depends(self, factor: str) -> bool:
        """Whether a factor holds components or derivatives, and not places alone."""
        return bool(factor) and bool(self.factor(factor).free_symbols & set(self.symbols))

    def plain(self, function: Function) -> sympy.Expr:
        """A function as if the components were free of noise."""
        import sympy

        exponents, factor = function
        result = self.factor(factor) if factor else sympy.Integer(1)
        for symbol, power in zip(self.symbols, exponents, strict=False):
            result = result * symbol**power
        return result

    def unbiased(self, function: Function) -> sympy.Expr:
        """A function whose mean over the noise is the plain one."""
        key = ("unbiased", function)
        if key not in self._cache:
            self._cache[key] = self._without_noise(self.plain(function))
        return self._cache[key]

    def derivative(self, function: Function, orders: Sequence[int]) -> sympy.Expr:
        """A derivative by components and derivatives of a function without bias."""
        key = ("derivative", function, tuple(orders))
        if key not in self._cache:
            derivative = self.unbiased(function)
            for symbol, m in zip(self.symbols, orders, strict=True):
                derivative = derivative.diff(symbol, m) if m else derivative
            self._cache[key] = _without_spikes(derivative)
        return self._cache[key]

    def callable(self, expression: sympy.Expr) -> Callable[..., Any]:
        """An expression as a function of arrays: the components, the derivatives, then the places."""
        import sympy

        if expression not in self._cache:
            arguments = [*self.symbols, *self.places]
            self._cache[expression] = sympy.lambdify(arguments, expression, modules="numpy", cse=True)
        return self._cache[expression]

    def _without_noise(self, expression: sympy.Expr) -> sympy.Expr:
        import sympy

        result = term = expression
        for n in range(1, _TERMS_ENTIRE if _entire(expression, self.symbols) else _TERMS_OTHER):
            parts = [s**2 * term.diff(u, 2) for u, s in zip(self.symbols, self.sigma, strict=True) if s]
            parts += [
                2 * value * term.diff(self.symbols[i], self.symbols[j])
                for (i, j), value in self.shared.items()
            ]
            term = -_without_spikes(sympy.Add(*parts)) / (2 * n)
            if term == 0:
                break
            result = result + term
        return result


def _without_spikes(expression: sympy.Expr) -> sympy.Expr:
    """An expression without what is infinite at one value only, as the second derivative of `abs(u)` is."""
    import sympy

    return cast("sympy.Expr", expression.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)))


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
