"""SymPy expressions as functions of tensors, with their derivatives as jets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from ._jet import Jet
from ._orders import Orders

_TORCH: dict[str, Callable[..., Any]] = {
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "atan": torch.atan,
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "cosh": torch.cosh,
    "sinh": torch.sinh,
    "sqrt": torch.sqrt,
    "Abs": torch.abs,
    "conjugate": torch.conj,
    "sign": torch.sgn,
    "re": torch.real,
    "im": torch.imag,
}


class Expressions:
    """Several expressions in named symbols, evaluated together on tensors.

    Args:
        expressions: in SymPy, over real or complex symbols.
        names: the symbols, in the order in which values are given.
    """

    def __init__(self, expressions: Sequence[sympy.Expr], names: Sequence[str]) -> None:
        self.names = tuple(names)
        symbols = [sympy.Symbol(name) for name in names]
        arguments = [sympy.Symbol(f"a{i}") for i in range(len(names))]
        renamed = [
            cast("sympy.Expr", e.xreplace(dict(zip(symbols, arguments, strict=True)))) for e in expressions
        ]
        # Evaluated on tensors alone, without the names of a text: what is compiled are SymPy's own nodes.
        self._call = sympy.lambdify(arguments, list(map(_with_tensors, renamed)), [_TORCH, "math"], cse=True)

    def __call__(self, values: Mapping[str, Tensor]) -> list[Tensor]:
        """Each expression at the values of the symbols, which broadcast against each other."""
        given = [values[name] for name in self.names]
        like = given[0] if given else torch.zeros(())
        shape = torch.broadcast_shapes(*(value.shape for value in given)) if given else ()
        found = self._call(*given)
        return [
            torch.broadcast_to(v, shape)
            if isinstance(v, Tensor)
            else torch.full(shape, v, dtype=_dtype(v, like), device=like.device)
            for v in found
        ]


def _with_tensors(expression: sympy.Expr) -> sympy.Expr:
    """Functions of numbers carried out, since torch's functions take tensors alone."""
    if not expression.free_symbols:
        return expression.evalf(17)
    parts = expression.atoms(sympy.Function, sympy.Pow)
    numbers = {part: part.evalf(17) for part in parts if not part.free_symbols}
    return cast("sympy.Expr", expression.xreplace(numbers))


def _dtype(value: complex, like: Tensor) -> torch.dtype:
    if not isinstance(value, complex):
        return like.real.dtype
    return torch.complex128 if like.real.dtype == torch.float64 else torch.complex64


def real_parts(expression: sympy.Expr) -> list[sympy.Expr]:
    """The real and the imaginary part of an expression in real symbols."""
    real = {symbol: sympy.Symbol(str(symbol), real=True) for symbol in expression.free_symbols}
    back = {value: key for key, value in real.items()}
    parts = cast("sympy.Expr", expression.xreplace(real)).as_real_imag()
    return [cast("sympy.Expr", part.xreplace(back)) for part in parts]


class ExpressionJet:
    """An expression in the coordinates, with its derivatives.

    Args:
        expressions: one for each component, real.
        axes: the names of the coordinates.
    """

    def __init__(self, expressions: Sequence[sympy.Expr], axes: Sequence[str]) -> None:
        self.expressions = tuple(expressions)
        self.axes = tuple(axes)
        self._compiled: dict[Orders, Expressions] = {}

    def __call__(self, points: Float[Tensor, "N D"], orders: Orders) -> Jet:
        """Values and derivatives at some points."""
        if orders not in self._compiled:
            self._compiled[orders] = Expressions(self._derivatives(orders), self.axes)
        columns = dict(zip(self.axes, points.T, strict=True))
        flat = torch.stack(self._compiled[orders](columns))
        return Jet(orders, flat.reshape(len(orders), len(self.expressions), -1).transpose(1, 2))

    def _derivatives(self, orders: Orders) -> list[sympy.Expr]:
        found: list[sympy.Expr] = []
        for member in orders.members:
            for expression in self.expressions:
                for axis, times in zip(self.axes, member, strict=True):
                    for _ in range(times):
                        expression = sympy.diff(expression, sympy.Symbol(axis))
                found.append(expression)
        return found
