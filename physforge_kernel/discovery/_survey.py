"""A field that does not fit in memory is looked over once, block by block, before its law is sought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from ..derivatives import real_components
from ..errors import DiscoveryError
from ._gaps import fill_gaps, filling_error
from ._memory import Box, around, boxes, budget, too_large
from ._noise import Part, coarse_step, front_limits, heavy_tailed, noise_among, noise_sd, uneven_noise
from ._outliers import typical_size
from ._sample import Axis, Control
from ._stored import _REACH, Cleaner, Source, Stored
from ._units import Units

if TYPE_CHECKING:
    import xarray as xr

#: Most and fewest windows, one of a block each, on which noise is estimated; samples of a component in all.
_WINDOWS, _FEWEST, _SAMPLES = 64, 8, 2**22

#: Share of the memory that may be used for them, by bytes of all components.
_OF_BUDGET = 1 / 32

#: Shortest window along an axis: differences of the eighth order must find room.
_SHORTEST = 24


@dataclass(frozen=True)
class Overview:
    """A stored field before its noise is known: like `_Raw`, with windows of it for its values.

    `values` are the samples of each component on all windows, one after another; `rms` that of all samples.
    """

    axes: tuple[str, ...]
    points: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    values: list[np.ndarray]
    source: Source
    windows: tuple[Box, ...]
    rms: tuple[float, ...]
    complex_name: str = ""
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def overview(
    field: xr.Dataset,
    axes: tuple[str, ...],
    points: Sequence[np.ndarray],
    controls: Mapping[str, tuple[str, ...]],
) -> Overview:
    """Read every block of a field once, for its size, and a window of some of them.

    Raises:
        DiscoveryError: a variable cannot be used, or the field is stored in chunks that are too large.
    """
    if len(axes) == 1:
        # Test functions of every size, on all samples, are many times as large as the samples.
        raise too_large("a law of time alone")
    backwards = {axis: slice(None, None, -1) for axis, p in zip(axes, points, strict=True) if p[0] > p[-1]}
    names, whole = [str(name) for name in field.data_vars], field.isel(backwards)
    for name in names:
        if whole[name].dtype.kind == "b":
            raise DiscoveryError(
                f"Variable {name!r} is true or false at every sample; a law needs numbers that change "
                "smoothly."
            )
        if whole[name].dtype.kind not in "iufc":
            raise DiscoveryError(
                f"Variable {name!r} holds {whole[name].dtype}, not numbers; convert it, as in "
                f"field.assign({name}=field.{name}.astype(float)), or drop it."
            )
    variables = tuple(whole[name].broadcast_like(whole).transpose(*axes) for name in names)
    parts = [(i, part) for i, v in enumerate(variables) for part in _halves(v.dtype.kind == "c")]
    source = Source(variables, tuple(parts), tuple(boxes(whole, axes)), budget())
    totals = [_Total() for _ in parts]
    chosen, windows = _chosen(source, [len(p) for p in points]), []
    for number, box in enumerate(source.boxes):
        values = source.read(box)
        totals = [total.with_block(v) for total, v in zip(totals, values, strict=True)]
        if number in chosen:
            windows.append(_middle(box, chosen[number]))
    complex_name = ""
    for i, name in enumerate(names):
        own = [k for k, part in enumerate(parts) if part[0] == i]
        if len(own) == 2 and totals[own[1]].largest:
            complex_name = name
            if len(names) > 1:
                raise DiscoveryError(
                    f"Variable {name!r} is complex and the field has others beside it; "
                    "pass its real and imaginary parts as two variables."
                )
    kept = [k for k, (_, part) in enumerate(parts) if part == "real" or complex_name]
    components = real_components(complex_name) if complex_name else tuple(names)
    for name, k in zip(components, kept, strict=True):
        totals[k].check(name)
    source = replace(source, parts=tuple(parts[k] for k in kept))
    seen = [source.read(window) for window in windows]
    return Overview(
        axes,
        tuple(np.sort(p) for p in points),
        components,
        [np.concatenate([values[c].ravel() for values in seen]) for c in range(len(kept))],
        source,
        tuple(windows),
        tuple(totals[k].rms for k in kept),
        complex_name,
        controls,
    )


def _halves(is_complex: bool) -> tuple[str, ...]:
    return ("real", "imaginary") if is_complex else ("real",)


@dataclass(frozen=True)
class _Total:
    """What blocks say of a component together; `square` is the sum of squares as a share of the largest."""

    count: int = 0
    lowest: float = np.inf
    highest: float = -np.inf
    square: float = 0.0

    @property
    def largest(self) -> float:
        return max(abs(self.lowest), abs(self.highest)) if self.count else 0.0

    @property
    def rms(self) -> float:
        return self.largest * float(np.sqrt(self.square / self.count)) if self.count else 0.0

    def with_block(self, values: np.ndarray) -> _Total:
        known = values[np.isfinite(values)]
        if not known.size:
            return self
        low, high = min(self.lowest, float(known.min())), max(self.highest, float(known.max()))
        largest = max(abs(low), abs(high)) or 1.0
        square = self.square * (self.largest / largest) ** 2 + float(((known / largest) ** 2).sum())
        return _Total(self.count + known.size, low, high, square)

    def check(self, name: str) -> None:
        """Refuse what shows no law."""
        if not self.count:
            raise DiscoveryError(
                f"Variable {name!r} has no finite value; every sample is missing. Drop it, or measure it."
            )
        if self.count == 1:
            raise DiscoveryError(f"Variable {name!r} has one finite value; all other samples are missing.")
        if 0.0 < self.largest < np.finfo(float).tiny / np.finfo(float).eps:
            raise DiscoveryError(
                f"Variable {name!r} is nowhere larger than {self.largest:.3g}, where numbers lose their "
                "digits; choose a smaller unit for it."
            )
        if not self.largest or (self.highest / self.largest - self.lowest / self.largest) <= 1e-12:
            raise DiscoveryError(
                f"Variable {name!r} is constant, at {self.highest:.6g}; what never changes shows no law. "
                "Measure while it changes, or drop it."
            )


def _chosen(source: Source, shape: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Numbers of blocks spread evenly over the field, with the shape of the window in each: one shape."""
    smallest = [min(box[i].stop - box[i].start for box in source.boxes) for i in range(len(shape))]
    usual = [int(np.median([box[i].stop - box[i].start for box in source.boxes])) for i in range(len(shape))]
    # A last block that is a sliver gets no window.
    sides = [small if small >= min(_SHORTEST, usual[i]) else usual[i] for i, small in enumerate(smallest)]
    fit = [
        k
        for k, box in enumerate(source.boxes)
        if all(s.stop - s.start >= n for s, n in zip(box, sides, strict=True))
    ]
    most = min(_SAMPLES, source.limit * _OF_BUDGET / 8 / len(source.parts))
    count = min(len(fit), _WINDOWS, max(_FEWEST, int(most / np.prod(np.minimum(sides, _SHORTEST)))))
    numbers = {fit[int(k)] for k in np.linspace(0, len(fit) - 1, count).round()}
    most /= count
    while np.prod(sides) > most and max(sides) > _SHORTEST:
        longest = int(np.argmax(sides))
        sides[longest] = max(_SHORTEST, min(sides[longest] - 1, int(0.8 * sides[longest])))
    return {k: tuple(sides) for k in numbers}


