"""Gaussian processes by Kalman's filter: linear in the number of samples, errors included."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, factorial

import numpy as np

from ..errors import DerivativeError
from ._lines import Array, Estimate, Lines

#: The length of the process is chosen on no more samples than this.
_ROWS, _SAMPLES = 160, 4096

#: Numbers that the filter keeps for the way back.
_STATES = 1 << 24


def gp(lines: Lines, order: int, *, length: float | None = None, size: float | None = None) -> Estimate:
    """Differentiate a Gaussian process with a Matern kernel, conditioned on the samples.

    The process is two times more differentiable than was asked for. Its length and size are those that make
    the samples most likely, the noise being known; a straight line is taken off first.

    Args:
        lines: the samples, at any points; NaN where one is missing.
        order: of the derivative, 4 at most.
        length: the length of the kernel, in the axis's units; chosen where None.
        size: the standard deviation of the process; chosen where None.

    Source: J. Hartikainen and S. Sarkka, MLSP 2010; smoothing by Bryson and Frazier's formulas.
    """
    n = len(lines.points)
    if order > 4:
        raise DerivativeError(f"The Gaussian process has derivatives to order 4, and {order} was asked for.")
    if n < 2 * order + 4:
        raise DerivativeError(
            f"A Gaussian process for order {order} needs {2 * order + 4} samples along {lines.axis}, which "
            f"has {n}: ask for a lower order, or sample more finely."
        )
    if length is not None and not length > 0:
        raise DerivativeError(f"The length of the kernel is {length:g}: give a positive one.")
    at = (lines.points - lines.points[0]) / lines.step
    trend = np.polynomial.polynomial.polyfit(at, lines.values, 1)
    rest = lines.values - trend[0] - at[:, None] * trend[1]
    smooth = order + 2
    extent = float(np.sqrt(np.mean(rest**2)))
    if extent == 0.0:
        zero = np.zeros(rest.shape)
        slope = (trend[1] / lines.step if order == 1 else 0.0) + zero
        return Estimate(slope, zero + lines.sd / lines.step**order, zero)
    # Rounding in the filter is like a little noise.
    sd = max(lines.typical_sd, 1e-7 * extent)
    if length is not None and size is not None:
        scale, variance = length / lines.step, size**2
    else:
        scale, variance = _most_likely(lines, rest, smooth, sd, extent, length)
    process = _Process(smooth, scale, variance)
    columns = max(1, _STATES // (n * (smooth + 1)))
    parts = [
        _smooth(process, at, rest[:, first : first + columns], sd, order)
        for first in range(0, rest.shape[1], columns)
    ]
    means, spread = np.hstack([part[0] for part in parts]), parts[0][1]
    values = means / lines.step**order
    if order == 1:
        values = values + trend[1] / lines.step
    error = np.sqrt(spread)[:, None] / lines.step**order * np.maximum(lines.sd / sd, 1e-3)
    # How much of the error is noise the filter does not tell: half of its square is typical.
    part = np.broadcast_to(error / np.sqrt(2.0), values.shape)
    return Estimate(values, part, part, {"length": scale * lines.step, "size": float(np.sqrt(variance))})


@dataclass(frozen=True)
class _Process:
    """A Matern process of half-integer smoothness, as a linear stochastic differential equation."""

    smooth: int
    """How many derivatives it has; its kernel is Matern's with nu = smooth + 1/2."""
    length: float
    variance: float

    @property
    def rate(self) -> float:
        """The decay of the kernel."""
        return float(np.sqrt(2 * self.smooth + 1)) / self.length

    def transition(self, step: float) -> Array:
        """How the state, the process and its derivatives, moves on by a step."""
        k = self.smooth + 1
        nilpotent = np.diag(np.ones(k - 1), 1)
        rate = self.rate
        nilpotent[-1] = [-comb(k, i) * rate ** (k - i) for i in range(k)]
        nilpotent += rate * np.eye(k)
        total, power = np.zeros((k, k)), np.eye(k)
        for i in range(k):
            total += power * (step**i / factorial(i))
            power = power @ nilpotent
        return total * np.exp(-rate * step)

    def kernel(self, gaps: Array) -> Array:
        """The covariance of the process at two points."""
        p, at = self.smooth, self.rate * gaps
        total = np.zeros_like(at)
        for i in range(p + 1):  # by Horner's rule, from the highest power down
            total = total * (2 * at) + factorial(p + i) / (factorial(i) * factorial(p - i))
        return self.variance * factorial(p) / factorial(2 * p) * total * np.exp(-at)

    @property
    def diffusion(self) -> float:
        """The spectral density of the white noise that drives it."""
        k, rate = self.smooth + 1, self.rate
        return self.variance * (2 * rate) ** (2 * k - 1) * factorial(k - 1) ** 2 / factorial(2 * k - 2)

    def driven(self, step: float) -> Array:
        """The covariance that the driving noise adds over a step: a quadrature, so that it stays positive."""
        nodes, weights = np.polynomial.legendre.leggauss(self.smooth + 3)
        pieces = max(1, int(np.ceil(self.rate * step)))
        width = min(step / pieces, 40 / self.rate)
        starts = np.arange(min(pieces, 60)) * width
        times = (starts[:, None] + width / 2 * (1 + nodes)).ravel()
        shares = np.tile(weights * width / 2, len(starts)) * self.diffusion
        columns = np.array([self.transition(time)[:, -1] for time in times])
        return (columns * shares[:, None]).T @ columns

    def start(self) -> Array:
        """The stationary covariance of the state."""
        return self.driven(40 * (self.smooth + 1) / self.rate)


