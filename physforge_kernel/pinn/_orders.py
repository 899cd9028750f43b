"""Which derivatives are propagated: a set closed under lowering, with the rules of calculus for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, prod

Order = tuple[int, ...]
"""How often each coordinate differentiates."""


@dataclass(frozen=True)
class Orders:
    """Derivatives by some coordinates that can be propagated together.

    Attributes:
        axes: the coordinates, such as `("x", "t")`.
        members: one tuple of orders for each derivative, the value itself first; with a derivative stand all
            those that have any of its orders lowered.

    Example:
        >>> Orders.closed(("x", "t"), [(2, 0), (0, 1)]).members
        ((0, 0), (0, 1), (1, 0), (2, 0))
    """

    axes: tuple[str, ...]
    members: tuple[Order, ...]

    @classmethod
    def closed(cls, axes: Sequence[str], wanted: Iterable[Order]) -> Orders:
        """The smallest such set that holds the derivatives that are wanted."""
        members = {tuple(0 for _ in axes)}
        for order in wanted:
            members |= set(product(*(range(n + 1) for n in order)))
        return cls(tuple(axes), tuple(sorted(members, key=lambda order: (sum(order), order))))

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def position(self) -> dict[Order, int]:
        """Where each derivative stands among the members."""
        return {order: k for k, order in enumerate(self.members)}

    @cached_property
    def highest(self) -> int:
        """The highest total order."""
        return max(map(sum, self.members))

    @cached_property
    def products(self) -> tuple[tuple[tuple[float, int, int], ...], ...]:
        """Leibniz's rule: for each derivative of `f*g` the weights and the places of those of f and g."""
        rules = []
        for order in self.members:
            rule = []
            for lower in product(*(range(n + 1) for n in order)):
                rest = tuple(n - m for n, m in zip(order, lower, strict=True))
                weight = prod(comb(n, m) for n, m in zip(order, lower, strict=True))
                rule.append((float(weight), self.position[lower], self.position[rest]))
            rules.append(tuple(rule))
        return tuple(rules)

    @cached_property
    def compositions(self) -> tuple[dict[int, tuple[tuple[float, tuple[int, ...]], ...]], ...]:
        """Faà di Bruno's formula: each derivative of `s(z)` by the order m of the derivative of s.

        What stands before `s^(m)` is a sum of weighted products of derivatives of z, given by their places.
        """
        return tuple(self._composition(order) for order in self.members)

    def _composition(self, order: Order) -> dict[int, tuple[tuple[float, tuple[int, ...]], ...]]:
        terms: Counter[tuple[Order, ...]] = Counter({(): 1})
        for axis, times in enumerate(order):
            for _ in range(times):
                terms = self._differentiated(terms, axis)
        found: dict[int, list[tuple[float, tuple[int, ...]]]] = {}
        for factors, weight in sorted(terms.items()):
            places = tuple(self.position[factor] for factor in factors)
            found.setdefault(len(factors), []).append((float(weight), places))
        return {m: tuple(rule) for m, rule in found.items()}

    def _differentiated(self, terms: Counter[tuple[Order, ...]], axis: int) -> Counter[tuple[Order, ...]]:
        unit = tuple(int(a == axis) for a in range(len(self.axes)))
        result: Counter[tuple[Order, ...]] = Counter()
        for factors, weight in terms.items():
            result[tuple(sorted((*factors, unit)))] += weight
            for j, factor in enumerate(factors):
                raised = tuple(n + m for n, m in zip(factor, unit, strict=True))
                result[tuple(sorted((*factors[:j], raised, *factors[j + 1 :])))] += weight
        return result
