"""What every optimiser is: steps that make a sum of squares smaller, and a state that can be written down."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from math import inf
from typing import ClassVar, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import SolverError
from .._tape import Layout


class Linearised(Protocol):
    """Rows as functions of the weights, with all derivatives."""

    def rows(self, weights: Float[Tensor, "P"]) -> Float[Tensor, "M"]:
        """The rows."""
        ...

    def linearised(self, weights: Float[Tensor, "P"]) -> tuple[Float[Tensor, "M"], Float[Tensor, "M P"]]:
        """The rows and their derivatives by the weights, which the next call may overwrite."""
        ...


class SumOfSquares(Linearised, Protocol):
    """Rows as functions of the weights, with all that a method may want to know of them."""

    @property
    def layout(self) -> Layout:
        """The shapes of the weights that the vector holds."""
        ...

    def gradient(self, weights: Float[Tensor, "P"]) -> tuple[float, Float[Tensor, "P"]]:
        """The sum of the rows' squares and its derivatives by the weights."""
        ...

    def projected(
        self, weights: Float[Tensor, "P"], onto: Callable[[Float[Tensor, "R P"]], Float[Tensor, "R K"]]
    ) -> tuple[Float[Tensor, "M"], Float[Tensor, "M K"]]:
        """The rows, and what a linear map makes of those of their Jacobian."""
        ...


class Optimiser(ABC):
    """A method with its state.

    Attributes:
        memory: whether steps build on earlier ones, so that new points cost the method what it has learnt.
        description: what the method is, in a line.
        loss: the sum of squares that was seen last: after the last step, or before it for methods that do not
            look where they step; infinite before the first.
    """

    memory: ClassVar[bool]
    description: ClassVar[str]
    #: The attributes that steps change: numbers, tensors, tensors by name, or None.
    changing: ClassVar[tuple[str, ...]]
    loss: float = inf

    @abstractmethod
    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights with a smaller sum of squares, as a new vector or the same one."""

    def reset(self) -> None:  # noqa: B027 - a method without memory has nothing to forget
        """Forget what no longer holds once the points, and with them the rows, are others."""

    def state_dict(self) -> dict[str, Tensor]:
        """All that a step depends on besides its arguments, as tensors by name."""
        state = {}
        for name in ("loss", *self.changing):
            value = getattr(self, name)
            if isinstance(value, Mapping):
                state |= {f"{name}/{key}": tensor.clone() for key, tensor in value.items()}
            elif isinstance(value, Tensor):
                state[name] = value.clone()
            elif value is not None:
                whole = isinstance(value, int)
                state[name] = torch.tensor(value, dtype=torch.int64 if whole else torch.float64)
        return state

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state that `state_dict` gave, with the same steps to the last bit.

        Raises:
            SolverError: if the state is that of another method.
        """
        names = ("loss", *self.changing)
        strange = sorted({key.split("/")[0] for key in state} - set(names))
        if strange or "loss" not in state:
            raise SolverError(
                f"The state holds {', '.join(strange) or 'no loss'}, and is not that of "
                f"{type(self).__name__}, which holds {', '.join(names)}; load it into the method that "
                "saved it."
            )
        for name in names:
            if isinstance(getattr(self, name), Mapping):
                found = {k.split("/", 1)[1]: v.clone() for k, v in state.items() if k.startswith(f"{name}/")}
                setattr(self, name, found)
            elif name not in state:
                setattr(self, name, None)
            else:
                value = state[name]
                setattr(self, name, value.clone() if value.ndim else value.item())
