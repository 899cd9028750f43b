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

#: What is added to the diagonal, relative to its mean, for directions that nothing tells.
_JITTER = 1e-13


@dataclass(frozen=True)
class Posterior:
    """The constants of an equation with their uncertainty.

    The rows are linear in the weights near the solution, and their noise is that of the data, so that the
    weights have the covariance of a least-squares fit. Equation and conditions take part as rows of their
    own, far more certain than the data, and the weights of the network are marginalised over.

    Attributes:
        unknowns: the constants.
        weights: the weights that stand for them.
        covariance: of these weights.
    """

    unknowns: tuple[Unknown, ...]
    weights: np.ndarray
    covariance: np.ndarray

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
    _, jacobian = objective.linearised(weights)
    gram = (jacobian.T @ jacobian).numpy(force=True)
    gram[np.diag_indices_from(gram)] += _JITTER * np.trace(gram) / len(gram)
    slices = approximation.layout.slices()
    columns = [slices[each.weight].start for each in approximation.unknowns]
    chosen = np.eye(len(gram))[:, columns]
    try:
        covariance = noise**2 * chosen.T @ cho_solve(cho_factor(gram, lower=True), chosen)
    except LinAlgError:
        covariance = np.full((len(columns), len(columns)), np.inf)
    return Posterior(tuple(approximation.unknowns), weights[columns].numpy(force=True), covariance)


def _value(unknown: Unknown, weight: float) -> float:
    return float(unknown.value(torch.tensor(weight, dtype=torch.float64)))
