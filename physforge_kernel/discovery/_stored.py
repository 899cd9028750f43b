"""An experiment that does not fit in memory: blocks of it are read, from Dask, when they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..derivatives import Feature
from ._functions import NoisyFunctions
from ._gaps import fill_gaps
from ._inner import inner_derivatives
from ._memory import Box, around, every, too_large
from ._noise import noise_sd, resolved, smooth_within
from ._outliers import outliers
from ._sample import Axis, Sample

if TYPE_CHECKING:
    import xarray as xr

#: Samples around a block that have a say in which of its samples are wrong, filled or at a front.
_REACH = 8

#: Most samples that are smoothed under a law.
_SMOOTHED = 2**20

#: Noise that is so many times larger on every n-th sample is the field, which these do not resolve.
_ROUGHER = 1.1


@dataclass(frozen=True)
class Source:
    """The variables of a field `(n_t, ...)`, axes increasing, as Dask has them, and the blocks to read.

    `parts` says for every component which variable it is of, and whether its real or its imaginary part;
    samples are divided by two to the power of `exponents`. `limit` are bytes that may be held.
    """

    variables: tuple[xr.DataArray, ...]
    parts: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    limit: int
    exponents: tuple[int, ...] = ()

    def read(self, box: Box) -> list[np.ndarray]:
        """The samples of all components in a block; NaN where one is missing."""
        from dask import config

        found = []
        # One chunk at a time: how many are in memory must not depend on the number of processors.
        with config.set(scheduler="synchronous"):
            whole = [variable[box].to_numpy() for variable in self.variables]
        for c, (i, part) in enumerate(self.parts):
            values = np.real(whole[i]) if part == "real" else np.imag(whole[i])
            values = np.where(np.isfinite(whole[i]), values, np.nan).astype(float, copy=False)
            found.append(np.ldexp(values, -self.exponents[c]) if self.exponents else values)
        return found


@dataclass(frozen=True)
class Cleaner:
    """What tells a component's wrong samples and fronts: its size, and limits of its sixth differences."""

    sizes: tuple[float, ...]
    fronts: tuple[Mapping[int, float], ...]

    def known(self, values: Sequence[np.ndarray], points: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Samples of all components without those that are wrong."""
        return [
            np.where(outliers(v, points, size), np.nan, v) for v, size in zip(values, self.sizes, strict=True)
        ]

    def smooth(self, values: Sequence[np.ndarray], points: Sequence[np.ndarray]) -> np.ndarray:
        """Where the grid resolves all components."""
        return np.logical_and.reduce(
            [smooth_within(v, points, limits) for v, limits in zip(values, self.fronts, strict=True)]
        )


@dataclass(frozen=True, kw_only=True)
class Stored(Sample):
    """A `Sample` whose values are not in memory.

    `source` reads them; `cleaner` tells what is wrong in the blocks `dirty`, the only ones with anything
    wrong; `holes` says whether any sample is not to be used; `sizes` are the rms of the components.
    """

    source: Source
    cleaner: Cleaner
    dirty: frozenset[int]
    holes: bool
    sizes: tuple[float, ...]

    @cached_property
    def rms(self) -> tuple[float, ...]:
        return self.sizes

    @cached_property
    def functions(self) -> NoisyFunctions:
        """What functions there are; their values are had from `blocks`, or on every n-th sample."""
        return self._nowhere

    @property
    def masked(self) -> bool:
        return self.holes

    @property
    def held(self) -> int:
        """Bytes of samples contracted in time that may be held at once."""
        return self.source.limit // 8

    def knowing(self, features: Iterable[Feature]) -> Stored:
        if inner_derivatives(features):
            raise too_large("smoothing it for derivatives that stand in products")
        return self

    def blocks(self) -> Iterator[tuple[Box, Sample]]:
        """Every block in turn: where it is, and its samples."""
        for i, box in enumerate(self.source.boxes):
            values, valid = self._read(i)
            grid = tuple(Axis(a.name, a.points[s]) for a, s in zip(self.grid, box, strict=True))
            yield (
                box,
                Sample(
                    grid, self.components, values, self.sigma, valid, spread=self.spread, units=self.units
                ),
            )

    def _read(self, i: int) -> tuple[tuple[np.ndarray, ...], np.ndarray | None]:
        box = self.source.boxes[i]
        if i not in self.dirty:
            return tuple(self.source.read(box)), None
        wide, inner = around(box, self.shape, _REACH)
        points = [p[s] for p, s in zip(self.points, wide, strict=True)]
        filled = [fill_gaps(v, points) for v in self.cleaner.known(self.source.read(wide), points)]
        valid = np.logical_and.reduce([np.isfinite(v) for v in filled])
        valid &= self.cleaner.smooth(filled, points)
        return tuple(np.where(np.isfinite(v), v, 0.0)[inner] for v in filled), valid[inner]

    def pieces(self) -> Iterator[tuple[Box, NoisyFunctions]]:
        for box, part in self.blocks():
            for where, functions in part.pieces():
                whole = zip(where, box, strict=False)
                start = tuple(slice(w.start + b.start, w.stop + b.start) for w, b in whole)
                yield (*start, *box[len(start) :]), functions

    def masks(self) -> Iterator[tuple[Box, np.ndarray]]:
        for i in sorted(self.dirty) if self.holes else ():
            valid = self._read(i)[1]
            if valid is not None and not valid.all():
                yield self.source.boxes[i], valid

    def affords(self, steps: Sequence[int]) -> bool:
        count = np.prod([-(-n // step) for n, step in zip(self.shape, steps, strict=True)])
        return 8 * len(self.components) * float(count) <= self.source.limit / 32

    def states(self, most: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        return super().states(min(most, self._most))

    @cached_property
    def _most(self) -> int:
        """Samples of which some copies may be held."""
        return max(1, self.source.limit // (256 * len(self.components)))

    @cached_property
    def _few(self) -> dict[tuple[int, ...], tuple[list[np.ndarray], np.ndarray]]:
        return {}

    def gather(self, wanted: Sequence[Sequence[int]]) -> None:
        """Keep every n-th sample, for all these steps in one pass over the blocks."""
        new = [key for key in dict.fromkeys(map(tuple, wanted)) if key not in self._few]
        for key in new:
            shape = [-(-n // step) for n, step in zip(self.shape, key, strict=True)]
            self._few[key] = [np.empty(shape) for _ in self.components], np.ones(shape, dtype=bool)
        for box, part in self.blocks() if new else ():
            for key in new:
                here, there = every(box, key)
                values, valid = self._few[key]
                for into, own in zip(values, part.values, strict=True):
                    into[there] = own[here]
                if part.valid is not None:
                    valid[there] = part.valid[here]

    def thinned(self, steps: Sequence[int]) -> NoisyFunctions:
        key = tuple(steps)
        if key not in self._thinned:
            self.gather([key])
            points = [p[::n] for p, n in zip(self.points, key, strict=True)]
            self._thinned[key] = self._nowhere.at(self._few[key][0], points)
        return self._thinned[key]

    def valid_at(self, steps: Sequence[int]) -> np.ndarray | None:
        self.gather([steps])
        return self._few[tuple(steps)][1] if self.holes else None

    @cached_property
    def _steps(self) -> tuple[int, ...]:
        """Steps that leave as many samples as may be smoothed."""
        return self._coarse(min(_SMOOTHED, self._most))

    @cached_property
    def smoothable(self) -> Sample | None:
        """Every n-th sample as an experiment of its own; None where these do not resolve the field.

        White noise stays white and of its size; what is lost is that there are fewer samples of it.
        """
        functions, valid = self.thinned(self._steps), self.valid_at(self._steps)
        for values, sigma in zip(functions.values, self.sigma, strict=True):
            if not resolved(values, functions.points).all():
                return None
            if sigma and noise_sd(values, functions.points) > _ROUGHER * sigma:
                return None
        grid = tuple(Axis(a.name, p) for a, p in zip(self.grid, functions.points, strict=True))
        return Sample(
            grid,
            self.components,
            functions.values,
            self.sigma,
            valid,
            filled=self.filled,
            spread=self.spread,
            units=self.units,
            complex_name=self.complex_name,
            controls=self.controls,
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        size = 8 * self.size * len(self.components) / 1e9
        text = (
            f"The field ({size:.3g} GB) does not fit in memory: it was read in {len(self.source.boxes)} "
            "blocks, and the noise was estimated on a part of each; products of derivatives were not tried"
        )
        if len(self.shape) > 2:
            return (f"{text}.",)
        if self.smoothable is None:
            return (f"{text}; it was not smoothed under the law, so that intervals are wider than need be.",)
        taken = " and ".join(
            f"every {n}th sample along {axis}" if n > 3 else f"{_FEW_WORDS[n]} along {axis}"
            for n, axis in zip(self._steps, self.axes, strict=True)
        )
        return (f"{text}; what was smoothed under the law is {taken}.",)


_FEW_WORDS = {1: "every sample", 2: "every second sample", 3: "every third sample"}
