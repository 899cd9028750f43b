"""Generalised least squares: test functions of one size, weighted by what noise does to all of them together.

Ordinary regression at one scale weighs all test functions alike and sees the field through the noisy samples.
Here the residuals of a law are weighted with the inverse of their covariance, which is known for white noise
of the samples, and the terms are evaluated on the samples smoothed under the law: of all fields for which
its residuals vanish the one nearest to the samples, to first order. Its standard errors come near those of
fitting the law's solutions to the samples with unknown start and boundaries (for the weighting: Bortz,
Messenger and Dukic, WENDy, Bull. Math. Biol. 85, 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..derivatives import Feature, Term
from ._projection import Block, Projection, Sample, blocks, evaluate
from ._regression import Fit, Regression
from ._smooth import Smoother, smoother
from ._target import Target, combinations

#: Spacing of the test functions, as a share of their half width: closer ones see nothing new.
SPACING = 0.4

#: Most rows whose covariance is inverted.
MOST_ROWS = 600

#: Rounds of smoothing the samples under the law and weighing its residuals.
_ROUNDS = 3

#: Noise below this share of a component's rms is not weighed by.
_LEAST_NOISE = 1e-3

#: With more than this share of samples filled from their neighbours the noise is not white.
_MOST_FILLED = 0.02

#: Share of the residuals' mean variance that is added to all of them, so that rounding cannot be inverted.
_RIDGE = 1e-9


@dataclass(frozen=True)
class Whitened(Regression):
    """A regression whose rows `whole` (rows, terms + 1) have independent noise of variance one."""

    whole: np.ndarray

    @property
    def impartial(self) -> bool:
        """Terms are seen on samples smoothed under one law, which favours it over laws without its terms."""
        return False

    @property
    def matrix(self) -> np.ndarray:  # type: ignore[override]
        return self.whole

    @cached_property
    def gram(self) -> np.ndarray:
        return self.whole.T @ self.whole

    @cached_property
    def noise(self) -> np.ndarray:
        result = np.zeros_like(self.gram)
        result[-1, -1] = len(self.whole)
        return result

    @property
    def effective_rows(self) -> float:
        return float(len(self.whole))

    def covariance(self, fit: Fit) -> np.ndarray:
        return np.linalg.inv(self.gram[np.ix_(fit.support, fit.support)])

    def floor_sd(self, fit: Fit, rng: np.random.Generator) -> float:
        return float(np.sqrt(2 * max(len(self.whole) - len(fit.support), 1)))

    def spread_along(self, coefficients: np.ndarray, rows: np.ndarray) -> float:
        return float(rows @ rows)

    def squared_scatter(self, better: Fit, worse: Fit, rng: np.random.Generator) -> float:
        return 0.0


@dataclass(frozen=True)
class Whitening:
    """Experiments smoothed under a law, and the roots of the covariances of its residuals.

    For each experiment `samples` holds the smoothed samples, `roots` the Cholesky
    factor `(sides * rows, sides * rows)`, and `shifts` what the samples' distance from the smoothed ones
    adds to the left sides.
    """

    target: Target
    shares: tuple[float, ...]
    samples: tuple[Sample, ...]
    roots: tuple[np.ndarray, ...]
    shifts: tuple[np.ndarray, ...]

    def regression(
        self, projection: Projection, sides: Sequence[np.ndarray], terms: Sequence[Term]
    ) -> Whitened:
        """The target regressed on any terms; `projection` and `sides` are those of the raw samples."""
        columns = tuple(dict.fromkeys((*(f for t in terms for f in t.features), *self.target.features)))
        parts = []
        found = blocks(self.samples, columns, self.shares, SPACING) or ()
        for block, root, shift in zip(found, self.roots, self.shifts, strict=True):
            maps = combinations(block.sample.units, columns, self.target, terms)
            matrix = evaluate(block, columns)
            rows = np.concatenate([matrix @ side for side in maps])
            rows[:, -1] += shift
            parts.append(np.linalg.solve(root, rows))
        return Whitened(projection, tuple(sides), np.concatenate(parts))


def whiten(
    samples: Sequence[Sample],
    target: Target,
    terms: Sequence[Term],
    weights: np.ndarray,
    shares: Sequence[float],
) -> Whitening | None:
    """Smooth experiments under a law and weigh its residuals.

    Args:
        samples: the experiments.
        target: the law's left side.
        terms: the law's terms.
        weights: (terms,) a first estimate of their weights.
        shares: half widths of the test functions as shares of the axes.

    Returns:
        None where there is little white noise, too many test functions, or more than one axis of space.
    """
    if any(len(sample.grid) > 2 or not _is_white(sample) for sample in samples):
        return None
    columns = tuple(dict.fromkeys((*(f for term in terms for f in term.features), *target.features)))
    found = blocks(samples, columns, shares, SPACING)
    if found is None or any(len(target.features) * block.rows.sum() > MOST_ROWS for block in found):
        return None
    parts = [
        _Part(sample, block, columns, target, tuple(terms))
        for sample, block in zip(samples, found, strict=True)
    ]
    states, weighed = [part.start() for part in parts], []
    for last in range(_ROUNDS):
        weighed = [part.weigh(state, weights) for part, state in zip(parts, states, strict=True)]
        if any(item is None for item in weighed):
            return None
        rows = np.concatenate([np.linalg.solve(item.root, item.rows) for item in weighed if item])
        weights = np.linalg.lstsq(rows[:, :-1], rows[:, -1], rcond=None)[0]
        if last < _ROUNDS - 1:
            states = [
                part.smoothed(item, weights)
                for part, item in zip(parts, weighed, strict=True)
                if item is not None
            ]
    done = [item for item in weighed if item is not None]
    return Whitening(
        target,
        tuple(shares),
        tuple(item.block.sample for item in done),
        tuple(item.root for item in done),
        tuple(item.shift for item in done),
    )


def _is_white(sample: Sample) -> bool:
    """Whether all components have noise that shows, and few samples were filled from others."""
    shown = all(
        sigma > _LEAST_NOISE * float(np.sqrt(np.mean(values**2)))
        for sigma, values in zip(sample.sigma, sample.values, strict=True)
    )
    return shown and max(sample.filled.values(), default=0.0) <= _MOST_FILLED


@dataclass(frozen=True)
class _Weighed:
    """One experiment at one round: smoothed samples, the residuals' root covariance, the law's rows."""

    block: Block
    root: np.ndarray
    shift: np.ndarray
    rows: np.ndarray
    coefficients: np.ndarray


@dataclass(frozen=True)
class _Part:
    """One experiment as measured, with the test functions and the law's columns."""

    sample: Sample
    measured: Block
    columns: tuple[Feature, ...]
    target: Target
    terms: tuple[Term, ...]

    @cached_property
    def _smoother(self) -> Smoother:
        return smoother(self.sample)

    @cached_property
    def _maps(self) -> list[np.ndarray]:
        return combinations(self.sample.units, self.columns, self.target, self.terms)

    def start(self) -> tuple[np.ndarray, ...]:
        """The samples smoothed without regard to any law."""
        return tuple(self._smoother(values) for values in self.sample.values)

    def _at(self, state: Sequence[np.ndarray]) -> Block:
        clean = replace(self.sample, values=tuple(state), sigma=(0.0,) * len(state), spread=None)
        return Block(clean, self.measured.weak, self.measured.rows, self.measured.steps)

    def weigh(self, state: Sequence[np.ndarray], weights: np.ndarray) -> _Weighed | None:
        """The law's rows about a smoothed field, and the root of the covariance of its residuals."""
        block, residual = self._at(state), np.append(-weights, 1.0)
        responses, shifts = [], []
        for side in self._maps:
            combined = side @ residual
            responses.append(self._response(block, combined))
            shifts.append(self._shift(block, combined, state))
        count = sum(len(shift) for shift in shifts)
        covariance = np.zeros((count, count))
        for c, sigma in enumerate(self.sample.spreads):
            whole = np.concatenate([response[c] for response in responses])
            covariance += sigma**2 * (whole @ whole.T)
        covariance += _RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        try:
            root = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return None
        matrix = evaluate(block, self.columns)
        rows = np.concatenate([matrix @ side for side in self._maps])
        shift = np.concatenate(shifts)
        rows[:, -1] += shift
        return _Weighed(block, root, shift, rows, residual)

    def _response(self, block: Block, combined: np.ndarray) -> list[np.ndarray]:
        """How the residuals of one side move with the (thinned) samples of components, `(rows, samples)`."""
        scale = float(np.sqrt(np.prod(block.steps)))
        result = []
        for c in range(len(block.sample.components)):
            total = np.zeros(
                (int(block.rows.sum()), int(np.prod([a.matrices[0].shape[1] for a in block.thinned.axes])))
            )
            for orders, slope in block.response(self.columns, combined, c).items():
                matrices = [axis.matrices[a] for axis, a in zip(block.thinned.axes, orders, strict=True)]
                if len(matrices) == 1:
                    whole = matrices[0] * slope
                else:
                    whole = np.einsum("ki,lj,ij->klij", *matrices, slope, optimize=True)
                total += whole.reshape(block.rows.size, -1)[block.rows.ravel()]
            result.append(scale * total)
        return result

    def _slopes(self, block: Block, combined: np.ndarray, c: int) -> list[tuple[Feature, np.ndarray]]:
        """The columns in a combination with their derivatives by one component on all samples, weighted."""
        everywhere = (slice(None),) * len(block.sample.grid)
        found = []
        for j in map(int, np.flatnonzero(combined)):
            slope = block.sample.functions.slope(self.columns[j].function, c, everywhere)
            if slope is not None:
                found.append((self.columns[j], combined[j] * slope))
        return found

    def _shift(self, block: Block, combined: np.ndarray, state: Sequence[np.ndarray]) -> np.ndarray:
        """What the distance of the samples from the smoothed ones adds to the residuals of one side."""
        total = np.zeros(int(block.rows.sum()))
        for c, (measured, smooth) in enumerate(zip(self.sample.values, state, strict=True)):
            for feature, slope in self._slopes(block, combined, c):
                total += block.weak.project(slope * (measured - smooth), feature.orders)[block.rows]
        return total

    def smoothed(self, weighed: _Weighed, weights: np.ndarray) -> tuple[np.ndarray, ...]:
        """The samples moved as little as makes the law's residuals vanish, and smoothed."""
        block = weighed.block
        rest = weighed.rows @ np.append(-weights, 1.0)
        multipliers = np.linalg.solve(weighed.root.T, np.linalg.solve(weighed.root, rest))
        state = []
        for c, (values, sigma) in enumerate(zip(self.sample.values, self.sample.spreads, strict=True)):
            change = np.zeros_like(values)
            for side, part in zip(self._maps, np.split(multipliers, len(self._maps)), strict=True):
                grid = np.zeros(block.weak.shape)
                grid[block.rows] = part
                for feature, slope in self._slopes(block, side @ weighed.coefficients, c):
                    change += slope * block.weak.adjoint(grid, feature.orders)
            state.append(self._smoother(values - sigma**2 * change))
        return tuple(state)
