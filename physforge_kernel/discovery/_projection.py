"""A field's features seen through test functions of one size, with what noise does to them.

The regression problem `b = G w` of the weak form has noise on both sides. For white noise of known size the
expected Gram matrix of that noise is known exactly (`noise`), and so is how noise moves any residual
(`pull`): everything that selection and intervals need follows from these two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import add

import numpy as np

from ..derivatives import Feature, Function
from ._columns import project_all
from ._functions import Covariance
from ._inner import inner_derivatives
from ._sample import Alike, Axis, Sample, Shared, Slopes
from ._stored import Stored
from ._weak import FEWEST_STEPS, AxisTests, WeakForm, apply_along, axis_tests

#: Spacing of the test functions, as a share of their half width.
SPACING = 0.25

#: Samples in half a test function that are enough for sums that tell what noise does, in two and more
#: dimensions of space: many test functions, each placed differently on the grid, make up for their scarcity.
FEWEST_STEPS_IN_SPACE = 3

#: With more samples than these, such sums go over some of them.
MANY = 2**18

#: Combinations of columns whose sensitivities to samples are remembered at every scale.
_REMEMBERED = 2

#: Most test functions along time and along each space axis: more add cost and no information.
MOST = {1: 400, 2: 60, 3: 24, 4: 12}


@dataclass(frozen=True)
class Block:
    """One experiment at one scale: its weak form, and which test functions see only valid samples."""

    sample: Sample
    weak: WeakForm
    rows: np.ndarray
    steps: tuple[int, ...]

    @cached_property
    def thinned(self) -> WeakForm:
        """The weak form on every n-th sample: enough for sums over smooth functions, and much cheaper."""
        return self.weak.thinned(self.steps)

    def response(self, columns: Sequence[Feature], weights: np.ndarray, component: int) -> Slopes:
        """Derivative of a combination of columns by one component, on the thinned samples."""
        result: Slopes = {}
        for j in map(int, np.flatnonzero(weights)):
            for inside, slope in self.sample.slopes(columns[j].function, component, self.steps).items():
                orders = tuple(map(add, columns[j].orders, inside))
                part = weights[j] * slope
                result[orders] = result[orders] + part if orders in result else part
        return result

    @cached_property
    def _sums(self) -> _Moments:
        """Sums over samples that noise needs: over all of them, or over some where there are many."""
        steps = self.steps if self.sample.size > MANY else (1,) * len(self.steps)
        return _Moments(self.sample, steps, self.weak.thinned(steps))

    def noise(self, columns: Sequence[Feature]) -> np.ndarray:
        """The expected Gram matrix `(columns, columns)` of what noise makes of the columns."""
        noise = np.zeros((len(columns), len(columns)))
        if not any(self.sample.spreads):
            return noise
        share = float(self.rows.mean())
        for i, a in enumerate(columns):
            for j, b in enumerate(columns[: i + 1]):
                noise[i, j] = noise[j, i] = share * self._sums.shared(a, b)
        return noise


@dataclass(frozen=True)
class _Moments:
    """`sum_k sum_i psi^a_k(i) psi^b_k(i) f(i)` for functions on (thinned) samples, each computed once."""

    sample: Sample
    steps: tuple[int, ...]
    weak: WeakForm

    def shared(self, a: Feature, b: Feature) -> float:
        """What noise adds to the sum of products of two columns."""
        key = (a.function, b.function)
        if key not in self._covariances:
            self._covariances[key] = self.sample.shared(*key)
        return sum(
            factor * self._moment(summed, tuple(map(add, a.orders, o)), tuple(map(add, b.orders, p)))
            for summed, o, p, factor in self._covariances[key]
        )

    @cached_property
    def _covariances(self) -> dict[tuple[Function, Function], list[Shared]]:
        return {}

    @cached_property
    def _found(self) -> dict[tuple, float]:
        return {}

    @cached_property
    def _in_time(self) -> dict[tuple, np.ndarray]:
        return {}

    def _moment(self, function: Function | Covariance | Alike, a: Sequence[int], b: Sequence[int]) -> float:
        pairs = tuple((min(i, j), max(i, j)) for i, j in zip(a, b, strict=True))
        if (function, pairs) not in self._found:
            key = (function, pairs[0])
            if key not in self._in_time:
                values = self.sample.summed(function, self.steps)
                weights = self.weak.product_weights(0, *pairs[0])
                self._in_time[key] = (weights @ values.reshape(len(values), -1)).reshape(values.shape[1:])
            left = self._in_time[key]
            for i in range(len(pairs) - 1, 0, -1):
                left = left @ self.weak.product_weights(i, *pairs[i])
            self._found[function, pairs] = float(np.prod(self.steps)) * float(left)
        return self._found[function, pairs]


@dataclass(frozen=True)
class Projection:
    """All columns (features, then left sides) of all experiments at one scale.

    `matrix` is (rows, columns); `gram` its Gram matrix; `noise` the expected Gram matrix of the noise in it.
    """

    scale: tuple[float, ...]
    columns: tuple[Feature, ...]
    blocks: tuple[Block, ...]
    matrix: np.ndarray
    noise: np.ndarray
    overlap: float = field(default=1.0)

    @cached_property
    def gram(self) -> np.ndarray:
        return self.matrix.T @ self.matrix

    @property
    def filled(self) -> float:
        """Largest share of samples that were filled in, over components and experiments."""
        return max((f for block in self.blocks for f in block.sample.filled.values()), default=0.0)

    @property
    def uneven(self) -> tuple[str, ...]:
        """Components whose noise grows with their size, in any of the experiments."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in block.sample.uneven))

    @property
    def heavy(self) -> tuple[str, ...]:
        """Components whose noise has heavy tails, in any of the experiments."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in block.sample.heavy))

    @property
    def rounded(self) -> tuple[str, ...]:
        """Components that are told in coarse steps, in any of the experiments."""
        return tuple(dict.fromkeys(name for block in self.blocks for name in block.sample.rounded))

    @property
    def effective_rows(self) -> float:
        """How many independent test functions there would be, allowing for their overlap."""
        return max(1.0, len(self.matrix) * self.overlap)

    @cached_property
    def _responses(self) -> dict[tuple[int, int, bytes], Slopes]:
        return {}

    def _response(self, e: int, coefficients: np.ndarray, component: int) -> Slopes:
        key = (e, component, coefficients.tobytes())
        if key not in self._responses:
            while len(self._responses) >= _REMEMBERED * sum(len(b.sample.components) for b in self.blocks):
                del self._responses[next(iter(self._responses))]
            self._responses[key] = self.blocks[e].response(self.columns, coefficients, component)
        return self._responses[key]

    def pull(self, coefficients: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """Sensitivity of `rows @ matrix @ coefficients` to every sample, noise scaled to unit variance.

        Args:
            coefficients: (columns,) of a residual, one for the left side and `-w` for the features.
            rows: (rows,) weights on the test functions.

        Yields:
            Experiment, component, and the sensitivities on the thinned samples (scaled for the thinning).
        """
        start = 0
        for e, block in enumerate(self.blocks):
            count = int(block.rows.sum())
            grid = np.zeros(block.weak.shape)
            grid[block.rows] = rows[start : start + count]
            start += count
            scale = float(np.sqrt(np.prod(block.steps)))
            backs: dict[tuple[int, ...], np.ndarray] = {}
            for c, sigma in enumerate(block.sample.spreads):
                total: np.ndarray | None = None
                for orders, slope in self._response(e, coefficients, c).items():
                    if orders not in backs:
                        backs[orders] = block.thinned.adjoint(grid, orders)
                    part = slope * backs[orders]
                    total = part if total is None else np.add(total, part, out=total)
                if total is not None:
                    yield e, c, np.multiply(total, sigma * scale, out=total)

    def push(self, coefficients: np.ndarray, changes: Sequence[tuple[int, int, np.ndarray]]) -> np.ndarray:
        """Response `(rows,)` of a residual to changes of the samples: the transpose of `pull`."""
        parts: list[np.ndarray] = []
        for e, block in enumerate(self.blocks):
            scale = float(np.sqrt(np.prod(block.steps)))
            grid = np.zeros(block.weak.shape)
            for _, c, change in (item for item in changes if item[0] == e):
                scaled = block.sample.spreads[c] * scale * change
                for orders, slope in self._response(e, coefficients, c).items():
                    grid = grid + block.thinned.project(slope * scaled, orders)
            parts.append(grid[block.rows])
        return np.concatenate(parts)


@lru_cache(maxsize=256)
def _axis_tests(axis: Axis, share: float, most: int, order: int, spacing: float) -> AxisTests:
    length = axis.points[-1] - axis.points[0]
    half = share * length
    count = max(1, min(most, int((length - 2 * half) / half / spacing) + 1))
    return axis_tests(axis.name, axis.points, half, count, order)


def project(
    samples: Sequence[Sample], columns: Sequence[Feature], shares: Sequence[float]
) -> Projection | None:
    """Project all columns of all experiments with test functions of half widths `shares` of each axis.

    Returns None where no test function sees valid samples only.
    """
    return projections(samples, columns, [shares])[0]


def projections(
    samples: Sequence[Sample], columns: Sequence[Feature], scales: Sequence[Sequence[float]]
) -> list[Projection | None]:
    """The same at several scales, for which the samples are read once."""
    found = [blocks(samples, columns, shares, SPACING) for shares in scales]
    for e, sample in enumerate(samples):
        if isinstance(sample, Stored):
            sample.gather([block[e].steps for block in found if block is not None])
    parts = []
    for e, sample in enumerate(samples):
        here = [block[e] for block in found if block is not None]
        parts.append(iter(project_all(sample, [(block.weak, block.rows) for block in here], columns)))
    return [
        _projection(tuple(columns), tuple(shares), block, [next(part) for part in parts]) if block else None
        for shares, block in zip(scales, found, strict=True)
    ]


def _projection(
    columns: tuple[Feature, ...],
    shares: tuple[float, ...],
    found: tuple[Block, ...],
    matrices: Sequence[np.ndarray],
) -> Projection:
    overlap = min(float(np.prod([axis.independence for axis in block.weak.axes])) for block in found)
    noise = np.sum([block.noise(columns) for block in found], axis=0)
    return Projection(shares, columns, found, np.concatenate(matrices), noise, overlap)


def blocks(
    samples: Sequence[Sample],
    columns: Sequence[Feature],
    shares: Sequence[float],
    spacing: float,
    most: int | None = None,
) -> tuple[Block, ...] | None:
    """Every experiment with test functions for all columns; None where none sees valid samples only.

    There are as many as the spacing asks for, but not more than `most` along each axis (None: `MOST`).
    """
    order = _orders(columns)
    found = []
    for sample in samples:
        weak = WeakForm(
            tuple(
                _axis_tests(a, s, most or MOST[len(sample.grid)], o, spacing)
                for a, s, o in zip(sample.grid, shares, order, strict=True)
            )
        )
        if not all(weak.shape):
            return None
        steps = _thinning(weak)
        if not sample.affords(steps):
            return None
        block = Block(sample, weak, _rows(sample, weak), steps)
        if not block.rows.any():
            return None
        found.append(block)
    return tuple(found)


def _orders(columns: Sequence[Feature]) -> list[int]:
    """Derivatives of test functions that columns need along each axis, and how the samples move them."""
    inside = [orders for _, orders in inner_derivatives(columns).values()]
    outside = [feature.orders for feature in columns]
    extra = [max((orders[i] for orders in inside), default=0) for i in range(len(outside[0]))]
    return [max(orders[i] for orders in outside) + more for i, more in enumerate(extra)]


def _rows(sample: Sample, weak: WeakForm) -> np.ndarray:
    if not sample.masked:
        return np.ones(weak.shape, dtype=bool)
    total = np.zeros(weak.shape)
    for box, valid in sample.masks():
        missing = (~valid).astype(float)
        for i, axis in enumerate(weak.axes):
            missing = apply_along((axis.matrices[0][:, box[i]] != 0).astype(float), missing, i)
        total += missing
    return total < 0.5


def _thinning(weak: WeakForm) -> tuple[int, ...]:
    """Every how many samples are enough to sum over a test function."""
    steps = [axis.steps for axis in weak.axes]
    if len(steps) < 3:
        return tuple(max(1, int(n / FEWEST_STEPS)) for n in steps)
    return tuple(max(1, round(n / FEWEST_STEPS_IN_SPACE)) for n in steps)


def evaluate(block: Block, columns: Sequence[Feature]) -> np.ndarray:
    """The columns of one experiment `(rows, columns)`."""
    return project_all(block.sample, [(block.weak, block.rows)], columns)[0]
