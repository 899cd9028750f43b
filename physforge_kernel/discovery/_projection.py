"""A field's features seen through test functions of one size, with what noise does to them.

The regression problem `b = G w` of the weak form has noise on both sides. For white noise of known size the
expected Gram matrix of that noise is known exactly (`noise`), and so is how noise moves any residual
(`pull`): everything that selection and intervals need follows from these two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from ..derivatives import Feature, Function
from ._functions import Covariance, NoisyFunctions
from ._units import Units, power_of_two
from ._weak import FEWEST_STEPS, AxisTests, WeakForm, apply_along, axis_tests

#: Spacing of the test functions, as a share of their half width.
SPACING = 0.25

#: Sensitivities of a residual to samples, by the derivative orders of the test function.
Slopes = dict[tuple[int, ...], np.ndarray]

#: Most test functions along time and along each space axis: more add cost and no information.
MOST = {1: 400, 2: 60, 3: 24, 4: 12}


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a sample: its name and its points `(n,)`, increasing."""

    name: str
    points: np.ndarray


@dataclass(frozen=True)
class Control:
    """A variable that has no law of its own: its name, and the axes along which it varies.

    `noise` is what its noise, as a share of its rms, leaves unallowed for: that of a control which is the
    same along some axis is not white.
    """

    name: str
    axes: tuple[str, ...]
    noise: float = 0.0


@dataclass(frozen=True)
class Sample:
    """One experiment as arrays: axes (time first), their points, and noisy values per component.

    `valid` masks samples to be used (None: all); `unresolved` is the share left out as not resolved by the
    grid; `uneven` names components whose noise grows with their size; `outliers` counts samples that were
    taken for outliers and treated as missing; `heavy` names components whose noise has heavy tails. `missing`
    counts samples that were not there, `filled` is the share of samples filled from their neighbours, and
    `spread` the sd of white noise that would disturb sums as much as the noise with them (None: `sigma`).
    `units` are those of values and points. `complex_name` is that of the complex field whose real and
    imaginary part are the two components, if they are. `controls` are the components without a law.
    """

    grid: tuple[Axis, ...]
    components: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    sigma: tuple[float, ...]
    valid: np.ndarray | None = None
    unresolved: float = 0.0
    uneven: tuple[str, ...] = ()
    outliers: Mapping[str, int] = field(default_factory=dict)
    heavy: tuple[str, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    filled: Mapping[str, float] = field(default_factory=dict)
    spread: tuple[float, ...] | None = None
    units: Units | None = None
    complex_name: str = ""
    controls: tuple[Control, ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.grid)

    @property
    def points(self) -> tuple[np.ndarray, ...]:
        return tuple(axis.points for axis in self.grid)

    @cached_property
    def functions(self) -> NoisyFunctions:
        """Functions of the components on the samples, without the bias of noise."""
        exponents = (*self.units.components, *self.units.axes) if self.units else ()
        return NoisyFunctions(
            self.components,
            self.axes,
            self.values,
            self.sigma,
            self.spreads,
            self.points,
            tuple(power_of_two(k) for k in exponents),
        )

    @property
    def spreads(self) -> tuple[float, ...]:
        return self.sigma if self.spread is None else self.spread


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
            AxisTests(
                axis.name,
                axis.points,
                axis.half_width,
                axis.centres,
                tuple(np.ascontiguousarray(m[:, ::n]) for m in axis.matrices),
            )
            for axis, n in zip(self.weak.axes, self.steps, strict=True)
        ]
        return WeakForm(tuple(axes))

    @cached_property
    def _slopes(self) -> dict[tuple[Function, int], np.ndarray | None]:
        return {}

    def slope(self, feature: Feature, component: int) -> np.ndarray | None:
        """Derivative of the feature's function by one component, thinned; None if zero."""
        key = (feature.function, component)
        if key not in self._slopes:
            thin = tuple(slice(None, None, n) for n in self.steps)
            self._slopes[key] = self.sample.functions.slope(feature.function, component, thin)
        return self._slopes[key]

    def response(self, columns: Sequence[Feature], weights: np.ndarray, component: int) -> Slopes:
        """Derivative of a combination of columns by one component, on the thinned samples."""
        result: Slopes = {}
        for j in map(int, np.flatnonzero(weights)):
            slope = self.slope(columns[j], component)
            if slope is not None:
                orders = columns[j].orders
                part = weights[j] * slope
                result[orders] = result[orders] + part if orders in result else part
        return result

    @cached_property
    def _in_time(self) -> dict[tuple[Function | Covariance, int, int], np.ndarray]:
        return {}

    def moment(self, function: Function | Covariance, a: Sequence[int], b: Sequence[int]) -> float:
        """`sum_k sum_i psi^a_k(i) psi^b_k(i) f(i)`: how noise enters a Gram matrix."""
        key = (function, min(a[0], b[0]), max(a[0], b[0]))
        if key not in self._in_time:
            weights = self.weak.product_weights(0, a[0], b[0])
            self._in_time[key] = np.tensordot(weights, self.sample.functions.product(function), axes=(0, 0))
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
        for e, block in enumerate(self.blocks):
            count = int(block.rows.sum())
            grid = np.zeros(block.weak.shape)
            grid[block.rows] = rows[start : start + count]
            start += count
            scale = float(np.sqrt(np.prod(block.steps)))
            backs: dict[tuple[int, ...], np.ndarray] = {}
            for c, sigma in enumerate(block.sample.spreads):
                total: np.ndarray | None = None
                for orders, slope in block.response(self.columns, coefficients, c).items():
                    if orders not in backs:
                        backs[orders] = block.thinned.adjoint(grid, orders)
                    part = slope * backs[orders]
                    total = part if total is None else total + part
                if total is not None:
                    yield e, c, sigma * scale * total

    def push(self, coefficients: np.ndarray, changes: Sequence[tuple[int, int, np.ndarray]]) -> np.ndarray:
        """Response `(rows,)` of a residual to changes of the samples: the transpose of `pull`."""
        parts: list[np.ndarray] = []
        for e, block in enumerate(self.blocks):
            scale = float(np.sqrt(np.prod(block.steps)))
            grid = np.zeros(block.weak.shape)
            for _, c, change in (item for item in changes if item[0] == e):
                scaled = block.sample.spreads[c] * scale * change
                for orders, slope in block.response(self.columns, coefficients, c).items():
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
    found = blocks(samples, columns, shares, SPACING)
    if found is None:
        return None
    overlap = min(float(np.prod([axis.independence for axis in block.weak.axes])) for block in found)
    return Projection(
        tuple(shares),
        tuple(columns),
        found,
        np.concatenate([evaluate(block, columns) for block in found]),
        np.sum([_noise(block, columns) for block in found], axis=0),
        overlap,
    )


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
    order = [max(f.orders[i] for f in columns) for i in range(len(samples[0].axes))]
    found = []
    for sample in samples:
        weak = WeakForm(
            tuple(
                _axis_tests(a, s, most or MOST[len(sample.grid)], o, spacing)
                for a, s, o in zip(sample.grid, shares, order, strict=True)
            )
        )
        block = Block(sample, weak, _rows(sample, weak), _thinning(weak))
        if not block.rows.any():
            return None
        found.append(block)
    return tuple(found)


