"""Derivatives of a field: which are asked for, along which axes, by which method, with which errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent
from ..equations._names import derivative_name, split_derivative
from ..errors import DerivativeError
from ..fields import validate
from ._along import along
from ._auto import choose_method
from ._lines import Array, Estimate, Lines, Samples
from ._methods import Method, method_named
from ._sampling import period_of, white_noise

if TYPE_CHECKING:
    import xarray as xr

#: In which order a mixed derivative is taken.
_AXES = "xyzt"


def differentiate(
    field: xr.Dataset | xr.DataArray,
    derivatives: str | Sequence[str] = "u_x",
    *,
    method: str = "auto",
    noise: float | Mapping[str, float] | None = None,
    periodic: bool | Mapping[str, bool] | None = None,
    **options: Any,
) -> xr.Dataset:
    """Differentiate a sampled field, and say how wrong the derivatives may be.

    One axis is differentiated at a time; a mixed derivative is taken along one axis after the other, and the
    errors are passed on. Next to every derivative stands its standard error at every sample: what the noise
    leaves, and an estimate of what smoothing or discretisation leaves. Missing samples stay missing.

    Args:
        field: variables, real or complex, on axes among t, x, y and z.
        derivatives: names as equations have them, such as `"u_x"`, or several, `["u_t", "u_xxy"]`.
        method: `"finite"`, `"spectral"`, `"savgol"`, `"polynomial"`, `"spline"`, `"gp"`, `"tv"` or one that
            was registered; `"auto"` takes, along each axis, the one that states the least error.
        noise: the standard deviation of the white noise on the variables, in their units, for all or by
            variable; estimated where None.
        periodic: whether axes are periodic, for all but t or by axis; found from the field where left out.
            Time is periodic only where it is said to be, or is the only axis and True is said.
        options: of the method, such as `window=21` for `"savgol"`.

    Returns:
        A field on the same axes, falling ones as they are, with `u_x` and `u_x_error` for every derivative.
        Their attributes say the `method`, the `reason` for it, its `settings`, the `noise` and, where the
        field has them, the `units`.

    Raises:
        DerivativeError: a name is no derivative of the field, an axis neither rises nor falls, the method is
            unknown, or it cannot do what is asked with these samples.
        FieldError: this is no field.

    Example:
        >>> import numpy as np, xarray as xr
        >>> x = np.linspace(0, 6, 200)
        >>> noisy = np.sin(x) + 0.01 * np.random.default_rng(0).standard_normal(200)
        >>> found = differentiate(xr.Dataset({"u": ("x", noisy)}, {"x": x}), "u_x")
        >>> wrong = np.abs(found["u_x"] - np.cos(x))
        >>> bool(wrong.max() < 0.1), bool((wrong <= 2 * found["u_x_error"]).mean() > 0.9)
        (True, True)
    """
    import scipy.linalg  # noqa: F401  # loads the libraries whose threads are counted below
    import xarray as xr
    from threadpoolctl import threadpool_limits

    given = field
    field = validate(field)
    _check_monotone(given, field)
    names = [derivatives] if isinstance(derivatives, str) else list(derivatives)
    if not names:
        raise DerivativeError("No derivative was asked for: name some, such as 'u_x'.")
    asked = {name: _parsed(name, field) for name in names}
    if method == "auto" and options:
        raise DerivativeError(
            f"The option {next(iter(options))!r} belongs to one method: name the method that it is for."
        )
    chosen = None if method == "auto" else method_named(method)
    if chosen is not None:
        chosen.check(options)
    closed = _told(periodic, field)
    units = {name: _unit(field[name].values) for name, _ in asked.values()}
    plain = field.assign({name: field[name] / unit for name, unit in units.items() if unit != 1.0})
    noises = {name: _noise_of(plain, name, noise, unit) for name, unit in units.items()}
    work = _Work(plain, chosen, options, closed, noises, {})
    result = xr.Dataset(coords=field.coords, attrs=field.attrs)
    # Matrices here are small: several threads would wait for each other longer than they work.
    with threadpool_limits(1):
        stages = [
            work.derivative(variable, tuple((axis, orders[axis]) for axis in _AXES if axis in orders))
            for variable, orders in asked.values()
        ]
    for (variable, orders), stage in zip(asked.values(), stages, strict=True):
        name = derivative_name(variable, orders)
        dims = field[variable].dims
        attrs = _attributes(field, variable, orders, stage, noises[variable] * units[variable])
        values, error = (part * units[variable] for part in stage.whole())
        result[name] = (dims, values, {"long_name": f"{name} of the field"} | attrs)
        result[f"{name}_error"] = (dims, error, {"long_name": f"standard error of {name}"} | attrs)
    told = [result[derivative_name(*each)].attrs for each in asked.values()]
    result.attrs["method"] = "; ".join(dict.fromkeys(each["method"] for each in told))
    result.attrs["reason"] = " ".join(dict.fromkeys(each["reason"] for each in told))
    backwards = {axis: slice(None, None, -1) for axis in field.dims if _falls(given[axis].values)}
    return result.isel(backwards) if backwards else result


def _falls(points: Array) -> bool:
    return len(points) > 1 and bool(points[0] > points[-1])


def _check_monotone(given: xr.Dataset | xr.DataArray, field: xr.Dataset) -> None:
    """Refuse axes that neither rise nor fall: their derivatives would not line up with the given samples."""
    for axis in map(str, field.dims):
        signs = np.sign(np.diff(given[axis].values.astype(float)))
        if np.ptp(signs) if signs.size else False:
            turn = int(np.argmax(signs != signs[0])) + 1
            raise DerivativeError(
                f"The axis {axis} turns back at index {turn} and is not monotone: sort the field, as in "
                f"field.sortby({axis!r}), so that its derivatives line up with it."
            )


@dataclass(frozen=True)
class _Stage:
    """A derivative on its way: the parts of a variable, real and imaginary, with their errors."""

    parts: tuple[Estimate, ...]
    """One for a real variable, two for a complex one; arrays of the field's shape."""
    methods: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def whole(self) -> tuple[np.ndarray, Array]:
        """The values and their standard errors."""
        if len(self.parts) == 1:
            return self.parts[0].values, self.parts[0].error
        real, imaginary = self.parts
        return real.values + 1j * imaginary.values, np.hypot(real.error, imaginary.error)


