"""From xarray fields to arrays that discovery can trust, or a sentence that says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..derivatives import real_components
from ..errors import DiscoveryError
from ._gaps import fill_gaps, filling_error
from ._memory import is_stored
from ._noise import coarse_step, heavy_tailed, noise_sd, resolved, uneven_noise
from ._outliers import outliers
from ._sample import Axis, Control, Sample
from ._survey import Overview, overview, surveyed
from ._units import Units, extent_exponent, size_exponent

if TYPE_CHECKING:
    import xarray as xr

#: Fewest samples along an axis: a test function of the smallest size must find room to be moved.
FEWEST_SAMPLES = 19

#: Largest share of unresolved samples that may be left out; beyond it the whole field is used as it is.
MOST_UNRESOLVED = 0.5

#: Share of filled samples up to which they count as measured where noise is estimated.
FEW_FILLED = 0.02


@dataclass(frozen=True)
class _Raw:
    """A field as arrays: axes and their points, names of the components and their values.

    `complex_name` is that of the complex variable that was taken apart into two components; `controls` holds
    the axes of each variable that has no law of its own.
    """

    axes: tuple[str, ...]
    points: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    values: list[np.ndarray]
    complex_name: str = ""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def prepare(
    fields: Sequence[xr.Dataset], *, mask_fronts: bool = True, controls: Sequence[str] = ()
) -> tuple[Sample, ...]:
    """Check fields and turn each into a `Sample`, time first.

    `mask_fronts` leaves unresolved samples out; `controls` are variables that may have fewer axes.

    Raises:
        DiscoveryError: naming the variable or axis that cannot be used, and what to do.
    """
    if not fields:
        raise DiscoveryError("Discovery was given no field; pass one xarray.Dataset or a list of them.")
    names = list(fields[0].data_vars)
    raw: list[_Raw | Overview] = []
    for i, each in enumerate(fields):
        known = each[names] if set(each.data_vars) == set(names) and names else each
        try:
            raw.append(_arrays(known, controls))
        except DiscoveryError as error:
            raise DiscoveryError(f"Experiment {i + 1}: {error}" if len(fields) > 1 else f"{error}") from error
    first = raw[0]
    for other in raw[1:]:
        if (other.axes, other.names, other.controls) != (first.axes, first.names, first.controls):
            raise DiscoveryError(
                f"The fields differ: {first.names} over {first.axes} and {other.names} over {other.axes}; "
                "give experiments of the same variables."
            )
    sizes = [size_exponent([part.values[c] for part in raw]) for c in range(len(first.names))]
    if first.complex_name:
        sizes = [max(sizes)] * len(sizes)
    units = Units(
        tuple(sizes),
        tuple(extent_exponent([part.points[i] for part in raw]) for i in range(len(first.axes))),
    )
    return tuple(
        surveyed(part, units, mask_fronts, MOST_UNRESOLVED, FEW_FILLED)
        if isinstance(part, Overview)
        else _with_noise(part, units, mask_fronts)
        for part in raw
    )


def _arrays(field: xr.Dataset, controls: Sequence[str]) -> _Raw | Overview:
    names = [str(name) for name in field.data_vars]
    if not names:
        raise DiscoveryError("The field has no variables; there is nothing to discover a law for.")
    spans = _controls(field, names, controls)
    axes = _axes(field)
    points = tuple(_points(field, axis) for axis in axes)
    for name in names:
        dims = tuple(map(str, field[name].dims))
        if name not in spans and set(dims) != set(axes):
            raise DiscoveryError(
                f"Variable {name!r} has dimensions {dims} and the field {axes}; "
                "drop it, give every variable all dimensions, or name it among the controls."
            )
    if is_stored(field):
        return overview(field, axes, points, spans)
    values: list[np.ndarray] = []
    complex_name = ""
    for name in names:
        samples = field[name].broadcast_like(field).transpose(*axes).to_numpy()
        if samples.dtype.kind == "c" and np.any(np.imag(samples)):
            complex_name = name
            if not np.any(np.real(samples)):
                raise DiscoveryError(
                    f"Variable {name!r} is purely imaginary; give its imaginary part, as in "
                    f"field.assign({name}=field.{name}.imag)."
                )
            parts = (f"real part of {name}", f"imaginary part of {name}")
            values += [_real(part, half) for part, half in zip(parts, _halves(samples), strict=True)]
        else:
            values.append(_real(name, samples))
    if complex_name and len(names) > 1:
        raise DiscoveryError(
            f"Variable {complex_name!r} is complex and the field has others beside it; "
            "pass its real and imaginary parts as two variables."
        )
    order = [np.argsort(p) for p in points]
    if any(np.any(np.diff(o) < 0) for o in order):
        values = [v[np.ix_(*order)] for v in values]
    points = tuple(p[o] for p, o in zip(points, order, strict=True))
    components = real_components(complex_name) if complex_name else tuple(names)
    return _Raw(axes, points, components, values, complex_name, spans)


def _controls(field: xr.Dataset, names: Sequence[str], controls: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The axes of each control."""
    for name in controls:
        if name not in names:
            raise DiscoveryError(
                f"The control {name!r} is no variable of the field, which has {', '.join(names)}; name one "
                "of these, or add its samples to the field."
            )
        if not field[name].dims:
            raise DiscoveryError(f"The control {name!r} is a single number; a law cannot show what it does.")
    if controls and set(controls) >= set(names):
        raise DiscoveryError("All variables are controls; leave out the one whose law is sought.")
    return {
        name: tuple(sorted(map(str, field[name].dims), key=lambda axis: (axis != "t", axis)))
        for name in dict.fromkeys(controls)
    }


