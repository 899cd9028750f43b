"""What every network is: weights by name, and a map from jets to jets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from ...errors import SolverError
from .._activations import ACTIVATIONS, Activation
from .._jet import Jet
from .._tape import Layout, Tape

#: Mean and spread of the logarithms that factor the units of a factorised network at the start.
_FACTOR, _FACTOR_SPREAD = 0.5, 0.1


@dataclass(frozen=True, kw_only=True)
class Network(ABC):
    """A family of functions; what is given here says which, and weights in a vector say which of them.

    Attributes:
        width: the units of each hidden layer.
        depth: the number of hidden layers, or of blocks.
        activation: the name of the function between layers.
        factorised: whether each unit has a factor of its own (random weight factorisation, Wang et al. 2022,
            arXiv 2210.01274).
    """

    width: int = 20
    depth: int = 3
    activation: str = "tanh"
    factorised: bool = False

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise SolverError(
                f"There is no activation {self.activation!r}; choose one of {', '.join(ACTIVATIONS)}."
            )
        for name in ("width", "depth"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise SolverError(f"A network's {name} is {value!r}; give a whole number, at least one.")

    @property
    def function(self) -> Activation:
        """The function between layers."""
        return ACTIVATIONS[self.activation]

    def check(self, order: int, name: str, inputs: int, outputs: int) -> None:
        """See that the network has what an equation asks of it.

        Args:
            order: of the highest derivative, by all coordinates together.
            name: of that derivative.
            inputs: the number of features that the network is given.
            outputs: the number of real components.

        Raises:
            SolverError: if it has not.
        """
        if self.function.highest is not None and order > self.function.highest:
            raise SolverError(
                f"The equation holds {name}, and a network of {self.activation} has no derivatives above "
                f"order {self.function.highest}; choose another activation, such as 'tanh'."
            )

    @abstractmethod
    def layers(self, inputs: int, outputs: int) -> dict[str, tuple[int, int]]:
        """The linear maps by name, each with its outputs and inputs."""

    @abstractmethod
    def forward(self, x: Jet, tape: Tape) -> Jet:
        """What the network makes of its inputs."""

    def others(self) -> dict[str, float]:
        """Weights that stand alone, by name, with what they start from."""
        return {}

    def layout(self, inputs: int, outputs: int) -> Layout:
        """The names and shapes of all weights."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, (rows, columns) in self.layers(inputs, outputs).items():
            shapes[f"{name}.weight"] = (rows, columns)
            shapes[f"{name}.bias"] = (rows,)
            if self.factorised:
                shapes[f"{name}.scale"] = (rows,)
        return Layout(shapes | {name: (1,) for name in self.others()})

    def initial(self, inputs: int, outputs: int, generator: torch.Generator) -> Tensor:
        """Weights to start from (Glorot and Bengio 2010), biases at zero."""
        layout = self.layout(inputs, outputs)
        weights = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in layout.shapes.items()}
        for name, (rows, columns) in self.layers(inputs, outputs).items():
            matrix = torch.randn(rows, columns, generator=generator, dtype=torch.float64)
            matrix *= sqrt(2.0 / (rows + columns))
            if self.factorised:
                spread = torch.randn(rows, generator=generator, dtype=torch.float64)
                weights[f"{name}.scale"] = _FACTOR + _FACTOR_SPREAD * spread
                matrix /= torch.exp(weights[f"{name}.scale"])[:, None]
            weights[f"{name}.weight"] = matrix
        for name, start in self.others().items():
            weights[name].fill_(start)
        return layout.joined(weights)


def chain(sizes: Sequence[int]) -> dict[str, tuple[int, int]]:
    """Linear maps one after another, named by number."""
    return {str(i): (sizes[i + 1], sizes[i]) for i in range(len(sizes) - 1)}


def gated(x: Jet, open_: Jet, shut: Jet) -> Jet:
    """`x*open + (1 - x)*shut`, component by component."""
    return x * (open_ - shut) + shut
