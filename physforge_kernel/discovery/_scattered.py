"""Samples at scattered places, made into a field: each is carried to the nearest node of a grid.

A smooth surrogate through all samples tells what changes between a sample and its node, and no more: the
noise of the nodes is still that of the samples, white and of known size, so that the weak form, its intervals
and its verdict hold as on a measured grid. Nodes without a sample take the surrogate's value with noise like
that of the others; where a whole block of them has none, they stay empty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent
from ..errors import DiscoveryError
from ._prepare import FEWEST_SAMPLES, kind_of
from ._surrogate import Surrogate, fit_surrogate

if TYPE_CHECKING:
    import xarray as xr

PLACES = ("t", "x", "y", "z")

#: Samples to a node, in the mean; one node in seven then has none.
SAMPLES_PER_NODE = 2.0

#: Fewest nodes along an axis.
_FEWEST_NODES = FEWEST_SAMPLES + 3

#: A grid with gaps is taken as one if this share of it is there.
_LEAST_FILL = 0.5

#: Variance of what the surrogate adds to a sample, in units of the noise's, above which it matters.
MOST_CARRIED = 0.3

#: How many samples stand for all where the uncertainty of carrying is worked out.
_PROBES = 300


@dataclass(frozen=True)
class Cloud:
    """Samples of one experiment at scattered places, and what was made of them.

    axes: names of the coordinates, time first; places: (n, d); values: (n,) of each real variable.
    surrogates: of each variable; field: the grid that the samples were carried to.
    empty: share of the nodes that no sample came to; carried: variance of what carrying added, relative to
    the noise's, the largest over the variables.
    """

    axes: tuple[str, ...]
    places: np.ndarray
    values: dict[str, np.ndarray]
    surrogates: dict[str, Surrogate]
    field: xr.Dataset
    empty: float
    carried: float

    @property
    def noise(self) -> dict[str, float]:
        """Noise of a sample, as a fraction of the variable's rms."""
        return {
            name: surrogate.noise / float(np.sqrt(np.mean(self.values[name] ** 2)))
            for name, surrogate in self.surrogates.items()
        }

    def note(self) -> str:
        """What was done, in a sentence."""
        size = " x ".join(str(self.field.sizes[axis]) for axis in self.axes)
        return (
            f"{len(self.places)} scattered samples were carried to the nearest of {size} nodes along a "
            f"smoothing spline; {percent(self.empty)} of the nodes had none and took its value, with noise."
        )

    def doubts(self) -> list[str]:
        if self.carried <= MOST_CARRIED:
            return []
        return [
            "the samples lie so far apart that what happens between them is not known to within their noise"
        ]


def carried(fields: Sequence[xr.Dataset], seed: int) -> tuple[list[xr.Dataset], list[Cloud]]:
    """Fields in which scattered samples, if any, were carried to a grid; and what they came from.

    Raises:
        DiscoveryError: for samples that are too few, or whose places are not numbers.
    """
    result, clouds = [], []
    for number, field in enumerate(fields):
        samples = _samples(field)
        if samples is None:
            result.append(field)
            continue
        whole = _grid(samples)
        if whole is None:
            clouds.append(_carry(samples, np.random.default_rng([seed, number])))
            whole = clouds[-1].field
        result.append(whole)
    return result, clouds


def _samples(field: xr.Dataset) -> xr.Dataset | None:
    """Samples along one dimension, their places as coordinates; None for a field on a grid."""
    if len(field.dims) != 1:
        return _remains(field)
    dim = str(next(iter(field.dims)))
    if field.indexes and max(index.nlevels for index in field.indexes.values()) > 1:
        field = field.reset_index(dim)
    if dim in PLACES:
        # A sensor that moves has its places along its times; where there are none, t alone is an axis.
        if not any(name in field.coords for name in PLACES if name != dim):
            return None
        field = field.assign_coords({dim: (dim, field[dim].to_numpy())}).rename_dims({dim: "sample"})
        field = field.drop_indexes([str(name) for name in field.indexes])
    elif "t" not in field.variables:
        return None
    elif not any(name in field.coords for name in PLACES if name != "t"):
        named = [name for name in PLACES if name in field.data_vars]
        others = [name for name in field.data_vars if name not in PLACES]
        field = field.set_coords(named if others else ["t"])
    return field.drop_vars([name for name in field.coords if name not in PLACES])


