"""A field's features seen through test functions of one size, with what noise does to them.

The regression problem `b = G w` of the weak form has noise on both sides. For white noise of known size the
expected Gram matrix of that noise is known exactly (`noise`), and so is how noise moves any residual
(`pull`): everything that selection and intervals need follows from these two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..derivatives import Feature
from ._weak import AxisTests, NoisyPowers, WeakForm, apply_along, axis_tests

#: Spacing of the test functions, as a share of their half width.
SPACING = 0.25

#: Most test functions along time and along each space axis: more add cost and no information.
MOST = {1: 400, 2: 60, 3: 24, 4: 12}


@dataclass(frozen=True)
class Sample:
    """One experiment as arrays: axes (time first), their points, and noisy values per component.

    `valid` masks samples to be used (None: all); `unresolved` is the share left out as not resolved by the grid.
    """

    axes: tuple[str, ...]
    points: tuple[np.ndarray, ...]
    components: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    sigma: tuple[float, ...]
    valid: np.ndarray | None = None
    unresolved: float = 0.0

    @cached_property
    def powers(self) -> NoisyPowers:
        return NoisyPowers(self.values, self.sigma)


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
        axes = [
            AxisTests(axis.name, axis.points, axis.half_width, axis.centres, tuple(m[:, ::n] for m in axis.matrices))
            for axis, n in zip(self.weak.axes, self.steps, strict=True)
        ]
        return WeakForm(tuple(axes))

    @cached_property
    def _slopes(self) -> dict[tuple[Feature, int], np.ndarray | None]:
        return {}

    def slope(self, feature: Feature, component: int) -> np.ndarray | None:
        """Derivative of the feature's power product by one component, on the thinned samples."""
        key = (feature, component)
        if key not in self._slopes:
            thin = tuple(slice(None, None, n) for n in self.steps)
            full = self.sample.powers.slope(feature.exponents, component)
            self._slopes[key] = None if full is None else full[thin]
        return self._slopes[key]

    @cached_property
    def _in_time(self) -> dict[tuple[tuple[int, ...], int, int], np.ndarray]:
        return {}

    def moment(self, exponents: tuple[int, ...], a: Sequence[int], b: Sequence[int]) -> float:
        """`sum_k sum_i psi^a_k(i) psi^b_k(i) u(i)^exponents`: how noise on the samples enters a Gram matrix."""
        key = (exponents, min(a[0], b[0]), max(a[0], b[0]))
        if key not in self._in_time:
            weights = self.weak.product_weights(0, a[0], b[0])
            self._in_time[key] = np.tensordot(weights, self.sample.powers.product(exponents), axes=(0, 0))
        values = self._in_time[key]
        for i in range(len(a) - 1, 0, -1):
            values = values @ self.weak.product_weights(i, a[i], b[i])
        return float(values)


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

    @cached_property
    def signal(self) -> np.ndarray:
        """The Gram matrix without its expected noise."""
        return self.gram - self.noise

    @property
    def effective_rows(self) -> float:
        """How many independent test functions there would be, allowing for their overlap."""
        return max(1.0, len(self.matrix) * self.overlap)

    def pull(self, coefficients: np.ndarray, rows: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """Sensitivity of `rows @ matrix @ coefficients` to every sample, noise scaled to unit variance.

        Args:
            coefficients: (columns,) of a residual, one for the left side and `-w` for the features.
            rows: (rows,) weights on the test functions.

        Yields:
            Experiment, component, and the sensitivities on the thinned samples (scaled for the thinning).
        """
        start = 0
        used = np.flatnonzero(coefficients)
        for e, block in enumerate(self.blocks):
            count = int(block.rows.sum())
            grid = np.zeros(block.weak.shape)
            grid[block.rows] = rows[start : start + count]
            start += count
            scale = float(np.sqrt(np.prod(block.steps)))
            backs = {orders: block.thinned.adjoint(grid, orders) for orders in {self.columns[j].orders for j in used}}
            for c, sigma in enumerate(block.sample.sigma):
                total: np.ndarray | None = None
                for j in used:
                    slope = block.slope(self.columns[j], c)
                    if slope is not None:
                        part = coefficients[j] * slope * backs[self.columns[j].orders]
                        total = part if total is None else total + part
                if total is not None:
                    yield e, c, sigma * scale * total

    def push(self, coefficients: np.ndarray, changes: Sequence[tuple[int, int, np.ndarray]]) -> np.ndarray:
        """Response `(rows,)` of a residual to changes of the samples: the transpose of `pull`."""
        parts: list[np.ndarray] = []
        used = np.flatnonzero(coefficients)
        for e, block in enumerate(self.blocks):
            scale = float(np.sqrt(np.prod(block.steps)))
            grid = np.zeros(block.weak.shape)
            for _, c, change in (item for item in changes if item[0] == e):
                by_orders: dict[tuple[int, ...], np.ndarray] = {}
                for j in used:
                    slope = block.slope(self.columns[j], c)
                    if slope is not None:
                        orders = self.columns[j].orders
                        by_orders[orders] = by_orders.get(orders, 0.0) + coefficients[j] * slope
                for orders, slope in by_orders.items():
                    grid = grid + block.thinned.project(block.sample.sigma[c] * scale * slope * change, orders)
            parts.append(grid[block.rows])
        return np.concatenate(parts)


def project(
    samples: Sequence[Sample], columns: Sequence[Feature], shares: Sequence[float]
) -> Projection | None:
    """Project all columns of all experiments with test functions of half widths `shares` of each axis's length.

    Returns None where a test function would have too few samples, or none sees valid samples only.
    """
    order = [max(f.orders[i] for f in columns) for i in range(len(samples[0].axes))]
    blocks, matrices, noises = [], [], []
    overlap = 1.0
    for sample in samples:
        axes = []
        for name, points, share, highest in zip(sample.axes, sample.points, shares, order, strict=True):
            length = points[-1] - points[0]
            half = share * length
            room = (length - 2 * half) / half
            most = MOST[len(sample.axes)] if len(sample.axes) > 1 else MOST[1]
            count = max(1, min(most, int(room / SPACING) + 1))
            axes.append(axis_tests(name, points, half, count, highest))
        weak = WeakForm(tuple(axes))
        block = Block(sample, weak, _rows(sample, weak), _thinning(sample, weak))
        if not block.rows.any():
            return None
        blocks.append(block)
        matrices.append(_columns(block, columns))
        noises.append(_noise(block, columns))
        overlap = min(overlap, float(np.prod([_independence(axis) for axis in axes])))
    return Projection(
        tuple(shares), tuple(columns), tuple(blocks), np.concatenate(matrices), np.sum(noises, axis=0), overlap
    )


def _rows(sample: Sample, weak: WeakForm) -> np.ndarray:
    if sample.valid is None:
        return np.ones(weak.shape, dtype=bool)
    missing = (~sample.valid).astype(float)
    for i, axis in enumerate(weak.axes):
        missing = apply_along((axis.matrices[0] != 0).astype(float), missing, i)
    return missing < 0.5


def _thinning(sample: Sample, weak: WeakForm) -> tuple[int, ...]:
    steps = []
    for axis in weak.axes:
        spacing = float(np.median(np.diff(axis.points)))
        steps.append(max(1, int(axis.half_width / spacing / 7)))
    return tuple(steps)


def _independence(axis: AxisTests) -> float:
    """Share of independent ones among overlapping test functions, from the spectrum of their products."""
    products = axis.matrices[0] @ axis.matrices[0].T
    values = np.linalg.eigvalsh(products)
    return float(values.sum() ** 2 / (values**2).sum() / len(values))


def _columns(block: Block, columns: Sequence[Feature]) -> np.ndarray:
    powers, weak = block.sample.powers, block.weak
    in_time: dict[tuple, np.ndarray] = {}
    result = []
    for feature in columns:
        key = (feature.exponents, feature.orders[0])
        if key not in in_time:
            values = powers.product(feature.exponents)
            in_time[key] = apply_along(weak.axes[0].matrices[feature.orders[0]], values, 0)
        values = in_time[key]
        for i, axis in list(enumerate(weak.axes))[1:]:
            values = apply_along(axis.matrices[feature.orders[i]], values, i)
        result.append(values[block.rows])
    return np.stack(result, axis=1)


def _noise(block: Block, columns: Sequence[Feature]) -> np.ndarray:
    noise = np.zeros((len(columns), len(columns)))
    if not any(block.sample.sigma):
        return noise
    share = float(block.rows.mean())
    powers = block.sample.powers
    for i, a in enumerate(columns):
        for j, b in enumerate(columns[: i + 1]):
            value = sum(
                factor * block.moment(exponents, a.orders, b.orders)
                for exponents, factor in powers.covariance(a.exponents, b.exponents).items()
            )
            noise[i, j] = noise[j, i] = share * value
    return noise
