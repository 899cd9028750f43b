"""Candidate terms of a law, and libraries of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ._feature import Feature

#: A sum of features with their weights.
Combination = tuple[tuple[Feature, float], ...]


@dataclass(frozen=True)
class Term:
    """A candidate term: one coefficient, and the features that it multiplies.

    `parts` holds one combination of features that any left side may have; or one for each real left side
    where several are regressed together, as the real and the imaginary part of a complex field are.
    `expansion` is the term as equations write it, `{"u*u_x": 2}`.
    """

    name: str
    parts: tuple[Combination, ...]
    expansion: Mapping[str, complex] = field(hash=False, compare=False)

    @classmethod
    def of(cls, feature: Feature) -> Term:
        """The term that is one feature."""
        return cls(feature.name, (((feature, 1.0),),), feature.terms)

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
        """All terms of two libraries over the same components and axes, each once."""
        kept = {term.name: term for term in (*self.terms, *other.terms)}
        return Library(self.components, self.axes, tuple(kept.values()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(term.name for term in self.terms)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features that the terms are made of, each once."""
        return tuple(dict.fromkeys(feature for term in self.terms for feature in term.features))
