"""A law of a curve, x_t = f(x, ...), seen through windows along the axis.

Derivatives that are estimated from noisy samples have errors that hang together from one sample to the
next: a fit to them finds laws in the errors, and no test of the residual can see that. Integrated over a
window, the derivative goes to the window (`discovery._weak`), and what is left of the samples' own white
noise has a covariance that is known: residuals are told after dividing by its root, and are then white for
the true law.
Errors in the inputs enter by the slope of the law, which a surrogate gives (as WENDy's, Bortz, Messenger &
Dukic 2023, doi:10.1007/s11538-023-01208-6, but for any formula).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._noise import noise_sd
from .._splines import fitting, smoothed
from .._weak import axis_tests
from . import _surrogate

#: Samples in half a window, windows at most, and how far they lie apart, in half windows.
_HALF, _MOST, _APART = 10, 250, 0.6

#: Noise below this share of a variable's RMS counts as none: then derivatives are as good as windows.
_NOISELESS = 1e-6

#: Samples that make a curve: fewer give too few windows.
_FEWEST = 80


@dataclass(frozen=True)
class Windows:
    """`X`: (n, d) inputs at every sample, smoothed; `project`: (k, n) from values there to white residuals,
    with `target`: (k,) what they are for the law's left side. Both are shares of the target's RMS.

    `noise`: the misfit of the true law.
    """

    X: np.ndarray
    axis: np.ndarray
    project: np.ndarray
    target: np.ndarray
    noise: float

    @property
    def count(self) -> int:
        return len(self.target)

    def residual(self, values: np.ndarray) -> np.ndarray:
        """(k,) What a law with these values (n,) leaves, white for the true one."""
        return self.project @ values - self.target

    @property
    def spread(self) -> float:
        """Misfit of the best constant."""
        one = self.project.sum(axis=1)
        return float(np.sqrt(np.mean((self.target - one * (one @ self.target) / (one @ one)) ** 2)))

    def among(self, kept: np.ndarray) -> Windows:
        """With these inputs only."""
        return replace(self, X=self.X[:, kept])

    def structure_left(self, residual: np.ndarray) -> float:
        """As `_surrogate.structure_left`, for functions of the inputs and of the axis."""
        worst = -np.inf
        for Z in (self.X, self.axis[:, None]):
            for degree in (1, 2, 3, 5, 8):
                basis = self.project @ _surrogate.of_degree(Z, degree)
                if basis.shape[1] > self.count // 4:
                    break
                worst = max(worst, _surrogate.excess(basis, residual))
        return worst


def windows(
    field: Any,
    target: tuple[str, int],
    inputs: Mapping[str, tuple[str, int] | None],
    y: np.ndarray,
    X: np.ndarray,
) -> Windows | None:
    """The windows for a field on one axis; None where it has gaps, little noise, or too few samples.

    Args:
        field: the samples.
        target: variable and order of its derivative on the left.
        inputs: of each, the variable and order that it is a derivative of; None for the axis.
        y: (n,) the target as it was estimated at each sample, for the slopes.
        X: (n, d) the inputs, smoothed.
    """
    [dim] = field[target[0]].dims
    axis = field[dim].to_numpy().astype(float)
    n = len(axis)
    used = sorted({target[0], *(of[0] for of in inputs.values() if of is not None)})
    samples = {name: field[name].to_numpy() for name in used}
    if n < _FEWEST or not all(np.isfinite(v).all() for v in (*samples.values(), X)):
        return None
    noise = {name: noise_sd(values, [axis]) for name, values in samples.items()}
    if noise[target[0]] <= _NOISELESS * float(np.sqrt(np.mean(samples[target[0]] ** 2))):
        return None
    half = max(_HALF, round(n / (_APART * _MOST)))
    width = half * float(np.median(np.diff(axis)))
    count = int((axis[-1] - axis[0] - 2 * width) / (_APART * width)) + 1
    tests = axis_tests(dim, axis, width, count, max(target[1], 1))
    finite = np.isfinite(y)
    surrogate = _surrogate.fit(X[finite], y[finite], np.ones(int(finite.sum())))
    slopes = surrogate.gradient(X)
    errors = {name: np.zeros((count, n)) for name in used}
    errors[target[0]] -= tests.matrices[target[1]]
    for slope, of in zip(slopes.T, inputs.values(), strict=True):
        if of is not None:
            passed = tests.matrices[0] * slope
            for _ in range(of[1]):
                passed = -np.gradient(passed, axis, axis=1)
            errors[of[0]] += passed
    covariance = sum((noise[name] ** 2 * e @ e.T for name, e in errors.items()), np.zeros((count, count)))
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors / np.sqrt(np.maximum(values, 1e-10 * values[-1]))).T
    seen = root @ (tests.matrices[target[1]] @ samples[target[0]])
    size = float(np.sqrt(np.mean(seen**2)))
    return Windows(X, axis, root @ tests.matrices[0] / size, seen / size, 1.0 / size)


def smooth(values: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(n,) The samples of a curve without what is noise in them."""
    return smoothed(fitting([axis], [values]), values)


def names_of(names: Sequence[str], components: Sequence[str]) -> dict[str, tuple[str, int] | None]:
    """Of each name the variable and the order that it is a derivative of; None for an axis."""
    from ...equations import split_derivative

    made: dict[str, tuple[str, int] | None] = {}
    for name in names:
        derivative = split_derivative(name, components)
        if name in components:
            made[name] = (name, 0)
        else:
            made[name] = None if derivative is None else (derivative[0], sum(derivative[1].values()))
    return made
