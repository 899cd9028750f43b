"""Laws for one set of left sides after another, in one library after another, until one is explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..derivatives import Feature, Library, Term, phase_symmetric, polynomials, sines, slopes
from ..errors import DiscoveryError
from ._beyond import beyond, of_first_order
from ._controls import admitted, noisy_controls
from ._drift import drifting
from ._flows import FoundFlow
from ._numerics import refinement
from ._odds import improbable
from ._paths import Paths, follow
from ._posed import ill_posed
from ._projection import Sample
from ._searching import Search
from ._select import HINTED, MOST_TERMS
from ._side import Side, searched, sides
from ._stored import Stored
from ._target import Target
from ._verdict import CONTRADICTED, DISCRETISED, RANKS, UNSEEN, Verdict, doubted, judge
from ._whitening import Whitening
from .strong import Picked, Strong

#: Called with a fraction and a message.
Progress = Callable[[float, str], None]

#: With so many terms a law may be the series of a function that another library holds.
_SERIES = 4

ILL_POSED = (
    "the law cannot run forwards in time: its shortest waves grow without bound, "
    "so that it stands for another one"
)


@dataclass(frozen=True)
class Attempt:
    """Laws for one set of targets, the verdict on each, what another method picked, and the samples.

    `backwards` says that the laws cannot run forwards in time.
    """

    verdicts: dict[str, Verdict]
    sides: tuple[Side, ...]
    picked: dict[str, Picked]
    samples: list[Sample]
    backwards: bool


def attempts_at(
    samples: Sequence[Sample],
    target: str | Sequence[str] | None,
    seed: int,
    tell: Progress,
    library: Library | None,
    flow: FoundFlow | None,
    chooser: Strong | None,
) -> list[Attempt]:
    """Laws for every set of targets in turn, until one is explained."""
    attempts = []
    leading = next((sample for sample in samples if isinstance(sample, Stored)), samples[0])
    if library is not None and not library.terms:
        raise DiscoveryError(
            "The library has no candidate term. Where units or a symmetry left none, see that those of all "
            "axes and variables are right, or let constants have units."
        )
    libraries = [lambda targets: library] if library is not None else _standard(leading, flow)
    if chooser:
        libraries = libraries[:1]
    wanted = [
        (targets, terms)
        for among in libraries
        for targets in _targets(samples[0], target, flow)
        for terms in [_without_lefts(admitted(among(targets), samples[0]), targets)]
        if all(terms.serving(each.name) for each in targets)
    ]
    if not wanted:
        raise DiscoveryError(
            "The library has no candidate term for every left side that is sought, left sides aside; name "
            "one that it serves as the target, or add terms."
        )
    searches: dict[int, list[Search]] = {}
    for i, (targets, terms) in enumerate(wanted):
        if _explained_lower(targets, attempts):
            continue
        message = f"seeking a law for {', '.join(target.name for target in targets)}"
        picked = chooser.pick(samples, targets, terms) if chooser else {}
        given = {left: each.supports for left, each in picked.items()} if chooser else None
        known = [sample.knowing(terms.features) for sample in samples]
        if i not in searches:
            searches[i] = searched(known, targets, terms, seed, given)
        tell((i + 0.4) / len(wanted), message)
        later = _next_library(wanted, i)
        if later is not None and any(_like_series(search) for search in searches[i]):
            richer = wanted[later][1]
            knowing = [sample.knowing(richer.features) for sample in samples]
            searches[later] = searched(knowing, targets, richer, seed)
            if _shorter(searches[later], searches[i]):
                continue
        found = sides(
            known,
            targets,
            terms,
            searches[i],
            lambda f, i=i, m=message: tell((i + 0.4 + 0.6 * f) / len(wanted), m),
        )
        backwards = _backwards(known, found)
        verdicts = _judged(known, found, backwards)
        if chooser:
            verdicts = {s.left: chooser.verdict(s, picked[s.left], verdicts[s.left]) for s in found}
        attempts.append(Attempt(verdicts, found, picked, known, backwards))
        if all(_settled(side, verdicts[side.left], first=i == 0) for side in found):
            break
    return attempts


def _without_lefts(library: Library, targets: Sequence[Target]) -> Library:
    """The terms that are no left side themselves."""
    lefts = {feature for target in targets for feature in target.features}
    return library.without(lambda term: term.feature in lefts)


def _next_library(wanted: Sequence[tuple[Sequence[Target], Library]], i: int) -> int | None:
    """The attempt at the same left sides in the library that comes next, if it adds functions.

    One that adds products of derivatives holds no function that a series could stand for, and is costly.
    """
    later = next((k for k in range(i + 1, len(wanted)) if wanted[k][0] == wanted[i][0]), None)
    return later if later is not None and not any(f.inside for f in wanted[later][1].features) else None


def _like_series(search: Search) -> bool:
    """Whether a law is as large as the series of another function would be."""
    return len(search.path.support) >= _SERIES


def _shorter(searches: Sequence[Search], before: Sequence[Search]) -> bool:
    """Whether all laws have half as many terms in another library or fewer, and leave no more unexplained."""
    return all(
        0 < len(new.path.support) <= len(old.path.support) / 2
        and new.found is not None
        and old.found is not None
        and new.found.lack <= old.found.lack
        for new, old in zip(searches, before, strict=True)
    )


def _backwards(samples: Sequence[Sample], found: Sequence[Side]) -> bool:
    """Whether the laws cannot run forwards in time."""
    laws = {side.left: side.best for side in found if side.best is not None and side.path.support}
    return bool(laws) and ill_posed(samples[0], laws)


def _judged(samples: Sequence[Sample], found: Sequence[Side], backwards: bool) -> dict[str, Verdict]:
    """The verdict on every side, with the doubts that come from outside the search."""
    verdicts, followed = {}, _followed(samples, found)
    masked = any(sample.masked for sample in samples)
    for side in found:
        verdict = judge(side, refinement(samples, side))
        if backwards and side.best is not None and side.path.support:
            verdict = doubted(verdict, [ILL_POSED])
        verdict = doubted(verdict, noisy_controls(samples, side))
        if verdict.kind == "identified":
            doubts = _astray(side, followed, masked=masked) or [*beyond(samples, side), *improbable(side)]
            doubts += drifting(side, masked=masked)
            verdict = doubted(verdict, doubts or of_first_order(samples, side))
        verdicts[side.left] = verdict
    return verdicts


def _followed(samples: Sequence[Sample], found: Sequence[Side]) -> Paths | None:
    """The solutions of the laws of all sides that lie nearest to the samples, where they can be followed."""
    laws = [side.best.law for side in found if side.best is not None and side.path.support]
    return follow(samples, laws, far=np.inf) if len(laws) == len(found) else None


def _astray(side: Side, followed: Paths | None, *, masked: bool) -> list[str]:
    """Doubt where no field that obeys the laws comes as near to the samples as their noise lets it.

    Samples that are not to be used are smoothed with the others, and say nothing of the law.
    """
    nearest: Paths | Whitening | None = followed
    if nearest is None and side.referee is not None and side.best is not None and not masked:
        nearest = side.referee.whitened(side.best.law)
    if nearest is None or nearest.holds:
        return []
    off = float(np.sqrt(nearest.misfit / nearest.rows))
    return [f"no solution of the law comes nearer to the samples than {off:.2g} times their noise"]


def _standard(sample: Sample, flow: FoundFlow | None) -> list[Callable[[Sequence[Target]], Library]]:
    """The libraries that are searched where none is given, by left sides: the next where one fails."""

    def order(targets: Sequence[Target]) -> int:
        return targets[0].features[0].orders[sample.axes.index("t")]

    if sample.complex_name:
        return [lambda ts: phase_symmetric(sample.complex_name, sample.axes, time_order=order(ts))]

    def powers(targets: Sequence[Target]) -> Library:
        terms = polynomials(sample.components, sample.axes, time_order=order(targets))
        if flow is None:
            return terms
        return flow.flow.reduced(terms, [target.name.rpartition("_")[0] for target in targets])

    def curved(targets: Sequence[Target]) -> Library:
        return powers(targets) + sines(sample.components, sample.axes)

    def steep(targets: Sequence[Target]) -> Library:
        return powers(targets).without(_mixed_slope) + slopes(sample.components, sample.axes)

    if len(sample.axes) == 1 or isinstance(sample, Stored):
        return [powers, curved]
    return [powers, curved, steep] if len(sample.components) == 1 else [powers, steep, curved]


def _mixed_slope(term: Term) -> bool:
    """Whether a term is as `(u*v)_x`, where `u*v_x` and `v*u_x` are candidates themselves."""
    feature = term.feature
    return feature is not None and feature.order == 1 and feature.degree == 2 and max(feature.exponents) == 1


def _explained_lower(targets: Sequence[Target], attempts: Sequence[Attempt]) -> bool:
    """Whether a law of lower order in time explains the field, surely or not: one of this may follow.

    One that cannot run forwards, that other test functions contradict, or whose terms may be zero does not.
    """
    order = max(target.features[0].order for target in targets)
    return any(
        _order(attempt.sides) < order
        and not attempt.backwards
        and all(verdict.kind != "not identifiable" for verdict in attempt.verdicts.values())
        and all(_stands(side) for side in attempt.sides)
        for attempt in attempts
    )


def _order(found: Sequence[Side]) -> int:
    return max(side.target.features[0].order for side in found)


def _settled(side: Side, verdict: Verdict, *, first: bool) -> bool:
    """Whether a law leaves no reason to look further.

    One that is identified leaves none. Of the first attempt it is enough that a law explains its left side,
    is not as large as a law can be, and could not be a sine.
    """
    if verdict.kind == "identified" or not first or side.best is None:
        return verdict.kind == "identified"
    return _stands(side) and len(side.best.names) < MOST_TERMS and not _like_sines(side)


def _like_sines(side: Side) -> bool:
    """Whether the law has a variable and its cube, as the series of a sine begins, and no square."""
    names = side.best.names if side.best else ()
    return any(
        {c, f"{c}^3"} <= set(names) and f"{c}^2" not in names for c in side.target.features[0].components
    )


def _targets(
    sample: Sample, target: str | Sequence[str] | None, flow: FoundFlow | None
) -> list[list[Target]]:
    """Attempts in turn, each a list of left sides; the vorticity of a flow stands for its velocity."""
    known = {
        order: {f"{name}_{'t' * order}": features for name, features in _lefts(sample, order).items()}
        for order in (1, 2)
    }
    if target is None:
        settled = flow.flow.velocity if flow is not None and flow.flow.vorticity is not None else ()
        return [
            [Target(n, features) for n, features in known[k].items() if n.rpartition("_")[0] not in settled]
            for k in (1, 2)
        ]
    wanted = [target] if isinstance(target, str) else list(target)
    names = [*known[1], *known[2]]
    for name in wanted:
        if name not in names:
            raise DiscoveryError(f"The target {name!r} is none of {', '.join(names)}; name one of these.")
    if not wanted:
        raise DiscoveryError(f"The list of targets is empty; name any of {', '.join(names)}, or pass None.")
    if len({name in known[1] for name in wanted}) > 1:
        raise DiscoveryError(
            f"The targets {', '.join(wanted)} mix first and second time derivatives; choose one."
        )
    order = 1 if wanted[0] in known[1] else 2
    return [[Target(name, known[order][name]) for name in dict.fromkeys(wanted)]]


def _lefts(sample: Sample, order: int) -> dict[str, tuple[Feature, ...]]:
    """The time derivatives of one order by variable; of a complex one, those of both its parts."""
    orders = tuple(order if axis == "t" else 0 for axis in sample.axes)
    single = [
        Feature(
            sample.components, sample.axes, tuple(int(i == c) for i in range(len(sample.components))), orders
        )
        for c in range(len(sample.components))
    ]
    if sample.complex_name:
        return {sample.complex_name: tuple(single)}
    controls = {control.name for control in sample.controls}
    return {
        name: (feature,)
        for name, feature in zip(sample.components, single, strict=True)
        if name not in controls
    }


def _stands(side: Side) -> bool:
    """Whether a law explains its left side with all its terms; then laws of higher order follow from it."""
    if not _holds(side) or side.best is None:
        return False
    return side.best.estimate.lack <= DISCRETISED and side.best.estimate.significance > HINTED


def _holds(side: Side) -> bool:
    """Whether there is a law, and no scale that sees clearly contradicts it."""
    if not side.path.support or side.best is None:
        return False
    return side.best.estimate.worst_lack <= CONTRADICTED


def _shown(side: Side) -> bool:
    """Whether a law holds and noise does not hide most of what it explains."""
    return _holds(side) and side.best is not None and side.best.estimate.unseen <= UNSEEN


def foremost(attempts: Sequence[Attempt]) -> Attempt:
    """The attempt with the best verdict; then one that all scales show, of lower order, of fewer terms.

    A law of higher order that is not identified must at least hold at all scales and stand out of the noise:
    with many terms and few test functions some law always fits at one.
    """

    def merit(i: int) -> tuple[int, bool, int, int, int]:
        found = attempts[i].sides
        order = _order(found)
        size = sum(len(side.best.names) for side in found if side.best)
        rank, shown = _rank(attempts[i].verdicts), all(_shown(side) for side in found)
        counts = i == 0 or shown or rank == len(RANKS) - 1
        return rank if counts else -1, shown, -order, -size, -i

    return attempts[max(range(len(attempts)), key=merit)]


def _rank(verdicts: dict[str, Verdict]) -> int:
    return min(RANKS.index(verdict.kind) for verdict in verdicts.values())
