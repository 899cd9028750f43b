"""SOAP: Adam in the directions along which the slopes of a matrix of weights vary on their own.

For each matrix the averages of `G G'` and `G' G` of its slopes G are kept (Shampoo, Gupta et al. 2018, arXiv
1802.09568), and Adam runs in their eigenvectors (Vyas et al. 2024, arXiv 2409.11321, algorithm 3), which are
brought up to date by one step of orthogonal iteration. For physics-informed networks: Wang et al. 2025, arXiv
2502.00604.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from .._tape import Layout
from ._adam import averaged, normalised
from ._base import Optimiser, SumOfSquares
from ._schedule import Schedule

#: Sides longer than this keep their own directions, since eigenvectors would cost more than the slopes.
_LONGEST = 2048


@dataclass
class SOAP(Optimiser):
    """The method with its state; weights that are no matrices are treated as Adam treats them.

    Attributes:
        schedule: how long the steps are.
        keeps: the share of the averages of slopes and of their squares that a step keeps.
        every: steps after which directions are brought up to date.
        taken: the number of steps so far.
        mean: (P,), the average of slopes; None before the first step.
        square: (P,), the average of the squares of slopes along the directions.
        products: the averages of `G G'` and `G' G`, by the name of the weights and the number of the side.
        directions: their eigenvectors as columns, by the same names.
    """

    memory: ClassVar[bool] = False
    description: ClassVar[str] = "SOAP: Adam along the directions in which each layer's slopes vary"
    changing: ClassVar[tuple[str, ...]] = ("taken", "mean", "square", "products", "directions")

    schedule: Schedule = field(default_factory=Schedule)
    keeps: tuple[float, float] = (0.9, 0.999)
    every: int = 2
    taken: int = 0
    mean: Float[Tensor, "P"] | None = None
    square: Float[Tensor, "P"] | None = None
    products: dict[str, Tensor] = field(default_factory=dict)
    directions: dict[str, Tensor] = field(default_factory=dict)

    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights a step further; the same ones where there is no finite slope."""
        self.loss, slope = objective.gradient(weights)
        if not (isfinite(self.loss) and torch.isfinite(slope).all()):
            return weights
        layout = objective.layout
        self._follow(layout.split(slope), layout)
        self.taken += 1
        self.mean = averaged(self.mean, slope, self.keeps[0])
        self.square = averaged(self.square, self._turned(slope, layout).square(), self.keeps[1])
        along = normalised(self._turned(self.mean, layout), self.square, self.keeps, self.taken)
        return weights - self.schedule.at(self.taken) * self._turned(along, layout, back=True)

    def _follow(self, slopes: dict[str, Tensor], layout: Layout) -> None:
        """Bring the products up to date with slopes, and every so many steps the directions with them."""
        for name, slope in slopes.items():
            for side in _sides(slope):
                key, product = f"{name}/{side}", slope @ slope.T if side == 0 else slope.T @ slope
                self.products[key] = averaged(self.products.get(key), product, self.keeps[1])
                if key not in self.directions:
                    self.directions[key] = torch.linalg.eigh(self.products[key])[1].flip(1)
                elif self.taken % self.every == 0:
                    self._iterate(name, side, layout)

    def _iterate(self, name: str, side: int, layout: Layout) -> None:
        """One step of orthogonal iteration, with the directions, and what is kept along them, by size."""
        key = f"{name}/{side}"
        product, directions = self.products[key], self.directions[key]
        sizes = torch.einsum("ij,ij->j", directions, product @ directions)
        order = torch.argsort(sizes, descending=True, stable=True)
        self.directions[key] = torch.linalg.qr(product @ directions[:, order])[0]
        assert self.square is not None
        squares = layout.split(self.square)
        squares[name] = squares[name].index_select(side, order)
        self.square = layout.joined(squares)

    def _turned(self, vector: Float[Tensor, "P"], layout: Layout, *, back: bool = False) -> Tensor:
        """A vector of weights in the directions of each matrix, or back from them."""
        parts = layout.split(vector)
        for name, part in parts.items():
            for side in _sides(part):
                basis = self.directions[f"{name}/{side}"]
                basis = basis.T if back else basis
                part = basis.T @ part if side == 0 else part @ basis
            parts[name] = part
        return layout.joined(parts)


def _sides(slope: Tensor) -> list[int]:
    """The sides of a matrix that have directions of their own."""
    if slope.ndim != 2:
        return []
    return [side for side, length in enumerate(slope.shape) if 1 < length <= _LONGEST]
