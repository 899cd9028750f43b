"""Simulation where every axis is periodic: Fourier pseudo-spectral in space, ETDRK4 in time, as fine as
needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._etdrk4 import integrate
from ._simulate_grid import Axis
from ._simulate_start import Measured
from ._simulate_system import State, System
from ._spectrum import from_spectrum, kept_waves, next_grid, resized, to_spectrum
from ._well_posed import check_well_posed

Array = NDArray[Any]
Coefficients = Mapping[tuple[int, int], float]
"""Numbers by (state, input)."""

TOLERANCE = 1e-7
_UNRESOLVED_TOLERANCE = 1e-5
_TAIL = 1e-9
_FINEST = {1: 3072, 2: 384, 3: 96}


@dataclass(frozen=True)
class PeriodicSystem:
    """A system on a periodic grid, as the integrator wants it; the state is (m, *modes) of a real transform.

    shape: the internal grid.
    tail: the relative amplitude of the shortest kept waves above which the grid is refined.
    frozen: coefficients that the linear part takes over from the nonlinear one, to keep it from being stiff.
    duration: of the whole simulation.
    given: the spectrum of a given field at a time, for a grid.
    accuracy: the tolerance of a step, while the grid resolves the solution.
    capped: whether the grid can be refined no further: then the shortest waves are damped at every step.
    """

    system: System
    axes: tuple[Axis, ...]
    shape: tuple[int, ...]
    tail: float
    duration: float
    given: Callable[[State, float, tuple[int, ...]], Array]
    frozen: Coefficients
    accuracy: float = TOLERANCE
    capped: bool = False

    @cached_property
    def kept(self) -> tuple[int, ...]:
        # A coefficient that varies along an axis multiplies once more.
        degree = self.system.degree + int(any(self.system.reads(axis.name) for axis in self.axes))
        return tuple(kept_waves(n, degree) for n in self.shape)

    @cached_property
    def _indices(self) -> tuple[Array, ...]:
        """The integer wave numbers along each axis, shaped to broadcast."""
        rank, indices = len(self.shape), []
        for position, n in enumerate(self.shape):
            index = np.arange(n // 2 + 1) if position == rank - 1 else np.fft.fftfreq(n, 1 / n)
            indices.append(index.reshape([-1 if p == position else 1 for p in range(rank)]))
        return tuple(indices)

    @cached_property
    def mask(self) -> Array:
        inside = np.array(True)
        for index, kept in zip(self._indices, self.kept, strict=True):
            inside = inside & (np.abs(index) < kept)
        return inside

    @cached_property
    def coordinates(self) -> tuple[Array, ...]:
        rank = len(self.shape)
        return tuple(
            (axis.points[0] + axis.length * np.arange(n) / n).reshape(
                [-1 if p == q else 1 for q in range(rank)]
            )
            for p, (axis, n) in enumerate(zip(self.axes, self.shape, strict=True))
        )

    def check(self) -> None:
        limits = [2 * np.pi / axis.length * kept for axis, kept in zip(self.axes, self.kept, strict=True)]
        check_well_posed(self.system, self.frozen, limits, self.duration)

    def _factor(self, orders: tuple[int, ...]) -> Array:
        factor = self.mask.astype(complex)
        for index, axis, order in zip(self._indices, self.axes, orders, strict=True):
            if order:
                factor = factor * (2j * np.pi / axis.length * index) ** order
        return factor

    @cached_property
    def _rows(self) -> dict[State, int]:
        return {state: row for row, state in enumerate(self.system.states)}

    @cached_property
    def coupled(self) -> bool:
        """Whether a derivative links two states, as in u_tt = u_xx: then the linear part keeps their
        links."""
        inputs = self.system.inputs
        for row, i in (*self.system.constant, *self.frozen):
            column = self._rows.get(inputs[i].source)
            if column is not None and column != row and sum(inputs[i].orders) > 0:
                return True
        return False

    def _implicit(self, row: int, i: int) -> bool:
        column = self._rows.get(self.system.inputs[i].source)
        return column is not None and (column == row or self.coupled)

    @cached_property
    def _linear(self) -> Array:
        m = len(self.system.states)
        symbol: Array = np.zeros((m, m, *self.mask.shape), complex)
        for source in (self.system.constant, self.frozen):
            for (row, i), value in source.items():
                if self._implicit(row, i):
                    read = self.system.inputs[i]
                    symbol[row, self._rows[read.source]] += value * self._factor(read.orders)
        if not np.any(np.imag(symbol)):
            symbol = np.real(symbol)
        return symbol if self.coupled else symbol[np.arange(m), np.arange(m)]

    def tolerance(self) -> float:
        return max(self.accuracy, _UNRESOLVED_TOLERANCE) if self.capped else self.accuracy

    def linear(self) -> Array:
        return self._linear

    @cached_property
    def _explicit(self) -> tuple[tuple[int, State, Array], ...]:
        """Linear terms that the nonlinear part must add: (row, source, factor)."""
        inputs = self.system.inputs
        added = [(r, inputs[i], v) for (r, i), v in self.system.constant.items() if not self._implicit(r, i)]
        taken = [(r, inputs[i], -v) for (r, i), v in self.frozen.items() if self._implicit(r, i)]
        return tuple(
            (row, read.source, value * self._factor(read.orders)) for row, read, value in added + taken
        )

    @cached_property
    def _reading(self) -> tuple[tuple[int, State, Array], ...]:
        """For each input that the remainder reads: its index, source and Fourier factor."""
        inputs = self.system.inputs
        return tuple(
            (i, inputs[i].source, self._factor(inputs[i].orders)) for i in self.system.remainder_inputs
        )

    def _spectrum(self, source: State, state: Array, t: float) -> Array:
        row = self._rows.get(source)
        return state[row] if row is not None else self.given(source, t, self.shape)

    def read(self, state: Array, t: float) -> list[Any]:
        """The inputs on the grid, as the remainder takes them; those that it does not read are None."""
        values: list[Any] = [None] * len(self.system.inputs)
        if self._reading:
            spectra = np.array(
                [factor * self._spectrum(source, state, t) for _, source, factor in self._reading]
            )
            for (index, *_), field in zip(self._reading, from_spectrum(spectra, self.shape), strict=True):
                values[index] = field
        return values

    def nonlinear(self, state: Array, t: float) -> Array:
        rates = self.system.remainder(t, *self.coordinates, *self.read(state, t))
        stacked = np.empty((len(rates), *self.shape))
        for row, rate in enumerate(rates):
            stacked[row] = rate
        spectrum = to_spectrum(stacked) * self.mask
        for row, source, factor in self._explicit:
            spectrum[row] += factor * self._spectrum(source, state, t)
        return spectrum

    def finer(self, state: Array) -> PeriodicSystem | None:
        if self.capped:
            return None
        amplitude = np.abs(state).max(axis=0)
        limit = self.tail * amplitude.max()
        shape = list(self.shape)
        for axis, (index, kept) in enumerate(zip(self._indices, self.kept, strict=True)):
            last = np.abs(index) >= 0.85 * kept
            if np.max(amplitude * last) > limit:
                shape[axis] = next_grid(self.shape[axis])
        if shape == list(self.shape):
            return None
        if max(shape) > _FINEST[len(shape)]:
            return replace(self, capped=True)
        finer = replace(self, shape=tuple(shape))
        finer.check()
        return finer

    def refined(self, state: Array, finer: PeriodicSystem) -> Array:
        return resized(state, self.shape, finer.shape) * finer.mask

    def filtered(self, state: Array) -> Array:
        return state * self._filter if self.capped else state

    @cached_property
    def _filter(self) -> Array:
        # The exponential filter of Hou and Li (J. Comput. Phys. 226, 2007): 1 but for the last waves.
        damping = np.zeros(self.mask.shape)
        for index, kept in zip(self._indices, self.kept, strict=True):
            damping = damping + 36 * (np.abs(index) / kept) ** 36
        return np.exp(-damping)


def simulate_periodic(
    system: System,
    axes: tuple[Axis, ...],
    measured: Measured,
    times: Array,
    *,
    deadline: float,
    progress: Callable[[float], None] | None,
) -> tuple[Array, dict[str, Any]]:
    """Simulate on periodic axes.

    Args:
        system: what to simulate.
        axes: its spatial axes, all periodic.
        measured: where it starts, and the fields that are given.
        times: (n_t,), increasing, from the measured field's first time on.
        deadline: `time.monotonic()` value after which to give up.
        progress: called with the fraction done.

    Returns:
        The states (n_t, m, *space) on the axes' unique points, and the solver's settings.

    Raises:
        SimulationError: if the equation is ill-posed, the solution grows without bound, or time is up.
    """
    grid = tuple(axis.unique for axis in axes)
    start = to_spectrum(np.array([measured.at_start(state) for state in system.states]))
    duration = float(times[-1] - times[0])
    problem = PeriodicSystem(system, axes, grid, _TAIL, duration, _given(system, measured, grid), {})
    shape, tail = _first_resolution(start, problem)
    accuracy = measured.accuracy(TOLERANCE)
    problem = replace(problem, shape=shape, tail=max(tail, accuracy / 100), accuracy=accuracy)
    state = resized(start, grid, shape) * problem.mask
    with np.errstate(all="ignore"):
        problem = replace(problem, frozen=_stiff_part(problem, state, float(times[0])))
        problem.check()
    latest = [problem]

    def sample(current: Any, modes: Array) -> Array:
        latest[0] = current
        multiples = tuple(-(-n // g) for n, g in zip(current.shape, grid, strict=True))
        wide = tuple(g * step for g, step in zip(grid, multiples, strict=True))
        fine = from_spectrum(resized(modes, current.shape, wide), wide)
        return fine[(slice(None), *(slice(None, None, step) for step in multiples))]

    samples, counts = integrate(problem, state, times, sample=sample, deadline=deadline, progress=progress)
    settings: dict[str, Any] = {
        "solver": "Fourier pseudo-spectral with dealiasing; ETDRK4 with extrapolated step doubling",
        "tolerance": latest[0].tolerance(),
        "grid": " x ".join(map(str, latest[0].shape)),
        "steps": counts["steps"],
    }
    if latest[0].capped:
        settings["warning"] = (
            "The solution was not resolved on the finest grid; its shortest waves were damped."
        )
    return np.array(samples), settings


def _first_resolution(start: Array, problem: PeriodicSystem) -> tuple[tuple[int, ...], float]:
    """A grid that keeps the waves that matter in the start, and the tail at which to refine it."""
    amplitude = np.abs(start).max(axis=0)
    size = max(float(amplitude.max()), 1e-300)
    rank = amplitude.ndim
    shape, floor = [], 0.0
    for axis, n in enumerate(problem.shape):
        index = np.arange(n // 2 + 1) if axis == rank - 1 else np.abs(np.fft.fftfreq(n, 1 / n))
        profile = amplitude.max(axis=tuple(a for a in range(rank) if a != axis)) / size
        floor = max(floor, float(np.median(profile[index >= 0.75 * (n // 2)])))
        matters = int(index[profile > max(1e-10, 3 * floor)].max(initial=1))
        wanted = 16
        while replace(problem, shape=(wanted,) * rank).kept[0] < min(1.3 * matters + 4, n // 2 + 1):
            wanted = next_grid(wanted)
        shape.append(min(wanted, max(_FINEST[rank], n)))
    return tuple(shape), max(_TAIL, 10 * floor)


def _given(system: System, measured: Measured, grid: tuple[int, ...]) -> Callable[..., Array]:
    from scipy.interpolate import CubicSpline

    splines: dict[State, Any] = {}
    for source in system.given:
        history = to_spectrum(measured.history(source))
        splines[source] = (
            CubicSpline(measured.times, history) if len(history) > 1 else lambda t, h=history: h[0]
        )

    def spectrum(source: State, t: float, shape: tuple[int, ...]) -> Array:
        return resized(splines[source](t)[None], grid, shape)[0]

    return spectrum


def _stiff_part(problem: PeriodicSystem, state: Array, t: float) -> Coefficients:
    """Frozen coefficients of the nonlinear part's derivatives: their means; the extreme of a definite
    diffusion."""
    system = problem.system
    slopes = system.remainder_slopes
    values = slopes.function(t, *problem.coordinates, *problem.read(state, t))
    frozen: dict[tuple[int, int], float] = {}
    for pair, value in zip(slopes.pairs, values, strict=True):
        read = system.inputs[pair[1]]
        order = sum(read.orders)
        if order == 0 or read.source not in system.states or not np.all(np.isfinite(value)):
            continue
        low, high = float(np.min(value)), float(np.max(value))
        definite = order % 2 == 0 and low * high > 0
        coefficient = (high if high > 0 else low) if definite else float(np.mean(value))
        if order >= 2 and coefficient:
            frozen[pair] = coefficient
    return frozen
