"""A smooth function through scattered samples: a tensor-product spline that the samples themselves smooth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Degree of the splines, and order of the differences of their coefficients that are penalised.
DEGREE, ROUGHNESS = 5, 3

#: Samples to a coefficient, and the most coefficients there are.
SAMPLES_PER_COEFFICIENT, MOST_COEFFICIENTS = 2.5, 900

#: Smallest weight of the penalty, relative to that of the samples; it decides only where there is none.
_LEAST = 1e-11

_NO_WEIGHT, _ALL_WEIGHT = np.log(_LEAST), np.log(1e6)


@dataclass(frozen=True)
class _Basis:
    """The B-splines of one axis, turned so that the penalty on them is diagonal.

    turn: (k, k), B-splines to functions; roughness: (k,), the penalty of each, the first ones free of it.
    """

    low: float
    high: float
    knots: np.ndarray
    turn: np.ndarray
    roughness: np.ndarray

    def splines(self, places: np.ndarray) -> Any:
        """The B-splines at places, (n, k) and sparse."""
        from scipy.interpolate import BSpline

        inside = np.clip((places - self.low) / (self.high - self.low), 0.0, 1.0)
        return BSpline.design_matrix(inside, self.knots, DEGREE)


@dataclass(frozen=True)
class Surrogate:
    """A smooth function of several coordinates, and how well it is known.

    The coefficients are a posteriori Gaussian: the penalty is the prior, its weight along each axis and the
    noise are those under which the samples are likeliest (restricted maximum likelihood).

    weights: (k1 * k2 * ...), of products of the turned functions.
    factor: (k, k), the lower Cholesky factor of the posterior's precision, in units of the noise's.
    noise: standard deviation of one sample.
    smoothing: the penalty's weight along each axis.
    """

    bases: tuple[_Basis, ...]
    weights: np.ndarray
    factor: np.ndarray
    noise: float
    smoothing: tuple[float, ...]

    @property
    def freedom(self) -> int:
        return len(self.weights)

    def rows(self, places: np.ndarray) -> np.ndarray:
        """(n, k): what the coefficients are weighed with at places (n, d)."""
        return _turned(
            _products([b.splines(p) for b, p in zip(self.bases, places.T, strict=True)]), self.bases
        )

    def at(self, places: np.ndarray) -> np.ndarray:
        """Values at places (n, d)."""
        return self.at_drawn(places, self.weights)

    def at_drawn(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        rows = _products([b.splines(p) for b, p in zip(self.bases, places.T, strict=True)])
        return rows @ _unturned(weights, self.bases)

    def on(self, points: Sequence[np.ndarray], weights: np.ndarray | None = None) -> np.ndarray:
        """Values on a grid."""
        values = (self.weights if weights is None else weights).reshape(
            [len(b.roughness) for b in self.bases]
        )
        for axis, (basis, along) in enumerate(zip(self.bases, points, strict=True)):
            matrix = basis.splines(np.asarray(along)) @ basis.turn
            values = np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)
        return values

    def variance(self, rows: np.ndarray) -> np.ndarray:
        """Posterior variance of linear functionals of the coefficients, rows (n, k)."""
        from scipy.linalg import solve_triangular

        return self.noise**2 * (solve_triangular(self.factor, rows.T, lower=True) ** 2).sum(axis=0)

    def draw(self, generator: np.random.Generator) -> np.ndarray:
        """Coefficients from the posterior."""
        from scipy.linalg import solve_triangular

        steps = generator.standard_normal(self.freedom)
        return self.weights + self.noise * solve_triangular(self.factor, steps, lower=True, trans=1)


def fit_surrogate(places: np.ndarray, values: np.ndarray) -> Surrogate:
    """Fit a surrogate to samples.

    Args:
        places: (n, d), where the samples are.
        values: (n,).

    Returns:
        The surrogate over the samples' bounding box.

    Source: P. H. C. Eilers and B. D. Marx, Statistical Science 11 (1996), for the penalty; S. N. Wood, J. R.
    Stat. Soc. B 73 (2011), for its weight by restricted maximum likelihood.

    >>> places = np.random.default_rng(0).random((400, 2))
    >>> surrogate = fit_surrogate(places, np.sin(3 * places[:, 0]) * places[:, 1])
    >>> float(surrogate.at(np.array([[0.5, 0.5]]))[0].round(4))
    0.4987
    """
    from scipy.linalg import solve_triangular
    from scipy.optimize import minimize

    n, d = places.shape
    most = min(MOST_COEFFICIENTS, n / SAMPLES_PER_COEFFICIENT)
    count = max(DEGREE + 2, int(most ** (1 / d)))
    bases = tuple(_basis(along, count) for along in places.T)
    design = _products([b.splines(p) for b, p in zip(bases, places.T, strict=True)])
    scale = float(np.std(values)) or 1.0
    centred = values / scale
    gram = _turned(_turned((design.T @ design).toarray(), bases).T, bases)
    moment = _turned((design.T @ centred)[None], bases)[0]
    total = float(centred @ centred)
    penalties = [_along(bases, axis) for axis in range(d)]
    free = int(np.prod([ROUGHNESS] * d))
    unit = n / gram.shape[0]

    def solved(logs: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, float]:
        penalty = unit * sum(np.exp(log) * each for log, each in zip(logs, penalties, strict=True))
        factor = np.linalg.cholesky(gram + np.diag(penalty + _LEAST * unit))
        half = solve_triangular(factor, moment, lower=True)
        left = max((total - float(half @ half)) / (n - free), 1e-24)
        positive = penalty[penalty > 0] + _LEAST * unit
        score = (n - free) * np.log(left) + 2 * np.log(np.diag(factor)).sum() - np.log(positive).sum()
        return float(score), factor, half, left

    bounds = [(_NO_WEIGHT, _ALL_WEIGHT)] * d
    best = minimize(
        lambda logs: solved(np.clip(logs, _NO_WEIGHT, _ALL_WEIGHT))[0],
        np.full(d, np.log(1e-4)),
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 0.15, "fatol": 0.3, "initial_simplex": _simplex(d), "maxfev": 80},
    )
    logs = np.clip(best.x, _NO_WEIGHT, _ALL_WEIGHT)
    _, factor, half, left = solved(logs)
    weights = scale * solve_triangular(factor, half, lower=True, trans=1)
    return Surrogate(bases, weights, factor, scale * float(np.sqrt(left)), tuple(np.exp(logs).tolist()))


def _simplex(d: int) -> np.ndarray:
    start = np.full((d + 1, d), np.log(1e-4))
    for axis in range(d):
        start[axis + 1, axis] += 4.0
    return start


def _basis(along: np.ndarray, count: int) -> _Basis:
    inner = np.linspace(0.0, 1.0, count - DEGREE + 1)
    step = inner[1]
    knots = np.concatenate(
        [inner[0] + step * np.arange(-DEGREE, 0), inner, 1 + step * np.arange(1, DEGREE + 1)]
    )
    differences = np.diff(np.eye(count), n=ROUGHNESS, axis=0)
    roughness, turn = np.linalg.eigh(differences.T @ differences)
    roughness[:ROUGHNESS] = 0.0
    return _Basis(float(along.min()), float(along.max()), knots, turn, roughness)


def _products(parts: Sequence[Any]) -> Any:
    """The row-wise products of sparse matrices (n, k1), (n, k2), ...: (n, k1 * k2 * ...)."""
    from scipy.sparse import csr_array

    n = parts[0].shape[0]
    data, columns, width = np.ones((n, 1)), np.zeros((n, 1), dtype=np.int64), 1
    for part in parts:
        held, among = part.data.reshape(n, -1), part.indices.reshape(n, -1)
        data = (data[:, :, None] * held[:, None, :]).reshape(n, -1)
        columns = (columns[:, :, None] * part.shape[1] + among[:, None, :]).reshape(n, -1)
        width *= part.shape[1]
    pointers = np.arange(n + 1) * data.shape[1]
    return csr_array((data.ravel(), columns.ravel(), pointers), shape=(n, width))


def _turned(rows: Any, bases: Sequence[_Basis]) -> np.ndarray:
    """Rows (n, k) for B-splines as rows for the turned functions."""
    dense = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
    values = dense.reshape(len(dense), *(len(b.roughness) for b in bases))
    for axis, basis in enumerate(bases, start=1):
        values = np.moveaxis(np.tensordot(values, basis.turn, (axis, 0)), -1, axis)
    return values.reshape(len(dense), -1)


def _unturned(weights: np.ndarray, bases: Sequence[_Basis]) -> np.ndarray:
    values = weights.reshape([len(b.roughness) for b in bases])
    for axis, basis in enumerate(bases):
        values = np.moveaxis(np.tensordot(basis.turn, values, (1, axis)), 0, axis)
    return values.ravel()


def _along(bases: Sequence[_Basis], axis: int) -> np.ndarray:
    """The penalty along one axis for every product of functions."""
    parts = [b.roughness if i == axis else np.ones(len(b.roughness)) for i, b in enumerate(bases)]
    result = parts[0]
    for part in parts[1:]:
        result = np.multiply.outer(result, part).ravel()
    return result
