"""The sum of squares that training makes small: rows at points, each with a scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ._approximation import Approximation, Prepared
from ._jet import Jet
from ._residuals import Rows
from ._tape import Layout

#: Entries of the Jacobian that are made at a time where it is not kept: 128 MiB.
_ENTRIES = 2**24


@dataclass(frozen=True)
class Batch:
    """Rows of one kind at some points.

    Attributes:
        rows: what is asked for.
        places: what is known at the points without the weights, at each place that the rows look at.
        scale: (N,), what each point's rows are multiplied by.
    """

    rows: Rows
    places: Sequence[Prepared]
    scale: Float[Tensor, "N"]

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.scale) * self.rows.width

    def pieces(self, most: int) -> Iterator[Batch]:
        """The batch in pieces of so many points at most; data, which know all of theirs, in one."""
        if self.rows.kind != "equation":
            yield self
            return
        for start in range(0, len(self.scale), most):
            chosen = slice(start, start + most)
            yield Batch(self.rows, [_part(place, chosen) for place in self.places], self.scale[chosen])


class Objective:
    """Half the squares of all rows of some batches, as a function of the weights.

    Args:
        approximation: the family of fields.
        batches: the rows and where they are taken.
    """

    def __init__(self, approximation: Approximation, batches: Sequence[Batch]) -> None:
        self.approximation = approximation
        self.batches = tuple(batches)
        self.count = sum(batch.count for batch in self.batches)
        self._jacobian: Tensor | None = None

    @property
    def layout(self) -> Layout:
        """The shapes of the weights that the vector holds."""
        return self.approximation.layout

    def rows(self, weights: Float[Tensor, "P"]) -> Float[Tensor, "M"]:
        """All rows, scaled."""
        parts = []
        for batch in self.batches:
            found, _ = batch.rows.at(self.approximation, weights, batch.places, records=False)
            parts += [row * batch.scale for row in found]
        return torch.cat(parts)

    def linearised(self, weights: Float[Tensor, "P"]) -> tuple[Float[Tensor, "M"], Float[Tensor, "M P"]]:
        """All rows, scaled, and their derivatives by the weights; these are overwritten by the next call."""
        layout = self.approximation.layout
        if self._jacobian is None:
            self._jacobian = weights.new_empty(self.count, layout.count)
        parts, start = [], 0
        for batch in self.batches:
            found, tape = batch.rows.at(self.approximation, weights.detach(), batch.places, records=True)
            block = self._jacobian[start : start + batch.count]
            tape.jacobian(found, layout, block)
            block *= batch.scale.repeat(len(found))[:, None]
            parts += [row.detach() * batch.scale for row in found]
            start += len(block)
        return torch.cat(parts), self._jacobian

    def gradient(self, weights: Float[Tensor, "P"]) -> tuple[float, Float[Tensor, "P"]]:
        """The sum of the rows' squares and its derivatives by the weights, without a Jacobian."""
        at = weights.detach().requires_grad_()
        rows = self.rows(at)
        squares = rows @ rows
        (slope,) = torch.autograd.grad(squares, at)
        return float(squares.detach()), slope

    def projected(
        self, weights: Float[Tensor, "P"], onto: Callable[[Float[Tensor, "R P"]], Float[Tensor, "R K"]]
    ) -> tuple[Float[Tensor, "M"], Float[Tensor, "M K"]]:
        """All rows, scaled, and what a linear map makes of those of their Jacobian.

        The Jacobian itself is made for some points at a time, and never whole.
        """
        layout = self.layout
        rows, images = [], []
        for batch in self.batches:
            parts: list[list[Tensor]] = [[] for _ in range(batch.rows.width)]
            projections: list[list[Tensor]] = [[] for _ in range(batch.rows.width)]
            for piece in batch.pieces(max(_ENTRIES // (layout.count * batch.rows.width), 1)):
                found, tape = piece.rows.at(self.approximation, weights.detach(), piece.places, records=True)
                block = weights.new_empty(piece.count, layout.count)
                tape.jacobian(found, layout, block)
                block *= piece.scale.repeat(len(found))[:, None]
                images_of_rows = onto(block).split(len(piece.scale))
                for i, (row, image) in enumerate(zip(found, images_of_rows, strict=True)):
                    parts[i].append(row.detach() * piece.scale)
                    projections[i].append(image)
            rows += [torch.cat(part) for part in parts]
            images += [torch.cat(part) for part in projections]
        return torch.cat(rows), torch.cat(images)


def _part(place: Prepared, chosen: slice) -> Prepared:
    """What is known at some of the points."""
    features, lift, distance = (
        None if jet is None else Jet(jet.orders, jet.values[:, chosen])
        for jet in (place.features, place.lift, place.distance)
    )
    assert features is not None
    normals = None if place.normals is None else place.normals[chosen]
    return Prepared(place.points[chosen], features, lift, distance, normals)
