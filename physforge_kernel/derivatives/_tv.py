"""Total variation: derivatives that may jump."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import factorial

import numpy as np

from ..errors import DerivativeError
from ._blocks import in_blocks
from ._finite import differences
from ._lines import Array, Estimate, Lines

_BLOCK, _MARGIN = 896, 128

#: Steps of the lagged diffusivity at most, and the change below which they end.
_STEPS, _SETTLED = 60, 1e-4


def tv(lines: Lines, order: int, *, weight: float | None = None) -> Estimate:
    """Differentiate with the total variation of the derivative held down: jumps are kept, wiggles are not.

    The smoothed samples g minimise `|g - f|^2 / 2 + weight * TV(derivative of g)`, which is done by lagged
    diffusivity. With `order=1` it is Chartrand's method, with g as the integral of the derivative.

    Args:
        lines: the samples, at any points.
        order: of the derivative, 3 at most.
        weight: of the total variation, in units of the mean step; where None the one with the least expected
            error of g (Stein's).

    Source: R. Chartrand, ISRN Applied Mathematics 2011, 164564; C. Stein, Ann. Statist. 9 (1981).
    """
    n = len(lines.points)
    if order > 3:
        raise DerivativeError(f"Total variation has derivatives to order 3, and {order} was asked for.")
    if weight is not None and weight < 0:
        raise DerivativeError(f"The weight is {weight:g}: give zero or more.")
    if n < 2 * order + 4:
        raise DerivativeError(
            f"Total variation for order {order} needs {2 * order + 4} samples along {lines.axis}, which has "
            f"{n}: ask for a lower order, or sample more finely."
        )
    step = lines.step
    if weight is None:
        weight = _least_expected(lines, order, step)
    chosen = weight

    def fit(part: Lines) -> Estimate:
        return _fit(part, order, chosen, step)

    result = in_blocks(lines, _BLOCK, _MARGIN, fit)
    return replace(result, settings={"weight": weight})


@dataclass(frozen=True)
class _Bands:
    """The rows of a banded matrix `(r, n)`: row i has `entries[i]` from column i on."""

    entries: Array

    def dot(self, values: Array) -> Array:
        """The product with `(n,)`."""
        r, k = self.entries.shape
        return sum((self.entries[:, j] * values[j : j + r] for j in range(k)), np.zeros(r))

    def gram(self, weights: Array, n: int) -> Array:
        """The upper bands of the identity plus the weighted Gram matrix, as `solveh_banded` wants them."""
        r, k = self.entries.shape
        bands = np.zeros((k, n))
        bands[-1] = 1.0
        for j in range(k):
            for i in range(j + 1):
                bands[k - 1 - (j - i), j : j + r] += weights * self.entries[:, i] * self.entries[:, j]
        return bands


def _divided(at: Array, order: int) -> _Bands:
    """Divided differences of an order, times its factorial: derivatives between the samples."""
    near = np.lib.stride_tricks.sliding_window_view(at, order + 1)
    gaps = near[:, :, None] - near[:, None, :]
    gaps[:, range(order + 1), range(order + 1)] = 1.0
    return _Bands(factorial(order) / np.prod(gaps, axis=2))


def _jumps(derivative: _Bands) -> _Bands:
    """Differences of successive derivatives."""
    entries = derivative.entries
    zeros = np.zeros((len(entries) - 1, 1))
    return _Bands(np.hstack([zeros, entries[1:]]) - np.hstack([entries[:-1], zeros]))


def _settle(jumps: _Bands, values: Array, weight: float, small: float) -> tuple[Array, Array]:
    """The smoothed samples and the bands of the last system, by lagged diffusivity."""
    from scipy.linalg import solveh_banded

    smooth = values
    bands = np.ones((1, len(values)))
    for _ in range(_STEPS):
        bands = jumps.gram(weight / np.sqrt(jumps.dot(smooth) ** 2 + small**2), len(values))
        new = solveh_banded(bands, values, check_finite=False)
        change = np.abs(new - smooth).max()
        smooth = new
        if change <= _SETTLED * np.abs(values - smooth).max(initial=0.0):
            break
    return smooth, bands


def _inverse(bands: Array) -> Array:
    """The inverse of a symmetric banded matrix."""
    from scipy.linalg import solveh_banded

    return solveh_banded(bands, np.eye(bands.shape[1]), check_finite=False)


def _small(jumps: _Bands, sd: float) -> float:
    """A jump that counts as none: a hundredth of what noise makes of one."""
    size = 0.01 * sd * float(np.sqrt(np.median((jumps.entries**2).sum(axis=1))))
    return max(size, float(np.finfo(float).tiny) ** 0.25)


def _least_expected(lines: Lines, order: int, step: float) -> float:
    """The weight under which Stein's estimate of the error of the smoothed samples is least."""
    sd = lines.typical_sd
    excerpts = lines.excerpts(256, 1024)
    weights = sd * np.logspace(-1, 2 + 2.0 * order, 9 + 4 * order)
    risks = np.zeros(len(weights))
    for each in excerpts:
        at = (each.points - each.points[0]) / step
        jumps = _jumps(_divided(at, order))
        small = _small(jumps, sd)
        for column in each.values.T:
            for k, weight in enumerate(weights):
                smooth, _ = _settle(jumps, column, weight, small)
                # The curvature of the penalty, not its slope, tells how the samples move what is fitted.
                bends = weight * small**2 / (jumps.dot(smooth) ** 2 + small**2) ** 1.5
                freedom = float(np.trace(_inverse(jumps.gram(bends, len(column)))))
                risks[k] += float(np.sum((column - smooth) ** 2)) + 2 * sd**2 * freedom
    return float(weights[np.argmin(risks)])


def _fit(lines: Lines, order: int, weight: float, step: float) -> Estimate:
    n, m = lines.values.shape
    at = (lines.points - lines.points[0]) / step
    derivative = _divided(at, order)
    jumps = _jumps(derivative)
    small = _small(jumps, lines.typical_sd)
    # A divided difference belongs to the mean of its points; samples take theirs from the two about them.
    centres = np.lib.stride_tricks.sliding_window_view(at, order + 1).mean(axis=1)
    matrix = np.zeros((n, n))
    right = np.clip(np.searchsorted(centres, at), 1, len(centres) - 1)
    share = np.clip((at - centres[right - 1]) / (centres[right] - centres[right - 1]), 0.0, 1.0)
    rows = np.arange(n)
    for j in range(order + 1):
        np.add.at(matrix, (rows, right - 1 + j), (1 - share) * derivative.entries[right - 1, j])
        np.add.at(matrix, (rows, right + j), share * derivative.entries[right, j])
    values, noise, bias = np.empty((n, m)), np.empty((n, m)), np.empty((n, m))
    for k in range(m):
        smooth, bands = _settle(jumps, lines.values[:, k], weight, small)
        values[:, k] = matrix @ smooth
        spread = matrix @ _inverse(bands)
        total = np.einsum("ij,ij->i", spread, matrix)
        pure = np.einsum("ij,ij->i", spread, spread)
        noise[:, k] = np.sqrt(pure) * lines.sd[k]
        doubt = np.sqrt(np.maximum(total - pure, 0.0)) * lines.sd[k]
        gap = values[:, k] - differences(at, smooth[:, None], order)[:, 0]
        bias[:, k] = np.hypot(doubt, gap)
    unit = step**order
    return Estimate(values / unit, noise / unit, bias / unit)
