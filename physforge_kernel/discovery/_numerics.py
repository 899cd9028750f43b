"""Words on what is numerics: traces of grids and solvers in the data, told from physics where possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .._wording import percent
from ._projection import Sample
from ._side import Side, SideLaw
from ._units import power_of_two

#: A refinement is mentioned when it cuts what is left unexplained by this factor.
_WORTH_A_WORD = 3.0

#: Size at the grid's finest scale, relative to the term two orders below, up to which a scheme's truncation
#: error explains a term: dx^2/12 for a centred second derivative, dx^2/6 for a third, dx^2/4 with wide
#: stencils.
_TRUNCATION = 0.25


@dataclass(frozen=True)
class Refinement:
    """The best single addition to a law: its weight, and what it leaves of the left side.

    `truncation` is (name, ratio): the law's term two orders below, and the addition's size relative to it at
    the finest scale of the grid.
    """

    name: str
    weight: float
    before: float
    after: float
    truncation: tuple[str, float] | None

    @property
    def likely_numerics(self) -> bool:
        """Whether a second-order scheme would leave this term, and little else is left."""
        worth = self.after * _WORTH_A_WORD <= self.before
        return worth and self.truncation is not None and self.truncation[1] <= _TRUNCATION


def notes(samples: Sequence[Sample], sides: Sequence[Side]) -> tuple[str, ...]:
    """Sentences on noise, resolution, and small terms that a discretisation would leave."""
    return tuple([*_on_samples(samples), *(text for side in sides for text in _on_law(samples, side))])


def _on_samples(samples: Sequence[Sample]) -> Iterator[str]:
    for i, sample in enumerate(samples):
        which = f" of field {i + 1}" if len(samples) > 1 else ""
        yield from sample.remarks
        if sample.unresolved:
            yield (
                f"{percent(sample.unresolved)} of the samples{which} lie at fronts that the grid does not "
                "resolve; they were left out, since what a solver leaves there is its truncation error."
            )
        for name, count in sample.missing.items():
            yield _on_missing(name, count, which, sample)
        for name, count in sample.outliers.items():
            yield _on_outliers(name, count, which, sample)
        for name in sample.uneven:
            yield (
                f"The noise on {name}{which} is larger where {name} is. The corrections assume that it is "
                "the same everywhere, so that the law and its intervals are less sure than they look."
            )
        for name in sample.heavy:
            if name not in sample.uneven:
                yield (
                    f"The noise on {name}{which} has heavier tails than Gaussian noise, which the "
                    "corrections assume, so that the law and its intervals are less sure than they look."
                )
        units = (
            [power_of_two(k) for k in sample.units.components] if sample.units else [1.0] * len(sample.sigma)
        )
        for name, rms, sigma, unit in zip(sample.components, sample.rms, sample.sigma, units, strict=True):
            if name in sample.rounded:
                step = sample.rounded[name]
                yield (
                    f"The samples of {name}{which} are multiples of {step * unit:.3g}, {percent(step / rms)} "
                    "of its rms, and no noise smears these steps. Record more digits, or take means of "
                    "several readings."
                )
            if rms > 0 and sigma / rms > 1e-3:
                share = percent(sigma / rms)
                yield f"Noise on {name}{which}: about {share} of its rms (sd {sigma * unit:.2g})."


def _on_missing(name: str, count: int, which: str, sample: Sample) -> str:
    total = int(np.prod([len(points) for points in sample.points]))
    wrong = sample.outliers.get(name, 0)
    left = count + wrong - round(sample.filled.get(name, 0.0) * total)
    text = (
        f"{count} of the {total} samples of {name}{which} ({percent(count / total)}) "
        f"{'is' if count == 1 else 'are'} missing or not finite; "
    )
    if left <= 0:
        return text + "filled from their neighbours, which the intervals allow for."
    if left >= count:
        return text + "they lie in holes and were left out."
    return text + (
        f"{count - left} were filled from their neighbours, which the intervals allow for, "
        f"and {left} in holes were left out."
    )


def _on_outliers(name: str, count: int, which: str, sample: Sample) -> str:
    total = int(np.prod([len(points) for points in sample.points]))
    if count == 1:
        return (
            f"1 of the {total} samples of {name}{which} is far from all its neighbours; "
            "it was treated as missing."
        )
    return (
        f"{count} of the {total} samples of {name}{which} are far from all their neighbours, "
        "each on its own; they were treated as missing."
    )


def _on_law(samples: Sequence[Sample], side: Side) -> Iterator[str]:
    refined = refinement(samples, side)
    if refined is None or refined.after * _WORTH_A_WORD > refined.before or not np.isfinite(refined.weight):
        return
    text = (
        f"Adding {refined.weight:.3g} {refined.name} would lower what {side.left} has left from "
        f"{percent(refined.before)} to {percent(refined.after)}."
    )
    if refined.likely_numerics and refined.truncation is not None:
        name, ratio = refined.truncation
        text += (
            f" At the finest scale of the grid that is {percent(ratio)} of {name}: "
            "a second-order scheme leaves a term of this size, so it is likely numerics, not physics."
        )
    else:
        text += " It may be a small real effect or an error of the solver or sensor; these data cannot tell."
    yield text


def refinement(samples: Sequence[Sample], side: Side) -> Refinement | None:
    """The best single addition to a side's law, where the law leaves more than noise; else None."""
    law = side.best
    if law is None or not side.path.support or law.estimate.lack == 0.0:
        return None
    scale, support, regression = law.estimate.scale, law.estimate.fit.support, law.estimate.scale.regression
    fits = [(regression.fit((*support, j)), j) for j in regression.usable if j not in support]
    found = [(fit, j) for fit, j in fits if fit is not None]
    before = float(np.sqrt(max(law.estimate.fit.excess, 0.0))) / scale.regression.size
    if not found or before < 1e-5:
        return None
    fit, j = min(found, key=lambda item: item[0].excess)
    weight = float(fit.weights[fit.support.index(j)])
    after = float(np.sqrt(max(fit.excess, 0.0))) / regression.size
    ratio = _step_ratio(samples, law, j, weight)
    term = law.terms[j]
    return Refinement(term.name, weight * law.factor(term), before, after, ratio)


def _step_ratio(samples: Sequence[Sample], law: SideLaw, j: int, weight: float) -> tuple[str, float] | None:
    """Size of a term at the grid's scale relative to the law's term two derivative orders below it."""
    extra = law.terms[j].feature
    for term, w in zip(law.chosen, law.estimate.fit.weights, strict=True):
        below = term.feature
        if extra is None or below is None or extra.factor != below.factor:
            continue
        raised = [i for i, (a, b) in enumerate(zip(extra.orders, below.orders, strict=True)) if a - b == 2]
        same = sum(abs(a - b) for a, b in zip(extra.orders, below.orders, strict=True)) == 2
        if len(raised) == 1 and same:
            i = raised[0]
            step = float(np.median(np.diff(samples[0].points[i])))
            ratio = abs(weight / w) / step**2
            if extra.exponents == below.exponents:
                return below.name, ratio
            size = samples[0].rms[0] ** (extra.degree - below.degree)
            return below.name, ratio * size
    return None
