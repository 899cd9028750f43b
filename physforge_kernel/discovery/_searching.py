"""The search for laws of left sides: at all scales, then again on samples smoothed under the laws of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..derivatives import Term
from ._estimate import Estimate, estimate
from ._paths import Paths, follow
from ._projection import Sample
from ._select import Climb, Scale, climb
from ._target import Target, combinations
from ._weak import FEWEST_STEPS
from ._whitened import Law, replaced
from ._whitening import Whitening, whiten

#: Supports of a law that was chosen elsewhere, the one to show first.
Supports = Sequence[tuple[int, ...]]

#: How often the samples are smoothed under the law found before, until it stays the same; and how often where
#: solutions are followed, and the laws of a system change one at a time.
_SHARPENED, _MOST_TURNS = 3, 10

#: Test functions for samples smoothed under laws are so much longer in time than those that found the laws:
#: the first for which there are not too many.
_LONGER = (0.5, 1.0, 2.0, 4.0, 8.0)

#: A law that leaves more than this share of the left side, beyond noise, is none: samples are not smoothed
#: under it, and nobody asks for its rivals.
FAILED = 0.15

#: One that leaves more than this share is an approximation of another; below it there is no room for terms.
APPROXIMATE = 1e-4


@dataclass(frozen=True)
class Search:
    """The scales at which one left side was searched, and where the evidence of all of them led."""

    scales: tuple[Scale, ...]
    path: Climb
    found: Estimate | None
    whitening: Whitening | Paths | None = None
    given: Supports | None = None

    @classmethod
    def at(
        cls,
        scales: tuple[Scale, ...],
        whitening: Whitening | Paths | None = None,
        given: Supports | None = None,
    ) -> Search:
        """The law that the scales' evidence leads to, or the best single term where it leads to none.

        Where supports are given it is the first that can be estimated.
        """
        for support in given or ():
            found = estimate(scales, support)
            if found is not None:
                return cls(scales, Climb(tuple(support), ()), found, whitening, given)
        path = climb(scales) if given is None else Climb((), ())
        supports = [path.support] if path.support else []
        if not supports:
            supports = [fits[0].support for s in scales if (fits := s.path(1))][:1]
        found = estimate(scales, supports[0]) if supports else None
        return cls(scales, path, found, whitening, given)

    def law(self, target: Target, terms: tuple[Term, ...]) -> Law | None:
        """What samples may be smoothed under: a law that leaves little of the left side unexplained."""
        if not self.path.support or self.found is None or self.found.lack > FAILED:
            return None
        return Law(target, tuple(terms[j] for j in self.found.fit.support), self.found.fit.weights)


def sharpened(
    samples: Sequence[Sample],
    targets: Sequence[Target],
    terms: Sequence[tuple[Term, ...]],
    first: Sequence[Search],
) -> list[Search]:
    """Left sides searched at plain scales, then with the samples smoothed under the laws of all of them."""
    searches, plain = list(first), [search.scales for search in first]
    for turn in range(1, _MOST_TURNS + 1):
        laws = [s.law(target, own) for s, target, own in zip(searches, targets, terms, strict=True)]
        which = [i for i, law in enumerate(laws) if law is not None]
        whitening = _whitening(samples, [law for law in laws if law], [searches[i] for i in which])
        if whitening is None:
            break
        before = list(searches)
        for i in which:
            found = searches[i].found
            projection = found.scale.regression.projection if found else plain[i][0].regression.projection
            sides = combinations(samples[0].units, projection.columns, targets[i], terms[i])
            sharp = whitening.regression(targets[i].name, projection, sides, terms[i])
            sharper = (*plain[i], Scale(sharp, plain[i][0].seed))
            searches[i] = Search.at(sharper, whitening, searches[i].given)
        changed = [i for i in which if searches[i].path.support != before[i].path.support]
        if not changed or (turn >= _SHARPENED and not isinstance(whitening, Paths)):
            break
        if isinstance(whitening, Paths) and len(changed) > 1:
            laws = {i: searches[i].law(targets[i], terms[i]) for i in changed}
            needed = _most_needed(samples, whitening, {i: law for i, law in laws.items() if law})
            for i in changed:
                searches[i] = searches[i] if i == needed else before[i]
    return searches


def _most_needed(samples: Sequence[Sample], whitening: Paths, changed: Mapping[int, Law]) -> int:
    """Of several laws of a system that would change, the one whose change alone explains the samples best.

    What one law lacks, the others make up for as well as they can; they need not once it has it.
    """
    costs = {}
    for i, law in changed.items():
        found = follow(samples, replaced(whitening.laws, law), far=np.inf)
        misfit = found.misfit if found is not None else np.inf
        costs[i] = misfit + len(law.terms) * float(np.log(whitening.rows))
    return min(costs, key=lambda i: costs[i], default=-1)


def _whitening(
    samples: Sequence[Sample], laws: Sequence[Law], searches: Sequence[Search]
) -> Whitening | Paths | None:
    """The samples smoothed under laws: solutions of these that hold, or what test functions make of them.

    The test functions are half as long in time as those that found the laws, or longer.
    """
    paths = follow(samples, laws)
    if paths is not None and paths.holds:
        return paths
    scales = [s.found.scale.regression.projection.scale for s in searches if s.found is not None]
    if not scales:
        return None
    in_time, *in_space = (min(shares) for shares in zip(*scales, strict=True))
    for longer in _LONGER:
        shares = (longer * in_time, *in_space)
        enough = all(shares[0] * (len(sample.points[0]) - 1) >= FEWEST_STEPS for sample in samples)
        sharper = whiten(samples, laws, shares) if enough and shares[0] < 0.5 else None
        if sharper is not None:
            return sharper
    return None
