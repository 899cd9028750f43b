"""Where an equation is to hold: an interval for each coordinate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..equations import AXES, NUMBERED_AXES
from ..errors import SolverError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Box:
    """An interval for each coordinate.

    Attributes:
        bounds: the ends by coordinate, in the order in which conditions name them: `u(x, t)`.
    """

    bounds: Bounds

    @classmethod
    def of(cls, given: object) -> Box:
        """A box from `{"x": (-1, 1), "t": (0, 1)}`.

        Raises:
            SolverError: if it is none: an unknown coordinate, ends that are no numbers or in the wrong order.
        """
        if not isinstance(given, Mapping) or not given:
            raise SolverError(
                f"The domain is {given!r}; give an interval for each coordinate, as in "
                "{'x': (-1, 1), 't': (0, 1)}."
            )
        return cls({str(axis): _ends(axis, ends) for axis, ends in given.items()})

    @property
    def axes(self) -> tuple[str, ...]:
        """The coordinates, in the order given."""
        return tuple(self.bounds)

    @property
    def space(self) -> tuple[str, ...]:
        """The coordinates but time."""
        return tuple(axis for axis in self.bounds if axis != "t")

    def within(self, **bounds: tuple[float, float]) -> Box:
        """The part of this box between other ends of some coordinates."""
        return Box({**self.bounds, **bounds})

    def length(self, axis: str) -> float:
        """The extent along one coordinate."""
        low, high = self.bounds[axis]
        return high - low

    def nodes(self, axis: str, given: ArrayLike | int, *, repeats: bool = False) -> np.ndarray:
        """Nodes along one coordinate: those given, or a number of evenly spaced ones from end to end.

        Args:
            axis: the coordinate.
            given: the nodes, or how many.
            repeats: whether the far end is the near one again, and left out.

        Raises:
            SolverError: if they are none, or lie outside.
        """
        low, high = self.bounds[axis]
        if isinstance(given, int | np.integer):
            if given < 1:
                raise SolverError(f"{given} nodes along {axis} are none; ask for at least one.")
            return np.linspace(low, high, int(given), endpoint=not repeats)
        nodes = np.atleast_1d(np.asarray(given, dtype=float)).ravel()
        slack = 1e-9 * (high - low)
        outside = nodes[~((nodes >= low - slack) & (nodes <= high + slack))]
        if len(outside):
            raise SolverError(f"{axis} = {outside[0]:g} lies outside the domain, ({low:g}, {high:g}).")
        return nodes

    def place(self, unit: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """Points of the unit cube, stretched to this box."""
        low = unit.new_tensor([low for low, _ in self.bounds.values()])
        high = unit.new_tensor([high for _, high in self.bounds.values()])
        return low + (high - low) * unit

    def sample(self, count: int, generator: torch.Generator, at: Mapping[str, float] | None = None) -> Tensor:
        """Points (count, D) drawn evenly; some coordinates may be held at a value."""
        unit = torch.rand(count, len(self.axes), generator=generator, dtype=torch.float64)
        points = self.place(unit)
        for axis, value in (at or {}).items():
            points[:, self.axes.index(axis)] = value
        return points


def interval(given: object) -> tuple[float, float] | None:
    """Two finite numbers, the lower one first; None if it is anything else."""
    if not isinstance(given, Sequence) or len(given) != 2 or not all(isinstance(end, Real) for end in given):
        return None
    low, high = map(float, given)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def _ends(axis: object, given: object) -> tuple[float, float]:
    if axis not in (*AXES, *NUMBERED_AXES):
        numbered = f"{NUMBERED_AXES[0]} to {NUMBERED_AXES[-1]}"
        raise SolverError(
            f"{axis!r} is no coordinate; the coordinates of a domain are {', '.join(AXES)}, and {numbered}."
        )
    ends = interval(given)
    if ends is None:
        raise SolverError(
            f"The domain of {axis} is {given!r}; give its two ends, the lower one first: (0, 1)."
        )
    return ends
