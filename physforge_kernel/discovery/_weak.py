"""The weak form: a field seen through compactly supported test functions.

Multiplying `u_t = sum_j w_j D^a_j f_j(u)` by a test function and integrating by parts moves every derivative
from the data onto the test function, which is known exactly. With test functions that are products over the
axes, each feature is one small matrix product per axis (Messenger and Bortz, Weak SINDy for PDEs,
J. Comput. Phys. 443, 2021, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import factorial, prod
from typing import Any

import numpy as np
from numpy.polynomial.hermite_e import hermeder, hermeval, hermevander

#: Exponent of the test function (1 - s^2)^p. Ten gives nine continuous derivatives at the edges, so that the
#: trapezoidal rule converges fast for the fourth derivative as well.
EXPONENT = 10

#: Degree of the polynomials for which the quadrature is exact.
EXACT_DEGREE = 8

#: The test function is nearly a Gaussian of sd 1 / sqrt(2 p): scaled by this, Hermite polynomials are nearly
#: orthogonal under it.
_STRETCH = (2 * EXPONENT) ** 0.5

#: Fewest sampling steps in half a test function: with fewer, its fourth derivative rests on too few samples.
FEWEST_STEPS = 7

#: The same where no derivative beyond the second is asked for.
FEWEST_STEPS_TO_SECOND = 5

#: On uneven points the quadrature is tried on polynomials of so many further degrees, up to the second
#: derivative whatever is asked for: one test function serves all columns. It may be wrong by this share
#: of their size; seven even steps in half a test function leave a hundredth of it.
_FURTHER = 4
_TRIED = 2
_WRONG = 0.1

#: Condition of its equations beyond which their solution is rounding.
_CONDITION = 1e10

#: Steps that differ by less than this share are those of an even grid, written with few digits.
_EVEN = 1e-4


@dataclass(frozen=True, eq=False)
class AxisTests:
    """Test functions along one axis: centres `(k,)`, half width, and their weighted derivatives.

    `matrices[a]` is `(k, n)` and maps samples `(n,)` to the weak values of their a-th derivative: the sign of
    the integration by parts, the quadrature and the normalisation (the function integrates to one) are in it.
    """

    name: str
    points: np.ndarray
    half_width: float
    centres: np.ndarray
    matrices: tuple[np.ndarray, ...]

    @property
    def count(self) -> int:
        return len(self.centres)

    @cached_property
    def steps(self) -> float:
        """Sampling steps in half a test function, in the one that has the fewest.

        A step counts by its length, so that a dense part of a window does not hide a sparse one.
        """
        steps = np.diff(self.points)
        if _even(steps):
            return self.half_width / float(np.median(steps))
        within = np.abs(self.points[:-1] + steps / 2 - self.centres[:, None]) < self.half_width
        typical = (within @ steps**2) / np.maximum(within @ steps, np.finfo(float).tiny)
        return self.half_width / float(typical.max())

    @cached_property
    def independence(self) -> float:
        """Share of independent ones among overlapping test functions, from the spectrum of their products."""
        values = np.linalg.eigvalsh(self.matrices[0] @ self.matrices[0].T)
        return float(values.sum() ** 2 / (values**2).sum() / len(values))

    @cached_property
    def _every(self) -> dict[int, AxisTests]:
        return {}

    def every(self, n: int) -> AxisTests:
        """The same test functions on every n-th point, without a change of their size."""
        if n not in self._every:
            thinned = tuple(np.ascontiguousarray(matrix[:, ::n]) for matrix in self.matrices)
            self._every[n] = AxisTests(self.name, self.points, self.half_width, self.centres, thinned)
        return self._every[n]


def axis_tests(name: str, points: np.ndarray, half_width: float, count: int, order: int) -> AxisTests:
    """Test functions `(1 - s^2)^p` on `count` evenly spread centres, with derivatives to `order`.

    The quadrature starts from the trapezoidal rule and is corrected, row by row, to be exact for polynomials
    up to `EXACT_DEGREE`: coarse and uneven grids then cost little accuracy. Test functions that hold too few
    samples for that are left out, as in the sparse parts and gaps of an uneven grid; there may be none left.
    """
    first, last = points[0] + half_width, points[-1] - half_width
    centres = np.linspace(first, last, count) if count > 1 else np.array([(first + last) / 2])
    steps = np.diff(points, prepend=points[0], append=points[-1])
    held = np.abs(points[None, :] - centres[:, None]) < half_width
    centres = centres[held.sum(axis=1) > EXACT_DEGREE]
    if not len(centres):
        return AxisTests(name, points, half_width, centres, (np.zeros((0, len(points))),) * (order + 1))
    scaled = (points[None, :] - centres[:, None]) / half_width
    inside = np.abs(scaled) < 1.0
    scaled = np.where(inside, scaled, 0.0)
    weights = (steps[:-1] + steps[1:])[None, :] / 2 * inside
    bump = np.polynomial.Polynomial([1.0, 0.0, -1.0]) ** EXPONENT
    area = half_width * _moments(0)[0]
    # Everything beyond the window is zero: what is costly is computed for as many samples as the widest has.
    width = int(inside.sum(axis=1).max())
    begin = np.minimum(np.argmax(inside, axis=1), len(points) - width)
    taken = begin[:, None] + np.arange(width)
    near, weights = (np.take_along_axis(part, taken, axis=1) for part in (scaled, weights))
    window = bump(near) * weights / area
    basis = hermevander(near * _STRETCH, EXACT_DEGREE)
    gram = np.matmul(basis.transpose(0, 2, 1) * window[:, None, :], basis)
    even = _even(np.diff(points))
    sound = np.ones(len(centres), dtype=bool) if even else _regular(gram)
    gram[~sound] = np.eye(EXACT_DEGREE + 1)  # solved and thrown away
    rows = []
    for a in range(max(order, 0 if even else _TRIED) + 1):
        derivative = bump.deriv(a) if a else bump
        plain = (-1 / half_width) ** a * derivative(near) * weights / area
        wanted = _moments(a) / (_moments(0)[0] * half_width**a)
        missing = wanted[None, :] - np.matmul(plain[:, None, :], basis)[:, 0]
        correction = np.linalg.solve(gram, missing[:, :, None])
        rows.append(plain + window * np.matmul(basis, correction)[:, :, 0])
    if not even:
        sound &= _accurate(rows[: _TRIED + 1], near * _STRETCH, half_width)
    matrices = []
    for narrow in rows[: order + 1]:
        matrix = np.zeros(scaled.shape)
        np.put_along_axis(matrix, taken, narrow, axis=1)
        matrices.append(matrix if sound.all() else matrix[sound])
    return AxisTests(name, points, half_width, centres[sound], tuple(matrices))


def _even(steps: np.ndarray) -> bool:
    return bool(np.ptp(steps) <= _EVEN * float(steps.mean()))


def _regular(gram: np.ndarray) -> np.ndarray:
    """Which equations of the quadrature `(k, n, n)` have a solution that is not rounding."""
    sizes = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2), np.finfo(float).tiny))
    values = np.linalg.eigvalsh(gram / (sizes[:, :, None] * sizes[:, None, :]))
    return values[:, 0] > values[:, -1] / _CONDITION


def _accurate(rows: Sequence[np.ndarray], near: np.ndarray, half_width: float) -> np.ndarray:
    """Which test functions integrate polynomials beyond the exact degrees nearly right.

    `rows` are the weights `(k, n)` of every order of derivative on the places `near` `(k, n)`.
    """
    basis = hermevander(near, EXACT_DEGREE + _FURTHER)[:, :, EXACT_DEGREE + 1 :]
    sizes = np.sqrt([float(factorial(d)) for d in range(EXACT_DEGREE + 1, EXACT_DEGREE + _FURTHER + 1)])
    good = np.ones(len(near), dtype=bool)
    for a, row in enumerate(rows):
        wanted = _moments(a, EXACT_DEGREE + _FURTHER)[EXACT_DEGREE + 1 :] / _moments(0)[0]
        wrong = np.matmul(row[:, None, :], basis)[:, 0] * half_width**a - wanted
        good &= np.abs(wrong / sizes).max(axis=1) <= _WRONG * _STRETCH**a
    return good


@cache
def _moments(order: int, degree: int = EXACT_DEGREE) -> np.ndarray:
    """Integrals over (-1, 1) of the test function times derivatives of Hermite polynomials to a degree."""
    nodes, weights = np.polynomial.legendre.leggauss(EXPONENT + degree)
    window = weights * (1 - nodes**2) ** EXPONENT
    rows = np.eye(degree + 1)
    values = [
        hermeval(nodes * _STRETCH, hermeder(row, order) * _STRETCH**order if order else row) for row in rows
    ]
    return np.array([float(window @ value) for value in values])


@dataclass(frozen=True)
class WeakForm:
    """Products of test functions over the axes of a field, as a linear map and its adjoint.

    Orders are tuples with one derivative order per axis, in the order of the field's dimensions.
    """

    axes: tuple[AxisTests, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(axis.count for axis in self.axes)

    def thinned(self, steps: Sequence[int]) -> WeakForm:
        """The same test functions on every n-th point along every axis, without a change of their size."""
        return WeakForm(tuple(axis.every(n) for axis, n in zip(self.axes, steps, strict=True)))

    def project(self, values: np.ndarray, orders: Sequence[int]) -> np.ndarray:
        """Weak values `(k_1, ..., k_d)` of the derivative `orders` of samples `(n_1, ..., n_d)`."""
        for i, (axis, order) in enumerate(zip(self.axes, orders, strict=True)):
            values = apply_along(axis.matrices[order], values, i)
        return values

    def adjoint(self, values: np.ndarray, orders: Sequence[int]) -> np.ndarray:
        """The transpose of `project`: from `(k_1, ..., k_d)` back to the samples."""
        for i, (axis, order) in enumerate(zip(self.axes, orders, strict=True)):
            values = apply_along(axis.matrices[order].T, values, i)
        return values

    @cached_property
    def _products(self) -> dict[tuple[int, int, int], np.ndarray]:
        return {}

    def product_weights(self, axis: int, a: int, b: int) -> np.ndarray:
        """`sum_k A^a[k, i] A^b[k, i]` along one axis `(n,)`: how noise on sample i enters a Gram matrix."""
        key = (axis, min(a, b), max(a, b))
        if key not in self._products:
            matrices = self.axes[axis].matrices
            self._products[key] = np.einsum("ki,ki->i", matrices[a], matrices[b])
        return self._products[key]


def apply_along(matrix: Any, values: Any, axis: int) -> Any:
    """Multiply `matrix` `(k, n)` into axis `axis` of `values`, keeping the order of the axes.

    Both are arrays of NumPy's, or both tensors of PyTorch's.
    """
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    if not after:
        result = values.reshape(-1, values.shape[axis]) @ matrix.T
    else:
        # One matrix product for each leading index, on rows that lie side by side in memory.
        result = matrix @ values.reshape(prod(before), values.shape[axis], prod(after))
    return result.reshape(*before, len(matrix), *after)
