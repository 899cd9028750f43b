"""What generalised least squares are given: laws to weigh residuals by, and rows of independent noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..derivatives import Term
from ._projection import Sample
from ._regression import Fit, Regression
from ._target import Target

#: Noise below this share of a component's rms is not weighed by.
_LEAST_NOISE = 1e-3

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


def is_white(sample: Sample) -> bool:
    """Whether all components but exact controls have noise that shows, and few samples were filled."""
    exact = {control.name for control in sample.controls}
    shown = all(
        sigma > _LEAST_NOISE * float(np.sqrt(np.mean(values**2)))
        for name, sigma, values in zip(sample.components, sample.sigma, sample.values, strict=True)
        if sigma or name not in exact
    )
    return shown and max(sample.filled.values(), default=0.0) <= _MOST_FILLED
