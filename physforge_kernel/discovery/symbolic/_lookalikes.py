"""Formulas that the data may not tell from one: each part of it that has one input, as another curve.

Over a narrow range an exponential is a parabola, tanh a cubic, and a power law nearly anything. The search
ends at the first of these that leaves noise only, so the others have to be tried before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _curves
from ._exchange import exchanged
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Curves that are tried in place of each part, the nearest to it.
_TRIED = 10

#: Rows on which curves are compared with a part.
_ROWS = 200


def lookalikes(expression: sympy.Expr, sample: Sample, operators: frozenset[str]) -> list[sympy.Expr]:
    """The formula with each of its parts in one input replaced by curves that come near to it.

    Args:
        expression: a formula in the symbols of the sample.
        sample: where curves have to come near.
        operators: what a formula may have.
    """
    import sympy

    few = sample.thinned(_ROWS)
    place = sympy.Symbol("place_", real=True)
    found: list[sympy.Expr] = []
    for i, symbol in enumerate(few.symbols):
        for part, rest in _parts(expression, symbol, place):
            seen = _seen(part, rest, place, few, i)
            if seen is not None:
                near = _curves.nearest(seen, operators, each=1)[:_TRIED]
                found += [exchanged(rest, {place: curve}) for curve in near]
    return found


def _parts(
    expression: sympy.Expr, symbol: sympy.Symbol, place: sympy.Symbol
) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """The largest parts that have this input only, and the formula with a place for each."""
    if expression.free_symbols == {symbol}:
        yield expression, place
        return
    arguments: tuple[Any, ...] = expression.args
    own = [a for a in arguments if a.free_symbols == {symbol}]
    if own and (expression.is_Add or expression.is_Mul):
        yield expression.func(*own), expression.func(place, *(a for a in arguments if a not in own))
        arguments = tuple(a for a in arguments if a not in own)
    for argument in arguments:
        if symbol in argument.free_symbols:
            for part, rest in _parts(argument, symbol, place):
                yield part, expression.func(*(rest if a is argument else a for a in expression.args))


def _seen(part: sympy.Expr, rest: sympy.Expr, place: sympy.Symbol, few: Sample, i: int) -> Sample | None:
    """The part as a table over its input; an error in it weighs as it moves the whole."""
    import sympy

    with np.errstate(all="ignore"):
        values = _values(part, few.symbols, few.X)
        slope = _values(sympy.diff(rest, place), (*few.symbols, place), np.column_stack([few.X, values]))
    weight = np.abs(slope)
    if not np.isfinite(values).all() or not np.isfinite(weight).all() or not (weight > 0).any():
        return None
    scale = few.scale / np.maximum(weight, 1e-6 * weight.max())
    return Sample(few.X[:, [i]], values, scale, (few.symbols[i],), few.unit)


def _values(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...], X: np.ndarray) -> np.ndarray:
    import sympy

    made = sympy.lambdify(symbols, expression, "numpy")(*X.T)
    return np.broadcast_to(np.asarray(made, dtype=float), (len(X),)).copy()
