"""A discovery repeated with something changed: more noise, fewer samples, other candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..derivatives import Library
from ..derivatives.library import polynomial
from ..errors import DiscoveryError
from ._evidence import Evidence
from ._prepare import FEWEST_SAMPLES

if TYPE_CHECKING:
    import xarray as xr

    from ._result import Candidate

#: Noise that is added, as fractions of each variable's rms.
NOISE = (0.05, 0.1, 0.2)

#: Highest degree and order (in one dimension of space, and in more) of the standard candidates.
_DEGREE, _ORDER, _ORDER_MORE = 3, 4, 2


@dataclass(frozen=True)
class Change:
    """What is changed: noise is added, every second sample of an axis taken, or the candidates are others."""

    kind: Literal["noise", "axis", "degree", "order"]
    value: float | str

    def __str__(self) -> str:
        if self.kind == "noise":
            return f"{self.value:.0%} noise added"
        if self.kind == "axis":
            return f"every second sample in {self.value}"
        return f"candidates up to {self.kind} {self.value}"


@dataclass(frozen=True)
class Rerun:
    """What came of a discovery with something changed.

    `same` says whether the law has the same terms; `shift` is then the largest change of a coefficient, in
    standard errors of the two together. `equation` holds the reason where no law came out, and `verdict` is
    empty.
    """

    change: str
    equation: str
    verdict: str
    same: bool
    shift: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "change": self.change,
            "equation": self.equation,
            "verdict": self.verdict,
            "same": self.same,
            "shift": self.shift,
        }


@dataclass(frozen=True)
class Repeating:
    """A function of a change: the discovery with it, held against the law that was found without."""

    fields: tuple[xr.Dataset, ...]
    targets: tuple[str, ...]
    library: Library | None
    seed: int
    values: dict[str, dict[str, complex]]
    errors: dict[str, dict[str, complex]]
    search: dict[str, Any]

    def __call__(self, change: Change) -> Rerun:
        from ._discover import discover

        fields, library = (
            [self._changed(field, change, i) for i, field in enumerate(self.fields)],
            self.library,
        )
        if change.kind in ("degree", "order"):
            time_order = 2 if self.targets[0].endswith("_tt") else 1
            library = polynomial(fields[0], time_order=time_order, **{change.kind: int(change.value)})
        try:
            found = discover(
                fields, target=list(self.targets), seed=self.seed, library=library, **self.search
            )
        except DiscoveryError as error:
            return Rerun(str(change), str(error), "", False, None)
        same, shift = self._held_against(found.best)
        return Rerun(str(change), found.best.equation.text, found.verdict.kind, same, shift)

    def _changed(self, field: xr.Dataset, change: Change, place: int) -> xr.Dataset:
        from ..fields import add_noise

        if change.kind == "noise":
            return add_noise(field, float(change.value), seed=self.seed + 1 + place)
        if change.kind == "axis":
            return field.isel({str(change.value): slice(None, None, 2)})
        return field

    def _held_against(self, best: Candidate) -> tuple[bool, float | None]:
        shifts = []
        for left, law in best.laws.items():
            mine, theirs, errors = self.values[left], law.values, law.standard_errors
            if set(mine) != set(theirs):
                return False, None
            for name, value in mine.items():
                spread = np.hypot(abs(self.errors[left][name]), abs(errors[name]))
                shifts.append(abs(value - theirs[name]) / spread if spread > 0 else 0.0)
        return True, float(max(shifts))


def _is_standard(evidence: Evidence) -> bool:
    """Whether the candidates were powers and their derivatives, and nothing else."""
    if evidence.library is not None or evidence.samples[0].complex_name:
        return False
    time_order = 2 if evidence.targets[0].endswith("_tt") else 1
    powers = set(polynomial(evidence.fields[0], time_order=time_order).names)
    return all(side.best and {term.name for term in side.best.terms} == powers for side in evidence.sides)


def repeating(evidence: Evidence, best: Candidate) -> Repeating:
    """The discovery that found a law, ready to be repeated."""
    return Repeating(
        evidence.fields,
        tuple(evidence.targets),
        evidence.library,
        evidence.seed,
        {left: dict(law.values) for left, law in best.laws.items()},
        {left: dict(law.standard_errors) for left, law in best.laws.items()},
        dict(evidence.search),
    )


def changes(evidence: Evidence) -> Iterator[Change]:
    """What can be changed about a discovery."""
    for level in NOISE:
        yield Change("noise", level)
    for axis in evidence.samples[0].axes:
        shortest = min(len(sample.points[sample.axes.index(axis)]) for sample in evidence.samples)
        if (shortest + 1) // 2 >= FEWEST_SAMPLES:
            yield Change("axis", axis)
    if not _is_standard(evidence):
        return
    space = len(evidence.samples[0].axes) - 1
    for degree in (_DEGREE - 1, _DEGREE + 1):
        yield Change("degree", degree)
    if space:
        order = _ORDER if space == 1 else _ORDER_MORE
        for changed in (order - 1, order + 1):
            yield Change("order", changed)
