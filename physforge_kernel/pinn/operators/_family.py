"""The family of fields of an operator: one network, lift and distance for all functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .._approximation import Approximation, Known, Prepared
from .._jet import Jet, joined
from .._orders import Orders
from .._posed import pose
from .._residuals import ConditionRows, Rows
from .._tape import Layout, Tape
from ..networks import MLP, DeepONet, Network
from ._encoding import Beside, Carried, Flow, flow
from ._problem import OperatorProblem

#: The rank of a DeepONet that is chosen by itself, beyond the coordinates of its functions.
_SPARE_RANK = 8


@dataclass(frozen=True)
class Placed(Prepared):
    """What is known without the weights at some points, each with functions of its own.

    Attributes:
        known: the functions in the equation.
    """

    known: Jet | None = None


@dataclass(frozen=True)
class Family(Approximation):
    """Fields `lift + distance*N` where N sees functions too; their coordinates stand behind a point's.

    Points are (N, D + m): D coordinates of the domain and m of the functions. The jets that come out hold
    the fields and the functions of the equation, in its order.
    """

    problem: OperatorProblem = field(kw_only=True)
    encoding: Beside | Carried = field(kw_only=True)
    flow: Flow | None = field(kw_only=True, default=None)

    @cached_property
    def layout(self) -> Layout:
        return self.network.layout(self.encoding.width, self.outputs)

    def initial(self, generator: torch.Generator) -> Float[Tensor, "P"]:
        """Weights to start from."""
        return self.network.initial(self.encoding.width, self.outputs, generator)

    def prepare(self, points: Float[Tensor, "N D+m"], orders: Orders) -> Placed:
        """What does not depend on the weights, at points with the coordinates of functions behind theirs."""
        axes = len(self.box.axes)
        at, functions = points[:, :axes], points[:, axes:]
        return Placed(
            at,
            self.encoding(at, functions, orders),
            self._lift(at, functions, orders),
            self._distance(at, functions, orders),
            known=self._known(at, functions, orders),
        )

    def jet(self, weights: Float[Tensor, "P"], at: Prepared, *, records: bool = False) -> tuple[Jet, Tape]:
        """All fields and functions with their derivatives, and what was written down of the way."""
        made, tape = super().jet(weights, at, records=records)
        if not isinstance(at, Placed) or at.known is None:
            return made, tape
        return joined([made, at.known]).columns(self._order), tape

    @cached_property
    def _order(self) -> list[int]:
        stand = [*self.problem.fields, *self.problem.in_equation]
        return [stand.index(name) for name in self.problem.problem.components.names]

    def _lift(self, at: Tensor, functions: Tensor, orders: Orders) -> Jet | None:
        if self.flow is not None:
            return self.flow.state(self.flow(at, functions, orders))
        return self._own(self.lift, at, orders)

    def size(self, functions: Float[Tensor, "N m"]) -> Float[Tensor, "N"]:
        """How large the fields are that belong to functions, relative to usual ones, where that is known.

        Where nothing put in gives nothing, the network's part is in proportion to this, and errors count
        relative to it: fields of small functions are as right as those of large ones.
        """
        if self.flow is None or not self.problem.is_homogeneous:
            return functions.new_ones(len(functions))
        return self.flow.size(functions)

    def _distance(self, at: Tensor, functions: Tensor, orders: Orders) -> Jet | None:
        if self.flow is not None:
            start, end = self.box.bounds["t"]
            time = Jet.coordinates(orders, at).columns([self.box.axes.index("t")])
            return time.shifted(-start).scaled(self.size(functions)[:, None] / (end - start))
        return self._own(self.distance, at, orders)

    def _own(self, known: Known | None, at: Tensor, orders: Orders) -> Jet | None:
        """The columns of the fields of what is known for all components."""
        if known is None:
            return None
        names = self.problem.problem.components.names
        return known(at, orders).columns([names.index(name) for name in self.problem.fields])

    def _known(self, at: Tensor, functions: Tensor, orders: Orders) -> Jet | None:
        parts, start = {}, 0
        for each in self.problem.inputs:
            stop = start + each.expansion.count
            if each.name in self.problem.in_equation:
                axis = self.box.axes.index(each.axis)
                x, coordinates = at[:, axis].numpy(force=True), functions[:, start:stop]
                layers = []
                for order in orders.members:
                    if sum(order) != order[axis]:
                        layers.append(coordinates.new_zeros(len(at)))
                        continue
                    modes = torch.from_numpy(each.expansion.modes(x, order[axis]))
                    mean = torch.from_numpy(np.ascontiguousarray(each.expansion.mean(x, order[axis])))
                    layers.append(mean + (modes * coordinates).sum(1))
                parts[each.name] = Jet(orders, torch.stack(layers)[..., None])
            start = stop
        return joined([parts[name] for name in self.problem.in_equation]) if parts else None


@dataclass(frozen=True)
class Taught:
    """What an operator learns.

    Attributes:
        family: the family of fields.
        rows: what training makes small: the equation first, then conditions.
        notes: why some conditions are among them.
        rate: how large a residual of the equation would move a field by one.
    """

    family: Family
    rows: tuple[Rows, ...]
    notes: tuple[str, ...]
    rate: float


def family(problem: OperatorProblem, network: Network | None) -> Taught:
    """The family of an operator, and the rows that training makes small."""
    network = network or default_network(problem)
    posed = pose(problem.problem, network)
    plain = posed.approximation
    carried = problem.is_alike_everywhere and not isinstance(network, DeepONet)
    flowing = None if problem.start is None else flow(problem)
    made = Family(
        problem.box,
        len(problem.fields),
        network,
        plain.embedding,
        plain.lift,
        plain.distance,
        problem=problem,
        encoding=Carried(flowing, problem.box.bounds["t"][1])
        if carried and flowing is not None
        else Beside(problem.width, plain.embedding),
        flow=flowing,
    )
    start = problem.problem.conditions[-1] if problem.start is not None else None
    left = [r for r in posed.rows if not (isinstance(r, ConditionRows) and r.condition is start)]
    return Taught(made, tuple(left), posed.notes, posed.rate)


def default_network(problem: OperatorProblem) -> Network:
    """A DeepONet whose branch is linear where the operator is; for states seen from each point an MLP.

    Functions of one coordinate need few and narrow layers, as they do where a single problem is solved.
    """
    if problem.is_alike_everywhere:
        return MLP(width=24, depth=3)
    return DeepONet(
        functions=problem.width,
        rank=problem.width + _SPARE_RANK,
        width=12 if len(problem.box.axes) == 1 else 24,
        depth=2,
        linear=problem.is_linear,
    )
