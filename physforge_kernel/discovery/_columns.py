"""Features of an experiment through test functions of many sizes, in as few and as large products as can be.

Time is contracted first and for all sizes of test functions at once, while functions of the samples are still
in the processor's cache; then every axis of space, once for features that share what was done before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add
from typing import Any

import numpy as np

from ..derivatives import Feature, Function
from ._memory import Box
from ._sample import Sample
from ._stored import Stored
from ._weak import AxisTests, WeakForm, apply_along
from .devices import NUMPY, Device, device_for

#: Bytes of samples contracted in time that are held at once; functions of which there would be more wait.
_HELD = 2**29

#: A function and its order in time.
_Key = tuple[Function, int]


def project_all(
    sample: Sample, forms: Sequence[tuple[WeakForm, np.ndarray]], columns: Sequence[Feature]
) -> list[np.ndarray]:
    """Columns of an experiment `(rows, columns)` in several weak forms, each with the mask of its rows."""
    if isinstance(sample, Stored):
        return _block_by_block(sample, forms, columns)
    return _project(sample, forms, columns, _HELD)


def _block_by_block(
    sample: Stored, forms: Sequence[tuple[WeakForm, np.ndarray]], columns: Sequence[Feature]
) -> list[np.ndarray]:
    """The same, summed over the blocks of an experiment that does not fit in memory."""
    totals = [np.zeros((*weak.shape, len(columns))) for weak, _ in forms]
    for box, part in sample.blocks():
        cuts: dict[tuple[int, int], tuple[slice, AxisTests]] = {}
        places, found = [], []
        for i, (weak, _) in enumerate(forms):
            seen = [_seen(axis, k, box, cuts) for k, axis in enumerate(weak.axes)]
            if all(tests.count for _, tests in seen):
                places.append((i, tuple(rows for rows, _ in seen)))
                form = WeakForm(tuple(tests for _, tests in seen))
                found.append((form, np.ones(form.shape, dtype=bool)))
        for (i, rows), (form, _), matrix in zip(
            places, found, _project(part, found, columns, sample.held), strict=True
        ):
            totals[i][rows] += matrix.reshape(*form.shape, -1)
    return [total[rows] for total, (_, rows) in zip(totals, forms, strict=True)]


def _seen(
    axis: AxisTests, k: int, box: Box, cuts: dict[tuple[int, int], tuple[slice, AxisTests]]
) -> tuple[slice, AxisTests]:
    """The test functions along the k-th axis that see a block: which they are, and what they see of it."""
    key = (id(axis), k)
    if key not in cuts:
        inside = np.flatnonzero(np.any(axis.matrices[0][:, box[k]], axis=1))
        rows = slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)
        cuts[key] = (
            rows,
            AxisTests(
                axis.name,
                axis.points[box[k]],
                axis.half_width,
                axis.centres[rows],
                tuple(np.ascontiguousarray(matrix[rows, box[k]]) for matrix in axis.matrices),
            ),
        )
    return cuts[key]


def _project(
    sample: Sample,
    forms: Sequence[tuple[WeakForm, np.ndarray]],
    columns: Sequence[Feature],
    held: int,
) -> list[np.ndarray]:
    """The columns of samples in memory, with `held` bytes for those contracted in time."""
    times = {id(weak.axes[0]): weak.axes[0] for weak, _ in forms}
    functions = {(feature.function, feature.orders[0]) for feature in columns}
    work = float(sample.size) * len(functions) * sum(axis.count for axis in times.values())
    device = device_for(work)
    try:
        return _project_on(device, sample, forms, columns, held)
    except device.exhausted as error:
        warnings.warn(
            f"The GPU has no memory left for the weak form, which was worked out in NumPy: {error}",
            RuntimeWarning,
            stacklevel=2,
        )
    return _project_on(NUMPY, sample, forms, columns, held)


def _project_on(
    device: Device,
    sample: Sample,
    forms: Sequence[tuple[WeakForm, np.ndarray]],
    columns: Sequence[Feature],
    held: int,
) -> list[np.ndarray]:
    """Samples go to the device once for each function of them, and come back as what test functions see."""
    results = [np.empty((int(rows.sum()), len(columns))) for _, rows in forms]
    times = list({id(weak.axes[0]): weak.axes[0] for weak, _ in forms}.values())
    wanted: dict[_Key, dict[tuple[int, ...], int]] = {}
    for j, feature in enumerate(columns):
        if sample.holds(feature.function):
            for (weak, rows), result in zip(forms, results, strict=True):
                result[:, j] = _in_parts(sample, weak, feature)[rows]
            continue
        wanted.setdefault((feature.function, feature.orders[0]), {})[feature.orders[1:]] = j
    matrices = _Matrices(device)
    for keys in _batches(sample, times, list(wanted), device.held(held)):
        contracted = _in_time(sample, times, keys, matrices)
        for (weak, rows), result in zip(forms, results, strict=True):
            for key in keys:
                places = wanted[key]
                values = contracted[id(weak.axes[0]), key]
                for orders, seen in _in_space(values, weak.axes[1:], list(places), matrices):
                    result[:, places[orders]] = device.fetch(seen)[rows]
    return results


def _in_parts(sample: Sample, weak: WeakForm, feature: Feature) -> np.ndarray:
    """A feature that holds derivatives, from the parts that test functions see."""
    parts = sample.parts(feature.function).items()
    return np.sum([weak.project(part, tuple(map(add, feature.orders, o))) for o, part in parts], axis=0)


@dataclass(frozen=True)
class _Matrices:
    """The matrices of test functions on a device, each sent once."""

    device: Device

    @cached_property
    def _sent(self) -> dict[tuple[int, int], Any]:
        return {}

    def of(self, axis: AxisTests, order: int) -> Any:
        key = (id(axis), order)
        if key not in self._sent:
            self._sent[key] = self.device.send(axis.matrices[order])
        return self._sent[key]


def _batches(
    sample: Sample, times: Sequence[AxisTests], keys: Sequence[_Key], held: int
) -> Iterator[list[_Key]]:
    """Keys in groups whose contracted samples can be held at once."""
    each = 8 * sum(axis.count for axis in times) * (sample.size // sample.shape[0])
    count = max(1, held // max(each, 1))
    for start in range(0, len(keys), count):
        yield list(keys[start : start + count])


def _in_time(
    sample: Sample, times: Sequence[AxisTests], keys: Sequence[_Key], matrices: _Matrices
) -> dict[tuple[int, _Key], Any]:
    """Functions of the samples contracted in time `(k, n_x, ...)`, by test functions and key."""
    space, device = sample.shape[1:], matrices.device
    result = {(id(axis), key): device.zeros((axis.count, *space)) for axis in times for key in keys}
    for where, functions in sample.pieces():
        sent: dict[Function, Any] = {}
        for key in keys:
            function, order = key
            if function not in sent:
                sent[function] = device.send(functions.product(function))
            for axis in times:
                matrix = matrices.of(axis, order)[:, where[0]]
                result[id(axis), key][(slice(None), *where[1:])] += apply_along(matrix, sent[function], 0)
    return result


def _in_space(
    values: Any, axes: Sequence[AxisTests], wanted: Sequence[tuple[int, ...]], matrices: _Matrices
) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Values `(k_t, n_x, ...)` contracted along `axes` of space for several orders, the last axis first."""
    if not axes:
        yield (), values
        return
    for last in dict.fromkeys(orders[-1] for orders in wanted):
        contracted = apply_along(matrices.of(axes[-1], last), values, len(axes))
        before = [orders[:-1] for orders in wanted if orders[-1] == last]
        inner = _in_space(contracted, axes[:-1], before, matrices)
        yield from (((*orders, last), seen) for orders, seen in inner)
