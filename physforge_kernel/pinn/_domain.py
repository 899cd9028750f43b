"""Where an equation is to hold: an interval for each coordinate, or a shape for several."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..equations import AXES, NUMBERED_AXES
from ..errors import SolverError
from .geometry import Shape, collected, shape_from_dict, shape_to_dict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Bounds = Mapping[str, tuple[float, float]]

#: The share of a coordinate's extent by which a place may miss an end, or a face, and still be there.
_SLACK = 1e-9


@dataclass(frozen=True)
class Domain:
    """An interval for each coordinate, and perhaps a shape within those of some.

    Attributes:
        bounds: the ends by coordinate, in the order in which conditions name them: `u(x, t)`.
        shape: what the coordinates of space are confined to; None for nothing but their ends.
        shaped: the coordinates of the shape.
    """

    bounds: Bounds
    shape: Shape | None = None
    shaped: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: object) -> Domain:
        """A domain from `{"x": (-1, 1), "t": (0, 1)}`, or `{"x, y": Ball((0, 0), 1), "t": (0, 1)}`.

        Raises:
            SolverError: if it is none: an unknown coordinate, ends that are no numbers or in the wrong order,
                a shape that is empty or has other coordinates.
        """
        if not isinstance(given, Mapping) or not given:
            raise SolverError(
                f"The domain is {given!r}; give an interval for each coordinate, as in "
                "{'x': (-1, 1), 't': (0, 1)}."
            )
        bounds: dict[str, tuple[float, float]] = {}
        shape: Shape | None = None
        shaped: tuple[str, ...] = ()
        for key, value in given.items():
            axes = tuple(part.strip() for part in str(key).split(","))
            for axis in axes:
                if axis in bounds:
                    raise SolverError(f"The domain has the coordinate {axis} twice.")
                _check_axis(axis)
            if isinstance(value, Shape | Mapping) or len(axes) != 1:
                if shape is not None:
                    raise SolverError("The domain has two shapes; combine them to one of all coordinates.")
                shape, shaped = _shape(axes, value), axes
                bounds |= zip(axes, shape.bounds, strict=True)
            else:
                bounds[axes[0]] = _ends(axes[0], value)
        return cls(bounds, shape, shaped)

    def plain(self) -> dict[str, Any]:
        """What `of` makes the same domain of, in numbers and names."""
        found: dict[str, Any] = {}
        for axis, ends in self.bounds.items():
            if axis not in self.shaped:
                found[axis] = list(ends)
            elif self.shape is not None and axis == self.shaped[0]:
                found[", ".join(self.shaped)] = shape_to_dict(self.shape)
        return found

    @property
    def axes(self) -> tuple[str, ...]:
        """The coordinates, in the order given."""
        return tuple(self.bounds)

    @property
    def space(self) -> tuple[str, ...]:
        """The coordinates but time."""
        return tuple(axis for axis in self.bounds if axis != "t")

    def within(self, **bounds: tuple[float, float]) -> Domain:
        """The part of this domain between other ends of some coordinates that no shape confines."""
        return replace(self, bounds={**self.bounds, **bounds})

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
        """Points of the unit cube, stretched from end to end."""
        low = unit.new_tensor([low for low, _ in self.bounds.values()])
        high = unit.new_tensor([high for _, high in self.bounds.values()])
        return low + (high - low) * unit

    def contains(self, points: Float[Tensor, "N D"]) -> Tensor:
        """Whether points lie in the domain or on its boundary, (N,)."""
        found = torch.ones(len(points), dtype=torch.bool, device=points.device)
        for (low, high), column in zip(self.bounds.values(), points.T, strict=True):
            slack = _SLACK * (high - low)
            found &= (column >= low - slack) & (column <= high + slack)
        return found if self.shape is None else found & self.shape.contains(points[:, self._columns])

    def sample(self, count: int, generator: torch.Generator, at: Mapping[str, float] | None = None) -> Tensor:
        """Points (count, D) drawn evenly.

        Args:
            count: of points.
            generator: of random choices.
            at: coordinates held at a value. Of a shape, this is the part of the boundary that lies there, or
                what the shape holds of it where that is none.

        Raises:
            SolverError: if there is next to nothing of a shape at these values.
        """
        at = at or {}
        points = self._filled(count, generator, at)
        if self.shape is None:
            return points
        held = {self.shaped.index(axis): value for axis, value in at.items() if axis in self.shaped}
        draw = partial(self.shape.section, held=held) if held else self.shape.sample
        points[:, self._columns] = draw(count, generator)
        return points

    def boundary(
        self,
        count: int,
        generator: torch.Generator,
        names: Collection[str],
        but: Collection[tuple[str, float]] = (),
    ) -> Tensor:
        """Points (count, D) drawn evenly on the boundary of the shape.

        Args:
            count: of points.
            generator: of random choices.
            names: the surfaces that they are to lie on.
            but: values of coordinates where they are not to lie.

        Raises:
            SolverError: if there is next to nothing of such a boundary.
        """
        shape = self._its_shape
        points = self._filled(count, generator, {})

        def attempt(number: int) -> Tensor:
            found = shape.boundary(number, generator, tuple(names)).points
            for axis, value in but:
                off = (found[:, self.shaped.index(axis)] - value).abs()
                found = found[off > _SLACK * self.length(axis)]
            return found

        listed = ", ".join(names)
        points[:, self._columns] = collected(
            count, attempt, f"Other conditions name all of the boundary on {listed}, so that nothing is left."
        )
        return points

    def normals(self, points: Float[Tensor, "N D"]) -> Float[Tensor, "N D"]:
        """The outward normals of the shape at points on its boundary; zero along other coordinates."""
        found = torch.zeros_like(points)
        found[:, self._columns] = self._its_shape.normals(points[:, self._columns])
        return found

    @cached_property
    def _columns(self) -> list[int]:
        return [self.axes.index(axis) for axis in self.shaped]

    @property
    def _its_shape(self) -> Shape:
        if self.shape is None:
            raise SolverError("The domain has no shape, and so no boundary other than its ends.")
        return self.shape

    def _filled(self, count: int, generator: torch.Generator, at: Mapping[str, float]) -> Tensor:
        points = self.place(torch.rand(count, len(self.axes), generator=generator, dtype=torch.float64))
        for axis, value in at.items():
            points[:, self.axes.index(axis)] = value
        return points


def interval(given: object) -> tuple[float, float] | None:
    """Two finite numbers, the lower one first; None if it is anything else."""
    if not isinstance(given, Sequence) or len(given) != 2 or not all(isinstance(end, Real) for end in given):
        return None
    low, high = map(float, given)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def _check_axis(axis: object) -> None:
    if axis not in (*AXES, *NUMBERED_AXES):
        numbered = f"{NUMBERED_AXES[0]} to {NUMBERED_AXES[-1]}"
        raise SolverError(
            f"{axis!r} is no coordinate; the coordinates of a domain are {', '.join(AXES)}, and {numbered}."
        )


def _ends(axis: object, given: object) -> tuple[float, float]:
    ends = interval(given)
    if ends is None:
        raise SolverError(
            f"The domain of {axis} is {given!r}; give its two ends, the lower one first: (0, 1)."
        )
    return ends


def _shape(axes: tuple[str, ...], given: object) -> Shape:
    listed = ", ".join(axes)
    if "t" in axes:
        raise SolverError(f"The domain of {listed} holds time; give t an interval of its own: 't': (0, 1).")
    if not isinstance(given, Shape | Mapping):
        raise SolverError(
            f"The domain of {listed} is {given!r}; give several coordinates a shape, such as "
            f"Ball(({', '.join('0' for _ in axes)}), 1), or each an interval of its own."
        )
    shape = given if isinstance(given, Shape) else shape_from_dict(given)
    if shape.dimension != len(axes):
        raise SolverError(
            f"The domain of {listed} is a shape with {shape.dimension} coordinates; name as many."
        )
    shape.sample(1, torch.Generator().manual_seed(0))
    return shape