def _rows(sample: Sample, weak: WeakForm) -> np.ndarray:
    if sample.valid is None:
        return np.ones(weak.shape, dtype=bool)
    missing = (~sample.valid).astype(float)
    for i, axis in enumerate(weak.axes):
        missing = apply_along((axis.matrices[0] != 0).astype(float), missing, i)
    return missing < 0.5


def _thinning(weak: WeakForm) -> tuple[int, ...]:
    """Every how many samples are enough to sum over a test function."""
    return tuple(
        max(1, int(axis.half_width / float(np.median(np.diff(axis.points))) / FEWEST_STEPS))
        for axis in weak.axes
    )


def evaluate(block: Block, columns: Sequence[Feature]) -> np.ndarray:
    """The columns of one experiment `(rows, columns)`."""
    functions, weak = block.sample.functions, block.weak
    in_time: dict[tuple, np.ndarray] = {}
    result = []
    for feature in columns:
        key = (feature.function, feature.orders[0])
        if key not in in_time:
            values = functions.product(feature.function)
            in_time[key] = apply_along(weak.axes[0].matrices[feature.orders[0]], values, 0)
        values = in_time[key]
        for i, axis in list(enumerate(weak.axes))[1:]:
            values = apply_along(axis.matrices[feature.orders[i]], values, i)
        result.append(values[block.rows])
    return np.stack(result, axis=1)


def _noise(block: Block, columns: Sequence[Feature]) -> np.ndarray:
    noise = np.zeros((len(columns), len(columns)))
    if not any(block.sample.spreads):
        return noise
    share = float(block.rows.mean())
    functions = block.sample.functions
    for i, a in enumerate(columns):
        for j, b in enumerate(columns[: i + 1]):
            value = sum(
                factor * block.moment(function, a.orders, b.orders)
                for function, factor in functions.covariance(a.function, b.function).items()
            )
            noise[i, j] = noise[j, i] = share * value
    return noise