def _middle(box: Box, sides: Sequence[int]) -> Box:
    starts = [(s.start + s.stop - n) // 2 for s, n in zip(box, sides, strict=True)]
    return tuple(slice(start, start + n) for start, n in zip(starts, sides, strict=True))


def surveyed(found: Overview, units: Units, mask_fronts: bool, most_unresolved: float, few: float) -> Stored:
    """Look through all blocks for what is missing, wrong and not resolved, and measure the noise.

    Noise, size and limits come from windows spread evenly over the field: they are the same everywhere, or
    are said not to be, and so many samples tell them to a fraction of a percent.
    """
    names = found.names
    source = replace(found.source, exponents=units.components)
    points = tuple(np.ldexp(p, -k) for p, k in zip(found.points, units.axes, strict=True))
    count = int(np.prod([len(p) for p in points]))
    places = [tuple(p[s] for p, s in zip(points, box, strict=True)) for box in found.windows]
    seen = [source.read(box) for box in found.windows]
    sizes = tuple(typical_size([values[c] for values in seen]) for c in range(len(names)))
    known = [Cleaner(sizes, ()).known(v, p) for v, p in zip(seen, places, strict=True)]
    filled = [[fill_gaps(v, p) for v in values] for values, p in zip(known, places, strict=True)]
    fronts = [
        front_limits([(values[c], p) for values, p in zip(filled, places, strict=True)], count)
        for c in range(len(names))
    ]
    cleaner = Cleaner(sizes, tuple(fronts))
    tally = _tally(source, cleaner, points)
    if not mask_fronts or tally.unresolved > most_unresolved * count:
        cleaner = Cleaner(sizes, tuple({} for _ in names))
        tally = replace(tally, unresolved=0, dirty=tally.broken)
    shares = [wrong / count for wrong in tally.filled]
    honest = [
        [k if share > few else v for v, k, share in zip(whole, own, shares, strict=True)]
        for whole, own in zip(filled, known, strict=True)
    ]
    valid = [
        np.logical_and.reduce([np.isfinite(v) for v in whole]) & cleaner.smooth(whole, p)
        for whole, p in zip(filled, places, strict=True)
    ]
    alike = {name for name, own in found.controls.items() if len(own) < len(found.axes)}

    def clean(c: int) -> list[Part]:
        return [
            (np.where(mask, values[c], np.nan), p)
            for values, mask, p in zip(honest, valid, places, strict=True)
        ]

    sigma = tuple(0.0 if name in alike else noise_among(clean(c)) for c, name in enumerate(names))
    spread = tuple(
        float(
            np.sqrt(
                sd**2 / (1 - m) + m * _filling([(v[c], p) for v, p in zip(known, places, strict=True)], sd)
            )
        )
        if m
        else sd
        for c, (sd, m) in enumerate(zip(sigma, shares, strict=True))
    )
    return Stored(
        tuple(Axis(name, place) for name, place in zip(found.axes, points, strict=True)),
        names,
        (),
        sigma,
        unresolved=tally.unresolved / count,
        uneven=tuple(
            name for c, name in enumerate(names) if name not in alike and uneven_noise(clean(c), sigma[c])
        ),
        outliers={name: n for name, n in zip(names, tally.wrong, strict=True) if n},
        heavy=tuple(
            name for c, name in enumerate(names) if name not in alike and heavy_tailed(clean(c), sigma[c])
        ),
        rounded={
            name: step
            for c, name in enumerate(names)
            if name not in alike and (step := coarse_step([own[c] for own in known], sigma[c]))
        },
        missing={name: n for name, n in zip(names, tally.missing, strict=True) if n},
        filled={name: share for name, share in zip(names, shares, strict=True) if share},
        spread=spread,
        units=units,
        complex_name=found.complex_name,
        controls=tuple(_control(found, source, points, name) for name in found.controls),
        source=source,
        cleaner=cleaner,
        dirty=tally.dirty,
        holes=tally.masked or bool(tally.unresolved),
        sizes=tuple(float(np.ldexp(rms, -k)) for rms, k in zip(found.rms, units.components, strict=True)),
    )


def _filling(parts: Sequence[Part], sd: float) -> float:
    """Mean squared error of filled samples beyond their noise."""
    return float(np.mean([filling_error(values, points, sd) ** 2 for values, points in parts]))


@dataclass(frozen=True)
class _Tally:
    """Samples of each component that are missing, wrong and filled; those not resolved; and which blocks
    have any of these (`dirty`), or any but fronts (`broken`). `masked` says whether some stay missing."""

    missing: list[int]
    wrong: list[int]
    filled: list[int]
    unresolved: int
    dirty: frozenset[int]
    broken: frozenset[int]
    masked: bool


def _tally(source: Source, cleaner: Cleaner, points: Sequence[np.ndarray]) -> _Tally:
    count, shape = len(source.parts), [len(p) for p in points]
    missing, wrong, filled = [0] * count, [0] * count, [0] * count
    unresolved, dirty, broken, masked = 0, set(), set(), False
    for number, box in enumerate(source.boxes):
        wide, inner = around(box, shape, _REACH)
        near = [p[s] for p, s in zip(points, wide, strict=True)]
        values = source.read(wide)
        known = cleaner.known(values, near)
        whole = [fill_gaps(v, near) for v in known]
        gone = False
        for c, (v, k, w) in enumerate(zip(values, known, whole, strict=True)):
            absent, left = np.isnan(v[inner]), np.isnan(k[inner])
            missing[c] += int(absent.sum())
            wrong[c] += int((left & ~absent).sum())
            filled[c] += int((left & np.isfinite(w[inner])).sum())
            gone = gone or bool(left.any())
            masked = masked or bool(np.isnan(w[inner]).any())
        measured = np.logical_and.reduce([np.isfinite(w[inner]) for w in whole])
        rough = int((measured & ~cleaner.smooth(whole, near)[inner]).sum())
        unresolved += rough
        if gone:
            broken.add(number)
        if gone or rough:
            dirty.add(number)
    return _Tally(missing, wrong, filled, unresolved, frozenset(dirty), frozenset(broken), masked)


def _control(found: Overview, source: Source, points: Sequence[np.ndarray], name: str) -> Control:
    """A control with its axes; the noise of one that is the same along others is measured on one line."""
    own = found.controls[name]
    if len(own) == len(found.axes):
        return Control(name, own)
    c = found.names.index(name)
    box = tuple(slice(None) if axis in own else slice(0, 1) for axis in found.axes)
    alone = replace(source, variables=(source.variables[source.parts[c][0]],), parts=((0, "real"),))
    line = replace(alone, exponents=source.exponents[c : c + 1]).read(box)[0]
    line = line.reshape([n for n, axis in zip(line.shape, found.axes, strict=True) if axis in own])
    rms = float(np.sqrt(np.nanmean(line**2)))
    noise = noise_sd(line, tuple(p for axis, p in zip(found.axes, points, strict=True) if axis in own))
    return Control(name, own, noise / rms if rms else 0.0)
