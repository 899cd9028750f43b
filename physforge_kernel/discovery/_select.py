"""Which terms? Best subsets of every size at every scale, and a climb that takes a term only on evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._regression import NOMINAL_ACCURACY, Fit, Regression

#: A larger law must beat a smaller one by this many standard deviations (half the t value of one more term):
#: with twenty terms at a dozen scales, chance alone reaches about two.
CONVINCING = 2.5

#: A rival law that trails by less than this many standard deviations has not been ruled out.
RULED_OUT = 2.0

#: The same for a rival of more terms than the law: what it fits better or as well it may owe to them.
RULED_OUT_LARGER = 1.0

#: So many standard deviations of what noise leaves of a law by its squares are no work of theirs.
BEYOND_DOUBT = 10.0

#: A further term with at least this much evidence may be real, though it is not convincing. Among twenty null
#: terms one reaches it in about one field of a hundred.
SUSPICIOUS = 1.75

#: A term that is so many standard errors from zero is hinted at, no more.
HINTED = 2.0

#: Share of the left side that a term which is hinted at may be.
HIDDEN = 0.2

#: The same for any term, hinted at or not: what noise hides as much of cannot be said to be absent.
HIDDEN_UNHINTED = 0.6

#: Most terms taken at once: some laws have no smaller law on the way that explains more than the last one.
WIDEST_STEP = 4

#: Largest number of terms in a law.
MOST_TERMS = 8

#: Size of the law that stands for "everything the library can explain".
UNRESTRICTED = 8

#: Independent test functions that a scale must have per fitted term.
ROWS_PER_TERM = 3.0


@dataclass(frozen=True)
class Scale:
    """A regression at one scale, its best subsets, and what no subset explains."""

    regression: Regression
    seed: int = 0

    @property
    def carries(self) -> int:
        """For how many terms there are test functions enough."""
        return int(self.regression.effective_rows / ROWS_PER_TERM)

    @cached_property
    def most(self) -> int:
        """Largest number of terms that are tried at this scale."""
        return min(MOST_TERMS, self.carries, len(self.regression.usable))

    @cached_property
    def _paths(self) -> dict[int, list[Fit]]:
        return {}

    def path(self, size: int) -> list[Fit]:
        """Best subsets of one size, best first; empty where the scale can't carry so many terms."""
        if size < 1 or size > self.most:
            return []
        if size not in self._paths:
            smaller = self.path(size - 1)
            start = smaller[0].support if smaller else ()
            self._paths[size] = self.regression.best(size, start=start, keep=8)
        return self._paths[size]

    @cached_property
    def accuracy(self) -> float:
        """Errors of the data, as a share of the left side: what even a large law leaves beyond noise."""
        fit: Fit | None = None
        for size in range(1, min(self.most, UNRESTRICTED) + 1):
            grown = self.regression.best(size, start=fit.support if fit else (), keep=1)
            if not grown:
                break
            fit = grown[0]
        return max(NOMINAL_ACCURACY, self.lack_of_fit(fit)) if fit else 1.0

    @cached_property
    def _fits(self) -> dict[tuple[int, ...], Fit | None]:
        return {}

    def fit(self, support: Sequence[int]) -> Fit | None:
        """The fit of a support at this scale; None where the scale can't carry it, or it is empty."""
        key = tuple(sorted(support))
        if key not in self._fits:
            affordable = 0 < len(key) <= self.most and set(key) <= set(self.regression.usable)
            self._fits[key] = self.regression.fit(key) if affordable else None
        return self._fits[key]

    @cached_property
    def _lacks(self) -> dict[tuple[int, ...], float]:
        return {}

    def lack_of_fit(self, fit: Fit) -> float:
        """Share of the left side that the fit leaves unexplained, beyond three sigma of the noise."""
        if fit.support not in self._lacks:
            beyond = max(fit.excess - 3 * self.floor_sd(fit), 0.0)
            self._lacks[fit.support] = float(np.sqrt(beyond) / max(self.regression.size, 1e-300))
        return self._lacks[fit.support]

    @cached_property
    def _floor_sds(self) -> dict[tuple[int, ...], float]:
        return {}

    def floor_sd(self, fit: Fit) -> float:
        """Scatter of the residual sum of squares under noise."""
        if fit.support not in self._floor_sds:
            sd = self.regression.floor_sd(fit, np.random.default_rng(self.seed))
            self._floor_sds[fit.support] = sd
        return self._floor_sds[fit.support]

    def unseen(self, fit: Fit) -> float:
        """Share of the left side that could be missing from the fit without being noticed in this noise."""
        hidden = max(fit.excess, 0.0) + 3 * self.floor_sd(fit)
        return float(np.sqrt(hidden) / max(self.regression.size, 1e-300))

    def advantage(self, better: Fit, worse: Fit | None) -> float:
        """Standard deviations by which one fit beats another, given the errors at this scale."""
        return self.regression.advantage(better, worse, self.accuracy)

    def confirmed(self, better: Fit, worse: Fit | None) -> float:
        """The same with the scatter of squared noise allowed for: dearer, for steps that decide."""
        return self.regression.advantage(better, worse, self.accuracy, np.random.default_rng(self.seed))


