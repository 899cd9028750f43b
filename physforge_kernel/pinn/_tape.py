"""How a network touches its weights: by name, in one vector, and written down for derivatives by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor

from ._jet import Jet


@dataclass(frozen=True)
class Layout:
    """Where the weights of a network stand in one vector.

    Attributes:
        shapes: the shape of each, by name, in the order in which they stand.
    """

    shapes: Mapping[str, tuple[int, ...]]

    @property
    def count(self) -> int:
        """The number of weights."""
        return sum(map(prod, self.shapes.values()))

    def slices(self) -> dict[str, slice]:
        """The place of each name in the vector."""
        places, start = {}, 0
        for name, shape in self.shapes.items():
            places[name] = slice(start, start + prod(shape))
            start += prod(shape)
        return places

    def split(self, vector: Float[Tensor, "P"]) -> dict[str, Tensor]:
        """The weights by name, as views into the vector."""
        return {name: vector[place].view(self.shapes[name]) for name, place in self.slices().items()}

    def joined(self, weights: Mapping[str, Tensor]) -> Float[Tensor, "P"]:
        """The vector of weights given by name."""
        return torch.cat([weights[name].reshape(-1) for name in self.shapes])


#: From the gradient of a sum of rows by what a layer put out to the gradient of each row by its weights.
_Rows = Callable[[Tensor], dict[str, Tensor]]


@dataclass
class Tape:
    """Applies layers to jets; where it records, each row's gradient by all weights follows from one pass.

    Because the rows of a residual depend on one point each, the gradient of their sum by what a layer puts
    out holds all that is needed: a row's gradient by the layer's weights is its outer product with what went
    in.

    Args:
        weights: by name.
        records: whether `jacobian` will be asked for.
    """

    weights: Mapping[str, Tensor]
    records: bool = False
    _outputs: list[Tensor] = field(default_factory=list)
    _rows: list[_Rows] = field(default_factory=list)

    def linear(self, x: Jet, name: str) -> Jet:
        """`W x + b` with the weights `name.weight`, and `name.bias` and `name.scale` where there are such.

        A scale is the logarithm of a factor for each unit (random weight factorisation, arXiv 2210.01274).
        """
        matrix, scale, bias = self._matrix(name), self.weights.get(f"{name}.scale"), f"{name}.bias"
        values = x.values @ matrix.T
        if bias in self.weights:
            values[0] += self.weights[bias]
        source = x.values

        def rows(gradient: Tensor) -> dict[str, Tensor]:
            by_matrix = torch.einsum("kno,kni->noi", gradient, source)
            found = {f"{name}.weight": by_matrix}
            if scale is not None:
                found[f"{name}.scale"] = (by_matrix * matrix).sum(-1)
                found[f"{name}.weight"] = by_matrix * torch.exp(scale)[:, None]
            if bias in self.weights:
                found[bias] = gradient[0]
            return found

        return Jet(x.orders, self.recorded(values, rows))

    def _matrix(self, name: str) -> Tensor:
        matrix, scale = self.weights[f"{name}.weight"], self.weights.get(f"{name}.scale")
        return matrix if scale is None else torch.exp(scale)[:, None] * matrix

    def blend(self, new: Jet, old: Jet, name: str) -> Jet:
        """`a*new + (1 - a)*old` with one weight."""
        change = (new - old).values
        values = old.values + self.weights[name] * change
        return Jet(
            old.orders,
            self.recorded(values, lambda g: {name: (g * change).sum((0, 2))[:, None]}),
        )

    def after(self, other: Tape) -> Tape:
        """This tape and another of the same weights, as one."""
        return Tape(
            other.weights, other.records, [*self._outputs, *other._outputs], [*self._rows, *other._rows]
        )

    def unknown(self, name: str, count: int) -> Float[Tensor, "N"]:
        """One weight that is no part of the network, for each of some rows."""
        values = self.weights[name].expand(count) * 1.0
        return self.recorded(values, lambda g: {name: g[:, None]})

    def entries(self, layout: Layout, count: int) -> Float[Tensor, "N"]:
        """The first weights, each as a row of its own."""
        values = layout.joined(self.weights)[:count] * 1.0

        def rows(gradient: Tensor) -> dict[str, Tensor]:
            each = torch.eye(count, layout.count).to(gradient) * gradient[:, None]
            return {name: each[:, place] for name, place in layout.slices().items()}

        return self.recorded(values, rows)

    def recorded(self, values: Tensor, rows: _Rows) -> Tensor:
        """Values that a layer made, written down with what gives each row's gradient by its weights."""
        if self.records:
            if not values.requires_grad:
                values.requires_grad_()
            self._outputs.append(values)
            self._rows.append(rows)
        return values

    def jacobian(
        self, residuals: Sequence[Float[Tensor, "N"]], layout: Layout, into: Float[Tensor, "M P"]
    ) -> None:
        """Write the gradient of each entry of some residuals by all weights.

        Args:
            residuals: one vector for each equation, over the points.
            layout: where the weights stand.
            into: one row for each entry, the first residual's first.
        """
        places, start = layout.slices(), 0
        for i, residual in enumerate(residuals):
            last = i == len(residuals) - 1
            gradients = torch.autograd.grad(
                residual.sum(), self._outputs, retain_graph=not last, allow_unused=True
            )
            block = into[start : start + len(residual)]
            block.zero_()
            with torch.no_grad():
                for gradient, rows in zip(gradients, self._rows, strict=True):
                    for name, by_weight in rows(gradient).items() if gradient is not None else ():
                        block[:, places[name]] += by_weight.reshape(len(residual), -1)
            start += len(residual)
