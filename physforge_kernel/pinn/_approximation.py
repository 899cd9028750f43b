"""The approximate solution: coordinates, features of them, a network, and a trial function around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import pi

import torch
from jaxtyping import Float
from torch import Tensor

from ._activations import Sine
from ._domain import Domain
from ._jet import Jet, joined
from ._machine import CPU, Machine
from ._orders import Orders
from ._tape import Layout, Tape
from ._unknown import Unknown
from .networks import Network

Known = Callable[[Float[Tensor, "N D"], Orders], Jet]
"""A function of the coordinates without weights, with its derivatives."""


@dataclass(frozen=True)
class Embedding:
    """What a network sees of a point: coordinates between -1 and 1, and waves.

    Attributes:
        box: the domain.
        periodic: the axes along which everything repeats; only waves stand for these.
        waves: by axis the numbers of half waves that fit into the domain; even ones along periodic axes.
    """

    box: Domain
    periodic: tuple[str, ...] = ()
    waves: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """The number of features."""
        return sum(self.groups)

    @property
    def groups(self) -> tuple[int, ...]:
        """The number of features of each axis."""
        return tuple(
            (axis not in self.periodic) + 2 * len(self.waves.get(axis, ())) for axis in self.box.axes
        )

    def __call__(self, x: Jet) -> Jet:
        """The features of the coordinates."""
        parts = []
        for i, axis in enumerate(self.box.axes):
            (low, _), length = self.box.bounds[axis], self.box.length(axis)
            column = x.columns([i]).shifted(-low)
            if axis not in self.periodic:
                parts.append(column.scaled(2 / length).shifted(-1.0))
            if axis in self.waves:
                phase = column.scaled(x.values.new_tensor([pi * k / length for k in self.waves[axis]]))
                parts += [phase.through(Sine()), phase.shifted(pi / 2).through(Sine())]
        return joined(parts)


@dataclass(frozen=True)
class Prepared:
    """All that does not depend on the weights at some points.

    Attributes:
        points: (N, D).
        features: what the network sees.
        lift: what is added to the network's part; None for nothing.
        distance: what the network's part is multiplied by; None for one.
        normals: (N, D), of the boundary that the points lie on; None where nothing asks for them.
        given: (N,), what was measured or is prescribed at the points; None where that is said otherwise.
    """

    points: Float[Tensor, "N D"]
    features: Jet
    lift: Jet | None
    distance: Jet | None
    normals: Float[Tensor, "N D"] | None = None
    given: Tensor | None = None


@dataclass(frozen=True)
class Approximation:
    """A family of fields: `lift + distance*N` around a network N.

    Attributes:
        box: the domain.
        outputs: the number of real components.
        network: the network.
        embedding: what it sees of a point.
        lift: takes the values that are prescribed on edges; None for zero.
        distance: vanishes there; None for one.
        unknowns: the constants of the equation that are found with the field.
        machine: where the network is evaluated.
    """

    box: Domain
    outputs: int
    network: Network
    embedding: Embedding
    lift: Known | None = None
    distance: Known | None = None
    unknowns: Sequence[Unknown] = ()
    machine: Machine = CPU

    @cached_property
    def layout(self) -> Layout:
        """Where the weights stand in their vector: the network's, then one for each unknown constant."""
        shapes = dict(self.network.layout(self.embedding.width, self.outputs).shapes)
        return Layout(shapes | {each.weight: (1,) for each in self.unknowns})

    def initial(self, generator: torch.Generator) -> Float[Tensor, "P"]:
        """Weights to start from, with unknown constants in the middle of their bounds."""
        start = self.network.initial(self.embedding.width, self.outputs, generator)
        return torch.cat([start, start.new_zeros(len(self.unknowns))])

    def prepare(self, points: Float[Tensor, "N D"], orders: Orders) -> Prepared:
        """What does not depend on the weights, for `jet` at these points."""
        here, machine = self.machine.here(points), self.machine
        return Prepared(
            here,
            machine.jet(self.embedding(Jet.coordinates(orders, here))),
            machine.jet(self.lift(here, orders)) if self.lift else None,
            machine.jet(self.distance(here, orders)) if self.distance else None,
        )

    def jet(self, weights: Float[Tensor, "P"], at: Prepared, *, records: bool = False) -> tuple[Jet, Tape]:
        """All real components with their derivatives, and what was written down of the way."""
        tape = Tape(self.layout.split(weights.to(at.features.values)), records)
        made = self.network.forward(at.features, tape)
        if at.distance is not None:
            made = at.distance * made
        return (made if at.lift is None else at.lift + made), tape

    def field(self, weights: Float[Tensor, "P"], points: Float[Tensor, "N D"], orders: Orders) -> Jet:
        """All real components with their derivatives, not to be differentiated by weights."""
        with torch.no_grad():
            return self.jet(weights, self.prepare(points, orders))[0]


@dataclass(frozen=True)
class Solved:
    """A field that was found: an approximation with its weights."""

    approximation: Approximation
    weights: Float[Tensor, "P"]

    @classmethod
    def of(cls, approximation: Approximation, weights: Float[Tensor, "P"]) -> Solved:
        """A field to be read on the CPU in double precision, wherever it was found."""
        return cls(replace(approximation, machine=CPU), weights.cpu())

    def jet(self, points: Float[Tensor, "N D"], orders: Orders) -> Jet:
        """All real components at some points, with derivatives."""
        return self.approximation.field(self.weights, points, orders)
