"""What generalised least squares are given: laws to weigh residuals by, and rows of independent noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..derivatives import Term
from ._projection import Projection, Sample
from ._regression import Fit, Regression
from ._target import Target

#: Noise below this share of a component's rms is not weighed by.
_LEAST_NOISE = 1e-3

#: Laws hold if they leave no more than so many standard deviations beyond the noise.
_HOLDS = 5.0

#: With more than this share of samples filled from their neighbours the noise is not white.
_MOST_FILLED = 0.02


@dataclass(frozen=True)
class Whitened(Regression):
    """A regression whose rows `whole` (rows, terms + 1) have independent noise of variance one.

    `spent` counts rows whose noise other unknowns have taken; the sum of squares of the others scatters
    `slack` times as much, in variance, as if the size of the noise were known.
    """

    whole: np.ndarray
    spent: int = 0
    slack: float = 1.0

    @classmethod
    def of(
        cls,
        projection: Projection,
        sides: Sequence[np.ndarray],
        rows: np.ndarray,
        mine: Sequence[int],
        others: Sequence[int],
        spent: int = 0,
        slack: float = 1.0,
    ) -> Whitened:
        """The columns `mine` of `rows`, whatever the weights of the `others`; the left side stands last."""
        if others:
            across = np.linalg.qr(rows[:, others])[0]
            rows = rows - across @ (across.T @ rows)
        whole = np.ascontiguousarray(rows[:, mine])
        return cls(projection, tuple(sides), whole, spent + len(others), slack)

    @property
    def impartial(self) -> bool:
        """Terms are seen on samples smoothed under one law, which favours it over laws without its terms."""
        return False

    @cached_property
    def matrix(self) -> np.ndarray:
        return self.whole

    @cached_property
    def gram(self) -> np.ndarray:
        return self.whole.T @ self.whole

    @cached_property
    def noise(self) -> np.ndarray:
        result = np.zeros_like(self.gram)
        result[-1, -1] = self.effective_rows
        return result

    @property
    def effective_rows(self) -> float:
        return float(max(len(self.whole) - self.spent, 1))

    def covariance(self, fit: Fit) -> np.ndarray:
        return np.linalg.inv(self.gram[np.ix_(fit.support, fit.support)])

    def floor_sd(self, fit: Fit, rng: np.random.Generator) -> float:
        return float(np.sqrt(2 * self.slack * max(self.effective_rows - len(fit.support), 1)))

    def spread_along(self, coefficients: np.ndarray, rows: np.ndarray) -> float:
        return float(rows @ rows)

    def squared_scatter(self, better: Fit, worse: Fit, rng: np.random.Generator) -> float:
        return 0.0


@dataclass(frozen=True)
class Law:
    """A left side, the terms that it is made of, and a first estimate of their weights `(terms,)`."""

    target: Target
    terms: tuple[Term, ...]
    weights: np.ndarray


def replaced(laws: Sequence[Law], law: Law) -> list[Law]:
    """The laws of a system with another one for a left side."""
    return [law if other.target.name == law.target.name else other for other in laws]


def within_noise(misfit: float, rows: int, slack: float) -> bool:
    """Whether a squared distance of samples from laws, in so many directions, is no more than noise makes it.

    `slack` multiplies its variance where the size of the noise is known from the same samples.
    """
    return misfit <= rows + _HOLDS * float(np.sqrt(2 * slack * rows))


def is_white(sample: Sample) -> bool:
    """Whether all components but exact controls have noise that shows, and few samples were filled."""
    exact = {control.name for control in sample.controls}
    shown = all(
        sigma > _LEAST_NOISE * float(np.sqrt(np.mean(values**2)))
        for name, sigma, values in zip(sample.components, sample.sigma, sample.values, strict=True)
        if sigma or name not in exact
    )
    return shown and max(sample.filled.values(), default=0.0) <= _MOST_FILLED
