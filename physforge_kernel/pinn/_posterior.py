"""How well data tell the constants of an equation: the Gauss-Newton posterior."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import torch
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from torch import Tensor

from ..errors import SolverError
from ._objective import Objective
from ._unknown import Unknown

#: Where training ended early, the rest of the way may be as many times the next step.
_WAY = 2.0
#: What is added to the diagonal, relative to its mean, for directions that nothing tells.
_JITTER = 1e-13


@dataclass(frozen=True)
class Posterior:
    """The constants of an equation with their uncertainty.

    The rows are linear in the weights near the solution, and their noise is that of the data, so that the
    weights have the covariance of a least-squares fit. Equation and conditions take part as rows of their
    own, far more certain than the data, and the weights of the network are marginalised over. Where training
    ended before the fit was done, the next step says how far off it may be, and counts as uncertainty too.

    Attributes:
        unknowns: the constants.
        weights: the weights that stand for them.
        covariance: of these weights.
        unsettled: the constants that a further step would move by more than the noise of the data could.
    """

    unknowns: tuple[Unknown, ...]
    weights: np.ndarray
    covariance: np.ndarray
    unsettled: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """The constants."""
        return {u.name: _value(u, w) for u, w in zip(self.unknowns, self.weights, strict=True)}

    def intervals(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """The interval that holds each constant with a probability.

        Raises:
            SolverError: if the level is no probability.
        """
        if not 0 < level < 1:
            raise SolverError(f"The level of an interval is {level!r}; give a probability, such as 0.95.")
        reach = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(np.diag(self.covariance))
        return {
            u.name: (_value(u, w - r), _value(u, w + r))
            for u, w, r in zip(self.unknowns, self.weights, reach, strict=True)
        }


def posterior(objective: Objective, weights: Tensor, noise: float) -> Posterior:
    """The posterior at a solution.

    Args:
        objective: all rows, whose scales are those of the data over `noise`.
        weights: the solution.
        noise: the standard deviation of the scaled rows of the data.
    """
    approximation = objective.approximation
    rows, jacobian = objective.linearised(weights)
    slope = (jacobian.T @ rows).numpy(force=True)
    gram = (jacobian.T @ jacobian).numpy(force=True)
    gram[np.diag_indices_from(gram)] += _JITTER * np.trace(gram) / len(gram)
    slices = approximation.layout.slices()
    columns = [slices[each.weight].start for each in approximation.unknowns]
    chosen = np.eye(len(gram))[:, columns]
    unknowns, values = tuple(approximation.unknowns), weights[columns].numpy(force=True)
    try:
        solved = cho_solve(cho_factor(gram, lower=True), chosen)
    except LinAlgError:
        return Posterior(unknowns, values, np.full((len(columns), len(columns)), np.inf))
    covariance, step = noise**2 * chosen.T @ solved, _WAY * solved.T @ slope
    moved = np.abs(step) > np.sqrt(np.diag(covariance))
    unsettled = tuple(each.name for each, is_so in zip(unknowns, moved, strict=True) if is_so)
    return Posterior(unknowns, values, covariance + np.outer(step, step), unsettled)


def _value(unknown: Unknown, weight: float) -> float:
    return float(unknown.value(torch.tensor(weight, dtype=torch.float64)))
