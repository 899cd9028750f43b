"""A law run forward from the start of data it has not seen: once, under its uncertainties, and beside a twin.

The start is noisy. Over space the simulation smooths it; without space it is the state from which the law
comes nearest to the first samples. What then stays uncertain of the start and of the coefficients is drawn,
and the spread of the forecasts says what the law's prediction is worth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..equations import Equation, simulate
from ..equations._etdrk4 import OutOfTimeError
from ..equations._simulate_noise import noise_level, smoothed
from ..errors import SimulationError
from ._observed import Observed
from ._side import SideLaw

if TYPE_CHECKING:
    import xarray as xr

#: Share of the times over which a state without space is estimated, the fewest of them and the most.
_WINDOW, _FEWEST, _MOST = 0.1, 12, 60

#: Distance of the twin at the start, and where it counts as grown, as shares of the variation.
_APART, _GROWN = 1e-4, 0.05

#: Share of the time for the first forecast; what is left is for finding how far it came, if it failed.
_FOR_THE_FIRST = 0.7

#: Share of the time after the first forecast that is kept for twins.
_FOR_TWINS = 0.3

#: E-foldings of the twin's distance, in all and in the second half of its growth, that make a law chaotic:
#: distances that grow in proportion to time reach less than one in the second half.
_FOLDS, _LATE_FOLDS = 3.0, 1.2


@dataclass(frozen=True)
class Start:
    """Where a simulation starts; `denoise` if it is still to be smoothed.

    An estimated start names its `states`, with a root of their covariance (`spread`) and the time `until`
    which samples were used for it.
    """

    field: xr.Dataset
    denoise: bool
    states: tuple[str, ...] = ()
    spread: np.ndarray | None = None
    until: float | None = None


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


def equation_of(laws: Mapping[str, SideLaw]) -> Equation:
    """A law with its coefficients as estimated, unrounded."""
    components = [left.rpartition("_")[0] for left in laws]
    return Equation.from_terms({left: law.values for left, law in laws.items()}, components=components)


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
    begin = _start(equation, observed, deadline)
    values, reached, reason, late = _as_far_as_possible(equation, observed, begin, deadline)
    progress(0.4)
    notes = _notes(values, observed, equation, begin)
    nothing = {str(name): np.zeros(values[name].shape) for name in values.data_vars}
    if reached < 2:
        return Forecast(values, nothing, 0, reached, reason, None, notes, late)
    rng = np.random.default_rng(seed)
    smooth = _smoothed(begin, values) if begin.denoise and draws else begin
    squares, made = {str(name): np.zeros(values[name].shape) for name in values.data_vars}, 0
    until = deadline - _FOR_TWINS * max(deadline - time.monotonic(), 0.0)
    for number in range(draws):
        left = until - time.monotonic()
        if left <= 0 or (made == 0 and number > 2):
            break
        other = equation_of(drawn(laws, rng))
        run, *_ = _run(other, observed, _another(smooth, observed, rng), left, observed.times[:reached])
        if run is not None:
            made += 1
            for name in squares:
                squares[name][:reached] += np.abs(run[name].values - values[name].values[:reached]) ** 2
        progress(0.4 + 0.4 * (number + 1) / draws)
    growth = None if reason or not twins else _growth(equation, observed, begin, values, deadline)
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


def _run(
    equation: Equation, observed: Observed, begin: Start, seconds: float, times: np.ndarray
) -> tuple[xr.Dataset | None, str, bool]:
    """A simulation, or the sentence that says why there is none, and whether only time was lacking."""
    options: dict[str, Any] = {}
    if observed.space:
        options["periodic"] = observed.periodic
        if begin.field.sizes["t"] < len(observed.times):
            options["boundary"] = observed.filled
    try:
        run = simulate(
            equation, begin.field, t=times, denoise=begin.denoise, seconds=max(seconds, 0.01), **options
        )
    except SimulationError as error:
        return None, str(error), isinstance(error, OutOfTimeError)
    for name in run.data_vars:
        if not np.isfinite(run[name].values).all():
            return None, f"The simulation of {name} left the numbers.", False
    return run.transpose("t", *observed.space), "", False


def _as_far_as_possible(
    equation: Equation, observed: Observed, begin: Start, deadline: float
) -> tuple[xr.Dataset, int, str, bool]:
    """The forecast at all times, NaN from where the simulation fails on; how far it came, why no further, and
    whether only time was lacking."""
    times = observed.times
    left = deadline - time.monotonic()
    run, reason, late = _run(equation, observed, begin, _FOR_THE_FIRST * left, times)
    if run is not None:
        return run, len(times), "", False
    good, bad, best = 0, len(times), None
    spare = max(0.5 * (deadline - time.monotonic()), 1.0)
    until = time.monotonic() + spare
    while bad - good > max(1, len(times) // 32) and time.monotonic() < until:
        middle = (good + bad) // 2
        run, *_ = _run(equation, observed, begin, until - time.monotonic(), times[:middle])
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


# ---------------------------------------------------------------------------------------------- the start


def _start(equation: Equation, observed: Observed, deadline: float) -> Start:
    if observed.space or not observed.noisy:
        return Start(observed.start, observed.noisy)
    return _shot(equation, observed, deadline) or Start(observed.start, True)


def _unknowns(equation: Equation) -> list[tuple[str, str]]:
    """Every state of a law without space: its variable, and the name under which its start is passed."""
    states = []
    for left in equation.left_sides:
        name, order = left.rpartition("_")[0], len(left.rpartition("_")[2])
        states += [(name, f"{name}_{'t' * k}" if k else name) for k in range(order)]
    return states


def _placed(observed: Observed, states: list[tuple[str, str]], values: np.ndarray) -> xr.Dataset:
    """The field with its first state replaced."""
    field = observed.start.copy(deep=True)
    for (name, state), value in zip(states, values, strict=True):
        if state in field:
            field[state].values[0] = value
        else:
            field[state] = field[name] * 0.0 + value
    return field


def _shot(equation: Equation, observed: Observed, deadline: float) -> Start | None:
    """The state from which the law comes nearest to the first samples, and the covariance of that state."""
    from scipy.optimize import least_squares

    times = observed.times
    count = min(len(times), observed.start.sizes["t"], _MOST, max(_FEWEST, round(_WINDOW * len(times))))
    states = _unknowns(equation)
    if any(np.iscomplexobj(observed.known[name].values) for name, _ in states) or count < 4:
        return None
    names = list(dict.fromkeys(name for name, _ in states))
    guess, scales = [], []
    for name, state in states:
        order = len(state.removeprefix(name).lstrip("_"))
        few = min(count, _FEWEST)
        elapsed = times[:few] - times[0]
        slopes = np.polynomial.polynomial.polyfit(
            elapsed, observed.filled[name].values[:few], min(3, few - 2)
        )
        guess.append(slopes[order] if order else slopes[0])
        scales.append(observed.size[name] / float(elapsed[-1]) ** order)
    unit = np.array(scales)

    def misfit(state: np.ndarray) -> np.ndarray:
        run, *_ = _run(
            equation,
            observed,
            Start(_placed(observed, states, state * unit), False),
            deadline - time.monotonic(),
            times[:count],
        )
        rests = []
        for name in names:
            known = observed.known[name].values[:count]
            predicted = np.full(count, np.inf) if run is None else run[name].values
            rest = np.where(np.isnan(known), 0.0, predicted - known) / observed.floor(name)
            rests.append(np.clip(np.nan_to_num(rest, nan=1e6), -1e6, 1e6))
        return np.concatenate(rests)

    found = least_squares(
        misfit, np.array(guess) / unit, diff_step=1e-5, max_nfev=12, method="lm" if count >= 4 else "trf"
    )
    inner = found.jac.T @ found.jac
    if not np.isfinite(found.cost) or np.linalg.cond(inner) > 1e12 or time.monotonic() > deadline:
        return None
    covariance = np.linalg.inv(inner) * np.outer(unit, unit)
    values, vectors = np.linalg.eigh(covariance)
    return Start(
        _placed(observed, states, found.x * unit),
        False,
        tuple(state for _, state in states),
        vectors * np.sqrt(np.maximum(values, 0.0)),
        float(times[count - 1]),
    )


def _smoothed(begin: Start, values: xr.Dataset) -> Start:
    """The field behind a noisy start, as the simulation smooths it.

    Noise that is added to it has to be smoothed again: draws then show what noise leaves and what smoothing
    does.
    """
    closed = values.attrs.get("periodic", "").split(", ")
    field = begin.field.copy(deep=True)
    axes = [str(name) for name in field.dims if name != "t"]
    for name, variable in begin.field.data_vars.items():
        whole = variable.transpose("t", *axes).values
        parts = [np.real(whole), np.imag(whole)] if np.iscomplexobj(whole) else [whole]
        levels = [noise_level(part) for part in parts]
        fresh = [
            smoothed(part, level, [axis in closed for axis in axes]) if level else part
            for part, level in zip(parts, levels, strict=True)
        ]
        field[name] = (("t", *axes), fresh[0] + 1j * fresh[1] if len(fresh) == 2 else fresh[0])
    return replace(begin, field=field)


def _another(begin: Start, observed: Observed, rng: np.random.Generator) -> Start:
    """A start as it might have come out of other noise."""
    field = begin.field.copy(deep=True)
    if begin.spread is not None:
        moved = begin.spread @ rng.standard_normal(len(begin.spread))
        for name, change in zip(begin.states, moved, strict=True):
            field[name].values[0] += change
        return replace(begin, field=field)
    if begin.denoise:
        for name, sigma in observed.sigma.items():
            shape = field[name].shape
            noise = sigma * rng.standard_normal(shape)
            if np.iscomplexobj(field[name].values):
                noise = (noise + 1j * sigma * rng.standard_normal(shape)) / np.sqrt(2)
            field[name] = field[name] + noise
    return replace(begin, field=field)


# ---------------------------------------------------------------------------------------------- the twin


def _growth(
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
        run, *_ = _run(equation, observed, Start(field, False), deadline - time.monotonic(), times)
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
