"""A twin that starts next to a run: does it run away exponentially?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from ..equations import Equation
from ._observed import Observed
from ._runs import Start, run_from

if TYPE_CHECKING:
    import xarray as xr

#: Distance of the twin at the start, and where it counts as grown, as shares of the variation.
_APART, _GROWN = 1e-4, 0.05

#: E-foldings of the twin's distance, in all and in the second half of its growth, that make a law chaotic:
#: distances that grow in proportion to time reach less than one in the second half.
_FOLDS, _LATE_FOLDS = 3.0, 1.2


def growth_beside(
    equation: Equation, observed: Observed, begin: Start, values: xr.Dataset, deadline: float
) -> float | None:
    """The rate at which two runs from nearly the same start run away from each other, if exponentially."""
    times = observed.times
    names = [str(name) for name in values.data_vars]
    if observed.space and any(left.endswith("_tt") for left in equation.left_sides):
        return None  # The rates at the start are the simulation's own.
    first = begin.field
    if observed.space:
        first = observed.filled.isel(t=[0]).copy(deep=True)
        for name in names:
            first[name] = values[name].isel(t=[0])
    rng = np.random.default_rng(0)
    apart = first.copy(deep=True)
    for name in names:
        change = _APART * observed.size[name] * _smooth(rng, apart[name].shape[1:])
        apart[name] = apart[name].astype(np.result_type(apart[name].dtype, float))
        apart[name].values[0] += change
    runs = []
    for field in (first, apart):
        run, *_ = run_from(equation, observed, Start(field, False), deadline - time.monotonic(), times)
        if run is None:
            return None
        runs.append(run)
    distance = np.zeros(len(times))
    for name in names:
        gap = np.abs(runs[1][name].values - runs[0][name].values).reshape(len(times), -1)
        distance += (gap**2).mean(axis=1) / observed.size[name] ** 2 / len(names)
    return exponential_rate(times, np.sqrt(distance))


def _smooth(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """A smooth random change of unit size that vanishes at the edges."""
    if not shape:
        return np.asarray(rng.choice([-1.0, 1.0]))
    result = np.ones(shape)
    for i, n in enumerate(shape):
        place = np.pi * (np.arange(n) + 0.5) / n
        waves = sum(rng.standard_normal() * np.sin(k * place) for k in range(1, 5)) * np.sin(place) ** 2
        result = result * np.reshape(waves, [-1 if j == i else 1 for j in range(len(shape))])
    return result / max(float(np.sqrt(np.mean(result**2))), 1e-300)


def exponential_rate(times: np.ndarray, distance: np.ndarray) -> float | None:
    """The rate of an exponential growth, up to where it is no longer small; None where there is none.

    Example:
        >>> t = np.linspace(0, 10, 101)
        >>> round(exponential_rate(t, 1e-4 * np.exp(0.9 * t)), 2), exponential_rate(t, 1e-4 * (1 + t))
        (0.9, None)
    """
    grown = np.flatnonzero(distance > _GROWN)
    count = int(grown[0]) if grown.size else len(times)
    if count < 8 or not np.all(distance[:count] > 0):
        return None
    logs = np.log(distance[:count])
    middle = int(np.searchsorted(times, (times[0] + times[count - 1]) / 2))
    if logs[-1] - logs[0] < _FOLDS or logs[-1] - logs[middle] < _LATE_FOLDS:
        return None
    slope = float(np.polyfit(times[:count], logs, 1)[0])
    return slope if slope > 0 else None
