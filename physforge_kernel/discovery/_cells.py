"""Test functions in contiguous blocks, and each block's share of the normal equations.

Gram matrices and the noise expected in them are sums over test functions, so that leaving blocks out, or
weighting them, costs no look at the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add

import numpy as np

from ..derivatives import Feature, Function
from ._functions import Covariance
from ._projection import Block, Projection
from ._sample import Alike

#: Fewest and most blocks: with fewer, a resampling says nothing, and more cost memory.
FEWEST, MOST = 8, 32


@dataclass(frozen=True)
class Partition:
    """A domain cut into equal boxes: `counts` along the axes, the same for each of several experiments.

    A test function belongs to the box that its centre lies in. `apart` says whether boxes are as long as the
    test functions that they were made for, so that those of different boxes share no samples but at edges.
    """

    counts: tuple[int, ...]
    experiments: int
    apart: bool

    @property
    def size(self) -> int:
        """Number of blocks in all."""
        return self.experiments * int(np.prod(self.counts))

    def along(self, block: Block) -> list[np.ndarray]:
        """For each axis the place `(k,)` of every test function's box along it."""
        axes = zip(block.weak.axes, self.counts, strict=True)
        return [_cut(axis.centres, axis.points, count) for axis, count in axes]

    def at(self, times: np.ndarray, experiment: int) -> np.ndarray:
        """The box of every sample of an experiment that has no axis but that of time."""
        return _cut(times, times, self.counts[0]) + experiment * self.counts[0]

    def of(self, block: Block, experiment: int) -> np.ndarray:
        """The box of every test function of an experiment that sees valid samples."""
        flat = np.zeros(block.weak.shape, dtype=int)
        for i, (labels, count) in enumerate(zip(self.along(block), self.counts, strict=True)):
            shape = [1] * flat.ndim
            shape[i] = -1
            flat = flat * count + labels.reshape(shape)
        return flat[block.rows] + experiment * int(np.prod(self.counts))


def _cut(places: np.ndarray, points: np.ndarray, count: int) -> np.ndarray:
    """Which of so many equal parts of the points' extent every place is in."""
    share = (places - points[0]) / (points[-1] - points[0])
    return np.clip((share * count).astype(int), 0, count - 1)


def partition(shares: Sequence[float], experiments: int) -> Partition:
    """Boxes as long as test functions of half widths `shares` (of the axes), unless those are too few.

    Example:
        >>> partition((0.125, 0.0625), 1).counts
        (4, 8)
        >>> partition((0.25, 0.25), 1)
        Partition(counts=(4, 2), experiments=1, apart=False)
    """
    counts = [max(1, int(0.5 / share)) for share in shares]
    while experiments * np.prod(counts) > MOST and max(counts) > 1:
        counts[int(np.argmax(counts))] -= 1
    apart = experiments * int(np.prod(counts)) >= FEWEST
    while experiments * np.prod(counts) < FEWEST:
        longest = int(np.argmax([1.0 / (count * share) for count, share in zip(counts, shares, strict=True)]))
        counts[longest] *= 2
    return Partition(tuple(counts), experiments, apart)


@dataclass(frozen=True)
class Sums:
    """What every block adds: rows `(blocks,)`, Gram and expected noise `(blocks, columns, columns)`."""

    counts: np.ndarray
    grams: np.ndarray
    noises: np.ndarray

    def of(self, sides: Sequence[np.ndarray]) -> Sums:
        """The same for terms and left side, combinations of the columns."""
        grams, noises = (
            np.sum([np.einsum("ai,cab,bj->cij", s, parts, s, optimize=True) for s in sides], axis=0)
            for parts in (self.grams, self.noises)
        )
        return Sums(self.counts * len(sides), grams, noises)


def sums(projection: Projection, boxes: Partition) -> Sums:
    """The normal equations of a projection, block by block."""
    size = len(projection.columns)
    grams, noises = np.zeros((boxes.size, size, size)), np.zeros((boxes.size, size, size))
    labels = np.concatenate([boxes.of(block, e) for e, block in enumerate(projection.blocks)])
    for c in np.unique(labels):
        rows = projection.matrix[labels == c]
        grams[c] = rows.T @ rows
    each = int(np.prod(boxes.counts))
    for e, block in enumerate(projection.blocks):
        if any(block.sample.spreads):
            noises[e * each : (e + 1) * each] = _Noise(block, boxes).expected(projection.columns)
    return Sums(np.bincount(labels, minlength=boxes.size), grams, noises)


@dataclass(frozen=True)
class _Noise:
    """The noise that each box of one experiment has in its Gram matrix, on average."""

    block: Block
    boxes: Partition

    @cached_property
    def _labels(self) -> list[np.ndarray]:
        return self.boxes.along(self.block)

    @cached_property
    def _valid(self) -> np.ndarray:
        """Share of each box's test functions that see valid samples, flat."""
        found = self.block.rows.astype(float)
        for i, (labels, count) in enumerate(zip(self._labels, self.boxes.counts, strict=True)):
            member = labels[None, :] == np.arange(count)[:, None]
            member = member / np.maximum(member.sum(axis=1, keepdims=True), 1)
            found = np.moveaxis(np.tensordot(member, found, axes=(1, i)), 0, i)
        return found.ravel()

    @cached_property
    def _known(self) -> dict[tuple[int, int, int], np.ndarray]:
        return {}

    def _weights(self, axis: int, a: int, b: int) -> np.ndarray:
        """How noise on a sample enters the Gram matrix of each box along an axis, `(boxes, samples)`."""
        key = (axis, min(a, b), max(a, b))
        if key not in self._known:
            matrices = self.block.weak.axes[axis].matrices
            product = matrices[a] * matrices[b]
            labels, count = self._labels[axis], self.boxes.counts[axis]
            self._known[key] = np.stack([product[labels == c].sum(axis=0) for c in range(count)])
        return self._known[key]

    @cached_property
    def _in_time(self) -> dict[tuple[Function | Covariance | Alike, int, int], np.ndarray]:
        return {}

    def _moment(
        self, function: Function | Covariance | Alike, a: Sequence[int], b: Sequence[int]
    ) -> np.ndarray:
        key = (function, min(a[0], b[0]), max(a[0], b[0]))
        if key not in self._in_time:
            values = self.block.sample.summed(function, (1,) * len(a))
            self._in_time[key] = np.tensordot(self._weights(0, a[0], b[0]), values, axes=(1, 0))
        values = self._in_time[key]
        for i in range(len(a) - 1, 0, -1):
            values = np.moveaxis(np.tensordot(values, self._weights(i, a[i], b[i]), axes=(i, 1)), -1, i)
        return values.ravel()

    def expected(self, columns: Sequence[Feature]) -> np.ndarray:
        """`(boxes, columns, columns)`."""
        result = np.zeros((len(self._valid), len(columns), len(columns)))
        for i, a in enumerate(columns):
            for j, b in enumerate(columns[: i + 1]):
                for summed, o, p, factor in self.block.sample.shared(a.function, b.function):
                    orders = tuple(map(add, a.orders, o)), tuple(map(add, b.orders, p))
                    result[:, i, j] += factor * self._moment(summed, *orders)
                result[:, i, j] *= self._valid
                result[:, j, i] = result[:, i, j]
        return result