def _steps(process: _Process, at: Array) -> tuple[list[Array], list[Array]]:
    """Transitions and added covariances of every step; equal steps share theirs."""
    steps, which = np.unique(np.round(np.diff(at), 9), return_inverse=True)
    moves = [process.transition(step) for step in steps]
    added = [process.driven(step) for step in steps]
    return [moves[i] for i in which], [added[i] for i in which]


def _filter(
    process: _Process, at: Array, values: Array, sd: float
) -> list[tuple[Array, Array, Array, float]]:
    """Kalman's filter: predicted means and covariances, with their innovations and the variances of these."""
    moves, added = _steps(process, at)
    k, m = process.smooth + 1, values.shape[1]
    mean, spread = np.zeros((k, m)), process.start()
    told = []
    for i, sample in enumerate(values):
        if i:
            move = moves[i - 1]
            mean = move @ mean
            spread = move @ spread @ move.T + added[i - 1]
        surprise = sample - mean[0]
        variance = spread[0, 0] + sd**2
        told.append((mean, spread, surprise, variance))
        gain = spread[:, 0] / variance
        mean = mean + gain[:, None] * surprise
        spread = spread - gain[:, None] * spread[0]
        spread = (spread + spread.T) / 2
    return told


def _smooth(process: _Process, at: Array, values: Array, sd: float, order: int) -> tuple[Array, Array]:
    """The derivative's mean `(n, m)` and variance `(n,)` given all samples."""
    told = _filter(process, at, values, sd)
    moves, _ = _steps(process, at)
    k, m = process.smooth + 1, values.shape[1]
    pull, press = np.zeros((k, m)), np.zeros((k, k))
    means, spreads = np.empty(values.shape), np.empty(len(at))
    for i in range(len(at) - 1, -1, -1):
        mean, spread, surprise, variance = told[i]
        gain = spread[:, 0] / variance
        # Bryson and Frazier: what later samples say, brought back over this one without an inverse.
        back = np.eye(k)
        back[:, 0] -= gain
        pull = back.T @ pull
        pull[0] -= surprise / variance
        press = back.T @ press @ back
        press[0, 0] += 1 / variance
        row = spread[order]
        means[i] = mean[order] - row @ pull
        spreads[i] = spread[order, order] - row @ press @ row
        if i:
            pull = moves[i - 1].T @ pull
            press = moves[i - 1].T @ press @ moves[i - 1]
    return means, np.maximum(spreads, 0.0)


def _most_likely(
    lines: Lines, rest: Array, smooth: int, sd: float, size: float, length: float | None
) -> tuple[float, float]:
    """The length, in mean steps, and the variance of the process that make the samples most likely."""
    from dataclasses import replace

    from scipy.linalg import LinAlgError, cholesky, solve_triangular
    from scipy.optimize import minimize

    excerpts = replace(lines, values=rest).excerpts(_ROWS, _SAMPLES)[:2]
    gaps = [np.abs(each.points[:, None] - each.points) / lines.step for each in excerpts]
    # Below this a covariance matrix of many samples is singular to rounding.
    noise = max(sd, 1e-6 * size) ** 2

    def cost(at: Array) -> float:
        process = _Process(smooth, float(np.exp(at[0])), float(np.exp(at[1])))
        if not 0.2 < process.length < 1e5 or not 1e-9 < process.variance / size**2 < 1e9:
            return 1e300
        total = 0.0
        for each, gap in zip(excerpts, gaps, strict=True):
            spread = process.kernel(gap)
            spread[np.diag_indices_from(spread)] += noise
            try:
                root = cholesky(spread, lower=True, overwrite_a=True, check_finite=False)
            except LinAlgError:
                return 1e300
            white = solve_triangular(root, each.values, lower=True, check_finite=False)
            total += each.values.shape[1] * float(np.log(np.diag(root)).sum()) + 0.5 * float(np.sum(white**2))
        return total

    if length is not None:
        scale = length / lines.step
        spreads = 2 * np.log(size) + np.linspace(-3, 6, 10)
        best = min(spreads, key=lambda spread: cost(np.array([np.log(scale), spread])))
        return scale, float(np.exp(best))
    n = len(excerpts[0].points)
    lengths = np.log(n * np.array([0.02, 0.06, 0.2, 0.6]))
    start = min(lengths, key=lambda each: cost(np.array([each, 2 * np.log(size)])))
    found = minimize(
        cost,
        np.array([start, 2 * np.log(size)]),
        method="Nelder-Mead",
        options={"maxfev": 40, "xatol": 0.05, "fatol": 0.1},
    )
    return float(np.exp(found.x[0])), float(np.exp(found.x[1]))