@dataclass(frozen=True)
class _Work:
    """What all derivatives of a field share; lower ones are kept for higher ones to start from."""

    field: xr.Dataset
    method: Method | None
    options: Mapping[str, Any]
    periodic: Mapping[str, bool | None]
    noise: Mapping[str, float]
    """By variable, for each of its parts."""
    done: dict[tuple[str, tuple[tuple[str, int], ...]], _Stage]

    def derivative(self, variable: str, steps: tuple[tuple[str, int], ...]) -> _Stage:
        """The derivative of a variable by some axes, each so many times."""
        key = (variable, steps)
        if key not in self.done:
            if not steps:
                self.done[key] = self._start(variable)
            elif self.method is not None and self.method.whole:
                self.done[key] = self._at_once(variable, dict(steps), self.method)
            else:
                axis, order = steps[-1]
                self.done[key] = self._next(variable, self.derivative(variable, steps[:-1]), axis, order)
        return self.done[key]

    def _start(self, variable: str) -> _Stage:
        values = self.field[variable].values
        zero, noise = np.zeros(values.shape), np.full(values.shape, self.noise[variable])
        return _Stage(tuple(Estimate(part, noise, zero) for part in _parts(values)))

    def _at_once(self, variable: str, orders: Mapping[str, int], method: Method) -> _Stage:
        axes = tuple(str(dim) for dim in self.field[variable].dims)
        start = self.derivative(variable, ())
        periods = {}
        for k, axis in enumerate(axes):
            lines = self._lines(axis, [_flat(part, k) for part in start.parts])[0]
            if lines.period is not None:
                periods[axis] = lines.period
        points = tuple(self.field[axis].values for axis in axes)
        parts = tuple(
            method.function(
                Samples(axes, points, part.values, self.noise[variable], periods), orders, **self.options
            )
            for part in start.parts
        )
        for part in parts:
            _check_shape(part, start.parts[0].values.shape, method.name)
        return _Stage(parts, (method.name,), (f"{method.name} was asked for.",), _settings("", parts[0]))

    def _next(self, variable: str, stage: _Stage, axis: str, order: int) -> _Stage:
        where = self.field[variable].dims.index(axis)
        flat = [_flat(part, where) for part in stage.parts]
        lines, repeated = self._lines(axis, flat)
        method, reason = self.method, f"{self.method.name} was asked for." if self.method else ""
        options = self.options
        if method is None:
            method, options, reason = choose_method(lines, order)
        found = along(lines, method, order, options)
        _check_shape(found, lines.values.shape, method.name)
        if repeated:
            found = found.each(lambda array: np.concatenate([array, array[:1]]))
        columns = flat[0].values.shape[1]
        shape = np.moveaxis(stage.parts[0].values, where, 0).shape
        parts = []
        for k, before in enumerate(flat):
            mine = slice(k * columns, (k + 1) * columns)
            part = Estimate(found.values[:, mine], found.noise[:, mine], found.bias[:, mine])
            parts.append(_shaped(_with_bias(part, before), shape, where))
        return _Stage(
            tuple(parts),
            (*stage.methods, f"{axis}: {method.name}"),
            (*stage.reasons, reason),
            (*stage.settings, *_settings(f"{axis}: ", found)),
        )

    def _lines(self, axis: str, flat: Sequence[Estimate]) -> tuple[Lines, bool]:
        """The lines along an axis, and whether a last sample that repeats the first was left out."""
        values = np.hstack([part.values for part in flat])
        noise = np.hstack([_rms(part.noise) for part in flat])
        points = self.field[axis].values
        lines = Lines(axis, points, values, noise)
        told = self.periodic[axis]
        if told is False or len(points) < 3 or (not lines.even and told is None):
            return lines, False
        if not lines.even:
            steps = np.diff(points)
            raise DerivativeError(
                f"The axis {axis} cannot be periodic: its steps run from {steps.min():.4g} to "
                f"{steps.max():.4g}. Interpolate the field to equal steps, or leave `periodic` out."
            )
        found = period_of(points, values, lines.typical_sd)
        if found is None and told:
            found = (points[-1] - points[0] + lines.step, False)
        if found is None:
            return lines, False
        period, repeated = found
        if repeated:
            lines = lines.part(slice(0, len(points) - 1))
        return replace(lines, period=period), repeated


