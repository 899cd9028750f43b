"""Operators: what turns functions into solutions, learnt once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from .._components import Components
from .._domain import Domain
from .._jet import Jet
from .._orders import Order, Orders
from .._readable import Readable
from .._tensor_file import read, write
from ._expansion import expansion
from ._model import MODELS, Model
from ._problem import Input
from ._put_in import put_in

_FORMAT, _VERSION = "operator", 1
#: Points evaluated at once, so that memory stays small.
_BLOCK = 20_000


@dataclass(frozen=True)
class Space:
    """Where the fields live that an operator makes.

    Attributes:
        box: their domain.
        components: the fields.
        periodic: the axes along which they repeat.
        law: the equation that they obey; empty where it is not known.
    """

    box: Domain
    components: Components
    periodic: tuple[str, ...]
    law: str = ""


class Operator:
    """A map from functions to fields that was learnt.

    Attributes:
        inputs: the functions that are put in.
        space: the fields that come out.
        seed: of all random choices.
        residual: how well it was learnt: what the equation leaves, in shares of its largest terms, for
            functions and at points held out; or the relative error of samples left out.
        seconds: the time that learning took.
        notes: what was chosen and why.
        history: of the residual while learning.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        space: Space,
        model: Model,
        *,
        seed: int,
        residual: float,
        seconds: float,
        notes: Sequence[str] = (),
        history: xr.Dataset | None = None,
    ) -> None:
        self.inputs, self.space, self.model = tuple(inputs), space, model
        self.seed, self.residual, self.seconds = seed, residual, seconds
        self.notes = tuple(notes)
        self.history = history if history is not None else xr.Dataset()

    def __call__(self, **functions: Any) -> OperatorSolution:
        """The field that belongs to some functions.

        Args:
            functions: by name a function of an array of its coordinate; or an `xarray.DataArray` along it, at
                sensors of its own; or values at the sensors `sensors(name)`.

        Raises:
            SolverError: if a function is missing or unknown, or its sensors do not determine it.
        """
        names = [each.name for each in self.inputs]
        for name in functions:
            if name not in names:
                raise SolverError(f"The operator takes no function {name!r}; it takes {', '.join(names)}.")
        parts, notes, distances = [], [], {}
        for each in self.inputs:
            if each.name not in functions:
                raise SolverError(f"The operator needs the function {each.name} too; pass {each.name}=...")
            coordinates, told = put_in(each, functions[each.name])
            distances[each.name] = float(np.linalg.norm(coordinates) / np.sqrt(len(coordinates)))
            parts.append(coordinates)
            notes += told
        return OperatorSolution(self, np.concatenate(parts), distances, notes)

    def sensors(self, name: str) -> Float[np.ndarray, "n"]:
        """Where a function is looked at."""
        return self._input(name).expansion.nodes

    def draw(self, name: str, count: int, generator: torch.Generator, nodes: int = 128) -> xr.DataArray:
        """Functions such as the operator learnt from (sample, axis)."""
        each = self._input(name)
        low, high = each.expansion.low, each.expansion.high
        at = np.linspace(low, high, nodes, endpoint=not each.expansion.periodic)
        coordinates = torch.randn(count, each.expansion.count, generator=generator, dtype=torch.float64)
        return xr.DataArray(
            each.expansion.values(at, coordinates.numpy()), {each.axis: at}, ("sample", each.axis)
        )

    def config(self) -> dict[str, Any]:
        """All but its numbers, as what JSON can hold."""
        space = self.space
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "inputs": [
                {
                    "name": each.name,
                    "axis": each.axis,
                    "ends": [each.expansion.low, each.expansion.high],
                    "periodic": each.expansion.periodic,
                }
                for each in self.inputs
            ],
            "box": {axis: list(ends) for axis, ends in space.box.bounds.items()},
            "components": list(space.components.names),
            "periodic": list(space.periodic),
            "law": space.law,
            "model": {"kind": self.model.kind} | self.model.config(),
            "seed": self.seed,
            "residual": self.residual,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "history": [str(name) for name in self.history.data_vars],
        }

    def weights(self) -> dict[str, Tensor]:
        """All its numbers, by name."""
        found = {
            f"input.{each.name}.{name}": tensor
            for each in self.inputs
            for name, tensor in each.expansion.tensors().items()
        }
        found |= {f"model.{name}": tensor for name, tensor in self.model.weights().items()}
        return found | {
            f"history.{name}": torch.from_numpy(np.array(each.values, dtype=float))
            for name, each in self.history.data_vars.items()
        }

    @staticmethod
    def made(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Operator:
        """The operator that has this configuration and these weights.

        Raises:
            SolverError: if they do not fit together.
        """
        try:
            return _made(config, weights)
        except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
            raise SolverError(f"The configuration of the operator is damaged: {error!r}.") from None

    def save(self, path: Path | str) -> Path:
        """Write the operator to a file of safetensors, from which `load` gives it back."""
        write(Path(path), self.weights(), self.config())
        return Path(path)

    @staticmethod
    def load(path: Path | str) -> Operator:
        """Read an operator from a file that `save` wrote; nothing in it is executed.

        Raises:
            SolverError: if there is no such file, or it holds something else.
        """
        tensors, config = read(Path(path), _FORMAT, _VERSION)
        return Operator.made(config, tensors)

    def _input(self, name: str) -> Input:
        for each in self.inputs:
            if each.name == name:
                return each
        listed = ", ".join(each.name for each in self.inputs)
        raise SolverError(f"The operator takes no function {name!r}; it takes {listed}.")

    def __repr__(self) -> str:
        names = ", ".join(f"{each.name}({each.axis})" for each in self.inputs)
        fields = ", ".join(self.space.components.names)
        law = f" of {self.space.law}" if self.space.law else ""
        return f"Operator {names} -> {fields}{law}: {self.residual:.1e} left after {self.seconds:.0f} s"


class OperatorSolution(Readable):
    """The field that belongs to functions which were put into an operator.

    Attributes:
        operator: the operator.
        coordinates: (m,) of the functions.
        distance: by function how far it lies from the mean of those learnt from, in their standard deviations
            (the Mahalanobis distance over the root of the number of coordinates): about one for usual ones.
        notes: what is unusual about the functions.
    """

    def __init__(
        self,
        operator: Operator,
        coordinates: Float[np.ndarray, "m"],
        distance: Mapping[str, float],
        notes: Sequence[str],
    ) -> None:
        self.operator, self.coordinates = operator, coordinates
        self.distance, self.notes = dict(distance), tuple(notes)
        space = operator.space
        self.components, self.box, self.periodic = space.components, space.box, space.periodic
        self.law = space.law

    def at(self, points: np.ndarray, wanted: Mapping[str, tuple[str, Order]]) -> dict[str, np.ndarray]:
        orders = Orders.closed(self.box.axes, [order for _, order in wanted.values()])
        found = {name: np.empty(len(points)) for name in wanted}
        for block in np.array_split(np.arange(len(points)), max(1, len(points) // _BLOCK)):
            jet = self._jet(points[block], orders)
            for name, (component, order) in wanted.items():
                found[name][block] = self.components.value(component, jet[order]).numpy()
        return found

    def _jet(self, points: np.ndarray, orders: Orders) -> Jet:
        return self.operator.model.jet(torch.from_numpy(self.coordinates), torch.from_numpy(points), orders)

    def __repr__(self) -> str:
        told = f"; {'; '.join(self.notes)}" if self.notes else ""
        return f"Solution by {self.operator!r}{told}"


def _made(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Operator:
    inputs = []
    for each in config["inputs"]:
        own = _under(f"input.{each['name']}.", weights)
        ends = (float(each["ends"][0]), float(each["ends"][1]))
        inputs.append(Input(each["name"], each["axis"], expansion(ends, each["periodic"], own)))
    space = Space(
        Domain.of({axis: tuple(ends) for axis, ends in config["box"].items()}),
        Components(tuple(config["components"])),
        tuple(config["periodic"]),
        config["law"],
    )
    kind = config["model"]["kind"]
    if kind not in MODELS:
        raise SolverError(
            f"There are no operators of the kind {kind!r}; those there are: {', '.join(MODELS)}."
        )
    history = {name: ("look", weights[f"history.{name}"].numpy()) for name in config["history"]}
    return Operator(
        inputs,
        space,
        MODELS[kind](config["model"], _under("model.", weights), inputs, space),
        seed=config["seed"],
        residual=config["residual"],
        seconds=config["seconds"],
        notes=config["notes"],
        history=xr.Dataset(history),
    )


def _under(start: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(start): each for name, each in weights.items() if name.startswith(start)}
