"""Left sides, and how terms and left sides are made of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..derivatives import Feature, Term
from ._units import Units


@dataclass(frozen=True)
class Target:
    """A left side: its name, and the features that it is: one, or the parts of a complex field."""

    name: str
    features: tuple[Feature, ...]


def combinations(
    units: Units | None, columns: Sequence[Feature], target: Target, terms: Sequence[Term]
) -> list[np.ndarray]:
    """For each part of the left side the terms and, last, that part, as combinations `(columns, terms + 1)`.

    Features are measured in the units of the samples, terms in those of their first feature.
    """
    index = {feature: i for i, feature in enumerate(columns)}
    result = []
    for part, left in enumerate(target.features):
        side = np.zeros((len(index), len(terms) + 1))
        for j, term in enumerate(terms):
            for feature, weight in term.parts[part if len(term.parts) > 1 else 0]:
                side[index[feature], j] += weight * (units.factor(feature, term.unit) if units else 1.0)
        side[index[left], -1] = units.factor(left, target.features[0]) if units else 1.0
        result.append(side)
    return result
