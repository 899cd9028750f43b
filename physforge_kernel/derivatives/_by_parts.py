"""Terms as people write them, rewritten into derivatives of functions, which the weak form can see.

`g(u) u_x = (G(u))_x` with `G' = g`, `c(x) u_xx = (c u)_xx - 2 (c' u)_x + c'' u` and
`u u_xx = (u^2)_xx / 2 - u_x^2`: integration by parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from ..equations import derivative_name, split_derivative
from ..errors import DiscoveryError, EquationError
from ._feature import Feature, right_side, unused_left
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
        DiscoveryError: if the term cannot be read, or has parameters or complex numbers in it.

    Example:
        >>> [(feature.name, weight) for feature, weight in term("x*u_x", ("u",), ("t", "x")).parts[0]]
        [('(x*u)_x', 1.0), ('u', -1.0)]
    """
    from ..equations import Equation

    components, axes = tuple(components), tuple(axes)
    left = unused_left(components)
    try:
        equation = Equation(f"{left} = {text}", components=components)
    except EquationError as error:
        # What follows shows the equation that the term was put into, which nobody wrote.
        why = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
        names = ", ".join((*components, *axes))
        raise DiscoveryError(
            f"The term {text!r} cannot be read: {why}. Terms are made of numbers, {names}, derivatives such "
            f"as {components[0]}_{axes[-1]}, and functions such as sin and exp."
        ) from error
    expansion = equation.terms[left]
    if any(not isinstance(count, (int, float)) for count in expansion.values()):
        raise DiscoveryError(f"The term {text!r} has parameters or complex numbers in it; give it numbers.")
    right = equation.right_sides[left]
    known = {*components, *axes, *map(str, _derivatives(right, components))}
    unknown = sorted(set(map(str, right.free_symbols)) - known)
    if unknown:
        raise DiscoveryError(
            f"The term {text!r} holds {', '.join(unknown)}, of which no values are known; "
            f"a term may hold {', '.join((*components, *axes))}, derivatives, and functions such as sin."
        )
    found: _Sum = {}
    import sympy

    for part in sympy.Add.make_args(right):
        _add_parts(found, cast("sympy.Expr", part), (0,) * len(axes), components, axes)
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
    found: _Sum,
    part: sympy.Expr,
    orders: tuple[int, ...],
    components: tuple[str, ...],
    axes: tuple[str, ...],
) -> None:
    """Add a derivative of one product, with as few derivatives left inside as integration by parts leaves.

    `A z_x = (F)_x - (F_x without z_x)` with `dF/dz = A`, for the highest derivative `z_x` in the product:
    what is left has lower ones. Where that is no single factor the product stays as it is.
    """
    import sympy

    step = _lowered(part, components, axes)
    if step is None:
        _add(found, part, orders, components, axes, 1.0)
        return
    whole, axis, rest = step
    raised = tuple(order + (name == axis) for order, name in zip(orders, axes, strict=True))
    for each in sympy.Add.make_args(sympy.expand(whole)):
        _add_parts(found, cast("sympy.Expr", each), raised, components, axes)
    for each in sympy.Add.make_args(rest) if rest != 0 else ():
        _add_parts(found, cast("sympy.Expr", each), orders, components, axes)


def _lowered(
    part: sympy.Expr, components: tuple[str, ...], axes: tuple[str, ...]
) -> tuple[sympy.Expr, str, sympy.Expr] | None:
    """What to differentiate along which axis for a product, and the rest; None where that is no simpler."""
    import sympy

    highest = _order(part, components)
    found = [(symbol, *split) for symbol, split in _derivatives(part, components).items()]
    found = [(symbol, name, orders) for symbol, name, orders in found if sum(orders.values()) == highest]
    if len(found) != 1:
        return None
    symbol, component, orders = found[0]
    outside = sympy.cancel(part / symbol)
    if outside.has(symbol):
        return None
    lower = {
        axis: sympy.Symbol(derivative_name(component, orders | {axis: orders[axis] - 1}))
        for axis in axes
        if orders.get(axis)
    }
    for axis in sorted(lower, key=lambda axis: not outside.has(lower[axis])):
        whole = sympy.integrate(outside, lower[axis])
        if not _readable(whole, components):
            continue
        rest = sympy.expand(part - _differentiated(whole, axis, components))
        if _order(rest, components) < sum(orders.values()):
            return whole, axis, rest
    return None


def _readable(whole: sympy.Basic, components: Sequence[str]) -> bool:
    """Whether an integral was found, and in functions that equations know."""
    import sympy

    if whole.has(sympy.Integral):
        return False
    try:
        right_side(_written([whole]), components)
    except EquationError:
        return False
    return True


def _derivatives(
    part: sympy.Expr, components: Sequence[str]
) -> dict[sympy.Symbol, tuple[str, dict[str, int]]]:
    """The derivatives in an expression."""
    symbols = cast("set[sympy.Symbol]", part.free_symbols)
    found = {symbol: split_derivative(str(symbol), components) for symbol in symbols}
    return {symbol: split for symbol, split in found.items() if split is not None}


def _order(part: sympy.Expr, components: Sequence[str]) -> int:
    """The highest order of a derivative in an expression."""
    return max((sum(orders.values()) for _, orders in _derivatives(part, components).values()), default=0)


def _differentiated(whole: sympy.Expr, axis: str, components: Sequence[str]) -> sympy.Expr:
    """The derivative of an expression along an axis, by the chain rule."""
    import sympy

    result = whole.diff(sympy.Symbol(axis))
    for symbol in cast("set[sympy.Symbol]", whole.free_symbols):
        split = split_derivative(str(symbol), components)
        if split is None and str(symbol) in components:
            split = str(symbol), {}
        if split is not None:
            name, orders = split
            raised = derivative_name(name, orders | {axis: orders.get(axis, 0) + 1})
            result += whole.diff(symbol) * sympy.Symbol(raised)
    return cast("sympy.Expr", result)


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
