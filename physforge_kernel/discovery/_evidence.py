"""What a discovery was made from, kept for the questions that are asked of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..derivatives import Library, Term
from ._projection import Sample
from ._side import Side

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class Evidence:
    """The fields, the samples made of them, every left side with all its scales, and what was asked for.

    `library` is None where the candidates were the standard ones; `search` holds further arguments of the
    search, such as `controls` and `method`.
    """

    fields: tuple[xr.Dataset, ...]
    samples: tuple[Sample, ...]
    sides: tuple[Side, ...]
    library: Library | None
    seed: int
    search: Mapping[str, Any] = field(default_factory=dict)

    @property
    def targets(self) -> list[str]:
        """The left sides of the law."""
        return [side.left for side in self.sides]


def written(term: Term) -> str:
    """A candidate as equations write it, `u*u_x` for `(u^2)_x`, where it is one term there."""
    [first, *more] = term.expansion.items()
    name, count = first
    return name if not more and complex(count).imag == 0.0 else term.name


def share_of(term: Term) -> float:
    """What turns the weight of a candidate into the coefficient of the term that it is written as."""
    [first, *more] = term.expansion.items()
    _, count = first
    return complex(count).real if not more and complex(count).imag == 0.0 else 1.0
