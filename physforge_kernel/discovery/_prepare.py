"""From xarray fields to arrays that discovery can trust, or a sentence that says why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DiscoveryError
from ._noise import fill_gaps, heavy_tailed, noise_sd, resolved, uneven_noise
from ._outliers import outliers
from ._projection import Axis, Sample

if TYPE_CHECKING:
    import xarray as xr

#: Fewest samples along an axis: a test function of the smallest size must find room to be moved.
FEWEST_SAMPLES = 19

#: Largest share of unresolved samples that may be left out; beyond it the whole field is used as it is.
MOST_UNRESOLVED = 0.5


def prepare(fields: Sequence[xr.Dataset], *, mask_fronts: bool = True) -> tuple[Sample, ...]:
    """Check fields and turn each into a `Sample`, time first; `mask_fronts` leaves unresolved samples out.

    Raises:
        DiscoveryError: naming the variable or axis that cannot be used, and what to do.
    """
    if not fields:
        raise DiscoveryError("Discovery was given no field; pass one xarray.Dataset or a list of them.")
    samples = [_sample(field, mask_fronts) for field in fields]
    for sample in samples[1:]:
        if (sample.axes, sample.components) != (samples[0].axes, samples[0].components):
            raise DiscoveryError(
                f"The fields differ: {samples[0].components} over {samples[0].axes} and "
                f"{sample.components} over {sample.axes}; give experiments of the same variables."
            )
    return tuple(samples)


def _sample(field: xr.Dataset, mask_fronts: bool) -> Sample:
    if not hasattr(field, "data_vars"):
        if hasattr(field, "to_dataset") and getattr(field, "name", None):
            field = field.to_dataset()  # a DataArray
        else:
            raise DiscoveryError(
                f"Discovery needs an xarray.Dataset with named coordinates, not {type(field).__name__}; "
                "physforge_kernel.read makes one from a file."
            )
    names = [str(name) for name in field.data_vars]
    if not names:
        raise DiscoveryError("The field has no variables; there is nothing to discover a law for.")
    axes = _axes(field)
    points = tuple(_points(field, axis) for axis in axes)
    values = []
    for name in names:
        if not name.isidentifier():
            raise DiscoveryError(
                f"Variable {name!r} cannot stand in an equation; rename it to letters, digits and _, "
                f"as in field.rename({{{name!r}: 'u'}})."
            )
        variable = field[name]
        if set(map(str, variable.dims)) != set(axes):
            raise DiscoveryError(
                f"Variable {name!r} has dimensions {tuple(map(str, variable.dims))} and the field {axes}; "
                "drop it, or give every variable all dimensions."
            )
        values.append(_real(name, variable.transpose(*axes).to_numpy()))
    order = [np.argsort(p) for p in points]
    values = [v[np.ix_(*order)] for v in values]
    points = tuple(p[o] for p, o in zip(points, order, strict=True))
    return _with_noise(axes, points, tuple(names), values, mask_fronts)


def _axes(field: xr.Dataset) -> tuple[str, ...]:
    dims = [str(d) for d in field.dims]
    if "t" not in dims:
        raise DiscoveryError(
            f"The field has dimensions {tuple(dims)} and none is called 't'; "
            "rename the time axis, as in field.rename(time='t')."
        )
    for axis in dims:
        if axis not in ("t", "x", "y", "z"):
            raise DiscoveryError(
                f"Axis {axis!r} is not one of t, x, y, z; rename it, or select one value of it, "
                f"as in field.isel({axis}=0)."
            )
        size = field.sizes[axis]
        if size < FEWEST_SAMPLES:
            raise DiscoveryError(
                f"Axis {axis!r} has {size} samples and discovery needs at least {FEWEST_SAMPLES}; "
                "measure more, or select one value of it to drop the axis."
            )
    return ("t", *sorted(d for d in dims if d != "t"))


def _points(field: xr.Dataset, axis: str) -> np.ndarray:
    if axis not in field.coords:
        raise DiscoveryError(f"Axis {axis!r} has no coordinate values; assign them with field.assign_coords.")
    points = field[axis].to_numpy()
    if points.dtype.kind not in "iuf":
        raise DiscoveryError(
            f"Axis {axis!r} holds {points.dtype}, not numbers; convert it to seconds or metres."
        )
    points = points.astype(float)
    if not np.isfinite(points).all() or len(np.unique(points)) != len(points):
        raise DiscoveryError(
            f"Axis {axis!r} has repeated or missing values; every sample needs its own place."
        )
    steps = np.diff(points)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        raise DiscoveryError(f"Axis {axis!r} is not monotone; sort the field, as in field.sortby({axis!r}).")
    return points


def _real(name: str, values: Any) -> np.ndarray:
    if values.dtype.kind == "c":
        if np.any(values.imag):
            raise DiscoveryError(
                f"Variable {name!r} is complex; pass its real and imaginary parts as two variables."
            )
        values = values.real
    if values.dtype.kind not in "iufb":
        raise DiscoveryError(f"Variable {name!r} holds {values.dtype}, not numbers.")
    values = values.astype(float)
    finite = np.isfinite(values)
    if not finite.any():
        raise DiscoveryError(f"Variable {name!r} has no finite value; every sample is missing.")
    if np.ptp(values[finite]) <= 1e-12 * max(float(np.abs(values[finite]).max()), 1e-300):
        raise DiscoveryError(f"Variable {name!r} is constant; a field that never changes shows no law.")
    return values


def _with_noise(
    axes: tuple[str, ...],
    points: tuple[np.ndarray, ...],
    names: tuple[str, ...],
    values: list[np.ndarray],
    mask_fronts: bool,
) -> Sample:
    wrong = [outliers(v, points) for v in values]
    values = [fill_gaps(np.where(w, np.nan, v), points) for v, w in zip(values, wrong, strict=True)]
    measured = np.logical_and.reduce([np.isfinite(v) for v in values])
    smooth = np.logical_and.reduce([resolved(v, points) for v in values])
    if not mask_fronts or (~smooth).mean() > MOST_UNRESOLVED:
        smooth = np.ones_like(smooth)
    valid = measured & smooth
    clean = [np.where(valid, v, np.nan) for v in values]
    sigma = tuple(noise_sd(v, points) for v in clean)
    filled = tuple(np.where(np.isfinite(v), v, 0.0) for v in values)
    return Sample(
        tuple(Axis(name, place) for name, place in zip(axes, points, strict=True)),
        names,
        filled,
        sigma,
        None if valid.all() else valid,
        float((~smooth & measured).mean()),
        tuple(
            name
            for name, v in zip(names, values, strict=True)
            if uneven_noise(np.where(valid, v, np.nan), points)
        ),
        {name: int(w.sum()) for name, w in zip(names, wrong, strict=True) if w.any()},
        tuple(name for name, v in zip(names, clean, strict=True) if heavy_tailed(v, points)),
    )