@dataclass(frozen=True)
class Climb:
    """The chosen support, and the supports passed on the way with the evidence for each step."""

    support: tuple[int, ...]
    steps: tuple[tuple[tuple[int, ...], float], ...]


def climb(scales: Sequence[Scale]) -> Climb:
    """Grow the law from nothing, taking a larger one only where some scale shows that it is needed.

    A term that a later one made needless is taken back at the end.
    """
    current: tuple[int, ...] = ()
    steps: list[tuple[tuple[int, ...], float]] = []
    largest = max((s.most for s in scales), default=0)
    for size in range(1, largest + 1):
        if size > len(current) + WIDEST_STEP:
            break
        step = _step(scales, current, size)
        if step is not None:
            current = step[0]
            steps.append(step)
    return Climb(_pruned(scales, current), tuple(steps))


def _pruned(scales: Sequence[Scale], support: tuple[int, ...]) -> tuple[int, ...]:
    """The support without terms that no scale needs, the least needed first."""
    while len(support) > 1:
        less = [tuple(k for k in support if k != j) for j in support]
        needs = [_deficit_anywhere(scales, support, smaller) for smaller in less]
        least = int(np.argmin(needs))
        if needs[least] > CONVINCING:
            break
        support = less[least]
    return support


def _step(
    scales: Sequence[Scale], current: tuple[int, ...], size: int
) -> tuple[tuple[int, ...], float] | None:
    """The law of one size that the strongest sound evidence at any scale puts before the current one.

    Several null terms at once gain by chance what one gains times the root of their number.
    """
    needed = CONVINCING * max(1.0, np.sqrt((size - len(current)) / 2))
    found: list[tuple[float, Scale, Fit]] = []
    for candidate in scales:
        fits = candidate.path(size)
        if not fits or (current and candidate.fit(current) is None):
            continue
        z = candidate.advantage(fits[0], candidate.fit(current))
        if z > needed:
            found.append((z, candidate, fits[0]))
    for _, candidate, fit in sorted(found, key=lambda item: -item[0]):
        sound = candidate.confirmed(fit, candidate.fit(current))
        replaces = not set(current) <= set(fit.support)
        against = _deficit_anywhere(scales, current, fit.support) if replaces else 0.0
        if sound > max(needed, against):
            return fit.support, sound
    return None


def _deficit_anywhere(scales: Sequence[Scale], law: tuple[int, ...], rival: tuple[int, ...]) -> float:
    """By how many standard deviations a rival trails a law at the scale that speaks most against it."""
    pairs = [(s, s.fit(law), s.fit(rival)) for s in scales]
    return max((s.advantage(a, b) for s, a, b in pairs if a is not None and b is not None), default=0.0)