def _parsed(name: str, field: xr.Dataset) -> tuple[str, dict[str, int]]:
    variables = [str(each) for each in field.data_vars]
    split = split_derivative(name, variables) if isinstance(name, str) else None
    if split is None:
        raise DerivativeError(
            f"{name!r} is no derivative of this field, whose variables are {', '.join(variables)}: write the "
            f"axes after the variable, as in {variables[0] + '_xx'!r}."
        )
    variable, orders = split
    dims = [str(dim) for dim in field[variable].dims]
    for axis in orders:
        if axis not in dims:
            raise DerivativeError(
                f"{name!r} needs the axis {axis}, but {variable} stands on {', '.join(dims)}: rename the "
                "field's axes, or ask for another derivative."
            )
    return variable, orders


def _told(periodic: bool | Mapping[str, bool] | None, field: xr.Dataset) -> dict[str, bool | None]:
    axes = [str(dim) for dim in field.dims]
    if isinstance(periodic, Mapping):
        for axis in periodic:
            if axis not in axes:
                raise DerivativeError(
                    f"periodic names the axis {axis!r}; the field's axes are {', '.join(axes)}."
                )
        return {axis: periodic.get(axis, False if axis == "t" else None) for axis in axes}
    if periodic:
        return {axis: axis != "t" or len(axes) == 1 for axis in axes}
    return {axis: False if axis == "t" else periodic for axis in axes}


#: Values beyond these, whose squares or cubes numbers would not hold, are divided by a power of two.
_SMALLEST, _LARGEST = 1e-60, 1e60


def _unit(values: np.ndarray) -> float:
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return 1.0 if largest == 0 or _SMALLEST < largest < _LARGEST else 2.0 ** np.floor(np.log2(largest))


