"""A field that a law is held against: its samples, what is missing of them, and their noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DiscoveryError
from ._gaps import fill_gaps
from ._memory import in_memory
from ._noise import noise_sd
from ._outliers import outliers
from ._projection import Sample
from ._units import power_of_two

if TYPE_CHECKING:
    import xarray as xr

#: Accuracy that is assumed of samples without visible noise, as a share of a variable's variation.
ACCURACY = 1e-3

#: A variable that varies by a smaller share of its size stands still.
_STILL = 1e-4


@dataclass(frozen=True)
class Observed:
    """A field as measured, in the order t, x, y, z.

    `known` has NaN where a sample is missing or an outlier; `filled` has these filled from their neighbours,
    except in holes. `sigma` is the sd of the noise on every variable (on a complex one, of both parts
    together), `size` the sd of what varies beneath it, both in the variable's units. `periodic` says which
    axes are, where it is not to be found from the field.
    """

    known: xr.Dataset
    filled: xr.Dataset
    sigma: Mapping[str, float]
    size: Mapping[str, float]
    periodic: bool | Mapping[str, bool] | None = None

    @property
    def times(self) -> np.ndarray:
        return np.asarray(self.known["t"].values, dtype=float)

    @property
    def space(self) -> tuple[str, ...]:
        return tuple(str(name) for name in self.known.dims if name != "t")

    def floor(self, name: str) -> float:
        """What a perfect forecast would still be off by, sd per sample: noise, or the accuracy assumed."""
        return float(np.hypot(self.sigma[name], ACCURACY * self.size[name]))

    @property
    def noisy(self) -> bool:
        """Whether noise shows on any variable."""
        return any(self.sigma[name] > ACCURACY * self.size[name] for name in self.sigma)

    @property
    def start(self) -> xr.Dataset:
        """The leading times without holes, from which a simulation can start.

        Raises:
            DiscoveryError: if there is a hole at the first time.
        """
        whole = np.ones(len(self.times), dtype=bool)
        for variable in self.filled.data_vars.values():
            values = np.isfinite(variable.values)
            whole &= values.reshape(len(values), -1).all(axis=1)
        if not whole[0]:
            later = np.flatnonzero(whole)
            where = (
                f"start it at t = {self.times[later[0]]:g}, as in field.isel(t=slice({later[0]}, None))"
                if later.size
                else "cut it to where it is known"
            )
            raise DiscoveryError(
                f"The field has a hole at its first time, from which the law would be run; {where}."
            )
        count = len(whole) if whole.all() else int(np.argmin(whole))
        return self.filled.isel(t=slice(0, count))


def observe(
    field: Any,
    variables: Sequence[str],
    axes: Sequence[str],
    periodic: bool | Mapping[str, bool] | None = None,
    controls: Sequence[str] = (),
) -> Observed:
    """Check a field that a law about `variables` over `axes` is to be held against, and measure its noise.

    Those of the variables that are `controls` may lack axes; they are the same along these.

    Raises:
        DiscoveryError: saying what is missing or cannot be used.
    """
    if hasattr(field, "to_dataset") and getattr(field, "name", None):
        field = field.to_dataset()
    if not hasattr(field, "data_vars"):
        raise DiscoveryError(
            f"A law is held against an xarray.Dataset, not {type(field).__name__}; "
            "physforge_kernel.read makes one from a file."
        )
    field = in_memory(field, "running a law on it")
    names = [str(name) for name in field.data_vars]
    absent = [name for name in variables if name not in names]
    if absent:
        raise DiscoveryError(
            f"The law is about {', '.join(variables)}, and the field holds {', '.join(names) or 'nothing'}; "
            f"rename its variables, as in field.rename({{{(names or ['w'])[0]!r}: {absent[0]!r}}})."
        )
    ordered = ("t", *sorted(str(name) for name in field.dims if name != "t"))
    if set(ordered) != {"t", *axes}:
        raise DiscoveryError(
            f"The law was found over ({', '.join(('t', *axes))}), and the field has the dimensions "
            f"({', '.join(map(str, field.dims))}); give it these, by name."
        )
    for name in ordered:
        points = np.asarray(field[name].values) if name in field.coords else np.zeros(0)
        if points.dtype.kind not in "iuf" or not len(points) or not np.isfinite(points.astype(float)).all():
            raise DiscoveryError(f"Axis {name!r} has no coordinate values that are numbers; assign them.")
        if len(np.unique(points)) != len(points):
            raise DiscoveryError(f"Axis {name!r} has repeated values; every sample needs its own place.")
    field = field[list(variables)].sortby(list(ordered))
    field = field.assign({name: field[name].broadcast_like(field) for name in controls})
    if field.sizes["t"] < 2:
        raise DiscoveryError("The field has one time; a forecast needs a later one to be held against.")
    points = [np.asarray(field[name].values, dtype=float) for name in ordered]
    known: dict[str, Any] = {}
    filled: dict[str, Any] = {}
    sigma: dict[str, float] = {}
    size: dict[str, float] = {}
    for name in variables:
        if set(map(str, field[name].dims)) != set(ordered):
            raise DiscoveryError(f"Variable {name!r} does not span ({', '.join(ordered)}); give it all axes.")
        values = field[name].transpose(*ordered).to_numpy()
        if values.dtype.kind not in "iufbc":
            raise DiscoveryError(f"Variable {name!r} holds {values.dtype}, not numbers.")
        halves = [np.real(values), np.imag(values)] if values.dtype.kind == "c" else [values]
        parts = [_part(name, np.asarray(half, dtype=float), points) for half in halves]
        wrong = np.logical_or.reduce([np.isnan(part.known) for part in parts])
        attrs = dict(field[name].attrs)
        known[name] = (ordered, np.where(wrong, np.nan, _joined([p.known for p in parts])), attrs)
        filled[name] = (ordered, _joined([p.filled for p in parts]), attrs)
        sigma[name] = float(np.hypot.reduce([p.sigma for p in parts]))
        size[name] = float(np.hypot.reduce([p.size for p in parts]))
    coords = {name: (name, p, dict(field[name].attrs)) for name, p in zip(ordered, points, strict=True)}
    import xarray as xr

    return Observed(xr.Dataset(known, coords), xr.Dataset(filled, coords), sigma, size, periodic)


def observe_like(sample: Sample, field: Any, periodic: bool | Mapping[str, bool] | None = None) -> Observed:
    """Check a field that a law found in a sample is to be held against; see `observe`."""
    return observe(
        field,
        [sample.complex_name] if sample.complex_name else sample.components,
        [axis for axis in sample.axes if axis != "t"],
        periodic,
        [control.name for control in sample.controls],
    )


@dataclass(frozen=True)
class _Part:
    known: np.ndarray
    filled: np.ndarray
    sigma: float
    size: float


def _part(name: str, values: np.ndarray, points: Sequence[np.ndarray]) -> _Part:
    """One real variable: outliers left out, gaps filled, noise and variation measured."""
    values = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(values).all():
        raise DiscoveryError(f"Variable {name!r} has no finite value; every sample is missing.")
    known = np.where(outliers(values, points), np.nan, values)
    filled = fill_gaps(known, points)
    sigma = noise_sd(known if np.isnan(known).mean() > 0.02 else filled, points)
    spread = float(np.nanvar(known)) - sigma**2
    # A field that is mostly noise still varies by what the noise would not hide, and one that stands still by
    # what solvers leave of it.
    still = (_STILL * float(np.nanmax(np.abs(known)))) ** 2
    size = float(np.sqrt(max(spread, 1e-2 * float(np.nanvar(known)), still, 1e-300)))
    return _Part(known, filled, sigma, size)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]


def field_of(sample: Sample) -> xr.Dataset:
    """The field that discovery was given, as it keeps it: gaps filled, outliers out, NaN in holes."""
    import xarray as xr

    values = [v * power_of_two(k) for v, k in zip(sample.values, _exponents(sample), strict=True)]
    if sample.valid is not None and not sample.unresolved:
        values = [np.where(~sample.valid & (v == 0.0), np.nan, v) for v in values]
    names = list(sample.components)
    if sample.complex_name:
        names, values = [sample.complex_name], [values[0] + 1j * values[1]]
    scales = [power_of_two(k) for k in sample.units.axes] if sample.units else [1.0] * len(sample.axes)
    return xr.Dataset(
        {name: (sample.axes, v) for name, v in zip(names, values, strict=True)},
        {axis.name: unit * axis.points for axis, unit in zip(sample.grid, scales, strict=True)},
    )


def _exponents(sample: Sample) -> tuple[int, ...]:
    return sample.units.components if sample.units else (0,) * len(sample.components)
