"""Forward simulation of any equation from a measured start."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SimulationError
from ._simulate_grid import Axis, read_axes
from ._simulate_lines import simulate_lines, simulate_ordinary
from ._simulate_periodic import simulate_periodic
from ._simulate_start import measure
from ._simulate_system import System, compile_system

if TYPE_CHECKING:
    import xarray as xr

    from ._equation import Equation

Array = NDArray[Any]


def simulate(
    equation: Equation,
    start: xr.Dataset,
    *,
    t: ArrayLike | None = None,
    parameters: Mapping[str, float] | None = None,
    periodic: bool | Mapping[str, bool] | None = None,
    boundary: xr.Dataset | None = None,
    denoise: bool = True,
    seconds: float = 30.0,
    progress: Callable[[float], None] | None = None,
) -> xr.Dataset:
    """Simulate an equation forward in time from a field's first instant.

    Where every axis is periodic, space is Fourier pseudo-spectral, on as fine a grid as the solution needs,
    and time ETDRK4. Else space is finite differences on the field's own points, the values along the edges
    are the measured ones, and time is DOP853 or, where stiff, Radau. Systems without an axis go to LSODA.

    Args:
        equation: for the first or a higher time derivative of one or several components; components without
            an equation are read from the start as given functions of time; they may lack axes of space.
        start: the field, in one to three dimensions or none, whose first time is the initial state. For
            u_tt, the first rates are the variable `u_t` if there is one, else the slopes of the first times.
        t: (n_t,) the times wanted, from the start's first time on; its own times by default.
        parameters: values for the equation's parameters, by name.
        periodic: whether the axes are periodic, for all or by name; found from the field where left out.
        boundary: the field, on the same points, whose edges are imposed where an axis is not periodic; the
            start by default, and its first instant for ever if it holds no other.
        denoise: whether to smooth the start first, where noise is found on it.
        seconds: the wall time after which to give up.
        progress: called with the fraction done.

    Returns:
        A field with the equation's components on the start's points, at the wanted times; its attrs name the
        solver.

    Raises:
        SimulationError: if the equation cannot be simulated from this start, is ill-posed, grows without
            bound or takes too long, with the time that was reached.

    >>> from physforge_kernel.equations import catalogue
    >>> law = catalogue.get("heat", alpha=0.1)
    >>> field = law.field(x=32, t=5)
    >>> again = simulate(law.equation, field)
    >>> bool(abs(again.u - field.u).max() < 1e-8)
    True
    """
    from threadpoolctl import threadpool_limits

    deadline = time.monotonic() + seconds
    # The matrices are small: threads of the linear algebra library would only wait for each other.
    with threadpool_limits(1):
        return _simulate(equation, start, t, parameters, periodic, boundary, denoise, deadline, progress)


def _simulate(
    equation: Equation,
    start: xr.Dataset,
    t: ArrayLike | None,
    parameters: Mapping[str, float] | None,
    periodic: bool | Mapping[str, bool] | None,
    boundary: xr.Dataset | None,
    denoise: bool,
    deadline: float,
    progress: Callable[[float], None] | None,
) -> xr.Dataset:
    import xarray as xr

    axes_names = tuple(str(name) for name in start.dims if name != "t")
    missing = [name for name in axes_names if name not in start.coords]
    if missing:
        raise SimulationError(f"The dimension {missing[0]!r} has no coordinate; give the field one.")
    ordered = tuple(name for name in ("x", "y", "z") if name in axes_names)
    if set(ordered) != set(axes_names):
        other = sorted(set(axes_names) - set(ordered))[0]
        raise SimulationError(f"The dimension {other!r} is none of t, x, y and z; rename or select it away.")
    fields = [str(name) for name in start.data_vars]
    involved = [name for name in equation.components if name in fields]
    is_complex = any(np.iscomplexobj(start[name].values) for name in involved)
    system = compile_system(equation, ordered, fields=fields, is_complex=is_complex, parameters=parameters)
    axes = _axes(start, system, involved, periodic)
    known, wanted = _times(start, t)
    measured = measure(start, system, axes, known, denoise=denoise)
    spectral = bool(axes) and all(axis.periodic for axis in axes)
    _check_reach(system, spectral, axes, boundary, known, wanted)

    times = wanted if wanted[0] == known[0] else np.concatenate([known[:1], wanted])
    if spectral:
        values, settings = simulate_periodic(
            system, axes, measured, times, deadline=deadline, progress=progress
        )
    elif not axes:
        values, settings = simulate_ordinary(system, measured, times, deadline=deadline, progress=progress)
    else:
        edges = measured
        if boundary is not None:
            edges = measure(boundary, system, axes, _times(boundary, None)[0], denoise=denoise)
        values, settings = simulate_lines(
            system, axes, measured, edges, times, deadline=deadline, progress=progress
        )
    values = values[len(times) - len(wanted) :]

    result = _assembled(system, axes, values)
    coords = {"t": ("t", wanted, dict(start["t"].attrs) if "t" in start.coords else {})}
    coords |= {name: (name, start[name].values, dict(start[name].attrs)) for name in ordered}
    attrs = {"source": "simulation", "equation": str(equation), **settings}
    if measured.noise:
        attrs["denoised"] = ", ".join(
            f"{name} ({100 * level:.2g} %)" for name, level in measured.noise.items()
        )
    if axes:
        attrs["periodic"] = ", ".join(axis.name for axis in axes if axis.periodic) or "none"
    variables = {name: (("t", *ordered), field, dict(start[name].attrs)) for name, field in result.items()}
    return xr.Dataset(variables, coords=coords, attrs=attrs)


def _axes(
    start: xr.Dataset, system: System, involved: list[str], periodic: bool | Mapping[str, bool] | None
) -> tuple[Axis, ...]:
    axes = read_axes(start, system.axes, involved, periodic)
    settled = []
    for axis in axes:
        if axis.periodic and not system.repeats(axis.name, axis.points[0], axis.length):
            told = periodic.get(axis.name) if isinstance(periodic, Mapping) else periodic
            if told:
                raise SimulationError(
                    f"The axis {axis.name!r} cannot be periodic: the equation's coefficients change along it "
                    "and do not repeat. Leave `periodic` out."
                )
            axis = Axis(axis.name, axis.points, False, float(np.ptp(axis.points)))
        settled.append(axis)
    return tuple(settled)


def _times(start: xr.Dataset, t: ArrayLike | None) -> tuple[Array, Array]:
    """The times of the start, and those wanted."""
    if "t" in start.coords:
        if start["t"].dtype.kind not in "iuf":
            raise SimulationError(
                f"The start's times are {start['t'].dtype}, not numbers; convert them, dates to seconds for "
                "example."
            )
        known = np.atleast_1d(np.asarray(start["t"].values, dtype=float))
    elif t is not None:
        known = np.atleast_1d(np.asarray(t, dtype=float))[:1]
    else:
        raise SimulationError("The start has no times: pass the times wanted as `t`.")
    wanted = known if t is None else np.atleast_1d(np.asarray(t, dtype=float))
    if wanted.ndim != 1 or not np.all(np.isfinite(wanted)) or np.any(np.diff(wanted) <= 0):
        raise SimulationError("The times wanted must be finite and in increasing order.")
    if np.any(np.diff(known) <= 0):
        raise SimulationError("The start's times must be in increasing order; sort the field by t.")
    if wanted[0] < known[0]:
        raise SimulationError(
            f"The times wanted begin at {wanted[0]:g}, before the start at {known[0]:g}: a simulation "
            "only goes forward in time."
        )
    return known, wanted


def _check_reach(
    system: System,
    spectral: bool,
    axes: tuple[Axis, ...],
    boundary: xr.Dataset | None,
    known: Array,
    wanted: Array,
) -> None:
    reads = bool(system.given) or (bool(axes) and not spectral and boundary is None)
    if reads and len(known) > 1 and wanted[-1] > known[-1] + 1e-9 * (known[-1] - known[0]):
        what = "given fields" if system.given else "values along the edges"
        raise SimulationError(
            f"The {what} are known up to t = {known[-1]:g}, and t = {wanted[-1]:g} is wanted: end there, or "
            "pass a longer `boundary`."
        )


def _assembled(system: System, axes: tuple[Axis, ...], values: Array) -> dict[str, Array]:
    """The components, (n_t, *space) on all points of the axes, out of the states (n_t, m, *space)."""
    for position, axis in enumerate(axes, start=2):
        if axis.repeated:
            values = np.concatenate([values, np.take(values, [0], axis=position)], axis=position)
    rows = {(s.component, s.part): row for row, s in enumerate(system.states) if s.order == 0}
    fields: dict[str, Array] = {}
    for (name, part), row in rows.items():
        if part == "re":
            imaginary = rows.get((name, "im"))
            fields[name] = values[:, row] if imaginary is None else values[:, row] + 1j * values[:, imaginary]
    return fields