def _remains(field: xr.Dataset) -> xr.Dataset | None:
    """What is left of a grid as samples, where less than half of it is; None where more is."""
    axes = [str(dim) for dim in field.dims]
    numeric = all(
        array.dtype.kind == "f" and set(array.dims) == set(axes) for array in field.data_vars.values()
    )
    if len(axes) < 2 or not set(axes) <= {*PLACES} or not numeric or field.chunks or not field.data_vars:
        return None
    known = np.logical_and.reduce(
        [np.isfinite(a.transpose(*axes).to_numpy()) for a in field.data_vars.values()]
    )
    if known.mean() >= _LEAST_FILL or known.sum() < _fewest(len(axes)) or not set(axes) <= {*field.coords}:
        return None
    stacked = field.stack(sample=axes).reset_index("sample")
    return stacked.isel(sample=known.ravel()).drop_vars([name for name in stacked.coords if name not in axes])


def _grid(samples: xr.Dataset) -> xr.Dataset | None:
    """The samples as a field, if they fill most of a grid; in order of time, if they have no other place."""
    axes = _axes(samples)
    _check(samples, axes)
    import pandas as pd
    import xarray as xr

    counts = [len(np.unique(samples[axis].to_numpy())) for axis in axes]
    if math.prod(counts) > samples[axes[0]].size / _LEAST_FILL:
        return None
    frame = pd.DataFrame({str(name): samples[name].to_numpy() for name in (*axes, *samples.data_vars)})
    return xr.Dataset.from_dataframe(frame.pivot_table(index=list(axes), aggfunc="mean"))


def _axes(samples: xr.Dataset) -> tuple[str, ...]:
    return tuple(name for name in PLACES if name in samples.coords)


def _check(samples: xr.Dataset, axes: Sequence[str]) -> None:
    for axis in axes:
        places = samples[axis].to_numpy()
        if places.dtype.kind not in "iuf":
            raise DiscoveryError(f"The samples' {axis} holds {kind_of(places)}, not numbers; convert it.")
        if not np.isfinite(places).all():
            index = int(np.argmin(np.isfinite(places)))
            raise DiscoveryError(
                f"The samples' {axis} is {places[index]} at index {index}; correct or drop it."
            )
        if np.ptp(places) == 0:
            raise DiscoveryError(
                f"All samples have {axis} = {places[0]:g}; measure at several, or drop it from the samples."
            )
    if not samples.data_vars:
        raise DiscoveryError("The samples have places and no values; there is nothing to discover a law for.")


