"""Jets: a function of some coordinates at many points, with exactly the derivatives that are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ._activations import Activation
from ._orders import Order, Orders


@dataclass(frozen=True)
class Jet:
    """Values and derivatives at N points of a function with W components.

    Attributes:
        orders: which derivatives.
        values: (K, N, W), one layer for each of `orders.members`.
    """

    orders: Orders
    values: Float[Tensor, "K N W"]

    @classmethod
    def coordinates(cls, orders: Orders, points: Float[Tensor, "N D"]) -> Jet:
        """The coordinates themselves, as functions of themselves."""
        values = points.new_zeros(len(orders), *points.shape)
        values[0] = points
        for axis in range(len(orders.axes)):
            unit = tuple(int(a == axis) for a in range(len(orders.axes)))
            if unit in orders.position:
                values[orders.position[unit], :, axis] = 1.0
        return cls(orders, values)

    @classmethod
    def constant(cls, orders: Orders, values: Float[Tensor, "N W"]) -> Jet:
        """What no coordinate changes."""
        zeros = values.new_zeros(len(orders) - 1, *values.shape)
        return cls(orders, torch.cat([values[None], zeros]))

    @property
    def width(self) -> int:
        """The number of components."""
        return self.values.shape[-1]

    def __getitem__(self, order: Order) -> Float[Tensor, "N W"]:
        return self.values[self.orders.position[order]]

    def columns(self, chosen: slice | Sequence[int]) -> Jet:
        """Some components."""
        return Jet(self.orders, self.values[..., chosen])

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.orders, self.values + other.values)

    def __sub__(self, other: Jet) -> Jet:
        return Jet(self.orders, self.values - other.values)

    def scaled(self, factor: Float[Tensor, "*#NW"] | float) -> Jet:
        """Times what no coordinate changes."""
        return Jet(self.orders, self.values * factor)

    def shifted(self, value: Float[Tensor, "*#NW"] | float) -> Jet:
        """Plus what no coordinate changes."""
        values = self.values.clone()
        values[0] = values[0] + value
        return Jet(self.orders, values)

    def __mul__(self, other: Jet) -> Jet:
        """The product, by Leibniz's rule; a single component multiplies all."""
        rows = []
        for rule in self.orders.products:
            total: Tensor | None = None
            for weight, mine, theirs in rule:
                part = self.values[mine] * other.values[theirs]
                part = part if weight == 1.0 else weight * part
                total = part if total is None else total + part
            rows.append(total)
        return Jet(self.orders, torch.stack([row for row in rows if row is not None]))

    def through(self, function: Activation) -> Jet:
        """A function of one variable of each component, by Faà di Bruno's formula."""
        outer = function.derivatives(self.values[0], self.orders.highest)
        rows = [outer[0]]
        for rule in self.orders.compositions[1:]:
            total: Tensor | None = None
            for m, terms in rule.items():
                part = outer[m] * self._bell(terms)
                total = part if total is None else total + part
            assert total is not None
            rows.append(total)
        return Jet(self.orders, torch.stack(rows))

    def _bell(self, terms: Sequence[tuple[float, tuple[int, ...]]]) -> Float[Tensor, "N W"]:
        total: Tensor | None = None
        for weight, places in terms:
            part = self.values[places[0]]
            for place in places[1:]:
                part = part * self.values[place]
            part = part if weight == 1.0 else weight * part
            total = part if total is None else total + part
        assert total is not None
        return total


def joined(jets: Sequence[Jet]) -> Jet:
    """The components of several functions side by side."""
    return Jet(jets[0].orders, torch.cat([jet.values for jet in jets], dim=-1))
