"""Which of two laws do the samples lie nearer to? Each is given the field that suits it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..derivatives import Term
from ..derivatives import term as read_term
from ._paths import Paths, follow
from ._projection import Sample
from ._select import HINTED
from ._whitened import Law, replaced
from ._whitening import Whitening, whiten

#: A rival of as many terms is ruled out where the samples lie so much further from it: odds of one in 55.
TOO_FAR = 8.0

#: A larger rival that is further by no more than this and twice the scatter explains the samples as well, and
#: its size is no reason to drop it: one that owes its fit to its further terms alone seldom comes so near.
AS_NEAR = 2.0

#: Laws under which the samples are kept as smoothed, the last ones that were asked for.
_KEPT = 12

#: Samples that lie so much further from a rival, and as much again in shares of a row, are so far that
#: nobody needs to know how far: even after the price of terms and the scatter.
_FAR = 100.0

#: Prior odds of a law with a term that was not among the candidates.
UNEXPECTED = 0.1


@dataclass(frozen=True)
class Referee:
    """Compares laws for one left side of a system whose other laws stay as they are.

    The squared distance of the samples from the nearest field that obeys a law, in standard deviations of the
    noise, is minus twice the logarithm of its likelihood; so the difference of two of them is that of a
    likelihood ratio test (Wilks 1938; for laws that do not hold one another, Vuong 1989).
    """

    samples: Sequence[Sample]
    whitening: Whitening | Paths
    left: str
    candidates: int

    @cached_property
    def _found(self) -> dict[tuple[str, ...], Whitening | Paths | None]:
        return {}

    def whitened(self, law: Law) -> Whitening | Paths | None:
        """The samples smoothed under a law in place of the system's own; None where that cannot be done."""
        names = tuple(sorted(term.name for term in law.terms))
        if names not in self._found:
            while len(self._found) >= _KEPT:
                del self._found[next(iter(self._found))]
            self._found[names] = self._whitened(law)
        return self._found[names]

    @property
    def follows(self) -> bool:
        """Whether laws are compared by their solutions."""
        return isinstance(self.whitening, Paths)

    def rough_distance(self, law: Law) -> float:
        """Squared distance of the samples from fields that obey a law, or nearly; smooth in its terms."""
        found = self._whitened(law, roughly=True)
        return found.misfit if found is not None else np.inf

    def _whitened(self, law: Law, *, roughly: bool = False) -> Whitening | Paths | None:
        before = self.whitening
        laws = replaced(before.laws, law)
        if not isinstance(before, Paths):
            return whiten(self.samples, laws, before.shares, before.splines)
        far = -np.inf if roughly else before.misfit * (1 + _FAR / before.rows) + _FAR
        return follow(self.samples, laws, far=far)

    def further(self, rival: Law, law: Law) -> float:
        """How much further the samples lie from a rival than from a law, as a squared distance.

        It is reduced by the scatter of noise that one law forbids and the other does not, counted twice since
        what it hides may be less than what is seen; and where the law itself leaves more than noise, that is
        taken as the size of the noise.
        """
        change, scatter = self._change(rival, law)
        return change * abs(change) / (abs(change) + scatter / 2) if change else 0.0

    def _change(self, rival: Law, law: Law) -> tuple[float, float]:
        """The difference of two misfits, and the variance of its scatter."""
        mine, other = self.whitened(law), self.whitened(rival)
        if mine is None or other is None or not mine.exact:
            return 0.0, 0.0
        return (other.misfit - mine.misfit) / max(1.0, mine.misfit / mine.rows), _scatter(mine, other)

    def cost(self, rival: Law, law: Law, *, more: int | None = None) -> float:
        """How much further a rival is, and the price of its further terms (`more`, where it is not counted).

        Every further term costs what it gains by chance, as in the extended information criterion of Chen
        and Chen (2008): the logarithms of the number of rows and of the number of candidates.
        """
        extra = len(rival.terms) - len(law.terms) if more is None else more
        return self.further(rival, law) + extra * float(np.log(self.whitening.rows) + np.log(self.candidates))

    def rules_out(self, rival: Law, law: Law, *, odds: float = 1.0, more: int | None = None) -> bool:
        """Whether the samples speak against a rival of given prior odds."""
        change, scatter = self._change(rival, law)
        if len(rival.terms) > len(law.terms) and change < AS_NEAR + 2 * float(np.sqrt(scatter)):
            return False
        return self.cost(rival, law, more=more) > TOO_FAR + 2 * float(np.log(odds))

    def drifts(self, law: Law) -> dict[str, float]:
        """How likely noise makes the coefficients of a law change as much along each axis, where known."""
        found = self.whitened(law)
        if isinstance(found, Whitening):
            return found.drifts(self.left, law.terms)
        if found is None or not found.exact:
            return {}
        from scipy.stats import chi2

        first, names = law.target.features[0], [term.name for term in law.terms]
        changing = [read_term(f"t*({name})", first.components, first.axes) for name in names]
        extra = [term for term in changing if term.name not in names]
        weights = np.append(law.weights, np.zeros(len(extra)))
        larger = self.whitened(Law(law.target, (*law.terms, *extra), weights))
        if larger is None:
            return {}
        size = max(1.0, found.misfit / found.rows)
        chances = {"t": float(chi2.sf(max(found.misfit - larger.misfit, 0.0) / size, len(extra)))}
        alone = [follow([sample], found.laws) for sample in self.samples if len(self.samples) > 1]
        exact = [one.misfit for one in alone if one is not None and one.exact]
        if exact and len(exact) == len(alone):
            free = (len(alone) - 1) * sum(len(one.terms) for one in found.laws)
            chances["experiment"] = float(chi2.sf(max(found.misfit - sum(exact), 0.0) / size, free))
        return chances

    def hints_at(self, term: Term, law: Law) -> bool:
        """Whether a further term brings the law nearer to the samples than its freedom accounts for."""
        larger = Law(law.target, (*law.terms, term), np.append(law.weights, 0.0))
        return -self.further(larger, law) > HINTED**2


def _scatter(mine: Whitening | Paths, other: Whitening | Paths) -> float:
    """Variance of the difference of two misfits, which were found in the same way."""
    if isinstance(mine, Paths):
        return mine.scatter(other) if isinstance(other, Paths) else 0.0
    return mine.scatter(other) if isinstance(other, Whitening) else 0.0