def _carry(samples: xr.Dataset, generator: np.random.Generator) -> Cloud:
    import xarray as xr

    axes = _axes(samples)
    values = {str(name): array.to_numpy() for name, array in samples.data_vars.items()}
    for name, array in values.items():
        if array.dtype.kind not in "iuf":
            raise DiscoveryError(
                f"Variable {name!r} holds {kind_of(array)}; scattered samples must be real numbers. "
                + (
                    "Give the real and the imaginary part of a complex variable as two."
                    if array.dtype.kind == "c"
                    else "Convert it, or drop it."
                )
            )
        if not np.isfinite(array).any():
            raise DiscoveryError(
                f"Variable {name!r} has no finite value; every sample is missing. Drop it, or measure it."
            )
    known = np.logical_and.reduce([np.isfinite(array) for array in values.values()])
    places = np.stack([samples[axis].to_numpy()[known].astype(float) for axis in axes], axis=1)
    values = {name: array[known].astype(float) for name, array in values.items()}
    fewest = _fewest(len(axes))
    if len(places) < fewest:
        raise DiscoveryError(
            f"{len(places)} scattered samples over {', '.join(axes)} are too few; discovery needs at least "
            f"{fewest}."
        )
    for name, array in values.items():
        if np.ptp(array) <= 1e-12 * np.abs(array).max():
            raise DiscoveryError(
                f"Variable {name!r} is constant, at {array[0]:.6g}; what never changes shows no law. "
                "Measure while it changes, or drop it."
            )
    surrogates = {name: fit_surrogate(places, array) for name, array in values.items()}
    low, high = places.min(axis=0), places.max(axis=0)
    counts = _counts(list(surrogates.values()), low, high, len(places))
    points = [a + (np.arange(m) + 0.5) * (b - a) / m for a, b, m in zip(low, high, counts, strict=True)]
    cells = tuple(
        np.minimum((m * (p - a) / (b - a)).astype(int), m - 1)
        for p, a, b, m in zip(places.T, low, high, counts, strict=True)
    )
    nodes = np.stack([along[index] for along, index in zip(points, cells, strict=True)], axis=1)
    flat = np.ravel_multi_index(cells, counts)
    number = np.bincount(flat, minlength=int(np.prod(counts)))
    full = number > 0
    probes = generator.choice(len(places), min(_PROBES, len(places)), replace=False)
    field, shares = {}, []
    for name, surrogate in surrogates.items():
        moved = values[name] + surrogate.at(nodes) - surrogate.at(places)
        mean = np.bincount(flat, weights=moved, minlength=len(number)) / np.maximum(number, 1)
        spread = surrogate.noise * np.sqrt(np.mean(1 / number[full]))
        guess = surrogate.on(points).ravel() + spread * generator.standard_normal(len(number))
        field[name] = (axes, np.where(full, mean, guess).reshape(counts), dict(samples[name].attrs))
        added = surrogate.variance(surrogate.rows(nodes[probes]) - surrogate.rows(places[probes]))
        shares.append(float(added.mean()) / surrogate.noise**2)
    hole = _holes(full.reshape(counts))
    for name, (dims, grid, attrs) in field.items():
        field[name] = (dims, np.where(hole, np.nan, grid), attrs)
    coords = {
        axis: (axis, along, dict(samples[axis].attrs)) for axis, along in zip(axes, points, strict=True)
    }
    return Cloud(
        axes, places, values, surrogates, xr.Dataset(field, coords), float(1 - full.mean()), max(shares)
    )


def _fewest(axes: int) -> int:
    """How many samples it takes to fill the smallest grid."""
    return int(SAMPLES_PER_NODE * _FEWEST_NODES**axes)


def _counts(
    surrogates: Sequence[Surrogate], low: np.ndarray, high: np.ndarray, samples: int
) -> tuple[int, ...]:
    """How many nodes along each axis: more where the field changes faster."""
    d = len(low)
    probe = [np.linspace(a, b, max(12, int(4000 ** (1 / d)))) for a, b in zip(low, high, strict=True)]
    changes = np.zeros(d)
    for surrogate in surrogates:
        values = surrogate.on(probe)
        size = max(float(np.std(values)), 1e-300)
        changes += [np.mean(np.diff(values, axis=axis) ** 2) / size**2 for axis in range(d)]
    shape = np.sqrt(np.maximum(changes, 1e-12))
    nodes = samples / SAMPLES_PER_NODE
    counts = np.full(d, float(_FEWEST_NODES))
    free = np.ones(d, dtype=bool)
    while free.any():
        share = (nodes / np.prod(counts[~free])) / np.prod(shape[free])
        wanted = shape[free] * share ** (1 / free.sum())
        if (wanted >= _FEWEST_NODES).all():
            counts[free] = wanted
            break
        free[np.flatnonzero(free)[wanted < _FEWEST_NODES]] = False
    return tuple(int(count) for count in counts)


def _holes(full: np.ndarray) -> np.ndarray:
    """Blocks of nodes without samples, three along every axis: there the surrogate does not know."""
    from scipy.ndimage import binary_opening

    return np.asarray(binary_opening(~full, np.ones((3,) * full.ndim, dtype=bool)), dtype=bool)


def as_samples(frame: Any) -> xr.Dataset:
    """A table with a row for each sample as a Dataset along one dimension.

    Raises:
        DiscoveryError: if no column is called t.
    """
    import xarray as xr

    if any(name in PLACES for name in frame.index.names):
        frame = frame.reset_index()
    if "t" not in frame.columns:
        raise DiscoveryError(
            f"The table has the columns {', '.join(map(str, frame.columns))}, and none is called 't'; "
            "rename the one of time, as in table.rename(columns={'time': 't'})."
        )
    return xr.Dataset({str(name): ("sample", frame[name].to_numpy()) for name in frame.columns})
