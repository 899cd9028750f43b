"""Is the law one of the candidates at all? Terms just outside the library are held against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from .._wording import percent
from ..derivatives import Feature, Term, phase_terms, polynomials
from ..derivatives import term as read_term
from ._estimate import judge
from ._projection import Sample, projections
from ._rates import velocities
from ._referee import UNEXPECTED, Referee
from ._searching import APPROXIMATE
from ._select import HIDDEN, RULED_OUT, Scale, hidden, suspect, trailing
from ._series import Searched, series
from ._side import Side, SideLaw, regression, searched
from ._target import Target
from ._whitened import Law, Whitened

#: Powers of one component beyond those of the library.
_POWERS = (4, 5)

#: Error of a frequency, as a share of it, within which a sine may pass for that of the variable itself.
_FREQUENCY = 0.1

#: A power is tried behind so many derivatives at most: with more it is mostly noise.
_BEHIND = 2


def beyond(samples: Sequence[Sample], side: Side) -> tuple[str, ...]:
    """Doubts that terms outside the library cast on a law: as replacement of one of its terms, or beside it.

    Returns:
        Sentences that name the terms; empty where the data rule all of them out, or need none.
    """
    law = side.best
    if law is None or not side.path.support:
        return ()
    known = {term.name for term in law.terms}
    outside = {term.name: term for term in _outside(law) if term.name not in known}
    if not outside:
        return ()
    terms = (*law.chosen, *outside.values())
    columns = tuple(dict.fromkeys((*(f for term in terms for f in term.features), *law.target.features)))
    scales, chosen, sharpest = [], None, judge(side.scales, law.estimate)
    tried = [scale.regression.projection.scale for scale in side.scales]
    for scale, projection in zip(side.scales, projections(samples, columns, tried), strict=True):
        if projection is not None:
            found = regression(projection, law.target, terms)
            if side.referee is not None and isinstance(scale.regression, Whitened):
                found = side.referee.whitening.regression(side.left, projection, found.sides, terms)
            scales.append(Scale(found, scale.seed))
            if scale is sharpest:
                chosen = scales[-1]
    if chosen is None:
        return ()
    held = _Held(law, tuple(scales), chosen, terms, side.referee)
    return (
        *held.replacing(),
        *held.beside(),
        *held.unseen(),
        *_dampings(law, side.referee),
        *held.frequencies(),
        *series(law, _searched(law, side, sharpest, [chosen, *scales], terms), side.referee),
    )


def of_first_order(samples: Sequence[Sample], side: Side) -> list[str]:
    """Doubt where a law of first order, with higher derivatives than the library's, explains a field too.

    A law of second order in time follows from it wherever few waves are seen: as many rates, as many terms.
    """
    first = side.target.features[0]
    in_time = first.axes.index("t")
    if first.orders[in_time] < 2 or len(first.axes) < 2 or len(side.target.features) > 1:
        return []
    component = tuple(int(name == side.left.rpartition("_")[0]) for name in first.components)
    orders = [tuple(int(i == in_time) for i in range(len(first.axes))), *_higher(first.axes)]
    left, *higher = (Feature(first.components, first.axes, component, each) for each in orders)
    library = polynomials(first.components, first.axes)
    library = replace(library, terms=(*library.terms, *map(Term.of, higher)))
    [search] = searched(samples, [Target(left.name, (left,))], library, side.scales[0].seed)
    if not search.path.support or search.found is None or search.found.lack > APPROXIMATE:
        return []
    found = " + ".join(library.terms[j].name for j in search.found.fit.support)
    return [f"{left.name} is explained by {found}, from which a law of second order may follow"]


def _searched(
    law: SideLaw, side: Side, sharpest: Scale, beyond: Sequence[Scale], terms: Sequence[Term]
) -> list[Searched]:
    """Where the law was searched: among its candidates, and beside what is none."""
    own = law.estimate.fit.support
    among = [Searched(scale, law.terms, own) for scale in (sharpest, *side.scales)]
    return among + [Searched(scale, terms, tuple(range(len(own)))) for scale in beyond]


def _outside(law: SideLaw) -> Iterator[Term]:
    """The next powers behind the derivatives that the law has, and the next derivatives."""
    if len(law.target.features) > 1:
        yield from _outside_complex(law)
        return
    for feature in (term.feature for term in law.chosen):
        if feature is not None and not feature.factor:
            yield from map(Term.of, _outside_feature(feature))
        if feature is not None and (slope := _by_frequency(feature)):
            yield slope


def _by_frequency(feature: Feature) -> Term | None:
    """How the sine or cosine of a component changes with its frequency."""
    for component in feature.components:
        slopes = {f"sin({component})": f"{component}*cos({component})"}
        slopes[f"cos({component})"] = f"{component}*sin({component})"
        if feature.factor in slopes and not feature.order and not feature.degree:
            return read_term(slopes[feature.factor], feature.components, feature.axes)
    return None


def _outside_complex(law: SideLaw) -> Iterator[Term]:
    """The same for a complex field: the next power of its modulus, and the next derivatives."""
    name, axes = law.left.rpartition("_")[0], law.target.features[0].axes
    none = (0,) * len(axes)
    if any(term.degree > 1 for term in law.chosen):
        yield from phase_terms(name, axes, 3, none)
    if any(term.degree == 1 and term.order for term in law.chosen):
        for orders in _higher(axes):
            yield from phase_terms(name, axes, 0, orders)


def _outside_feature(feature: Feature) -> Iterator[Feature]:
    here = [i for i, q in enumerate(feature.exponents) if q]
    if feature.order <= _BEHIND and (feature.degree > 1 or not feature.order):
        for c in here:
            for power in _POWERS:
                exponents = tuple(power * (i == c) for i in range(len(feature.exponents)))
                yield Feature(feature.components, feature.axes, exponents, feature.orders)
        if len(here) > 1:
            for c in here:
                raised = tuple(q + (i == c) for i, q in enumerate(feature.exponents))
                yield Feature(feature.components, feature.axes, raised, feature.orders)
    if feature.degree == 1 and any(o for a, o in zip(feature.axes, feature.orders, strict=True) if a != "t"):
        for orders in _higher(feature.axes):
            yield Feature(feature.components, feature.axes, feature.exponents, orders)


def _higher(axes: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Derivative orders just above those of the library."""
    space = [i for i, axis in enumerate(axes) if axis != "t"]
    for order in (5, 6) if len(space) == 1 else (3, 4):
        for i in space:
            yield tuple(order * (k == i) for k in range(len(axes)))
    for pair in combinations(space, 2):
        yield tuple(2 * (k in pair) for k in range(len(axes)))


