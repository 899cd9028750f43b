"""`discover`: from a field to its law."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..derivatives import Feature, Library, Term, phase_symmetric, polynomials, sines, slopes
from ..errors import DiscoveryError
from ._asked import check_method
from ._beyond import beyond
from ._controls import admitted, noisy_controls
from ._criteria import Comparison
from ._evidence import Evidence
from ._flows import FoundFlow, find_flow
from ._given import as_fields, on_dates
from ._hearing import heard_out
from ._memory import in_memory
from ._numerics import notes, refinement
from ._odds import improbable, odds
from ._posed import ill_posed
from ._prepare import prepare
from ._projection import Sample
from ._result import Candidate, Discovery
from ._scattered import carried
from ._select import MOST_TERMS
from ._side import Side, SideLaw, sides
from ._stored import Stored
from ._target import Target
from ._verdict import CONTRADICTED, DISCRETISED, RANKS, UNSEEN, Verdict, combine, doubted, judge
from .strong import Picked, Strong

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    Given = xr.Dataset | xr.DataArray | pd.DataFrame

ILL_POSED = (
    "the law cannot run forwards in time: its shortest waves grow without bound, "
    "so that it stands for another one"
)

#: Reports how far the work is: a fraction from 0 to 1, and what is being done.
Progress = Callable[[float, str], None]


def discover(
    field: Given | Sequence[Given],
    target: str | Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    library: Library | None = None,
    controls: str | Sequence[str] = (),
    method: str = "weak",
    options: Mapping[str, Any] | None = None,
) -> Discovery:
    """Find the differential equation behind a measured field, and say how sure that is.

    The law is sought in the weak form, with test functions of many sizes, among derivatives of products of
    powers. Noise is estimated from the samples and its effect on both sides of the regression is corrected; a
    term is taken only where the data need it beyond noise and assumed accuracy, so that there is no threshold
    to tune.

    Args:
        field: a field with dimension `t` and any of `x`, `y`, `z`, and real variables or one complex one, NaN
            where a sample is missing; or scattered samples: a Dataset along one dimension, or a pandas
            DataFrame, with `t` and the places beside the variables; or several of these, experiments that
            share one law. Times may be dates, and count in seconds then. What Dask has is read block by block
            where it does not fit in memory.
        target: the left side, `"u_t"` or `"u_tt"`, or a list of them for a system. None tries the first time
            derivative of every variable, then the second.
        seed: seed of the random probes that estimate the scatter of residuals.
        progress: called with a fraction and a message.
        library: the candidate terms; None takes the powers of the variables up to degree three and their
            derivatives, and where these do not suffice the sines and cosines of the variables too, or
            products of first derivatives; for a complex field the terms that keep their form where its phase
            is turned.
        controls: variables that have no law of their own and may stand in those of the others, such as a
            forcing; they may have fewer axes than the field.
        method: `"weak"`, or an optimiser of PySINDy's to choose the terms from derivatives of the samples:
            `"pysindy:stlsq"`, `"pysindy:sr3"`, `"pysindy:ssr"`, `"pysindy:frols"`, `"pysindy:ensemble"` or
            `"pysindy:constrained"`; or `"pysindy:weak"`, STLSQ on PySINDy's weak form. Coefficients,
            intervals and verdict come from our weak form in any case.
        options: of that optimiser, as PySINDy calls them, such as `{"threshold": 0.05}`; `derivatives` is the
            method of `differentiate`; `K`, `H_xt` and `p` are for `weak`, and `constraints`, for
            `constrained`, a list of weights by left side and term with what they add up to:
            `[({("x_t", "y"): 1.0, ("y_t", "x"): 1.0}, 0.0)]`.

    Returns:
        The laws considered, best first, with intervals, a verdict and notes on numerics.

    Raises:
        DiscoveryError: if the field or the target cannot be used, saying why and what to do.

    Example:
        >>> import physforge_kernel as pf
        >>> found = pf.discover(pf.catalogue.get("heat").field(x=64, t=41))
        >>> found.verdict.kind, list(found.best.equation.terms["u_t"])
        ('identified', ['u_xx'])

    References:
        Messenger and Bortz, Weak SINDy for partial differential equations, J. Comput. Phys. 443 (2021);
        Bortz, Messenger and Dukic, WENDy, Bull. Math. Biol. 85 (2023), for noise on both sides.
    """
    from threadpoolctl import threadpool_limits

    # The matrices are small: threads of the linear algebra library would only wait for each other.
    with threadpool_limits(1):
        return _discover(
            field,
            target,
            seed,
            progress or (lambda fraction, message: None),
            library,
            [controls] if isinstance(controls, str) else list(controls),
            method,
            dict(options or {}),
        )


def _discover(
    field: Given | Sequence[Given],
    target: str | Sequence[str] | None,
    seed: int,
    tell: Progress,
    library: Library | None,
    controls: Sequence[str],
    method: str,
    options: Mapping[str, Any],
) -> Discovery:
    started = time.perf_counter()
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DiscoveryError(f"The seed is {seed!r}; give a whole number that is not negative.")
    if not (target is None or isinstance(target, (str, list, tuple))):
        raise DiscoveryError(f"The target is {target!r}; give a name such as 'u_t', a list of them, or None.")
    if not (library is None or isinstance(library, Library)):
        raise DiscoveryError(
            f"The library is {library!r}; make one, as with pf.library.polynomial(field), or leave it out."
        )
    check_method(method, options)
    tell(0.0, "reading the field")
    fields, clouds = carried(as_fields(field), seed)
    if method != "weak":
        fields = [in_memory(each, "taking derivatives of its samples") for each in fields]
    chooser = None if method == "weak" else Strong(fields, method, options, seed)
    samples = prepare(fields, controls=controls)
    flow = find_flow(samples, seed)
    attempts = _attempts(samples, target, seed, tell, library, flow, chooser)
    blind = any(side.best is None for attempt in attempts for side in attempt.sides)
    if blind and any(sample.unresolved for sample in samples):
        samples = prepare(fields, mask_fronts=False, controls=controls)
        attempts = _attempts(samples, target, seed, tell, library, flow, chooser)
    foremost = _foremost(attempts)
    found, picked = foremost.sides, foremost.picked
    own = [chooser.note(left, each) for left, each in picked.items()] if chooser else []
    flows = [flow.note] if flow else []
    result = Discovery(
        candidates=_candidates(found),
        verdict=combine(foremost.verdicts),
        notes=(*own, *on_dates(fields), *_on_order(attempts, found), *flows, *notes(foremost.samples, found)),
        noise=_noise(samples),
        settings={
            "target": target if target is None or isinstance(target, str) else list(target),
            "seed": seed,
            **({"controls": list(controls)} if controls else {}),
            **({"method": method, "options": chooser.settings} if chooser else {}),
        },
        seconds=time.perf_counter() - started,
        evidence=Evidence(
            tuple(fields),
            tuple(foremost.samples),
            found,
            library,
            seed,
            {"controls": list(controls), "method": method, "options": dict(options)},
        ),
    )
    if clouds:
        tell(1.0, "solving the law to hold it against the samples")
        result = replace(heard_out(result, clouds, seed), seconds=time.perf_counter() - started)
    tell(1.0, "done")
    return result


@dataclass(frozen=True)
class _Attempt:
    """Laws for one set of targets, the verdict on each, what another method picked, and the samples."""

    verdicts: dict[str, Verdict]
    sides: tuple[Side, ...]
    picked: dict[str, Picked]
    samples: list[Sample]


def _attempts(
    samples: Sequence[Sample],
    target: str | Sequence[str] | None,
    seed: int,
    tell: Progress,
    library: Library | None,
    flow: FoundFlow | None,
    chooser: Strong | None,
) -> list[_Attempt]:
    """Laws for every set of targets in turn, until one is explained."""
    attempts = []
    leading = next((sample for sample in samples if isinstance(sample, Stored)), samples[0])
    libraries = [lambda targets: library] if library else _standard(leading, flow)
    if chooser:
        libraries = libraries[:1]
    wanted = [
        (targets, terms)
        for among in libraries
        for targets in _targets(samples[0], target, flow)
        for terms in [admitted(among(targets), samples[0])]
        if all(terms.serving(each.name) for each in targets)
    ]
    if not wanted:
        raise DiscoveryError(
            "The library has no candidate term for every left side that is sought; name one that it serves "
            "as the target, or add terms."
        )
    for i, (targets, terms) in enumerate(wanted):
        if _explained_lower(targets, attempts):
            continue
        message = f"seeking a law for {', '.join(target.name for target in targets)}"
        picked = chooser.pick(samples, targets, terms) if chooser else {}
        given = {left: each.supports for left, each in picked.items()} if chooser else None
        known = [sample.knowing(terms.features) for sample in samples]
        found = sides(
            known, targets, terms, seed, lambda f, i=i, m=message: tell((i + f) / len(wanted), m), given
        )
        verdicts = _judged(known, found)
        if chooser:
            verdicts = {s.left: chooser.verdict(s, picked[s.left], verdicts[s.left]) for s in found}
        attempts.append(_Attempt(verdicts, found, picked, known))
        if all(_settled(side, verdicts[side.left], first=i == 0) for side in found):
            break
    return attempts


def _judged(samples: Sequence[Sample], found: Sequence[Side]) -> dict[str, Verdict]:
    """The verdict on every side, with the doubts that come from outside the search."""
    laws = {side.left: side.best for side in found if side.best is not None and side.path.support}
    backwards = ill_posed(samples[0], laws) if laws else False
    verdicts = {}
    for side in found:
        verdict = judge(side, refinement(samples, side))
        if backwards and side.left in laws:
            verdict = doubted(verdict, [ILL_POSED])
        verdict = doubted(verdict, noisy_controls(samples, side))
        if verdict.kind == "identified":
            verdict = doubted(verdict, [*beyond(samples, side), *improbable(side)])
        verdicts[side.left] = verdict
    return verdicts


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
        products = slopes(sample.components, sample.axes)
        kept = powers(targets).without(
            _mixed_slope
        )  # (u*v)_x is u_x*v + u*v_x, which are candidates themselves
        return kept + products

    if len(sample.axes) == 1 or isinstance(sample, Stored):
        return [powers, curved]
    return [powers, curved, steep] if len(sample.components) == 1 else [powers, steep, curved]


def _mixed_slope(term: Term) -> bool:
    """Whether a term is as `(u*v)_x`, where `u*v_x` and `v*u_x` are candidates themselves."""
    feature = term.feature
    return feature is not None and feature.order == 1 and feature.degree == 2 and max(feature.exponents) == 1


def _explained_lower(targets: Sequence[Target], attempts: Sequence[_Attempt]) -> bool:
    """Whether a law of lower order in time explains the field, surely or not: one of this may follow."""
    order = max(target.features[0].order for target in targets)
    return any(
        _order(attempt.sides) < order
        and all(verdict.kind != "not identifiable" for verdict in attempt.verdicts.values())
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
    return _fits(side) and len(side.best.names) < MOST_TERMS and not _like_sines(side)


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


def _fits(side: Side) -> bool:
    """Whether a law of this order explains its left side. If so, laws of higher order follow from it."""
    return _holds(side) and side.best is not None and side.best.estimate.lack <= DISCRETISED


def _holds(side: Side) -> bool:
    """Whether there is a law, and no scale that sees clearly contradicts it."""
    if not side.path.support or side.best is None:
        return False
    return side.best.estimate.worst_lack <= CONTRADICTED


def _shown(side: Side) -> bool:
    """Whether a law holds and noise does not hide most of what it explains."""
    return _holds(side) and side.best is not None and side.best.estimate.unseen <= UNSEEN


def _foremost(attempts: Sequence[_Attempt]) -> _Attempt:
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


def _candidates(found: Sequence[Side]) -> tuple[Candidate, ...]:
    best: dict[str, SideLaw] = {side.left: side.best for side in found if side.best is not None}
    if len(best) < len(found):
        missing = [side.left for side in found if side.best is None]
        raise DiscoveryError(
            f"No test function finds enough valid samples to see {', '.join(missing)}: "
            "there are too few along an axis, or too many are missing; measure more."
        )
    for left, law in best.items():
        if not law.expressible:
            raise DiscoveryError(
                f"In the units of this field the law of {left}, made of {', '.join(law.names)}, has "
                "coefficients beyond what numbers hold; choose units in which its values and axes are "
                "nearer to one."
            )
    shared = Comparison.of(found), odds(found)
    candidates = [Candidate(best, *shared)]
    for side in found:
        for law in (*side.rivals, *side.others):
            if law.expressible:
                candidates.append(Candidate({**best, side.left: law}, *shared))
    return tuple(candidates[:12])


def _on_order(attempts: Sequence[_Attempt], found: Sequence[Side]) -> list[str]:
    if len(attempts) < 2:
        return []
    tried = [", ".join(attempt.verdicts) for attempt in attempts]
    chosen = ", ".join(side.left for side in found)
    return [f"Tried {' and then '.join(tried)}; {chosen} gave the better founded law."]


def _noise(samples: Sequence[Sample]) -> dict[str, float]:
    """Estimated noise of each variable as a fraction of its rms, the largest over the experiments."""
    result: dict[str, float] = {}
    for sample in samples:
        for name, rms, sigma in zip(sample.components, sample.rms, sample.sigma, strict=True):
            result[name] = max(result.get(name, 0.0), sigma / rms if rms else 0.0)
    return result
