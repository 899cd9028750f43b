"""What the samples say of themselves: how noisy they are, and where the grid does not resolve the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import comb

import numpy as np

#: Difference orders tried along every axis; the smallest estimate is the one with the least signal left in
#: it.
_ORDERS = (3, 4, 6, 8)

#: A sixth difference beyond this share of the field's rms, and beyond the noise, marks an unresolved front.
_UNRESOLVED_SHARE = 0.05
_UNRESOLVED_SDS = 6.0


#: With more samples than these, statistics of them are taken from some of their lines.
MANY = 2**21

#: Steps that differ by less than this share are those of an even grid, written with few digits.
_EVEN = 1e-4


def noise_sd(values: np.ndarray, points: Sequence[np.ndarray]) -> float:
    """Standard deviation of white noise on samples of a smooth field.

    High-order differences annihilate what is smooth and keep white noise, with a known factor. A field that
    the grid does not resolve looks noisy to this estimate: it is an upper bound.

    Args:
        values: (n_1, ..., n_d); NaN marks missing samples.
        points: the coordinates (n_i,) of each axis, increasing.

    Returns:
        The estimate, in the field's units.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> t = np.linspace(0, 9, 900)
        >>> bool(abs(noise_sd(np.sin(t) + 0.1 * rng.standard_normal(900), [t]) - 0.1) < 0.01)
        True
    """
    return noise_among([(values, points)])


#: Samples of one part of a field, and the points of its axes.
Part = tuple[np.ndarray, Sequence[np.ndarray]]


def noise_among(parts: Sequence[Part]) -> float:
    """The same from several parts of a field that have one shape."""
    estimates = []
    fewest = 8 if all(np.isfinite(values).all() for values, _ in parts) else 40
    for rests in zip(*(_differences(*part) for part in parts), strict=True):
        squares = np.concatenate([rest[np.isfinite(rest)] ** 2 for rest in rests])
        if squares.size >= fewest:
            estimates.append(float(np.sqrt(squares.mean())))
    return min(estimates, default=0.0)


#: Order of the differences that tell fronts and noise.
_SIXTH = 6


def resolved(values: np.ndarray, points: Sequence[np.ndarray]) -> np.ndarray:
    """Mask `(n_1, ..., n_d)` of the samples around which the grid resolves the field.

    Fronts and shocks leave high differences far beyond the noise. No smooth law can be read off there, and
    what a solver left there is its own truncation error.
    """
    return smooth_within(values, points, front_limits([(values, points)], values.size))


def front_limits(parts: Sequence[Part], size: int) -> dict[int, float]:
    """Sixth differences along each axis beyond which a field of `size` samples has a front."""
    finite = np.concatenate([values[np.isfinite(values)] for values, _ in parts])
    scale = float(np.sqrt(np.mean((finite - finite.mean()) ** 2))) if finite.size else 0.0
    limits: dict[int, float] = {}
    # Among very many samples noise alone reaches further.
    sds = max(_UNRESOLVED_SDS, 1 + np.sqrt(2 * np.log(size)))
    for axis in range(parts[0][0].ndim if scale else 0):
        if parts[0][0].shape[axis] < 3 * _SIXTH:
            continue
        known = np.concatenate(
            [
                few[np.isfinite(few)]
                for values, points in parts
                for few in [np.abs(difference(some_lines(values, [axis]), axis, _SIXTH, points[axis]))]
            ]
        )
        if known.size:
            limits[axis] = max(_UNRESOLVED_SHARE * scale, sds * float(np.median(known)) / 0.6745)
    return limits


def smooth_within(
    values: np.ndarray, points: Sequence[np.ndarray], limits: Mapping[int, float]
) -> np.ndarray:
    """Mask of the samples around which sixth differences stay within limits along their axes."""
    good = np.ones(values.shape, dtype=bool)
    for axis, limit in limits.items():
        for part in pieces(values.shape, axis):
            rough = np.abs(difference(values[part], axis, _SIXTH, points[axis])) > limit
            if rough.any():
                here, rough = np.moveaxis(good[part], axis, 0), np.moveaxis(rough, axis, 0)
                for j in range(_SIXTH + 1):
                    here[j : j + len(rough)] &= ~rough
    return good


def some_lines(values: np.ndarray, kept: Sequence[int], most: int = MANY) -> np.ndarray:
    """Every n-th sample along all axes but those `kept`, where there are more than `most`."""
    others = [axis for axis in range(values.ndim) if axis not in kept]
    few = [slice(None)] * values.ndim
    for axis in sorted(others, key=lambda axis: -values.shape[axis]):
        left = values[tuple(few)].size
        if left > most:
            few[axis] = slice(None, None, min(-(-left // most), max(1, values.shape[axis] // 8)))
    return values[tuple(few)]


def pieces(shape: Sequence[int], axis: int) -> Iterator[tuple[slice, ...]]:
    """A grid in pieces that hold whole lines along an axis and stay in the processor's cache."""
    across = next((i for i in range(len(shape)) if i != axis), None)
    if across is None:
        yield (slice(None),)
        return
    count = max(1, MANY // 8 * shape[across] // int(np.prod(shape)))
    for start in range(0, shape[across], count):
        yield tuple(slice(start, start + count) if i == across else slice(None) for i in range(len(shape)))


#: Ratio of noise variances, where a field is large and where it is small, that white noise does not reach;
#: and so many standard deviations of its logarithm, where there are few samples.
_UNEVEN = 2.0
_UNEVEN_SDS = 3.5

#: Sum of the squared correlations of a sixth difference with all others of a line.
_ALIKE = sum((comb(12, 6 + k) / comb(12, 6)) ** 2 for k in range(-6, 7))


def uneven_noise(parts: Sequence[Part], sd: float) -> bool:
    """Whether the noise on parts of a field, of standard deviation `sd`, is larger where the field is.

    The corrections do not cover that. Compares squared differences between the thirds of the samples with the
    largest and the smallest values, both without the noise that is in their differences.
    """
    pure = _pure_noise(parts, sd, 1e-3)
    if pure is None:
        return False
    size, rest = pure
    low, high = np.quantile(np.abs(size), [1 / 3, 2 / 3])
    squares = rest**2
    scatter = np.sqrt(4 * _ALIKE / (len(rest) / 3))
    ratio = max(_UNEVEN, float(np.exp(_UNEVEN_SDS * scatter)))
    return bool(squares[np.abs(size) >= high].mean() > ratio * squares[np.abs(size) <= low].mean())


#: Excess kurtosis of sixth differences that Gaussian noise does not reach; Laplacian noise has just this.
_HEAVY = 0.9


def heavy_tailed(parts: Sequence[Part], sd: float) -> bool:
    """Whether the noise on parts of a field, of standard deviation `sd`, has more large errors than Gaussian.

    The corrections assume that it has not.
    """
    pure = _pure_noise(parts, sd, 1e-2)
    if pure is None:
        return False
    squares = pure[1] ** 2
    return bool((squares**2).mean() > (3 + _HEAVY) * squares.mean() ** 2)


def _pure_noise(parts: Sequence[Part], sd: float, least: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Smoothed samples and their sixth differences along the smoothest axis; None where these are not mainly
    noise.

    Parabolas are fitted to just the samples of each difference, which is orthogonal to them: white noise
    moves the two independently. A sample itself would be large where its own noise and the difference are.

    Below a share `least` of the rms there is nothing to see; above a third, size itself is noise.
    """
    few = np.concatenate([some_lines(values, []).ravel() for values, _ in parts])
    rms = float(np.sqrt(np.nanmean(few**2)))
    if not least * rms < sd < 0.3 * rms:
        return None
    found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for axis, count in enumerate(parts[0][0].shape):
        if count < 3 * _SIXTH:
            continue
        lines = [(some_lines(values, [axis]), points[axis]) for values, points in parts]
        rest = np.concatenate([difference(few, axis, _SIXTH, at).ravel() for few, at in lines])
        if np.isfinite(rest).any():
            found[axis] = np.concatenate([_parabolas(few, axis, at).ravel() for few, at in lines]), rest
    if not found:
        return None
    size, rest = found[min(found, key=lambda axis: float(np.nanmean(found[axis][1] ** 2)))]
    known = np.isfinite(size) & np.isfinite(rest)
    return (size[known], rest[known]) if known.sum() >= 500 else None


def _parabolas(values: np.ndarray, axis: int, points: np.ndarray) -> np.ndarray:
    """The parabola nearest to the samples of each sixth difference, in the middle of them."""
    near = np.lib.stride_tricks.sliding_window_view(points, _SIXTH + 1)
    middle = near[:, [_SIXTH // 2]]
    places = (near - middle) / (near[:, [-1]] - near[:, [0]])
    weights = np.linalg.pinv(places[:, :, None] ** np.arange(3))[:, 0]
    return _weighed(values, axis, weights)


#: So many samples show whether all are multiples of a step, to this accuracy.
_SHOWING, _MULTIPLE = 2**14, 1e-3

#: A step up to this share of the rms does no harm; nor does one that noise of half its size smears, after
#: which rounding errors are noise (Widrow, Kollar and Liu, IEEE Trans. Instrum. Meas. 45, 1996).
_COARSE, _SMEARED = 0.01, 0.5


def coarse_step(values: Sequence[np.ndarray], sd: float) -> float:
    """The step of samples with noise of standard deviation `sd`, where it is a coarse one; or 0.

    A sensor that cuts off what it should round shifts all samples by half a step, which nothing shows.

    Example:
        >>> round(coarse_step([np.round(np.sin(np.linspace(0, 9, 900)), 1)], 0.02), 6)
        0.1
    """
    known = np.concatenate([some_lines(each, []).ravel() for each in values])
    known = known[np.isfinite(known)]
    few = known[:: max(1, len(known) // _SHOWING)]
    levels = np.unique(few)
    if not 2 < len(levels) < len(few) / 2:
        return 0.0
    step = float(np.diff(levels).min())
    counts = (few - levels[0]) / step
    if np.abs(counts - np.round(counts)).max() > _MULTIPLE:
        return 0.0
    return step if step > _COARSE * float(np.sqrt(np.mean(few**2))) and sd < _SMEARED * step else 0.0


#: A sample is compared with the cubic through so many neighbours on either side.
REACH = 2


def cubic_weights(points: np.ndarray) -> np.ndarray:
    """`(n, 5)` weights of a sample less the cubic through its neighbours; rows at the ends are NaN."""
    weights = np.full((len(points), 2 * REACH + 1), np.nan)
    near = np.lib.stride_tricks.sliding_window_view(points, 2 * REACH + 1)
    weights[REACH:-REACH, REACH] = 1.0
    others = [k for k in range(2 * REACH + 1) if k != REACH]
    for k in others:  # Lagrange's polynomials
        steps = [(near[:, REACH] - near[:, j]) / (near[:, k] - near[:, j]) for j in others if j != k]
        weights[REACH:-REACH, k] = -np.prod(steps, axis=0)
    return weights


def cubic_rest(values: np.ndarray, axis: int, weights: np.ndarray, *, centre: bool = True) -> np.ndarray:
    """Samples less the cubic through their neighbours along one axis; NaN where there are too few.

    Without `centre` the sample itself counts as zero.
    """
    moved = np.moveaxis(values, axis, 0)
    inner = len(moved) - 2 * REACH
    rest = np.full(moved.shape, np.nan)
    shape = (inner, *([1] * (moved.ndim - 1)))
    taken = [k for k in range(2 * REACH + 1) if centre or k != REACH]
    parts = [weights[REACH:-REACH, k].reshape(shape) * moved[k : inner + k] for k in taken]
    rest[REACH:-REACH] = np.sum(parts, axis=0)
    return np.moveaxis(rest, 0, axis)


def _differences(values: np.ndarray, points: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Differences of `values` along one axis and along two, each scaled to keep the size of white noise."""
    for order in _ORDERS:
        axes = [axis for axis in range(values.ndim) if values.shape[axis] >= 3 * order]
        for chosen in [*((axis,) for axis in axes), *combinations(axes, 2)]:
            rest = some_lines(values, chosen)
            for axis in chosen:
                rest = difference(rest, axis, order, points[axis])
            yield rest


def difference(values: np.ndarray, axis: int, order: int, points: np.ndarray) -> np.ndarray:
    """Differences `(..., n - order, ...)` that polynomials below `order` do not have, noise kept at its size.

    On uneven points they are divided differences: plain ones would see noise in what is smooth.
    """
    steps = np.diff(points)
    if np.ptp(steps) <= _EVEN * float(steps.mean()):
        return np.diff(values, n=order, axis=axis) / np.sqrt(comb(2 * order, order))
    near = np.lib.stride_tricks.sliding_window_view(points, order + 1)
    gaps = (near[:, :, None] - near[:, None, :]) / (near[:, -1] - near[:, 0])[:, None, None]
    gaps[:, range(order + 1), range(order + 1)] = 1.0
    weights = 1 / np.prod(gaps, axis=2)
    return _weighed(values, axis, weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))


def _weighed(values: np.ndarray, axis: int, weights: np.ndarray) -> np.ndarray:
    """Sums of neighbours along an axis with weights `(windows, neighbours)`."""
    moved = np.moveaxis(values, axis, 0)
    shape = (len(weights), *([1] * (moved.ndim - 1)))
    parts = [w.reshape(shape) * moved[k : k + len(weights)] for k, w in enumerate(weights.T)]
    return np.moveaxis(np.sum(parts, axis=0), 0, axis)