def _noise_of(
    field: xr.Dataset, variable: str, told: float | Mapping[str, float] | None, unit: float
) -> float:
    """The standard deviation of the noise on each part of a variable, in units of `unit`."""
    given = told.get(variable) if isinstance(told, Mapping) else told
    parts = _parts(field[variable].values)
    if given is not None:
        if not np.isfinite(given) or given < 0:
            raise DerivativeError(
                f"The noise on {variable} is given as {given}: give a standard deviation, zero or more."
            )
        return float(given) / unit / np.sqrt(len(parts))
    points = [field[dim].values for dim in field[variable].dims]
    return float(np.sqrt(np.mean([white_noise(part, points) ** 2 for part in parts])))


def _flat(part: Estimate, where: int) -> Estimate:
    """Lines along one axis in columns."""
    return part.each(lambda array: np.moveaxis(array, where, 0).reshape(array.shape[where], -1))


def _shaped(part: Estimate, shape: tuple[int, ...], where: int) -> Estimate:
    return part.each(lambda array: np.moveaxis(array.reshape(shape), 0, where))


def _parts(values: np.ndarray) -> list[Array]:
    """The real and, if there is one, the imaginary part; what is not finite is missing."""
    parts = [np.real(values), np.imag(values)] if np.iscomplexobj(values) else [values]
    return [np.where(np.isfinite(part), part, np.nan) for part in parts]


def _rms(noise: Array) -> Array:
    """By column; where nothing is known, zero."""
    known = np.isfinite(noise)
    return np.sqrt((np.where(known, noise, 0.0) ** 2).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _with_bias(part: Estimate, before: Estimate) -> Estimate:
    """Pass on the bias of the derivative before, as if it varied along the axis as that does."""
    if not np.nanmax(before.bias, initial=0.0):
        return part
    size = np.nanmean(before.values**2)
    ratio = np.sqrt(np.nanmean(part.values**2) / size) if size else 0.0
    return replace(part, bias=np.hypot(part.bias, ratio * _rms(before.bias)))


def _check_shape(found: Estimate, shape: tuple[int, ...], name: str) -> None:
    for array in (found.values, found.noise, found.bias):
        if np.shape(array) != shape:
            raise DerivativeError(
                f"The method {name!r} returned an array of shape {np.shape(array)} for values of shape "
                f"{shape}: it has to keep their shape."
            )


def _settings(prefix: str, found: Estimate) -> tuple[str, ...]:
    if not found.settings:
        return ()
    return (prefix + ", ".join(f"{name} {value:.4g}" for name, value in found.settings.items()),)


def _attributes(
    field: xr.Dataset, variable: str, orders: Mapping[str, int], stage: _Stage, noise: float
) -> dict[str, Any]:
    values = field[variable].values
    attrs: dict[str, Any] = {
        "method": "; ".join(stage.methods),
        "reason": " ".join(stage.reasons),
        "settings": "; ".join(stage.settings),
        "noise": noise * np.sqrt(len(stage.parts)),
    }
    units = [field[variable].attrs.get("units"), *(field[axis].attrs.get("units") for axis in orders)]
    if all(unit is not None for unit in units):
        attrs["units"] = _units(field, variable, orders)
    missing = int(np.sum(~np.isfinite(values)))
    if missing:
        lost = int(np.sum(~np.isfinite(stage.parts[0].values))) - missing
        attrs["gaps"] = f"{missing} samples of {variable} ({percent(missing / values.size)}) are missing"
        attrs["gaps"] += f", and {lost} more have no derivative since they are too near." if lost > 0 else "."
    return attrs


def _units(field: xr.Dataset, variable: str, orders: Mapping[str, int]) -> str:
    """The variable's units over the axes', as text that unit libraries read: `m/s/m^2`."""
    text = str(field[variable].attrs["units"]).strip() or "1"
    for axis in (axis for axis in _AXES if axis in orders):
        unit = str(field[axis].attrs["units"]).strip()
        if unit not in ("", "1"):
            unit = unit if unit.isalpha() else f"({unit})"
            text += f"/{unit}" + (f"^{orders[axis]}" if orders[axis] > 1 else "")
    return text