def rivals(
    scales: Sequence[Scale], chosen: Scale, support: tuple[int, ...], larger: int = 1
) -> list[tuple[tuple[int, ...], float]]:
    """Laws that do not extend the chosen one and are ruled out at no scale, with their deficits.

    At every scale the best laws that lack one of the terms are sought, as large as the chosen law, and at its
    own scale up to so many terms `larger`. One term more is ruled out sooner there: it comes near anyway.
    """
    sooner = RULED_OUT_LARGER if larger == 1 else RULED_OUT
    proposed: dict[tuple[int, ...], None] = {}
    for missing in support:
        for size in range(1, min(len(support) + larger, chosen.most) + 1):
            for fit in chosen.regression.best(size, keep=4, without=missing):
                if size <= len(support) or _all_needed(chosen, fit):
                    proposed[fit.support] = None
        for candidate in scales:
            if len(support) <= candidate.most:
                fits = candidate.regression.best(len(support), without=missing)
                proposed |= {fit.support: None for fit in fits}
    ordered = [chosen, *(s for s in scales if s is not chosen)]
    found = []
    for rival in proposed:
        deficit, first = 0.0, RULED_OUT if len(rival) <= len(support) else sooner
        for candidate in ordered:
            deficit = max(deficit, trailing(candidate, support, rival, always=candidate is chosen))
            if deficit >= (first if candidate is chosen else RULED_OUT):
                break
        else:
            found.append((rival, deficit))
    return sorted(found, key=lambda item: (len(item[0]), item[1]))


def trailing(
    candidate: Scale, support: tuple[int, ...], rival: tuple[int, ...], *, always: bool = False
) -> float:
    """By how many standard deviations a rival trails at one scale.

    Zero where the law itself does not fit, unless `always`: its own scale is the judge of last resort, with
    what even a large law leaves there taken as the accuracy.
    """
    mine, other = candidate.fit(support), candidate.fit(rival)
    if mine is None or other is None:
        return 0.0
    if not always and candidate.lack_of_fit(mine) > 3 * NOMINAL_ACCURACY:
        return 0.0
    deficit = candidate.advantage(mine, other)
    if deficit < RULED_OUT or _beyond_doubt(candidate, mine, other):
        return deficit
    return candidate.confirmed(mine, other)


def hidden(
    candidate: Scale, support: tuple[int, ...], unhinted: Collection[int] | None = None
) -> tuple[int, float] | None:
    """The further term that the noise may hide most of, and the share of the left side that it could be.

    Terms that are nearly combinations of those in the law can be large without being seen. Those count whose
    weight is `HINTED` standard errors from zero; and of the terms `unhinted`, or all, those that could be as
    large as `HIDDEN_UNHINTED`. Weights are taken two standard errors further.
    """
    if not candidate.regression.size:
        return None
    found = []
    for j in candidate.regression.usable:
        fit = candidate.fit((*support, j)) if j not in support else None
        if fit is not None:
            place = fit.support.index(j)
            error = float(np.sqrt(max(candidate.regression.covariance(fit)[place, place], 0.0)))
            size = float(np.sqrt(candidate.regression.gram[j, j])) / candidate.regression.size
            weight = abs(float(fit.weights[place]))
            share = (weight + HINTED * error) * size
            if weight > HINTED * error or (share > HIDDEN_UNHINTED and (unhinted is None or j in unhinted)):
                found.append((j, share))
    return max(found, key=lambda item: item[1], default=None)


def _all_needed(candidate: Scale, fit: Fit) -> bool:
    sds = np.sqrt(np.diag(candidate.regression.covariance(fit)))
    return bool(np.all(np.abs(fit.weights) > 2 * CONVINCING * sds))


def suspect(scales: Sequence[Scale], support: tuple[int, ...]) -> tuple[int, float] | None:
    """The further term with the most evidence at any scale, if that casts doubt on the law."""
    best: tuple[int, float] | None = None
    for candidate in scales:
        mine = candidate.fit(support)
        if mine is None:
            continue
        larger = [candidate.fit((*support, j)) for j in candidate.regression.usable if j not in support]
        fits = [fit for fit in larger if fit is not None]
        if not fits:
            continue
        leader = min(fits, key=lambda fit: fit.excess)
        z = candidate.advantage(leader, mine)
        if z > SUSPICIOUS:
            z = candidate.confirmed(leader, mine)
        if best is None or z > best[1]:
            best = (next(j for j in leader.support if j not in support), z)
    return best if best is not None and best[1] > SUSPICIOUS else None


def _beyond_doubt(candidate: Scale, mine: Fit, other: Fit) -> bool:
    """Whether two laws leave so different sums of squares that squared noise cannot be the reason."""
    scatter = np.hypot(candidate.floor_sd(mine), candidate.floor_sd(other))
    return other.excess - mine.excess > BEYOND_DOUBT * float(scatter)
