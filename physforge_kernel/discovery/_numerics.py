"""Words on what is numerics: traces of grids and solvers in the data, told from physics where possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._projection import Sample
from ._side import Side, SideLaw
from ._verdict import percent

#: A refinement is mentioned when it cuts what is left unexplained by this factor.
_WORTH_A_WORD = 3.0

#: Size at the grid's finest scale, relative to the term two orders below, up to which a scheme's truncation
#: error explains a term: dx^2/12 for a centred second derivative, dx^2/6 for a third, dx^2/4 with wide
#: stencils.
_TRUNCATION = 0.25


def notes(samples: Sequence[Sample], sides: Sequence[Side]) -> tuple[str, ...]:
    """Sentences on noise, resolution, and small terms that a discretisation would leave."""
    return tuple([*_on_samples(samples), *(text for side in sides for text in _on_law(samples, side))])


def _on_samples(samples: Sequence[Sample]) -> Iterator[str]:
    for i, sample in enumerate(samples):
        which = f" of field {i + 1}" if len(samples) > 1 else ""
        if sample.unresolved:
            yield (
                f"{percent(sample.unresolved)} of the samples{which} lie at fronts that the grid does not "
                "resolve; they were left out, since what a solver leaves there is its truncation error."
            )
        for name, values, sigma in zip(sample.components, sample.values, sample.sigma, strict=True):
            rms = float(np.sqrt(np.mean(values**2)))
            if rms > 0 and sigma / rms > 1e-3:
                yield f"Noise on {name}{which}: about {percent(sigma / rms)} of its rms (sd {sigma:.2g})."


def _on_law(samples: Sequence[Sample], side: Side) -> Iterator[str]:
    law = side.best
    if law is None or not side.path.support:
        return
    found = law.estimate
    left_over = float(np.sqrt(max(found.fit.excess, 0.0))) / max(found.scale.regression.size, 1e-300)
    if left_over < 1e-5 or found.lack == 0.0:
        return
    refined = _refinement(law)
    if refined is None:
        return
    name, weight, remaining, coarse = refined
    if remaining * _WORTH_A_WORD > left_over:
        return
    text = (
        f"Adding {weight:.3g} {name} would lower what {side.left} has left from {percent(left_over)} "
        f"to {percent(remaining)}."
    )
    step = _step_ratio(samples, law, coarse, weight)
    if step is not None and step[1] <= _TRUNCATION:
        text += (
            f" At the finest scale of the grid that is {percent(step[1])} of {step[0]}: "
            "a second-order scheme leaves a term of this size, so it is likely numerics, not physics."
        )
    else:
        text += " It may be a small real effect or an error of the solver or sensor; these data cannot tell."
    yield text


def _refinement(law: SideLaw) -> tuple[str, float, float, int] | None:
    """The best single addition: its name, weight, the share then left, and its column."""
    scale, support = law.estimate.scale, law.estimate.fit.support
    best = None
    for j in scale.regression.usable:
        if j in support:
            continue
        fit = scale.regression.fit(tuple(sorted((*support, j))))
        if fit is not None and (best is None or fit.excess < best[0].excess):
            best = (fit, j)
    if best is None:
        return None
    fit, j = best
    remaining = float(np.sqrt(max(fit.excess, 0.0))) / scale.regression.size
    return law.columns[j].name, float(fit.weights[fit.support.index(j)]), remaining, j


def _step_ratio(samples: Sequence[Sample], law: SideLaw, j: int, weight: float) -> tuple[str, float] | None:
    """Size of a term at the grid's scale relative to the law's term two derivative orders below it."""
    extra = law.columns[j]
    support, weights = law.estimate.fit.support, law.estimate.fit.weights
    for k, w in zip(support, weights, strict=True):
        below = law.columns[k]
        raised = [i for i, (a, b) in enumerate(zip(extra.orders, below.orders, strict=True)) if a - b == 2]
        same = sum(abs(a - b) for a, b in zip(extra.orders, below.orders, strict=True)) == 2
        if len(raised) == 1 and same:
            i = raised[0]
            step = float(np.median(np.diff(samples[0].points[i])))
            ratio = abs(weight / w) / step**2
            if extra.exponents == below.exponents:
                return below.name, ratio
            size = float(np.sqrt(np.mean(samples[0].values[0] ** 2))) ** (extra.degree - below.degree)
            return below.name, ratio * size
    return None
