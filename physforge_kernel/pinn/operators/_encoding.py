"""What a network over functions sees: coordinates of functions beside those of a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .._approximation import Embedding
from .._jet import Jet, joined
from .._orders import Orders
from ._expansion import Waves
from ._problem import OperatorProblem


@dataclass(frozen=True)
class Beside:
    """The coordinates of all functions, and what is seen of the point.

    Attributes:
        count: of the functions' coordinates.
        embedding: of the point.
    """

    count: int
    embedding: Embedding

    @property
    def width(self) -> int:
        """The number of features."""
        return self.count + self.embedding.width

    def __call__(self, points: Float[Tensor, "N D"], functions: Float[Tensor, "N m"], orders: Orders) -> Jet:
        """The features at some points, each with functions of its own."""
        return joined([Jet.constant(orders, functions), self.embedding(Jet.coordinates(orders, points))])


@dataclass(frozen=True)
class Flow:
    """Initial states as the linear part of an equation carries them on, wave by wave.

    Attributes:
        waves: of the initial state.
        rates: (1 + K,) the complex rate of growth of the average and of each wave.
        start: the time of the initial state.
    """

    waves: Waves
    rates: Float[np.ndarray, "1+K"]
    start: float

    def __call__(self, points: Float[Tensor, "N 2"], functions: Float[Tensor, "N m"], orders: Orders) -> Jet:
        """The coordinates of the state as it is seen from each point, with derivatives.

        The function `y -> u(x + y, t)` has the coordinates of u with each wave turned by x; derivatives
        by x and t turn and scale them.
        """
        axes, waves = orders.axes, self.waves
        x, t = points[:, 1 - axes.index("t")], points[:, axes.index("t")] - self.start
        numbers, rates = torch.from_numpy(waves.numbers).to(x), torch.from_numpy(self.rates)
        first, count = waves.averages, len(numbers)
        turned = torch.complex(functions[:, first : first + count], -functions[:, first + count :])
        turned = turned * torch.exp(1j * numbers * (x[:, None] - waves.low) + rates[1:] * t[:, None])
        average = functions[:, :first] * torch.exp(rates[:1].real * t[:, None])
        layers = []
        for order in orders.members:
            by_t = order[axes.index("t")]
            by_x = sum(order) - by_t
            here = turned * (1j * numbers) ** by_x * rates[1:] ** by_t
            mean = average * (rates[0].real ** by_t if by_x == 0 else 0.0)
            layers.append(torch.cat([mean, here.real, -here.imag], dim=1))
        return Jet(orders, torch.stack(layers))

    def size(self, functions: Float[Tensor, "N m"]) -> Float[Tensor, "N"]:
        """The norm of each initial state, in units of a usual one's."""
        waves = self.waves
        scale = np.concatenate(
            [[waves.constant] * waves.averages, waves.scale / 2**0.5, waves.scale / 2**0.5]
        )
        shares = torch.from_numpy(scale / np.linalg.norm(scale)).to(functions)
        return (functions * shares).norm(dim=1)

    def state(self, seen: Jet) -> Jet:
        """The state itself, from its coordinates as seen from each point: its value at no distance."""
        here = self.waves.modes(np.array([self.waves.low]))[0]
        values = seen.values @ torch.from_numpy(here).to(seen.values)
        return Jet(seen.orders, values[..., None]).shifted(self.waves.average)


@dataclass(frozen=True)
class Carried:
    """The state around each point, as it would be there without nonlinear terms, and the time.

    Where an equation is alike everywhere, a shift of the initial state shifts the solution: the value at a
    point follows from the state as it is seen from there.
    """

    flow: Flow
    end: float

    @property
    def width(self) -> int:
        """The number of features."""
        return self.flow.waves.count + 1

    def __call__(self, points: Float[Tensor, "N 2"], functions: Float[Tensor, "N m"], orders: Orders) -> Jet:
        """The features at some points, each with functions of its own."""
        time = Jet.coordinates(orders, points).columns([orders.axes.index("t")])
        time = time.shifted(-self.flow.start).scaled(2 / (self.end - self.flow.start)).shifted(-1.0)
        return joined([self.flow(points, functions, orders), time])


def flow(problem: OperatorProblem) -> Flow:
    """The flow of the linear part of an equation; none where that part lets something grow by much."""
    assert problem.start is not None
    assert isinstance(problem.start.expansion, Waves)
    waves = problem.start.expansion
    start, end = problem.box.bounds["t"]
    rates = _rates(problem.growth, np.concatenate([[0.0], waves.numbers]))
    if np.max(np.real(rates)) * (end - start) > 1.0 or waves.average:
        rates = np.zeros_like(rates)
    return Flow(waves, rates, start)


def _rates(growth: Mapping[int, float], numbers: Float[np.ndarray, "K"]) -> np.ndarray:
    rates = np.zeros(len(numbers), dtype=complex)
    for times, factor in growth.items():
        rates += factor * (1j * numbers) ** times
    return rates
