"""Candidate terms of a law, and libraries of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import DiscoveryError
from ._feature import Feature

#: A sum of features with their weights.
Combination = tuple[tuple[Feature, float], ...]

#: What a count in an expansion is beside the largest one where it is no more than rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Term:
    """A candidate term: one coefficient, and the features that it multiplies.

    `parts` holds one combination of features that any left side may have; or one for each real left side
    where several are regressed together, as the real and the imaginary part of a complex field are.
    `expansion` is the term as equations write it, `{"u*u_x": 2}`. `lefts` names the left sides whose laws may
    have the term; None admits all.
    """

    name: str
    parts: tuple[Combination, ...]
    expansion: Mapping[str, complex] = field(hash=False, compare=False)
    lefts: frozenset[str] | None = None

    @classmethod
    def of(cls, feature: Feature) -> Term:
        """The term that is one feature."""
        return cls(feature.name, (((feature, 1.0),),), feature.terms)

    @classmethod
    def total(cls, name: str, combination: Combination) -> Term:
        """The term that is a sum of features with weights."""
        sums: dict[str, float] = {}
        for feature, weight in combination:
            for written, count in feature.terms.items():
                sums[written] = sums.get(written, 0.0) + weight * count
        largest = max(map(abs, sums.values()), default=0.0)
        kept = {written: count for written, count in sums.items() if abs(count) > _ROUNDING * largest}
        return cls(name, (combination,), kept)

    def serves(self, left: str) -> bool:
        """Whether the law of a left side, such as `u_t`, may have this term."""
        return self.lefts is None or left in self.lefts

    @cached_property
    def feature(self) -> Feature | None:
        """The one feature that the term is; None where it is a combination of several."""
        if len(self.parts) == 1 and len(self.parts[0]) == 1 and self.parts[0][0][1] == 1.0:
            return self.parts[0][0][0]
        return None

    @property
    def features(self) -> Iterator[Feature]:
        """All features in the term."""
        return (feature for part in self.parts for feature, _ in part)

    @cached_property
    def unit(self) -> Feature:
        """The feature in whose units the coefficient is measured."""
        return next(self.features)

    @cached_property
    def order(self) -> int:
        """Highest order of a derivative."""
        return max(feature.order for feature in self.features)

    @cached_property
    def degree(self) -> int:
        """Highest polynomial degree."""
        return max(feature.degree for feature in self.features)


@dataclass(frozen=True)
class Library:
    """The candidate terms of a law, over components and axes."""

    components: tuple[str, ...]
    axes: tuple[str, ...]
    terms: tuple[Term, ...]

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __add__(self, other: Library) -> Library:
        """All terms of two libraries over the same components and axes, each once.

        Raises:
            DiscoveryError: if they are over different components or axes.
        """
        if (other.components, other.axes) != (self.components, self.axes):
            raise DiscoveryError(
                f"The libraries are over {', '.join(self.components)} on {', '.join(self.axes)} and over "
                f"{', '.join(other.components)} on {', '.join(other.axes)}; make both for the same field."
            )
        kept: dict[str, Term] = {}
        for term in (*self.terms, *other.terms):
            first = kept.get(term.name, term)
            either = None if first.lefts is None or term.lefts is None else first.lefts | term.lefts
            kept[term.name] = replace(term, lefts=either)
        return Library(self.components, self.axes, tuple(kept.values()))

    def restricted(self, lefts: Sequence[str], admits: Callable[[Term, str], bool]) -> Library:
        """The terms that some of the left sides may have by a rule, each for those alone."""
        kept = []
        for term in self.terms:
            served = frozenset(left for left in lefts if term.serves(left) and admits(term, left))
            if served:
                kept.append(replace(term, lefts=served))
        return Library(self.components, self.axes, tuple(kept))

    def without(self, unwanted: Callable[[Term], bool]) -> Library:
        """The terms for which a rule does not hold."""
        return Library(self.components, self.axes, tuple(term for term in self.terms if not unwanted(term)))

    def serving(self, left: str) -> tuple[Term, ...]:
        """The terms that the law of a left side, such as `u_t`, may have."""
        return tuple(term for term in self.terms if term.serves(left))

    def to_dict(self) -> dict[str, Any]:
        """The library as JSON-able data."""
        from ._files import to_dict

        return to_dict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Library:
        """A library from what `to_dict` gave.

        Raises:
            DiscoveryError: the data are no library that could be searched.
        """
        from ._files import from_dict

        return from_dict(data)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the library to a JSON file, which `pf.library.load` reads, and return its path."""
        from ._files import save

        return save(self, path)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(term.name for term in self.terms)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features that the terms are made of, each once."""
        return tuple(dict.fromkeys(feature for term in self.terms for feature in term.features))
