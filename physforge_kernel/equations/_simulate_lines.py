"""Simulation where an axis is not periodic, or where there is none: stepping the method of lines.

Time steps are implicit (Radau) where the system is stiff, else explicit (DOP853).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from ._differences import ACCURACY
from ._etdrk4 import OutOfTimeError, blow_up
from ._lines import Lines
from ._simulate_grid import Axis
from ._simulate_start import Measured
from ._simulate_system import System
from ._well_posed import check_well_posed

Array = NDArray[Any]

TOLERANCE = 1e-6
EXACT_TOLERANCE = 1e-12
_GROWTH_LIMIT = 1e8
_STIFF = 1e5  # how many times the fastest rate may fit into the time span, for explicit steps
_CHEAP = 4.0  # seconds that explicit steps may take, to be preferred to implicit ones


def simulate_ordinary(
    system: System,
    measured: Measured,
    times: Array,
    *,
    deadline: float,
    progress: Callable[[float], None] | None,
) -> tuple[Array, dict[str, Any]]:
    """Simulate a system without axes: by DOP853 or, where it is stiff, by LSODA.

    Args, returns and errors are those of `simulate_periodic`.
    """
    from scipy.integrate import DOP853, LSODA

    lines = Lines(system, (), ACCURACY, measured, measured)
    start = lines.start()
    scale = max(float(np.abs(start).max()), 1e-300)
    now = time.monotonic()
    accuracy = measured.accuracy(EXACT_TOLERANCE)
    attempts = [
        (DOP853, accuracy, now + (deadline - now) / 3),
        (LSODA, max(accuracy, 1e3 * EXACT_TOLERANCE), deadline),
    ]
    if _rate(lines, float(times[0]), start) * float(times[-1] - times[0]) > _STIFF:
        del attempts[0]
    for method, tolerance, until in attempts:
        arguments = {"rtol": tolerance, "atol": tolerance * scale}
        settings = {"solver": f"{method.__name__}, adaptive", "tolerance": tolerance}
        try:
            with np.errstate(all="ignore"):
                rows = _integrate(lines, start, times, partial(method, **arguments), until, progress)
                values = np.array([lines.whole(t, y) for t, y in zip(times.tolist(), rows, strict=True)])
        except OutOfTimeError:
            if until == deadline:
                raise
            continue
        return values, settings
    raise AssertionError("unreachable: the last attempt returns or raises")


def simulate_lines(
    system: System,
    axes: tuple[Axis, ...],
    measured: Measured,
    edges: Measured,
    times: Array,
    *,
    deadline: float,
    progress: Callable[[float], None] | None,
) -> tuple[Array, dict[str, Any]]:
    """Simulate on any axes, or on none, by finite differences; `edges` holds what the edges follow.

    Args, returns and errors are otherwise those of `simulate_periodic`.
    """
    lines = _lines(system, axes, measured, edges)
    span = (float(times[0]), float(times[-1]))
    with np.errstate(all="ignore"):
        start = lines.start()
        method, settings = _method(lines, start, span)
        rows = _integrate(lines, start, times, method, deadline, progress)
        values = np.array([lines.whole(t, y) for t, y in zip(times.tolist(), rows, strict=True)])
    return values, settings


def _lines(system: System, axes: tuple[Axis, ...], measured: Measured, edges: Measured) -> Lines:
    for accuracy in (ACCURACY, 6, 4, 2):
        lines = Lines(system, axes, accuracy, measured, edges)
        if all(axis.unique >= 2 * width + 3 for axis, width in zip(axes, lines.strips, strict=True)):
            return lines
    short = min(axes, key=lambda axis: axis.unique)
    raise SimulationError(
        f"The axis {short.name!r} has too few points ({short.unique}) for the equation's order."
    )


def _method(lines: Lines, start: Array, span: tuple[float, float]) -> tuple[Any, dict[str, Any]]:
    """Which integrator, by how stiff the system is at the start."""
    from scipy.integrate import DOP853, Radau

    _check(lines, start, span)
    fastest = _rate(lines, span[0], start)
    began = time.perf_counter()
    for _ in range(3):
        lines.rates(span[0], start)
    cost = (time.perf_counter() - began) / 3
    explicit = fastest * (span[1] - span[0]) / 5 * 12 * cost
    scale = np.abs(start.reshape(len(lines.system.states), -1)).max(axis=1)
    scale = np.repeat(np.maximum(scale, 1e-6 * max(scale.max(), 1e-300)), len(lines.inside))
    tolerance = lines.measured.accuracy(TOLERANCE)
    if explicit < _CHEAP:  # its many small steps each add their error
        tolerance /= 100
    arguments = {"rtol": tolerance, "atol": 1e-2 * tolerance * scale}
    settings: dict[str, Any] = {
        "tolerance": tolerance,
        "boundary": "measured strips of "
        + ", ".join(
            f"{width} points along {axis.name}"
            for axis, width in zip(lines.axes, lines.strips, strict=True)
            if width
        ),
    }
    name = f"finite differences of order {lines.accuracy}"
    if explicit < _CHEAP:
        settings["solver"] = f"{name}; DOP853"
        return partial(DOP853, **arguments), settings
    settings["solver"] = f"{name}; Radau"
    return partial(Radau, jac=lines.jacobian, **arguments), settings


def _rate(lines: Lines, t: float, y: Array) -> float:
    """A bound on the fastest rate of the system at a state, in 1/t."""
    with np.errstate(all="ignore"):
        jacobian = lines.jacobian(t, y)
    return float(abs(jacobian).sum(axis=1).max()) if np.all(np.isfinite(jacobian.data)) else np.inf


def _check(lines: Lines, start: Array, span: tuple[float, float]) -> None:
    slopes = lines.system.remainder_slopes
    inputs = lines.read(span[0], start)
    values = slopes.function(span[0], *lines.coordinates, *inputs)
    frozen = {pair: float(np.mean(value)) for pair, value in zip(slopes.pairs, values, strict=True)}
    check_well_posed(lines.system, frozen, [np.pi / axis.spacing for axis in lines.axes], span[1] - span[0])


def _integrate(
    lines: Lines,
    start: Array,
    times: Array,
    method: Any,
    deadline: float,
    progress: Callable[[float], None] | None,
) -> Sequence[Array]:
    limit = _GROWTH_LIMIT * max(float(np.abs(start).max()), float(_size(lines)), 1e-300)
    rows = [start]
    if len(times) == 1:
        return rows

    def rates(t: float, y: Array) -> Array:
        if time.monotonic() > deadline:
            raise OutOfTimeError(
                f"The simulation ran out of time at t = {t:.6g} of {times[-1]:.6g}. Allow more `seconds`, "
                "ask for an earlier end, or give a coarser field."
            )
        return lines.rates(t, y)

    solver = method(rates, float(times[0]), start, float(times[-1]))
    while solver.status == "running":
        try:
            solver.step()
        except (ValueError, RuntimeError, FloatingPointError, np.linalg.LinAlgError) as error:
            raise blow_up(solver.t) from error
        if solver.status == "failed" or not np.all(np.abs(solver.y) < limit):
            raise blow_up(solver.t)
        reached = int(np.searchsorted(times, solver.t, side="right"))
        if solver.status == "finished":
            reached = len(times)
        if reached > len(rows):
            dense = solver.dense_output()
            rows.extend(dense(t) for t in times[len(rows) : reached].tolist())
        if progress is not None:
            progress((solver.t - times[0]) / (times[-1] - times[0]))
    return rows


def _size(lines: Lines) -> float:
    return max(float(np.abs(values).max()) for values in lines.measured.values.values())
