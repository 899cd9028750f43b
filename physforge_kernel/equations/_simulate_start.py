"""Where a simulation starts: the state at the first time, rates where the equation is of second order in
time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from ._differences import stencil
from ._names import derivative_name
from ._simulate_grid import Axis
from ._simulate_noise import noise_level, smoothed
from ._simulate_system import State, System

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]

_STENCIL = 10


@dataclass(frozen=True)
class Measured:
    """The measured field, ready to start from.

    times: (n_t,).
    values: by component and part, (n_t, *space) on the unique points of the axes.
    rates: measured time derivatives by (component, order, part), (n_t, *space), where the field holds them.
    noise: the noise that was found, by component, as a fraction of its standard deviation.
    smooth: whether `values` have been smoothed.
    """

    times: Array
    values: Mapping[tuple[str, str], Array]
    rates: Mapping[tuple[str, int, str], Array]
    noise: Mapping[str, float]
    smooth: bool

    def accuracy(self, finest: float) -> float:
        """The tolerance worth solving to: what noise the start has is not worth more than three digits."""
        return min(max(finest, 1e-3 * max(self.noise.values(), default=0.0)), max(1e-4, finest))

    def at_start(self, state: State) -> Array:
        """A state at the first time, (*space)."""
        return self.history(state, 0)

    def history(self, state: State, index: int | None = None) -> Array:
        """A state at one of the times, or at all of them, from the values or from their differences in
        time."""
        pick = slice(None) if index is None else index
        if state.order == 0:
            return self.values[state.component, state.part][pick]
        key = (state.component, state.order, state.part)
        if key in self.rates:
            return self.rates[key][pick]
        values = self.values[state.component, state.part]
        if len(self.times) <= state.order:
            name = derivative_name(state.component, {"t": state.order})
            raise SimulationError(
                f"The equation needs {name} at the start: give more times of {state.component!r}, or a "
                f"variable {name!r} in the field."
            )
        # Smoothed values carry errors that high-order differences would enlarge.
        points = min(len(self.times), 5 if self.smooth else _STENCIL)
        if index is not None:
            weights = stencil(self.times[:points], self.times[index], state.order)
            return np.tensordot(weights, values[:points], axes=1)
        rows = []
        for row, now in enumerate(self.times.tolist()):
            first = min(max(0, row - points // 2), len(self.times) - points)
            weights = stencil(self.times[first : first + points], now, state.order)
            rows.append(np.tensordot(weights, values[first : first + points], axes=1))
        return np.array(rows)


def measure(
    field: xr.Dataset, system: System, axes: Sequence[Axis], times: Array, *, denoise: bool
) -> Measured:
    """Read the variables that a system needs from a field, and smooth them where they are noisy.

    Args:
        field: with dimensions t (unless it is one instant) and the axes.
        system: what is to be simulated.
        axes: the field's spatial axes.
        times: (n_t,) of the field.
        denoise: whether to smooth them where noise is found.

    Returns:
        The measured field.

    Raises:
        SimulationError: if values are missing.
    """
    parts = sorted({state.part for state in (*system.states, *system.given)}, reverse=True)
    components = list(dict.fromkeys(state.component for state in (*system.states, *system.given)))
    given = {state.component for state in system.given}
    inside = {axis.name: slice(0, axis.unique) for axis in axes}
    dims = ("t", *(axis.name for axis in axes))
    uniform = _uniform(times) and all(_uniform(axis.points) for axis in axes)

    def read(name: str) -> Array:
        variable = field[name]
        if "t" not in variable.dims:
            variable = variable.expand_dims("t")
        absent = [axis for axis in dims if axis not in variable.dims]
        if absent and name in given:
            variable = variable.expand_dims({axis: field.sizes[axis] for axis in absent})
        elif absent:
            raise SimulationError(
                f"{name!r} does not depend on {absent[0]}; every variable must span {dims}."
            )
        values = (
            variable.isel({k: v for k, v in inside.items() if k in variable.dims}).transpose(*dims).values
        )
        if not np.all(np.isfinite(values)):
            count = int(np.sum(~np.isfinite(values)))
            raise SimulationError(
                f"{name!r} has {count} missing or infinite values; fill them, or cut the field to where it "
                "is known."
            )
        return values

    values: dict[tuple[str, str], Array] = {}
    rates: dict[tuple[str, int, str], Array] = {}
    noise: dict[str, float] = {}
    smooth = False
    for name in components:
        whole = read(name)
        for part in parts:
            real = np.array(np.real(whole) if part == "re" else np.imag(whole), dtype=float)
            level = noise_level(real) if uniform and denoise else 0.0
            noise[name] = max(noise.get(name, 0.0), level / max(float(np.std(whole)), 1e-300))
            if level > 0:
                real, smooth = smoothed(real, level, [axis.periodic for axis in axes]), True
            values[name, part] = real
    for state in system.states:
        name = derivative_name(state.component, {"t": state.order})
        if state.order > 0 and name in field.data_vars:
            whole = read(name)
            key = (state.component, state.order, state.part)
            rates[key] = np.array(np.real(whole) if state.part == "re" else np.imag(whole), dtype=float)
    return Measured(times, values, rates, {k: v for k, v in noise.items() if v > 0}, smooth)


def _uniform(points: Array) -> bool:
    steps = np.diff(points)
    return len(steps) == 0 or bool(np.ptp(steps) <= 1e-3 * steps.mean())
