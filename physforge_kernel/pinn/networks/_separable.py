"""One small network for each axis, combined by products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch

from ...errors import SolverError
from .._jet import Jet
from .._orders import Order, Orders
from .._tape import Tape
from ._base import Network, chain


@dataclass(frozen=True, kw_only=True)
class SeparableMLP(Network):
    """A sum of products of functions of one axis each, `sum_r f_r(x) g_r(t)`.

    After Cho et al. 2023 (arXiv 2306.15969, eq. 5). Each factor carries derivatives by its own axis alone: a
    mixed derivative of the product is a product of these.

    Attributes:
        rank: the number of products.
        groups: how many of the inputs belong to each axis, where an axis is seen through several, such as the
            waves of a periodic one; one each where None.

    Example:
        >>> SeparableMLP(width=16, depth=2, rank=8).layout(inputs=2, outputs=1).count
        880
    """

    rank: int = 20
    groups: Sequence[int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.rank, int) or self.rank < 1:
            raise SolverError(f"A network's rank is {self.rank!r}; give a whole number, at least one.")
        if self.groups is not None:
            object.__setattr__(self, "groups", tuple(self.groups))

    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        groups = self._groups(inputs)
        found = {}
        for i, group in enumerate(groups):
            sizes = [group, *[self.width] * self.depth, self.rank * outputs]
            found |= {f"{i}.{name}": shape for name, shape in chain(sizes).items()}
        return found

    def forward(self, x: Jet, tape: Tape) -> Jet:
        groups, axes = self._groups(x.width), len(x.orders.axes)
        if len(groups) != axes:
            raise SolverError(
                f"A separable network has a factor for each axis, here {axes}, and was given inputs for "
                f"{len(groups)}; say with `groups` how many of the {x.width} inputs belong to each axis."
            )
        factors, start = [], 0
        for i, group in enumerate(groups):
            factors.append(self._factor(i, _along(x, i, slice(start, start + group)), tape))
            start += group
        rows = [prod(_alone(f, i, order) for i, f in enumerate(factors)) for order in x.orders.members]
        products = torch.stack([torch.as_tensor(row) for row in rows])
        return Jet(x.orders, products.unflatten(-1, (self.rank, -1)).sum(-2))

    def _factor(self, i: int, x: Jet, tape: Tape) -> Jet:
        for layer in range(self.depth):
            x = tape.linear(x, f"{i}.{layer}").through(self.function)
        return tape.linear(x, f"{i}.{self.depth}")

    def _groups(self, inputs: int) -> tuple[int, ...]:
        groups = (1,) * inputs if self.groups is None else tuple(self.groups)
        if sum(groups) != inputs:
            raise SolverError(
                f"The groups {groups} of a separable network hold {sum(groups)} inputs, and there are "
                f"{inputs}; give how many of these belong to each axis."
            )
        return groups


def _along(x: Jet, axis: int, columns: slice) -> Jet:
    """Some components, with derivatives by one axis alone."""
    highest = max(order[axis] for order in x.orders.members)
    orders = Orders.closed(x.orders.axes, [_only(len(x.orders.axes), axis, highest)])
    places = [x.orders.position[order] for order in orders.members]
    return Jet(orders, x.values[places][..., columns])


def _alone(factor: Jet, axis: int, order: Order) -> torch.Tensor:
    """What a factor puts into a derivative of the product."""
    return factor[_only(len(order), axis, order[axis])]


def _only(axes: int, axis: int, times: int) -> Order:
    return tuple(times if i == axis else 0 for i in range(axes))
