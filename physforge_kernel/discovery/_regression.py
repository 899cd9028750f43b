"""One left side regressed on subsets of the terms, with the noise on both sides accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np

from ._projection import Projection

#: Accuracy that is assumed of data without visible noise, as a share of the left side: solvers, sensors and
#: sampling leave errors that no statistics of the samples reveal. Effects below it are noted, not believed.
NOMINAL_ACCURACY = 1e-3

#: Largest number of subsets of one size that are tried exhaustively.
EXHAUSTIVE = 1500


@dataclass(frozen=True)
class Fit:
    """A subset of terms fitted to the left side at one scale.

    `excess` is the residual sum of squares beyond what the noise explains; it can be negative.
    """

    support: tuple[int, ...]
    weights: np.ndarray
    excess: float


@dataclass(frozen=True)
class Regression:
    """`left side = terms @ weights` at one scale.

    `sides` holds one matrix `(columns, terms + 1)` for each real left side that the same weights explain: the
    terms and, last, the left side, as combinations of the projection's columns. Most laws have one; the real
    and the imaginary part of a complex field are two.
    """

    projection: Projection
    sides: tuple[np.ndarray, ...]

    @property
    def impartial(self) -> bool:
        """Whether laws that lack each other's terms can be compared here."""
        return True

    @property
    def target(self) -> int:
        """The index of the left side among the combinations."""
        return self.sides[0].shape[1] - 1

    @property
    def terms(self) -> tuple[int, ...]:
        return tuple(range(self.target))

    @cached_property
    def matrix(self) -> np.ndarray:
        """The rows of all sides `(sides * rows, terms + 1)`."""
        return np.concatenate([self.projection.matrix @ side for side in self.sides])

    @cached_property
    def gram(self) -> np.ndarray:
        """Gram matrix of terms and left side."""
        return np.sum([side.T @ self.projection.gram @ side for side in self.sides], axis=0)

    @cached_property
    def noise(self) -> np.ndarray:
        """The expected Gram matrix of the noise in them."""
        return np.sum([side.T @ self.projection.noise @ side for side in self.sides], axis=0)

    @cached_property
    def signal(self) -> np.ndarray:
        """The Gram matrix without its expected noise."""
        return self.gram - self.noise

    @property
    def effective_rows(self) -> float:
        """How many independent test functions there would be, allowing for their overlap."""
        return len(self.sides) * self.projection.effective_rows

    @cached_property
    def size(self) -> float:
        """Root of the noise-corrected sum of squares of the left side."""
        return float(np.sqrt(max(self.signal[self.target, self.target], 0.0)))

    @cached_property
    def usable(self) -> tuple[int, ...]:
        """Terms that are not mostly noise at this scale."""
        gram, noise = np.diag(self.gram), np.diag(self.noise)
        return tuple(j for j in self.terms if gram[j] > 0 and noise[j] < 0.5 * gram[j])

    def pull(self, coefficients: np.ndarray, rows: np.ndarray) -> list[tuple[int, int, np.ndarray]]:
        """Sensitivity of `rows @ matrix @ coefficients` to every sample; see `Projection.pull`."""
        sums: dict[tuple[int, int], np.ndarray] = {}
        for side, part in zip(self.sides, np.split(rows, len(self.sides)), strict=True):
            for e, c, values in self.projection.pull(side @ coefficients, part):
                sums[e, c] = sums[e, c] + values if (e, c) in sums else values
        return [(e, c, values) for (e, c), values in sums.items()]

    def push(self, coefficients: np.ndarray, changes: Sequence[tuple[int, int, np.ndarray]]) -> np.ndarray:
        """Response of a residual to changes of the samples: the transpose of `pull`."""
        return np.concatenate([self.projection.push(side @ coefficients, changes) for side in self.sides])

    def coefficients(self, fit: Fit) -> np.ndarray:
        """The residual as a combination of terms: one for the left side, minus the weights."""
        result = np.zeros(self.target + 1)
        result[self.target] = 1.0
        result[list(fit.support)] = -fit.weights
        return result

    def fit(self, support: Sequence[int]) -> Fit | None:
        """Noise-corrected least squares on a subset; None where the terms can't be told apart."""
        fits = self._batch(np.array([tuple(support)], dtype=int))
        return fits[0] if fits else None

    def _batch(self, supports: np.ndarray, keep: int = 1) -> list[Fit]:
        """The `keep` best fits among subsets `(n, k)` of terms."""
        signal, gram = self.signal, self.gram
        norms = np.sqrt(np.diag(gram))
        noise_share = np.diag(self.noise) / np.maximum(np.diag(gram), 1e-300)
        safe = np.where(norms > 0, norms, 1.0)
        scaled = signal / np.outer(safe, safe)
        blocks = scaled[supports[:, :, None], supports[:, None, :]]
        right = scaled[supports, self.target]
        smallest = np.linalg.eigvalsh(blocks)[:, 0]
        doubt = 2 * np.sqrt(2 / self.effective_rows) * noise_share[supports].max(axis=1)
        good = smallest > np.maximum(doubt, 1e-11)
        if not good.any():
            return []
        supports, blocks, right = supports[good], blocks[good], right[good]
        weights = np.linalg.solve(blocks, right[:, :, None])[:, :, 0]
        excess = scaled[self.target, self.target] - (weights * right).sum(axis=1)
        best = np.argsort(excess)[:keep]
        return [
            Fit(
                tuple(int(j) for j in supports[i]),
                weights[i] * safe[self.target] / safe[supports[i]],
                float(excess[i] * safe[self.target] ** 2),
            )
            for i in best
        ]

    def best(
        self, size: int, *, start: Sequence[int] = (), keep: int = 1, without: int | None = None
    ) -> list[Fit]:
        """Best subsets of one size: exhaustive while that is cheap, else by swapping from two starts.

        One start grows `start` term by term, the other takes terms away from the whole library: growth alone
        misses a law none of whose terms explains much without the others. `without` leaves one term out.
        """
        among = tuple(j for j in self.usable if j != without)
        if len(among) < size:
            return []
        if size == 1 or comb(len(among), size) <= EXHAUSTIVE:
            return self._batch(np.array(list(combinations(among, size)), dtype=int), keep)
        grown = self._grow(among, size, [j for j in start if j != without])
        starts = {s for s in (grown, self._shrink(among, size)) if s}
        found = {fit.support: fit for s in starts for fit in self._swap(among, s, keep)}
        return sorted(found.values(), key=lambda fit: fit.excess)[:keep]

    def _grow(self, among: tuple[int, ...], size: int, start: Sequence[int]) -> tuple[int, ...]:
        """A subset grown from `start` by the best single addition each time; empty where none is left."""
        current = tuple(start)[:size]
        while len(current) < size:
            grown = [tuple(sorted((*current, j))) for j in among if j not in current]
            found = self._batch(np.array(grown, dtype=int)) if grown else []
            if not found:
                return ()
            current = found[0].support
        return tuple(sorted(current))

    @cached_property
    def _eliminated(self) -> dict[tuple[int, ...], list[int]]:
        return {}

    def _shrink(self, among: tuple[int, ...], size: int) -> tuple[int, ...]:
        """What is left of `among` when the term that is missed least is taken away again and again."""
        if among not in self._eliminated:
            self._eliminated[among] = self._elimination(among)
        gone = self._eliminated[among][: len(among) - size]
        return tuple(j for j in among if j not in gone)

    def _elimination(self, among: tuple[int, ...]) -> list[int]:
        """The terms in the order in which they are missed least, from downdates of the inverse matrix."""
        norms = np.sqrt(np.diag(self.gram))
        index, target = list(among), self.target
        scaled = self.signal[np.ix_(index, index)] / np.outer(norms[index], norms[index])
        right = self.signal[index, target] / (norms[index] * norms[target])
        share = np.diag(self.noise)[index] / np.diag(self.gram)[index]
        least = max(2 * np.sqrt(2 / self.effective_rows) * float(share.max()), 1e-11)
        values, vectors = np.linalg.eigh(scaled)
        inverse = (vectors / np.maximum(values, least)) @ vectors.T
        left, gone = list(range(len(index))), []
        while len(left) > 1:
            weights = inverse @ right[left]
            least_missed = int(np.argmin(weights**2 / np.diag(inverse)))
            column = inverse[:, least_missed]
            inverse = inverse - np.outer(column, column) / column[least_missed]
            inverse = np.delete(np.delete(inverse, least_missed, 0), least_missed, 1)
            gone.append(index[left.pop(least_missed)])
        return gone

    def _swap(self, among: tuple[int, ...], start: tuple[int, ...], keep: int) -> list[Fit]:
        """The best subsets met by exchanging single terms of `start` until none improves the fit."""
        current, found = start, []
        for _ in range(10):
            swapped = {
                tuple(sorted((*(k for k in current if k != out), into)))
                for out in current
                for into in among
                if into not in current
            }
            found = self._batch(np.array(sorted(swapped | {tuple(sorted(current))}), dtype=int), keep)
            if not found or found[0].support == tuple(sorted(current)):
                break
            current = found[0].support
        return found

    def covariance(self, fit: Fit) -> np.ndarray:
        """Covariance `(k, k)` of the weights that sample noise causes, to first order and without shortcuts.

        The weights move with the score `G^T r`; its sensitivity to every sample is pulled back through the
        test functions (delta method).
        """
        scores: dict[tuple[int, int], list[np.ndarray]] = {}
        coefficients = self.coefficients(fit)
        for j in fit.support:
            for e, c, values in self.pull(coefficients, self.matrix[:, j]):
                scores.setdefault((e, c), []).append(values.ravel())
        inner = np.zeros((len(fit.support), len(fit.support)))
        for parts in scores.values():
            stacked = np.stack(parts)
            inner += stacked @ stacked.T
        index = np.ix_(fit.support, fit.support)
        bread = np.linalg.inv(self.signal[index])
        return bread @ inner @ bread.T

    def noise_floor(self, fit: Fit) -> float:
        """Residual sum of squares that noise alone would leave."""
        c = self.coefficients(fit)
        return float(c @ self.noise @ c)

    def floor_sd(self, fit: Fit, rng: np.random.Generator) -> float:
        """Standard deviation of the residual sum of squares under noise, `sqrt(2 tr C^2)`, by probes."""
        c = self.coefficients(fit)
        total, probes = 0.0, 2
        for _ in range(probes):
            probe = rng.choice([-1.0, 1.0], size=len(self.matrix))
            response = self.push(c, self.pull(c, probe))
            total += float(response @ response)
        return float(np.sqrt(2 * total / probes))

    def advantage(
        self,
        better: Fit,
        worse: Fit | None,
        accuracy: float = NOMINAL_ACCURACY,
        rng: np.random.Generator | None = None,
    ) -> float:
        """How many standard deviations `better` explains the left side better than `worse` (None: nothing).

        A Vuong-like test: the difference of the two residual sums, against its spread under noise (to first
        order) and under errors of the assumed accuracy. For nested fits it is half the t value. With `rng`,
        the scatter of the squared noise is added: it matters where terms are mostly noise.
        """
        if worse is None:
            worse = Fit((), np.zeros(0), float(self.signal[self.target, self.target]))
        c = self.coefficients(better)
        gap = self.matrix @ (c - self.coefficients(worse))
        noise = self.spread_along(c, gap)
        change = worse.excess - better.excess
        errors = (accuracy * self.size) ** 2 * max(change, 0.0)
        squared = self.squared_scatter(better, worse, rng) if rng else 0.0
        spread = float(np.sqrt(4 * (noise + errors) + squared))
        return change / spread if spread > 0 else 0.0

    def spread_along(self, coefficients: np.ndarray, rows: np.ndarray) -> float:
        """Variance of `rows @ matrix @ coefficients` that noise causes to first order."""
        return sum(float(np.vdot(values, values)) for _, _, values in self.pull(coefficients, rows))

    def squared_scatter(self, better: Fit, worse: Fit, rng: np.random.Generator) -> float:
        """Variance of the difference of two residual sums that the squares of the noise cause, by probes.

        The difference is a quadratic form `e^T S e` in white noise, of variance `2 tr S^2`.
        """
        total, probes = 0.0, 2
        coefficients = (self.coefficients(better), self.coefficients(worse))
        nothing = np.zeros(len(self.matrix))
        shapes = [(e, c, values.shape) for e, c, values in self.pull(coefficients[0], nothing)]
        for _ in range(probes):
            changes = [(e, c, rng.choice([-1.0, 1.0], size=shape)) for e, c, shape in shapes]
            sums: dict[tuple[int, int], np.ndarray] = {}
            for sign, combination in zip((1.0, -1.0), coefficients, strict=True):
                response = self.push(combination, changes)
                for e, c, values in self.pull(combination, response):
                    sums[e, c] = sums.get((e, c), 0.0) + sign * values
            total += sum(float(np.vdot(values, values)) for values in sums.values())
        return 2 * total / probes