def _halves(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary part, both missing where one is."""
    known = np.isfinite(samples)
    return np.where(known, np.real(samples), np.nan), np.where(known, np.imag(samples), np.nan)


def _axes(field: xr.Dataset) -> tuple[str, ...]:
    dims = [str(d) for d in field.dims]
    if "t" not in dims:
        raise DiscoveryError(
            f"The field has {_listed(dims)}, and no axis is called 't'; "
            + (
                f"rename the one of time, as in field.rename({dims[0]}='t')."
                if dims
                else "laws are sought in time."
            )
        )
    for axis in dims:
        if axis not in ("t", "x", "y", "z"):
            raise DiscoveryError(
                f"Axis {axis!r} is not one of t, x, y, z; rename it, as in field.rename({axis}='x'), "
                f"or select one value of it, as in field.isel({axis}=0)."
            )
        size = field.sizes[axis]
        if size < FEWEST_SAMPLES:
            raise DiscoveryError(
                f"Axis {axis!r} has {size} sample{'s' * (size != 1)} and discovery needs at least "
                f"{FEWEST_SAMPLES}; measure more, or select one value of it to drop the axis."
            )
    return ("t", *sorted(d for d in dims if d != "t"))


def _points(field: xr.Dataset, axis: str) -> np.ndarray:
    if axis not in field.coords:
        raise DiscoveryError(f"Axis {axis!r} has no coordinate values; assign them with field.assign_coords.")
    points = field[axis].to_numpy()
    if points.dtype.kind == "m":
        points = points / np.timedelta64(1, "s")
    if points.dtype.kind not in "iuf":
        raise DiscoveryError(
            f"Axis {axis!r} holds {kind_of(points)}, not numbers; convert it to seconds or metres, "
            f"as with field.assign_coords({axis}=numbers)."
        )
    points = points.astype(float)
    if not np.isfinite(points).all():
        index = int(np.argmin(np.isfinite(points)))
        raise DiscoveryError(
            f"Axis {axis!r} is {points[index]} at index {index}; correct or drop that point."
        )
    distinct, counts = np.unique(points, return_counts=True)
    if len(distinct) < len(points):
        raise DiscoveryError(
            f"Axis {axis!r} takes the value {distinct[np.argmax(counts > 1)]:g} more than once; "
            f"drop the repeated points, as in field.drop_duplicates({axis!r}), or average them."
        )
    if not (np.all(points[1:] > points[:-1]) or np.all(points[1:] < points[:-1])):
        turn = int(np.argmax(np.diff(np.sign(np.diff(points))) != 0)) + 1
        raise DiscoveryError(
            f"Axis {axis!r} turns back at index {turn} and is not monotone; sort the field, as in "
            f"field.sortby({axis!r})."
        )
    return points


def _real(name: str, values: Any) -> np.ndarray:
    if values.dtype.kind == "c":
        values = values.real
    if values.dtype.kind == "b":
        raise DiscoveryError(
            f"Variable {name!r} is true or false at every sample; a law needs numbers that change smoothly."
        )
    if values.dtype.kind not in "iuf":
        raise DiscoveryError(
            f"Variable {name!r} holds {kind_of(values)}, not numbers; convert it, as in "
            f"field.assign({name}=field.{name}.astype(float)), or drop it."
        )
    values = values.astype(float)
    finite = np.isfinite(values)
    if not finite.any():
        raise DiscoveryError(
            f"Variable {name!r} has no finite value; every sample is missing. Drop it, or measure it."
        )
    if finite.sum() == 1:
        raise DiscoveryError(f"Variable {name!r} has one finite value; all other samples are missing.")
    largest = float(np.abs(values[finite]).max())
    if 0.0 < largest < np.finfo(float).tiny / np.finfo(float).eps:
        raise DiscoveryError(
            f"Variable {name!r} is nowhere larger than {largest:.3g}, where numbers lose their digits; "
            "choose a smaller unit for it."
        )
    if not largest or np.ptp(values[finite] / largest) <= 1e-12:
        raise DiscoveryError(
            f"Variable {name!r} is constant, at {values[finite][0]:.6g}; what never changes shows no law. "
            "Measure while it changes, or drop it."
        )
    return np.where(finite, values, np.nan)


def kind_of(values: np.ndarray) -> str:
    """What an array holds, in words."""
    if values.dtype.kind == "O" and any(isinstance(value, str) for value in values.ravel()):
        return "text"
    kinds = {"U": "text", "S": "text", "T": "text", "M": "dates", "m": "durations", "b": "true and false"}
    return kinds.get(values.dtype.kind, f"{values.dtype}")


def _listed(axes: Sequence[str]) -> str:
    return f"the dimension{'s' * (len(axes) != 1)} {', '.join(axes)}" if axes else "no dimensions"


def _with_noise(raw: _Raw, units: Units, mask_fronts: bool) -> Sample:
    axes, names, values = raw.axes, raw.names, raw.values
    points = tuple(np.ldexp(p, -k) for p, k in zip(raw.points, units.axes, strict=True))
    values = [np.ldexp(v, -k) for v, k in zip(values, units.components, strict=True)]
    absent = {name: int(np.isnan(v).sum()) for name, v in zip(names, values, strict=True)}
    wrong = [outliers(v, points) for v in values]
    known = [np.where(w, np.nan, v) for v, w in zip(values, wrong, strict=True)]
    values = [fill_gaps(v, points) for v in known]
    measured = np.logical_and.reduce([np.isfinite(v) for v in values])
    smooth = np.logical_and.reduce([resolved(v, points) for v in values])
    if not mask_fronts or (~smooth).mean() > MOST_UNRESOLVED:
        smooth = np.ones_like(smooth)
    # Along time alone no solver smears anything: what moves fast there counts, though not as noise.
    valid = measured & smooth if len(axes) > 1 else measured
    # Filled samples are smoother than noise: where there are many, noise is measured without them.
    shares = [float((np.isfinite(v) & np.isnan(k)).mean()) for v, k in zip(values, known, strict=True)]
    honest = [k if share > FEW_FILLED else v for v, k, share in zip(values, known, shares, strict=True)]
    clean = [np.where(valid & smooth, v, np.nan) for v in honest]
    alike = {name for name, own in raw.controls.items() if len(own) < len(axes)}
    sigma = tuple(0.0 if name in alike else noise_sd(v, points) for name, v in zip(names, clean, strict=True))
    spread = tuple(
        float(np.sqrt(sd**2 / (1 - m) + m * filling_error(k, points, sd) ** 2)) if m else sd
        for k, sd, m in zip(known, sigma, shares, strict=True)
    )
    return Sample(
        tuple(Axis(name, place) for name, place in zip(axes, points, strict=True)),
        names,
        tuple(np.where(np.isfinite(v), v, 0.0) for v in values),
        sigma,
        None if valid.all() else valid,
        float((~valid & measured).mean()),
        tuple(
            name
            for name, v, sd in zip(names, clean, sigma, strict=True)
            if name not in alike and uneven_noise([(v, points)], sd)
        ),
        {name: int(w.sum()) for name, w in zip(names, wrong, strict=True) if w.any()},
        tuple(
            name
            for name, v, sd in zip(names, clean, sigma, strict=True)
            if name not in alike and heavy_tailed([(v, points)], sd)
        ),
        {
            name: step
            for name, v, sd in zip(names, known, sigma, strict=True)
            if name not in alike and (step := coarse_step([v], sd))
        },
        {name: count for name, count in absent.items() if count},
        {name: share for name, share in zip(names, shares, strict=True) if share},
        spread,
        units,
        raw.complex_name,
        tuple(_control(raw, points, name, honest[names.index(name)]) for name in raw.controls),
    )


def _control(raw: _Raw, points: tuple[np.ndarray, ...], name: str, values: np.ndarray) -> Control:
    """A control with its axes; the noise of one that is the same along others is measured on one line."""
    own = raw.controls[name]
    if len(own) == len(raw.axes):
        return Control(name, own)
    line = values[tuple(slice(None) if axis in own else 0 for axis in raw.axes)]
    rms = float(np.sqrt(np.nanmean(line**2)))
    noise = noise_sd(line, tuple(p for axis, p in zip(raw.axes, points, strict=True) if axis in own))
    return Control(name, own, noise / rms if rms else 0.0)
