"""How probable is each law, given that the law is one of those that the candidates can make?

Every law in sight is weighed against the best one: by the evidence between the two, and by how many laws of
its size there are (extended BIC: Chen and Chen, Biometrika 95, 2008). A further term must also pay for the
range of weights that it could have had: a priori any that makes it as large as the left side, of which the
data leave a share of one standard error (Bayes factor with a normal prior).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, exp, log

import numpy as np

from .._wording import percent
from ._estimate import judge
from ._evidence import written
from ._searching import FAILED
from ._select import Scale
from ._side import Side, SideLaw
from ._whitened import Whitened

#: Least share of the left side that one standard error of a term is taken for.
_SHARPEST = 1e-3

#: Share of the evidence that counts: it is the largest of several looks at the same samples. The one number
#: that was chosen by benchmarks/discovery/calibration.py.
_COUNTS = 0.7

#: Probability of one left side's law below which it is not called identified.
PROBABLE = 0.7

#: Logarithm of a weight beyond which another law says no more.
_MOST = 50.0


@dataclass(frozen=True)
class Rival:
    """A law other than the best one: its `support`, the best one's lead in standard deviations, and `cost`.

    `lead` is half a t value; negative where this law fits better. `cost` is the logarithm of what its terms
    pay more for their range than those of the best law.
    """

    support: tuple[int, ...]
    lead: float
    cost: float


@dataclass(frozen=True, eq=False)
class SideOdds:
    """The probabilities of the laws of one left side."""

    side: Side

    @property
    def reason(self) -> str:
        """Why no law of this side has a probability; empty where they have."""
        law = self.side.best
        if law is None or not self.side.path.support:
            return f"no candidate shows above the noise of {self.side.left}"
        if law.estimate.lack > FAILED:
            return f"no law made of the candidates explains {self.side.left}"
        return ""

    @cached_property
    def weights(self) -> Mapping[tuple[int, ...], float]:
        """Probabilities of the laws in sight by their terms; they add up to one."""
        law = self.side.best
        if law is None:
            return {}
        support, count = law.estimate.fit.support, len(law.terms)
        logs = {support: 0.0}
        for rival in rivals(self.side, law):
            sizes = log(comb(count, len(support))) - log(comb(count, len(rival.support)))
            weight = -2 * _COUNTS * rival.lead * abs(rival.lead) - rival.cost + sizes
            logs[rival.support] = max(logs.get(rival.support, -np.inf), float(np.clip(weight, -_MOST, _MOST)))
        largest = max(logs.values())
        total = sum(exp(value - largest) for value in logs.values())
        return {key: exp(value - largest) / total for key, value in logs.items()}

    def of(self, law: SideLaw) -> float:
        """Probability of one law."""
        return self.weights.get(law.estimate.fit.support, 0.0)

    @cached_property
    def inclusion(self) -> dict[str, float]:
        """Probability that each candidate is in the law."""
        law = self.side.best
        if law is None:
            return {}
        return {
            written(term): sum(p for support, p in self.weights.items() if j in support)
            for j, term in enumerate(law.terms)
        }


@dataclass(frozen=True, eq=False)
class Odds:
    """The probabilities of laws of all left sides together, each side for itself."""

    sides: Mapping[str, SideOdds]

    @property
    def reason(self) -> str:
        """Why there are none; empty where there are."""
        return "; ".join(side.reason for side in self.sides.values() if side.reason)

    def of(self, laws: Mapping[str, SideLaw]) -> float | None:
        """Probability of a law; None where the data say nothing."""
        if self.reason:
            return None
        return float(np.prod([self.sides[left].of(law) for left, law in laws.items()]))

    @property
    def inclusion(self) -> dict[str, dict[str, float]] | None:
        """Probability that each candidate is in the law, by left side."""
        if self.reason:
            return None
        return {left: dict(side.inclusion) for left, side in self.sides.items()}


def odds(sides: Sequence[Side]) -> Odds:
    """The probabilities of the laws that a search had in sight; worked out when they are asked for."""
    return Odds({side.left: SideOdds(side) for side in sides})


def improbable(side: Side) -> list[str]:
    """Doubt where noise leaves the best law too small a share of the probability of all laws in sight."""
    if side.best is None or side.referee is None:
        return []
    share = SideOdds(side).of(side.best)
    if share >= PROBABLE:
        return []
    return [f"among the laws in sight this one has a probability of {percent(share)} only"]


def rivals(side: Side, law: SideLaw) -> Iterator[Rival]:
    """The laws in sight: those not ruled out, those passed on the way, and all with one term more or less."""
    sharpest = judge(side.scales, law.estimate)
    mine = law.estimate.fit.support
    typical = _more(side, law, sharpest)
    price = float(np.median([rival.cost for rival in typical])) if typical else -log(_SHARPEST)
    yield from typical
    yield from _less(law)
    for other in side.rivals:
        support = other.estimate.fit.support
        if side.referee is not None:
            further = side.referee.further(other.law, law.law)
            lead = float(np.copysign(np.sqrt(abs(further)) / 2, further))
        else:
            lead = other.deficit if other.deficit > 0 else min(_lead(side, law, other), 0.0)
        # A larger law that still stands does so in spite of its size.
        yield Rival(support, lead, min(price * (len(support) - len(mine)), 0.0))
    for other in side.others:
        support = other.estimate.fit.support
        yield Rival(support, _lead(side, law, other), price * (len(support) - len(mine)))


def _lead(side: Side, law: SideLaw, other: SideLaw) -> float:
    """The best law's lead at the scale that speaks most for it, among those that can carry both laws.

    Whichever fits better there, it does so in units of noise and of the accuracy that is assumed of the data.
    """
    found = []
    for scale in side.scales:
        mine, theirs = (scale.fit(one.estimate.fit.support) for one in (law, other))
        if mine is not None and theirs is not None:
            ahead = mine.excess <= theirs.excess
            found.append(scale.advantage(mine, theirs) if ahead else -scale.advantage(theirs, mine))
    return max(found, default=0.0)


def _more(side: Side, law: SideLaw, sharpest: Scale) -> list[Rival]:
    """The law with each further term, at the scale that sees the term best."""
    found: dict[int, Rival] = {}
    support = law.estimate.fit.support
    sharp = [scale for scale in side.scales if isinstance(scale.regression, Whitened)]
    for scale in {id(s): s for s in (law.estimate.scale, sharpest, *sharp)}.values():
        mine = scale.fit(support)
        if mine is None:
            continue
        for j in scale.regression.usable:
            fit = scale.fit((*support, j)) if j not in support else None
            if fit is None:
                continue
            lead = scale.advantage(fit, mine)
            weight = abs(float(fit.weights[fit.support.index(j)]))
            cost = -log(_share(scale, j, weight / (2 * abs(lead)) if lead else 0.0))
            if j not in found or cost > found[j].cost:
                found[j] = Rival(fit.support, -lead, cost)
    if side.suspect is not None:
        for j, rival in found.items():
            if law.terms[j].name == side.suspect[0]:
                found[j] = Rival(rival.support, min(rival.lead, -side.suspect[1] / 2), rival.cost)
    return list(found.values())


def _less(law: SideLaw) -> Iterator[Rival]:
    """The law without each of its terms."""
    found = law.estimate
    for j, weight, error in zip(found.fit.support, found.fit.weights, found.standard_errors, strict=True):
        rest = tuple(k for k in found.fit.support if k != j)
        lead = abs(float(weight)) / max(2 * float(error), 1e-300)
        yield Rival(rest, lead, log(_share(found.scale, j, float(error))))


def _share(scale: Scale, j: int, error: float) -> float:
    """One standard error of a term's weight, as a share of the left side."""
    regression = scale.regression
    size = float(np.sqrt(max(regression.signal[j, j], 0.0)))
    share = error * size / regression.size if regression.size > 0 else 1.0
    return float(np.clip(share, _SHARPEST, 1.0))
