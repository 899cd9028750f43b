"""What stands within an operator: from coordinates of functions to a field with derivatives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from .._jet import Jet
from .._orders import Orders
from .._written import network_from_dict, network_to_dict
from ._expansion import spline
from ._family import Family, family
from ._kernel import Kernel
from ._problem import Input, OperatorProblem

if TYPE_CHECKING:
    from ._operator import Space


class Model(ABC):
    """A map from coordinates of functions to a field.

    Attributes:
        kind: the name under which it is written down.
    """

    kind: str

    @abstractmethod
    def jet(self, functions: Float[Tensor, "m"], points: Float[Tensor, "N D"], orders: Orders) -> Jet:
        """All components of the field at some points, with derivatives."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """What JSON can hold of it."""

    @abstractmethod
    def weights(self) -> dict[str, Tensor]:
        """Its numbers, by name."""


@dataclass(frozen=True)
class NetworkModel(Model):
    """A network that obeys an equation."""

    family: Family
    vector: Float[Tensor, "P"]
    kind: str = "network"

    def jet(self, functions: Tensor, points: Tensor, orders: Orders) -> Jet:
        whole = torch.cat([points, functions.expand(len(points), -1)], dim=1)
        made = self.family.field(self.vector, whole, orders)
        problem = self.family.problem
        return made.columns([problem.problem.components.names.index(name) for name in problem.fields])

    def config(self) -> dict[str, Any]:
        problem = self.family.problem
        for each in problem.given:
            if not isinstance(each, str):
                raise SolverError(
                    f"The condition {each!r} holds a function, which cannot be written down; give a text."
                )
        return {
            "equation": str(problem.problem.equation),
            "conditions": list(problem.given),
            "network": network_to_dict(self.family.network),
        }

    def weights(self) -> dict[str, Tensor]:
        return {"network": self.vector}


def _network(
    config: Mapping[str, Any], weights: Mapping[str, Tensor], inputs: Sequence[Input], space: Space
) -> Model:
    problem = OperatorProblem(
        config["equation"],
        space.box.bounds,
        config["conditions"],
        {f"{each.name}({each.axis})": each.expansion for each in inputs},
    )
    made = family(problem, network_from_dict(config["network"])).family
    if weights["network"].shape != (made.layout.count,):
        raise ValueError(
            f"its network has {made.layout.count} weights, not {tuple(weights['network'].shape)}"
        )
    return NetworkModel(made, weights["network"])


@dataclass(frozen=True)
class PODModel(Model):
    """Fields as sums of the principal components of those learnt from, on a grid and smooth between.

    After Lu et al. 2022 (POD-DeepONet, arXiv 2111.05512, eq. 3.5): the trunk are principal components, and
    the branch says how much of each.

    Attributes:
        space: the fields.
        grid: the nodes of each axis.
        mean: (G,) of all components on the grid, one after another.
        modes: (q, G) the components.
        branch: from coordinates of functions to the q weights.
    """

    space: Space
    grid: Mapping[str, Float[np.ndarray, "n"]]
    mean: Float[np.ndarray, "G"]
    modes: Float[np.ndarray, "q G"]
    branch: Kernel
    kind: str = "pod"

    def values(self, functions: Float[np.ndarray, "F m"]) -> Float[np.ndarray, "F G"]:
        """Fields on the grid."""
        return self.mean + self.branch(functions) @ self.modes

    def jet(self, functions: Tensor, points: Tensor, orders: Orders) -> Jet:
        names, at = self.space.components.names, points.numpy()
        on_grid = self.values(functions.numpy()[None])[0].reshape(len(names), *self._shape)
        layers = [self._derivative(on_grid, at, order) for order in orders.members]
        return Jet(orders, torch.from_numpy(np.stack(layers)))

    def _derivative(self, on_grid: np.ndarray, at: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
        """The sum over the grid of its values times what each axis makes of them (N, C)."""
        total = np.moveaxis(on_grid, 0, -1)
        for i, (axis, times) in reversed(list(enumerate(zip(self.grid, order, strict=True)))):
            cardinal = self._cardinal[axis](at[:, i], nu=times)
            if i == len(self.grid) - 1:
                total = np.einsum("...xc,px->p...c", total, cardinal, optimize=True)
            else:
                total = np.einsum("p...xc,px->p...c", total, cardinal)
        return total

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        return tuple(map(len, self.grid.values()))

    @cached_property
    def _cardinal(self) -> dict[str, Callable[..., np.ndarray]]:
        """By axis the functions that are one at a node and zero at the others."""
        lengths = {a: self.space.box.length(a) if a in self.space.periodic else None for a in self.grid}
        return {axis: spline(nodes, np.eye(len(nodes)), lengths[axis]) for axis, nodes in self.grid.items()}

    def config(self) -> dict[str, Any]:
        return {"axes": list(self.grid), "branch": self.branch.config()}

    def weights(self) -> dict[str, Tensor]:
        found = {f"grid.{axis}": nodes for axis, nodes in self.grid.items()}
        found |= {"mean": self.mean, "modes": self.modes}
        found |= {f"branch.{name}": each for name, each in self.branch.arrays().items()}
        return {name: torch.tensor(each) for name, each in found.items()}


def _pod(
    config: Mapping[str, Any], weights: Mapping[str, Tensor], inputs: Sequence[Input], space: Space
) -> Model:
    arrays = {name: each.numpy() for name, each in weights.items()}
    own = {n.removeprefix("branch."): each for n, each in arrays.items() if n.startswith("branch.")}
    return PODModel(
        space,
        {axis: arrays[f"grid.{axis}"] for axis in config["axes"]},
        arrays["mean"],
        arrays["modes"],
        Kernel.made(config["branch"], own),
    )


#: How each kind is made from its configuration, its weights, the functions put in and the fields.
MODELS: Mapping[str, Callable[..., Model]] = {"network": _network, "pod": _pod}
