"""A hearing for a law found from scattered samples: solved forwards, does it meet the samples themselves?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent
from ..errors import PhysForgeError
from ._scattered import Cloud
from ._verdict import doubted

if TYPE_CHECKING:
    import xarray as xr

    from ..equations import Equation
    from ._result import Candidate, Discovery

#: Share of the time span after which the solution starts: at its very beginning the surrogate knows least.
_START = 0.05

#: Points along the axes of space, and times, of the surrogate that gives start and edges.
_POINTS, _TIMES = {1: 161, 2: 49, 3: 25}, 61

#: Solutions from drawn starts and drawn coefficients that tell how far the solution may be off.
_DRAWS = 4

#: Excess of the squared misfit over the noise's that a law may show, in units of what the draws explain, and
#: of the standard error of a mean square.
_EXPLAINED, _ERRORS = 3.0, 4.0

#: Share of the rms that a solver and a spline may be off.
_ACCURACY = 2e-3

_SECONDS = 20.0


@dataclass(frozen=True)
class Hearing:
    """What the samples say of a law: squared misfit, noise and solution's uncertainty, relative to the rms.

    `failure` says why there is no solution.
    """

    misfit: float = np.inf
    noise: float = 0.0
    explained: float = 0.0
    count: int = 1
    failure: str = ""

    @property
    def upheld(self) -> bool:
        slack = _EXPLAINED * self.explained + _ERRORS * self.noise * np.sqrt(2 / self.count) + _ACCURACY**2
        return not self.failure and self.misfit <= self.noise + slack


def heard_out(found: Discovery, clouds: Sequence[Cloud], seed: int) -> Discovery:
    """A discovery from scattered samples, its verdict with the doubts that the samples raise."""
    names = [name for cloud in clouds for name in cloud.noise]
    noise = {name: max(cloud.noise[name] for cloud in clouds) for name in names}
    notes = [*(cloud.note() for cloud in clouds), *found.notes]
    doubts = [doubt for cloud in clouds for doubt in cloud.doubts()]
    verdict = found.verdict
    if verdict.kind == "identified" and not doubts:
        for number, cloud in enumerate(clouds):
            heard = hear(found.best, cloud, np.random.default_rng([seed, number, 1]))
            if not heard.upheld:
                doubts.append(_against(heard))
            else:
                notes.insert(
                    number + 1,
                    "Solved forwards from the spline's start and edges, the law meets the samples to within "
                    f"{percent(np.sqrt(heard.misfit))} rms; their noise is {percent(np.sqrt(heard.noise))}.",
                )
    verdict = doubted(verdict, doubts)
    return replace(found, verdict=verdict, notes=tuple(notes), noise={**found.noise, **noise})


def _against(heard: Hearing) -> str:
    if heard.failure:
        return f"the law could not be held against the samples by solving it: {heard.failure}"
    return (
        f"solved forwards, the law misses the samples by {percent(np.sqrt(heard.misfit))} rms, of which "
        f"noise and start explain {percent(np.sqrt(heard.noise + heard.explained))}"
    )


def hear(law: Candidate, cloud: Cloud, generator: np.random.Generator) -> Hearing:
    """Solve a law over the samples' domain and compare it with them.

    Start and edges are the surrogate's. How far they, and the coefficients, may lead the solution astray is
    told by solutions with starts, edges and coefficients drawn from what is known of them.
    """
    low, high = cloud.places.min(axis=0), cloud.places.max(axis=0)
    count = _POINTS[max(len(cloud.axes) - 1, 1)]
    first = low[0] + _START * (high[0] - low[0])
    points = [np.linspace(first, high[0], _TIMES)]
    points += [np.linspace(a, b, count) for a, b in zip(low[1:], high[1:], strict=True)]
    seen = cloud.places[:, 0] >= first
    places = cloud.places[seen]
    sizes = {name: float(np.mean(values**2)) for name, values in cloud.values.items()}
    try:
        equation = law.equation
        main = _solved(equation, _start(cloud, points), points, places)
        drawn = [
            _solved(_drawn(law, generator), _start(cloud, points, generator), points, places)
            for _ in range(_DRAWS)
        ]
    except PhysForgeError as error:
        return Hearing(failure=str(error))
    worst = Hearing(misfit=0.0)
    for name, size in sizes.items():
        if name not in main:
            continue
        misfit = float(np.mean((main[name] - cloud.values[name][seen]) ** 2)) / size
        apart = float(np.mean([np.mean((each[name] - main[name]) ** 2) for each in drawn])) / size
        heard = Hearing(misfit, cloud.surrogates[name].noise ** 2 / size, apart, int(seen.sum()))
        if not heard.upheld or (worst.upheld and heard.misfit > worst.misfit):
            worst = heard
    return worst


def _start(
    cloud: Cloud, points: Sequence[np.ndarray], generator: np.random.Generator | None = None
) -> xr.Dataset:
    import xarray as xr

    variables = {}
    for name, surrogate in cloud.surrogates.items():
        weights = None if generator is None else surrogate.draw(generator)
        variables[name] = (cloud.axes, surrogate.on(points, weights))
    return xr.Dataset(variables, dict(zip(cloud.axes, points, strict=True)))


def _solved(
    equation: Equation, start: xr.Dataset, points: Sequence[np.ndarray], places: np.ndarray
) -> dict[str, np.ndarray]:
    from scipy.interpolate import RegularGridInterpolator

    from ..equations import simulate

    solution = simulate(equation, start, periodic=False, denoise=False, seconds=_SECONDS)
    method = "cubic" if len(points) < 3 else "linear"
    return {
        str(name): RegularGridInterpolator(points, values.to_numpy(), method=method)(places)
        for name, values in solution.data_vars.items()
    }


def _drawn(law: Candidate, generator: np.random.Generator) -> Equation:
    """The law with coefficients drawn from their uncertainty."""
    from ..equations import Equation

    errors: dict[str, dict[str, Any]] = law.standard_errors
    terms = {
        left: {
            name: value + np.real(errors[left][name]) * generator.standard_normal()
            for name, value in side.items()
        }
        for left, side in law.equation.terms.items()
    }
    return Equation.from_terms(terms, components=[left.rpartition("_")[0] for left in terms])
