"""Libraries of candidate terms in divergence form: derivatives of products of powers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, product


@dataclass(frozen=True)
class Feature:
    """A derivative of a product of powers of the components, such as `(u^2)_x`.

    `exponents` has one power per component, `orders` one derivative order per axis of the field.
    """

    components: tuple[str, ...]
    axes: tuple[str, ...]
    exponents: tuple[int, ...]
    orders: tuple[int, ...]

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
        power = "*".join(
            c if q == 1 else f"{c}^{q}" for c, q in zip(self.components, self.exponents, strict=True) if q
        )
        if not self.order:
            return power or "1"
        letters = subscript(self.orders, self.axes)
        return f"{power}_{letters}" if self.degree == 1 else f"({power})_{letters}"

    @cached_property
    def terms(self) -> Mapping[str, int]:
        """The feature expanded by the product rule, `{"u*u_x": 2}`: terms as equations write them."""
        zero = (0,) * len(self.axes)
        start = tuple((c, zero) for c, q in enumerate(self.exponents) for _ in range(q))
        sums: dict[tuple, int] = {start: 1}
        for axis, order in enumerate(self.orders):
            for _ in range(order):
                sums = _differentiate(sums, axis)
        return {self._write(factors): count for factors, count in sums.items()}

    def _write(self, factors: tuple) -> str:
        powers: dict[str, int] = {}
        for component, orders in factors:
            letters = subscript(orders, self.axes)
            name = self.components[component]
            name = f"{name}_{letters}" if letters else name
            powers[name] = powers.get(name, 0) + 1
        written = [name if q == 1 else f"{name}^{q}" for name, q in sorted(powers.items())]
        return "*".join(written) or "1"


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


def library(components: Sequence[str], axes: Sequence[str], *, time_order: int = 1) -> tuple[Feature, ...]:
    """Candidate terms for the right side of `u_t = ...` or `u_tt = ...`.

    Args:
        components: names of the field's variables, as in `("u", "v")`.
        axes: names of its dimensions, time first, as in `("t", "x")`.
        time_order: order of the left side; 2 adds the first time derivative of each component (damping).

    Returns:
        The constant, all products of powers up to degree 3, and their derivatives along space: in one
        dimension to order 4 (of products of several components to order 2), in two and three to order 2.

    Example:
        >>> [feature.name for feature in library(("x", "y"), ("t",))][:5]
        ['1', 'x', 'y', 'x^2', 'x*y']
    """
    components, axes = tuple(components), tuple(axes)
    space = [i for i, axis in enumerate(axes) if axis != "t"]
    highest = 4 if len(space) == 1 else 2
    features = []
    for exponents in _exponents(len(components), 3):
        for orders in _orders(len(axes), space, highest):
            feature = Feature(components, axes, exponents, orders)
            mixed = sum(q > 0 for q in exponents) > 1
            if feature.order and (feature.degree == 0 or (mixed and feature.order > 2)):
                continue
            if len(components) > 1 and feature.order > 2 and feature.degree > 1:
                continue
            features.append(feature)
    if time_order == 2 and "t" in axes:
        once = tuple(int(axis == "t") for axis in axes)
        for c in range(len(components)):
            features.append(
                Feature(components, axes, tuple(int(i == c) for i in range(len(components))), once)
            )
    return tuple(sorted(features, key=lambda f: (f.order, f.degree)))


def _exponents(components: int, degree: int) -> Iterator[tuple[int, ...]]:
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(range(components), total):
            yield tuple(chosen.count(c) for c in range(components))


def _orders(axes: int, space: Sequence[int], highest: int) -> Iterator[tuple[int, ...]]:
    for orders in product(range(highest + 1), repeat=len(space)):
        if sum(orders) <= highest:
            full = [0] * axes
            for i, order in zip(space, orders, strict=True):
                full[i] = order
            yield tuple(full)
