"""Features: what weak-form regression evaluates, derivatives of functions of the components."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import sympy

_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")

#: What a feature differentiates: a power of every component, and a factor written as equations are.
Function = tuple[tuple[int, ...], str]


@dataclass(frozen=True)
class Feature:
    """A derivative of a function of the components, such as `(u^2)_x`, `(sin(u))_xx` or `(x*u)_x`.

    `exponents` has one power per component, `orders` one derivative order per axis of the field. `factor` is
    a further factor in the components and axes, in the syntax of equations; empty where there is none.
    """

    components: tuple[str, ...]
    axes: tuple[str, ...]
    exponents: tuple[int, ...]
    orders: tuple[int, ...]
    factor: str = ""

    @property
    def function(self) -> Function:
        """What is differentiated."""
        return self.exponents, self.factor

    @property
    def order(self) -> int:
        """Total order of the derivative."""
        return sum(self.orders)

    @property
    def degree(self) -> int:
        """Total polynomial degree."""
        return sum(self.exponents)

    @cached_property
    def name(self) -> str:
        """The feature as written in the weak form, `(u^2)_x`."""
        inside = self._inside
        if not self.order:
            return inside
        letters = subscript(self.orders, self.axes)
        alone = self.degree == 1 and not self.factor
        return f"{inside}_{letters}" if alone else f"({inside})_{letters}"

    @cached_property
    def _inside(self) -> str:
        powers = [
            c if q == 1 else f"{c}^{q}" for c, q in zip(self.components, self.exponents, strict=True) if q
        ]
        return "*".join([*([self.factor] if self.factor else []), *powers]) or "1"

    @cached_property
    def terms(self) -> Mapping[str, float]:
        """The feature expanded by the product rule, `{"u*u_x": 2}`: terms as equations write them."""
        if self.factor:
            return self._expanded()
        zero = (0,) * len(self.axes)
        start = tuple((c, zero) for c, q in enumerate(self.exponents) for _ in range(q))
        sums: dict[tuple, int] = {start: 1}
        for axis, order in enumerate(self.orders):
            for _ in range(order):
                sums = _differentiate(sums, axis)
        return {self._write(factors): count for factors, count in sums.items()}

    @property
    def factor_expression(self) -> sympy.Expr:
        """The factor in plain SymPy symbols of components and axes."""
        return right_side(self.factor, self.components)

    @cached_property
    def inside(self) -> Mapping[str, tuple[int, tuple[int, ...]]]:
        """The derivatives that the factor holds, by name: which component's, and their orders."""
        from ..equations import split_derivative

        found = {}
        for word in _WORD.findall(self.factor):
            split = split_derivative(word, self.components)
            if split is not None:
                orders = tuple(split[1].get(axis, 0) for axis in self.axes)
                found[word] = self.components.index(split[0]), orders
        return found

    def _expanded(self) -> Mapping[str, float]:
        from ..equations import Equation

        left = unused_left(self.components)
        inside = f"({self._inside})"
        for axis, order in zip(self.axes, self.orders, strict=True):
            if order:
                inside = f"({inside}_{axis * order})"
        terms = Equation(f"{left} = {inside}", components=self.components).terms[left]
        return {name: cast(float, count) for name, count in terms.items()}

    def _write(self, factors: tuple) -> str:
        powers: dict[str, int] = {}
        for component, orders in factors:
            letters = subscript(orders, self.axes)
            name = self.components[component]
            name = f"{name}_{letters}" if letters else name
            powers[name] = powers.get(name, 0) + 1
        written = [name if q == 1 else f"{name}^{q}" for name, q in sorted(powers.items())]
        return "*".join(written) or "1"


def unused_left(components: Sequence[str]) -> str:
    """A left side for equations that are read for their right side alone, which may hold any other."""
    return f"{components[0]}_{'t' * 12}"


def right_side(text: str, components: Sequence[str]) -> sympy.Expr:
    """An expression in components, derivatives and axes, read as equations are, in plain SymPy symbols."""
    from ..equations import Equation

    left = unused_left(components)
    return Equation(f"{left} = {text}", components=components).right_sides[left]


def subscript(orders: Sequence[int], axes: Sequence[str]) -> str:
    """Subscript of a derivative: space before time, `xxt`."""
    spatial = sorted((axis, order) for axis, order in zip(axes, orders, strict=True) if axis != "t")
    times = [(axis, order) for axis, order in zip(axes, orders, strict=True) if axis == "t"]
    return "".join(axis * order for axis, order in spatial + times)


def _differentiate(sums: Mapping[tuple, int], axis: int) -> dict[tuple, int]:
    result: dict[tuple, int] = {}
    for factors, count in sums.items():
        for i, (component, orders) in enumerate(factors):
            raised = tuple(order + (j == axis) for j, order in enumerate(orders))
            key = tuple(sorted((*factors[:i], (component, raised), *factors[i + 1 :])))
            result[key] = result.get(key, 0) + count
    return result
