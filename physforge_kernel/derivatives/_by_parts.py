"""Terms as people write them, rewritten into derivatives of functions, which the weak form can see.

`g(u) u_x = (G(u))_x` with `G' = g`, and `c(x) u_xx = (c u)_xx - 2 (c' u)_x + c'' u`: integration by parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import TYPE_CHECKING, Any, cast

from ..errors import DiscoveryError
from ._feature import Feature
from ._terms import Term

if TYPE_CHECKING:
    import sympy

#: A combination in the making: weights by (exponents, factor, orders).
_Sum = dict[tuple[tuple[int, ...], str, tuple[int, ...]], float]


def term(text: str, components: Sequence[str], axes: Sequence[str]) -> Term:
    """A candidate term from its text, such as `sin(u)`, `x*u_xx` or `u^2*u_x`.

    Args:
        text: one or several terms in the syntax of equations, without free parameters.
        components: names of the field's variables.
        axes: names of its dimensions, time first.

    Raises:
        DiscoveryError: if the term is no derivative of a function of the components, even by integration by
            parts, as `u_x^2` is not.

    Example:
        >>> [(feature.name, weight) for feature, weight in term("x*u_x", ("u",), ("t", "x")).parts[0]]
        [('(x*u)_x', 1.0), ('u', -1.0)]
    """
    from ..equations import Equation
    from ..errors import EquationError

    components, axes = tuple(components), tuple(axes)
    left = f"{components[0]}_t"
    try:
        equation = Equation(f"{left} = {text}", components=components)
    except EquationError as error:
        raise DiscoveryError(f"The term {text!r} cannot be read: {error}") from error
    expansion = equation.terms[left]
    if any(not isinstance(count, (int, float)) for count in expansion.values()):
        raise DiscoveryError(f"The term {text!r} has parameters or complex numbers in it; give it numbers.")
    found: _Sum = {}
    import sympy

    for part in sympy.Add.make_args(equation.right_sides[left]):
        _add_parts(found, cast("sympy.Expr", part), components, axes, text)
    parts = tuple(
        (Feature(components, axes, exponents, orders, factor), weight)
        for (exponents, factor, orders), weight in found.items()
        if weight
    )
    counts = {name: cast(float, count) for name, count in expansion.items()}
    return Term(_name(text, expansion), (parts,), counts)


def _name(text: str, expansion: Any) -> str:
    """The term's canonical name where it is one term; else its text."""
    names = list(expansion)
    return names[0] if len(names) == 1 and expansion[names[0]] == 1.0 else text


def _add_parts(
    found: _Sum, part: sympy.Expr, components: tuple[str, ...], axes: tuple[str, ...], text: str
) -> None:
    """Add one product to a sum of derivatives of functions."""
    import sympy

    from ..equations import split_derivative

    derivatives = [
        (symbol, split)
        for symbol in sorted(part.free_symbols, key=str)
        if (split := split_derivative(str(symbol), components)) is not None
    ]
    if not derivatives:
        _add(found, part, (0,) * len(axes), components, axes, 1.0)
        return
    symbol, (component, orders) = derivatives[0]
    outside = sympy.cancel(part / symbol) if len(derivatives) == 1 else None
    if outside is None or outside.has(symbol) or not set(orders) <= set(axes):
        raise DiscoveryError(_no_divergence(text))
    inside = {sympy.Symbol(name) for name in components} & outside.free_symbols
    full = tuple(orders.get(axis, 0) for axis in axes)
    own = sympy.Symbol(component)
    if not inside:
        _by_parts(found, outside, own, full, components, axes)
    elif inside == {own} and sum(full) == 1:
        whole = sympy.integrate(outside, own)
        if whole.has(sympy.Integral):
            raise DiscoveryError(_no_divergence(text))
        axis = axes[full.index(1)]
        _add(found, whole, full, components, axes, 1.0)
        _add(found, whole.diff(sympy.Symbol(axis)), (0,) * len(axes), components, axes, -1.0)
    else:
        raise DiscoveryError(_no_divergence(text))


def _by_parts(
    found: _Sum,
    outside: sympy.Expr,
    own: sympy.Symbol,
    orders: tuple[int, ...],
    components: tuple[str, ...],
    axes: tuple[str, ...],
) -> None:
    """`c D^a u = sum_k (-1)^|k| C(a, k) D^(a-k) [(D^k c) u]`, for a factor c of places alone."""
    import sympy

    pending = [(outside, (0,) * len(orders), 1.0)]
    for i, axis in enumerate(axes):
        grown = []
        for factor, taken, weight in pending:
            for k in range(orders[i] + 1):
                derivative = factor.diff(sympy.Symbol(axis), k) if k else factor
                if derivative != 0:
                    here = tuple(k if j == i else q for j, q in enumerate(taken))
                    grown.append((derivative, here, weight * (-1) ** k * comb(orders[i], k)))
        pending = grown
    for factor, taken, weight in pending:
        left = tuple(a - k for a, k in zip(orders, taken, strict=True))
        _add(found, factor * own, left, components, axes, weight)


def _add(
    found: _Sum,
    value: sympy.Expr,
    orders: tuple[int, ...],
    components: tuple[str, ...],
    axes: tuple[str, ...],
    weight: float,
) -> None:
    """Add the derivative of a function: its number, the powers of components, and the rest as a factor."""
    import sympy

    for part in sympy.Add.make_args(sympy.expand(value)):
        number, exponents, rest = weight, [0] * len(components), []
        for factor in sympy.Mul.make_args(part):
            base, power = factor.as_base_exp()
            if not factor.free_symbols:
                number *= float(factor)
            elif base.is_Symbol and str(base) in components and power.is_Integer and power.is_positive:
                exponents[components.index(str(base))] += int(power)
            else:
                rest.append(factor)
        if number:
            key = (tuple(exponents), _written(rest), orders)
            found[key] = found.get(key, 0.0) + number


def _written(factors: Sequence[sympy.Basic]) -> str:
    return "*".join(sorted(str(factor).replace("**", "^") for factor in factors))


def _no_divergence(text: str) -> str:
    return (
        f"The term {text!r} is no derivative of a function of the variables, so that test functions cannot "
        "see it without differentiating the data."
    )
