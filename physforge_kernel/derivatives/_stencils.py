"""Local estimates: a derivative as a weighted sum of neighbours, chosen by its expected error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ._lines import Array, Estimate, Lines

#: Entries of a sparse matrix that is applied at once.
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Stencils:
    """For every row a window of neighbours, the weights of an estimate, and those of a finer one.

    The finer one is exact for polynomials of two more degrees: the difference of the two shows the bias.
    """

    name: str
    starts: np.ndarray
    """(n,), the first sample of each row's window."""
    weights: Array
    """(n, k)."""
    finer: Array
    """(n, k)."""

    @property
    def window(self) -> int:
        """How many samples a window has."""
        return self.weights.shape[1]

    def row_part(self, rows: np.ndarray) -> Stencils:
        """Those of some rows."""
        return Stencils(self.name, self.starts[rows], self.weights[rows], self.finer[rows])


def apply(starts: np.ndarray, weights: Array, values: Array) -> Array:
    """The weighted sums `(n, m)` of the windows that begin at `starts`; NaN where one holds a NaN."""
    from scipy.sparse import csr_array

    n, k = weights.shape
    result = np.empty((n, values.shape[1]))
    rows = max(1, _CHUNK // k)
    for first in range(0, n, rows):
        part = slice(first, min(first + rows, n))
        count = part.stop - first
        columns = (starts[part, None] + np.arange(k)).ravel()
        matrix = csr_array(
            (np.ascontiguousarray(weights[part]).ravel(), columns, np.arange(count + 1) * k),
            shape=(count, len(values)),
        )
        result[part] = matrix @ values
    return result


@dataclass(frozen=True)
class Judge:
    """Smooth curves with known derivatives, near the samples: what an estimate makes of them is its bias."""

    lines: Lines
    curves: Array
    """(n, m)."""
    derivatives: Array
    """(n, m)."""
    bias: Array
    """(n, m), what the derivatives are themselves off by."""


def choose(judges: Sequence[Judge], candidates: Callable[[Lines], Sequence[Stencils]]) -> tuple[str, str]:
    """The names of the candidates with the least expected error, inside and at the ends.

    The expected error of a candidate is what noise leaves, which is known, and what it makes of the judges'
    curves.
    """
    inside: dict[str, list[float]] = {}
    ends: dict[str, list[float]] = {}
    for judge in judges:
        n = len(judge.lines.points)
        rows = np.arange(n)
        width = max(2, n // 20)
        outer = (rows < width) | (rows >= n - width)
        for each in candidates(judge.lines):
            wrong = apply(each.starts, each.weights, judge.curves) - judge.derivatives
            risk = judge.lines.typical_sd**2 * (each.weights**2).sum(axis=1) + np.mean(wrong**2, axis=1)
            inside.setdefault(each.name, []).append(float(risk[~outer].mean()))
            ends.setdefault(each.name, []).append(float(risk[outer].mean()))
    return _least(inside), _least(ends)


def choose_plain(lines: Lines, candidates: Callable[[Lines], Sequence[Stencils]]) -> str:
    """As `choose`, without a judge: the bias is seen in the difference from the finer estimates."""
    inside: dict[str, list[float]] = {}
    for excerpt in lines.excerpts():
        variance = excerpt.typical_sd**2
        for each in candidates(excerpt):
            delta = each.weights - each.finer
            squares = apply(each.starts, delta, excerpt.values) ** 2
            bias = float(np.nanmean(squares)) if np.isfinite(squares).any() else 0.0
            bias -= variance * float((delta**2).sum(axis=1).mean())
            noise = variance * float((each.weights**2).sum(axis=1).mean())
            inside.setdefault(each.name, []).append(noise + max(bias, 0.0))
    return _least(inside)


def _least(risks: dict[str, list[float]]) -> str:
    """The candidate that every excerpt knows, with the least mean risk."""
    most = max(len(each) for each in risks.values())
    means = {name: float(np.mean(each)) for name, each in risks.items() if len(each) == most}
    return min(means, key=lambda name: means[name])


def estimate(
    lines: Lines, inside: Stencils, ends: Stencils, settings: Mapping[str, float], judge: Judge | None = None
) -> Estimate:
    """Apply one candidate inside and another at the ends, each row with its errors."""
    n = len(lines.points)
    edge = min(inside.window // 2, n // 2) if inside.name != ends.name else 0
    rows = np.arange(n)
    values = np.empty(lines.values.shape)
    delta = np.empty(lines.values.shape)
    gain, delta_gain = np.empty(n), np.empty(n)
    outer = (rows < edge) | (rows >= n - edge)
    for each, where in ((inside, np.flatnonzero(~outer)), (ends, np.flatnonzero(outer))):
        if where.size == 0:
            continue
        part = each.row_part(where)
        values[where] = apply(part.starts, part.weights, lines.values)
        gain[where] = np.sqrt((part.weights**2).sum(axis=1))
        change = part.weights - part.finer
        if judge is None:
            delta[where] = apply(part.starts, change, lines.values)
            delta_gain[where] = np.sqrt((change**2).sum(axis=1))
        else:
            delta[where] = apply(part.starts, part.weights, judge.curves) - judge.derivatives[where]
            delta_gain[where] = 0.0
    noise = gain[:, None] * lines.sd
    bias = local_bias(delta, delta_gain[:, None] * lines.sd, max(3, inside.window // 2))
    if judge is not None:
        bias = np.hypot(bias, judge.bias)
    return Estimate(values, noise, bias, settings)


def local_bias(delta: Array, noise: Array, width: int) -> Array:
    """The size of a bias of which each sample of `delta` is a noisy view.

    Squares are averaged over `width` neighbours, and what noise adds to them is taken off. A difference
    that alone stands far out of the noise counts in full.
    """
    from scipy.ndimage import uniform_filter1d

    missing = ~np.isfinite(delta)
    squares = np.where(missing, 0.0, delta**2)
    excess = np.where(missing, 0.0, delta**2 - noise**2)
    width = min(width, len(delta))
    mean = uniform_filter1d(excess, width, axis=0, mode="nearest")
    alone = np.where(squares > 9 * noise**2, squares - noise**2, 0.0)
    return np.sqrt(np.maximum(np.maximum(mean, alone), 0.0))
