"""Where a forecast starts: first samples to be smoothed, or the state from which the law meets them best."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..equations import Equation
from ..equations._simulate_noise import noise_level, smoothed
from ._observed import Observed
from ._runs import Start, run_from

if TYPE_CHECKING:
    import xarray as xr

#: Share of the times over which a state without space is estimated, the fewest of them and the most.
_WINDOW, _FEWEST, _MOST = 0.1, 12, 60


def start_of(equation: Equation, observed: Observed, deadline: float) -> Start:
    """The start of a field: over space still to be smoothed, without space estimated under the law."""
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
        run, *_ = run_from(
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


def without_noise(begin: Start, values: xr.Dataset) -> Start:
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


def another(begin: Start, observed: Observed, rng: np.random.Generator) -> Start:
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