@dataclass(frozen=True)
class _Held:
    """A law held against terms outside its library, at all scales and at the one that it was `chosen` at.

    `terms` are those of the law and then the others.
    """

    law: SideLaw
    scales: tuple[Scale, ...]
    chosen: Scale
    terms: tuple[Term, ...]
    referee: Referee | None

    @property
    def support(self) -> tuple[int, ...]:
        """The law's own terms."""
        return tuple(range(len(self.law.chosen)))

    def replacing(self) -> Iterator[str]:
        """Doubt where another term in place of one of the law explains as much."""
        ordered = [self.chosen, *(s for s in self.scales if s is not self.chosen and s.regression.impartial)]
        found: dict[str, list[str]] = {}
        for j in self.support:
            for into in range(len(self.support), len(self.terms)):
                rival = tuple(sorted((*(k for k in self.support if k != j), into)))
                fit = self.chosen.fit(rival)
                if fit is None:
                    continue
                deficits = (trailing(s, self.support, rival, always=s is self.chosen) for s in ordered)
                if any(deficit >= RULED_OUT for deficit in deficits):
                    continue
                other = Law(self.law.target, tuple(self.terms[k] for k in fit.support), fit.weights)
                if self.referee is None or not self.referee.rules_out(other, self.law.law, odds=UNEXPECTED):
                    found.setdefault(self.terms[j].name, []).append(self.terms[into].name)
        for name, others in found.items():
            yield (
                f"{' or '.join(others)}, which {'are' if len(others) > 1 else 'is'} no candidate, "
                f"in place of {name} would explain {self.law.left} as well"
            )

    def beside(self) -> Iterator[str]:
        """Doubt where a further term may be missing."""
        extra = suspect(self.scales, self.support)
        if extra is None:
            return
        term, evidence = self.terms[extra[0]], 2 * extra[1]
        if self.referee is not None and not self.referee.hints_at(term, self.law.law):
            return
        yield (
            f"{term.name}, which is no candidate, may be missing: it would be {evidence:.1f} standard errors "
            "from zero"
        )

    def unseen(self) -> Iterator[str]:
        """Doubt where much of a left side could be a term outside the library that the samples hint at.

        Of a higher derivative no hint is needed: noise hides it first. A further power is always nearly made
        of those before it.
        """
        highest = max(term.order for term in self.law.chosen)
        steeper = [j for j, term in enumerate(self.terms) if term.order > highest]
        for scale in self.scales:
            found = None if scale.regression.impartial else hidden(scale, self.support, steeper)
            if found is not None and found[1] > HIDDEN:
                name, share = self.terms[found[0]].name, percent(min(found[1], 1.0))
                yield f"{name}, which is no candidate, could be {share} of {self.law.left} without being seen"

    def frequencies(self) -> Iterator[str]:
        """Doubt where a sine's frequency is not known well enough for it to be one of the variable itself."""
        for j in self.support:
            feature = self.terms[j].feature
            slope = _by_frequency(feature) if feature else None
            if slope is None:
                continue
            into = next((k for k, other in enumerate(self.terms) if other.name == slope.name), None)
            fit = self.chosen.fit((*self.support, into)) if into is not None else None
            if fit is None or into is None:
                error = np.inf
            else:
                place = fit.support.index(into)
                error = float(np.sqrt(self.chosen.regression.covariance(fit)[place, place]))
                error /= abs(float(self.law.estimate.fit.weights[j])) or 1.0
            if error > _FREQUENCY:
                yield f"the frequency in {self.terms[j].name} is known to {percent(min(error, 1.0))} only"


def _dampings(law: SideLaw, referee: Referee | None) -> Iterator[str]:
    """Doubt where what damps an oscillator may as well depend on its velocity otherwise, or on time."""
    first = law.target.features[0]
    if referee is None or not referee.follows or first.order < 2:
        return
    component = law.left.rpartition("_")[0]
    written = (*velocities(component), f"t*{component}_t")
    others = [read_term(each, first.components, first.axes) for each in written]
    for j, term in enumerate(law.chosen):
        if term.feature is None or not term.feature.order:
            continue
        kept = [k for k in range(len(law.chosen)) if k != j]
        weights = np.append(law.estimate.fit.weights[kept], 0.0)
        rivals = [Law(law.target, (*(law.chosen[k] for k in kept), other), weights) for other in others]
        left = [r.terms[-1].name for r in rivals if not referee.rules_out(r, law.law, odds=UNEXPECTED)]
        if left:
            yield (
                f"{' or '.join(left)}, which {'are' if len(left) > 1 else 'is'} no candidate, "
                f"in place of {term.name} would explain {law.left} as well"
            )
