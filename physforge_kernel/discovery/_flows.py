"""Is part of the field an incompressible flow? Then terms that look different are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from .._wording import percent
from ..derivatives import Feature, Flow
from ._projection import Projection, Sample, projections
from ._regression import Fit, Regression
from ._select import Scale
from ._side import scale_shares

#: Share of a relation's first part that its parts may leave beyond noise, as solvers and sensors do ...
_OFF = 1e-2

#: ... and that noise may hide where it hides least.
_HIDDEN = 0.05


@dataclass(frozen=True)
class FoundFlow:
    """A flow in the field, and the share of its derivatives up to which its relations were seen to hold."""

    flow: Flow
    hidden: float

    @property
    def note(self) -> str:
        """What was found, in a sentence."""
        relations = " and ".join(self.flow.relations)
        return (
            f"{relations} to within {percent(self.hidden)}: candidate terms that are the same in such a flow "
            f"are tried once, and {self.flow.transport(self.flow.vorticity or self.flow.velocity[0]).name} "
            "is one candidate."
        )


def find_flow(samples: Sequence[Sample], seed: int) -> FoundFlow | None:
    """The first components that are a velocity without divergence, with its vorticity if that is there too.

    The relations are tested in the weak form at all scales that are alike along time and space, with the
    noise on all components accounted for.
    """
    sample = samples[0]
    space = [axis for axis in sample.axes if axis != "t"]
    if len(space) < 2 or len(sample.components) < len(space) or sample.complex_name:
        return None
    columns = tuple(_columns(sample))
    shares = [s for s in scale_shares(samples) if s[0] == s[-1]]
    seen = [p for p in projections(samples, columns, shares) if p is not None]
    for velocity in permutations(sample.components, len(space)):
        flow = Flow(sample.components, sample.axes, velocity)
        parts = [(_first(sample, c, axis), 1.0) for c, axis in zip(velocity, space, strict=True)]
        hidden = _holds(seen, parts, seed)
        if hidden is None:
            continue
        found = FoundFlow(flow, hidden)
        return _with_vorticity(found, sample, seen, seed) if len(space) == 2 else found
    return None


def _with_vorticity(found: FoundFlow, sample: Sample, seen: Sequence[Projection], seed: int) -> FoundFlow:
    (u, v), (x, y) = found.flow.velocity, (axis for axis in sample.axes if axis != "t")
    for w in sample.components:
        for sign in (1, -1):
            parts = [(_first(sample, w), 1.0), (_first(sample, v, x), -sign), (_first(sample, u, y), sign)]
            hidden = _holds(seen, parts, seed) if w not in (u, v) else None
            if hidden is not None:
                flow = replace(found.flow, vorticity=w, sign=sign)
                return FoundFlow(flow, max(found.hidden, hidden))
    return found


def _columns(sample: Sample) -> Iterator[Feature]:
    for component in sample.components:
        yield _first(sample, component)
        for axis in sample.axes:
            if axis != "t":
                yield _first(sample, component, axis)


def _first(sample: Sample, component: str, axis: str = "") -> Feature:
    """A component, or its first derivative along an axis."""
    exponents = tuple(int(name == component) for name in sample.components)
    return Feature(sample.components, sample.axes, exponents, tuple(int(a == axis) for a in sample.axes))


def _holds(seen: Sequence[Projection], parts: Sequence[tuple[Feature, float]], seed: int) -> float | None:
    """What share of its first part noise may hide of a relation, `sum weight * feature = 0`, if it holds."""
    least = np.inf
    for projection in seen:
        units = projection.blocks[0].sample.units
        side = np.zeros((len(projection.columns), len(parts)))
        for j, (feature, _) in enumerate(parts):
            factor = units.factor(feature, parts[0][0]) if units else 1.0
            side[projection.columns.index(feature), j - 1] = factor
        weights = np.array([-weight for _, weight in parts[1:]])
        regression = Regression(projection, (side,))
        scale, support = Scale(regression, seed), tuple(range(len(weights)))
        residual = np.append(-weights, 1.0)
        fit = Fit(support, weights, float(residual @ regression.signal @ residual))
        if regression.size == 0.0:
            continue
        if scale.lack_of_fit(fit) > _OFF:
            return None
        least = min(least, scale.unseen(fit))
    return least if least <= _HIDDEN else None
