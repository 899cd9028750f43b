"""A law run forward from the start of data it has not seen: once, under its uncertainties, and beside a twin.

The start is noisy. Over space the simulation smooths it; without space it is the state from which the law
comes nearest to the first samples. What then stays uncertain of the start and of the coefficients is drawn,
and the spread of the forecasts says what the law's prediction is worth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..equations import Equation
from ._observed import Observed
from ._runs import Start, equation_of, run_from
from ._side import SideLaw
from ._start import another, start_of, without_noise
from ._twin import growth_beside

if TYPE_CHECKING:
    import xarray as xr

#: Share of the time for the first forecast; what is left is for finding how far it came, if it failed.
_FOR_THE_FIRST = 0.7

#: Share of the time after the first forecast that is kept for twins.
_FOR_TWINS = 0.3


@dataclass(frozen=True)
class Forecast:
    """What a law says of a field: `values` at its times, as far as `reached`, and `reason` if not further.

    `variance` holds, for every variable, the variance `(n_t, ...)` that the draws show, zero where there are
    none. `growth` is the rate at which a twin runs away, in 1/t, where it does so exponentially. `late` says
    that the simulation lacked nothing but time.
    """

    values: xr.Dataset
    variance: Mapping[str, np.ndarray]
    draws: int
    reached: int
    reason: str = ""
    growth: float | None = None
    notes: tuple[str, ...] = ()
    late: bool = False


def drawn(laws: Mapping[str, SideLaw], rng: np.random.Generator) -> dict[str, SideLaw]:
    """The laws with coefficients drawn from their covariances."""
    result = {}
    for left, law in laws.items():
        found = law.estimate
        values, vectors = np.linalg.eigh(found.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        moved = found.fit.weights + root @ rng.standard_normal(len(found.fit.weights))
        result[left] = replace(law, estimate=replace(found, fit=replace(found.fit, weights=moved)))
    return result


def forecast(
    laws: Mapping[str, SideLaw],
    observed: Observed,
    *,
    draws: int,
    seconds: float,
    seed: int,
    twins: bool = True,
    progress: Callable[[float], None],
) -> Forecast:
    """Run a law from the start of a field to its end; a run that fails is told as far as it came.

    Args:
        laws: by left side.
        observed: the field.
        draws: how many forecasts with drawn start and coefficients to make, as long as there is time.
        seconds: wall time for all runs.
        seed: of the draws.
        twins: whether to run a twin.
        progress: called with the fraction done.
    """
    deadline = time.monotonic() + seconds
    equation = equation_of(laws)
    begin = start_of(equation, observed, deadline)
    values, reached, reason, late = _as_far_as_possible(equation, observed, begin, deadline)
    progress(0.4)
    notes = _notes(values, observed, equation, begin)
    nothing = {str(name): np.zeros(values[name].shape) for name in values.data_vars}
    if reached < 2:
        return Forecast(values, nothing, 0, reached, reason, None, notes, late)
    rng = np.random.default_rng(seed)
    smooth = without_noise(begin, values) if begin.denoise and draws else begin
    squares, made = {str(name): np.zeros(values[name].shape) for name in values.data_vars}, 0
    until = deadline - _FOR_TWINS * max(deadline - time.monotonic(), 0.0)
    for number in range(draws):
        left = until - time.monotonic()
        if left <= 0 or (made == 0 and number > 2):
            break
        other = equation_of(drawn(laws, rng))
        run, *_ = run_from(other, observed, another(smooth, observed, rng), left, observed.times[:reached])
        if run is not None:
            made += 1
            for name in squares:
                squares[name][:reached] += np.abs(run[name].values - values[name].values[:reached]) ** 2
        progress(0.4 + 0.4 * (number + 1) / draws)
    growth = None if reason or not twins else growth_beside(equation, observed, begin, values, deadline)
    progress(1.0)
    variance = {name: total / made if made else total for name, total in squares.items()}
    return Forecast(values, variance, made, reached, reason, growth, notes, late)


def _notes(values: xr.Dataset, observed: Observed, equation: Equation, begin: Start) -> tuple[str, ...]:
    notes = []
    given = [name for name in equation.components if name not in values.data_vars]
    if given:
        notes.append(f"{', '.join(given)} was read from the data at all times: the law is not about it.")
    edges = [axis for axis in observed.space if axis not in values.attrs.get("periodic", "").split(", ")]
    if edges:
        notes.append(
            f"The values along the edges of {', '.join(edges)} were taken from the data; pass periodic=True "
            "if the field closes on itself."
        )
    if begin.until is not None:
        notes.append(f"The start was estimated under the law from the samples up to t = {begin.until:.4g}.")
    return tuple(notes)


def _as_far_as_possible(
    equation: Equation, observed: Observed, begin: Start, deadline: float
) -> tuple[xr.Dataset, int, str, bool]:
    """The forecast at all times, NaN from where the simulation fails on; how far it came, why no further, and
    whether only time was lacking."""
    times = observed.times
    left = deadline - time.monotonic()
    run, reason, late = run_from(equation, observed, begin, _FOR_THE_FIRST * left, times)
    if run is not None:
        return run, len(times), "", False
    good, bad, best = 0, len(times), None
    spare = max(0.5 * (deadline - time.monotonic()), 1.0)
    until = time.monotonic() + spare
    while bad - good > max(1, len(times) // 32) and time.monotonic() < until:
        middle = (good + bad) // 2
        run, *_ = run_from(equation, observed, begin, until - time.monotonic(), times[:middle])
        if run is None:
            bad = middle
        else:
            good, best = middle, run
    lefts = [name for name in observed.known.data_vars if f"{name}_t" in _lefts(equation)]
    template = observed.known[lefts] * np.nan
    if best is None:
        return template, 0, reason, late
    return best.reindex(t=observed.known["t"]).assign_attrs(best.attrs), good, reason, late


def _lefts(equation: Equation) -> set[str]:
    return {f"{left.rpartition('_')[0]}_t" for left in equation.left_sides}
