"""Which part of a shape's boundary each condition holds on, and whether any part is left bare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SolverError
from ._conditions import Condition
from ._domain import Domain
from .geometry import BOUNDARY

#: Points by which it is seen whether conditions name the whole boundary, which finds any part that is worth
#: a condition.
_PROBES = 2000


@dataclass(frozen=True)
class Part:
    """A part of the boundary of a shape.

    Attributes:
        names: the surfaces that it lies on.
        but: coordinates' values where other conditions hold.
    """

    names: tuple[str, ...]
    but: tuple[tuple[str, float], ...] = ()

    def sample(self, domain: Domain, count: int, generator: torch.Generator) -> Tensor:
        """Points (count, D) of the domain drawn evenly on it."""
        return domain.boundary(count, generator, self.names, self.but)


def part_of(condition: Condition, conditions: Sequence[Condition], domain: Domain) -> Part | None:
    """The part that a condition holds on; None if it holds at a place.

    What holds on the boundary holds where no other condition on the same field does.

    Raises:
        SolverError: if other conditions name all of the boundary.
    """
    if not condition.on or domain.shape is None:
        return None
    if condition.on != BOUNDARY:
        return Part((condition.on,))
    others = [each for each in conditions if each.components & condition.components]
    named = {each.on for each in others}
    names = tuple(name for name in domain.shape.names if name not in named)
    if not names:
        raise SolverError(
            f"Other conditions name all that {condition.text!r} could hold on, {', '.join(sorted(named))}; "
            "leave it out."
        )
    return Part(names, tuple(face for each in others for face in _faces(each, domain)))


def check_places(conditions: Sequence[Condition], domain: Domain) -> None:
    """See that each condition holds somewhere.

    Raises:
        SolverError: if there is next to nothing of the shape, or of its boundary, where one is to hold.
    """
    generator = torch.Generator().manual_seed(0)
    for condition in conditions:
        try:
            part = part_of(condition, conditions, domain)
            if part is not None:
                part.sample(domain, 1, generator)
            for trace in condition.traces.values() if part is None else ():
                domain.sample(1, generator, trace.at)
        except SolverError as error:
            raise SolverError(f"The condition {condition.text!r} holds nowhere: {error}") from None


def bare(component: str, conditions: Sequence[Condition], domain: Domain) -> tuple[str, ...]:
    """The surfaces of the boundary on parts of which no condition says anything of a field."""
    about = [each for each in conditions if component in each.components]
    if domain.shape is None or any(each.on == BOUNDARY for each in about):
        return ()
    boundary = domain.shape.boundary(_PROBES, torch.Generator().manual_seed(0))
    named = {each.on for each in about}
    said = torch.tensor([name in named for name in boundary.names])
    for axis, value in (face for each in about for face in _faces(each, domain)):
        column = boundary.points[:, domain.shaped.index(axis)]
        said |= (column - value).abs() <= 1e-9 * domain.length(axis)
    left = {name for name, met in zip(boundary.names, said.tolist(), strict=True) if not met}
    return tuple(name for name in domain.shape.names if name in left)


def _faces(condition: Condition, domain: Domain) -> Iterator[tuple[str, float]]:
    """Values of single coordinates of the shape at which a condition holds."""
    for trace in condition.traces.values():
        if len(trace.at) == 1 and trace.at.keys() <= set(domain.shaped):
            yield next(iter(trace.at.items()))
