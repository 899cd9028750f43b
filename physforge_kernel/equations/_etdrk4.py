"""Exponential Runge-Kutta steps (ETDRK4) with error control, for semilinear problems v' = L v + N(v, t).

The scheme is Cox and Matthews' (J. Comput. Phys. 176, 2002, eqs 26-29) with the coefficients evaluated as
Kassam and Trefethen do (SIAM J. Sci. Comput. 26, 2005), by the mean over a circle, where L is diagonal, and
by scaling and doubling where L couples the components of each mode. Every step is taken
once whole and once in two halves: the difference is the error estimate, and their extrapolation, of fifth
order, is what is kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError

Array = NDArray[Any]

_CONTOUR_POINTS = 32
_TAYLOR = 20  # the degree that is exact to rounding at norm 1
_DEEPEST_LEVEL = 26  # an output interval is never cut into more than 2**26 steps
_CACHED_LENGTHS = 12
_GROWTH_LIMIT = 1e8  # a solution this many times its start is called a blow-up


class Semilinear(Protocol):
    """What the integrator needs of a problem: its linear part, its nonlinear part, its finer self."""

    def tolerance(self) -> float:
        """The largest error of a step before extrapolation, relative to the norm of the state."""
        ...

    def linear(self) -> Array:
        """The symbol of L: (m, *modes) if diagonal, (m, m, *modes) if it couples the m components."""
        ...

    def nonlinear(self, state: Array, t: float) -> Array:
        """N(v, t), in the shape of the state (m, *modes)."""
        ...

    def finer(self, state: Array) -> Semilinear | None:
        """The problem at the finer resolution that this state needs; None where it needs none."""
        ...

    def refined(self, state: Array, finer: Any) -> Array:
        """A state of this problem as one of its finer self."""
        ...

    def filtered(self, state: Array) -> Array:
        """What is kept of a state after a step; all of it, as a rule."""
        ...


class Coefficients(NamedTuple):
    """The weights of one ETDRK4 step of length h; each in the shape of the problem's linear part."""

    whole: Array
    half: Array
    stage: Array
    first: Array
    middle: Array
    last: Array


def integrate(
    problem: Semilinear,
    state: Array,
    times: Array,
    *,
    sample: Callable[[Semilinear, Array], Any],
    deadline: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[list[Any], dict[str, int]]:
    """Carry a state from times[0] through every one of `times`.

    Args:
        problem: the semilinear problem at its first resolution.
        state: (m, *modes), the state at times[0].
        times: (n,), increasing.
        sample: called with the problem and the state at each time; what it returns is collected.
        deadline: value of `time.monotonic()` after which to give up.
        progress: called with the fraction of the time span that is done.

    Returns:
        The samples, and counts of the steps taken and rejected.

    Raises:
        SimulationError: on a blow-up, on steps too small to go on, or past the deadline.
    """
    samples = [sample(problem, state)]
    counts = {"steps": 0, "rejected": 0}
    cache: dict[float, Coefficients] = {}
    start_norm = _norm(state)
    floor = 1e-3 * start_norm if start_norm > 0 else 1e-300
    limit = _GROWTH_LIMIT * start_norm if start_norm > 0 else np.inf
    desired = float(times[1] - times[0]) / 8 if len(times) > 1 else 0.0

    with np.errstate(all="ignore"):
        for begin, end in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
            width = end - begin
            level = max(0, int(np.ceil(np.log2(width / desired) - 1e-9)))
            done, level = 0, min(level, _DEEPEST_LEVEL)
            while done < 2**level:
                step = width / 2**level
                # Neighbouring output intervals of a uniform grid differ in the last digits only.
                step = next((known for known in cache if abs(known - step) < 1e-12 * step), step)
                now = begin + done * step
                if deadline is not None and time.monotonic() > deadline:
                    raise OutOfTimeError(
                        f"The simulation ran out of time at t = {now:.6g} of {times[-1]:.6g}: it needs steps "
                        f"of {step:.3g}. Allow more `seconds`, or ask for an earlier end."
                    )
                finer, estimate = _double_step(problem, state, now, step, cache)
                norm = _norm(finer)
                error = estimate / max(norm, _norm(state), floor) if np.isfinite(norm) else np.inf
                tolerance = problem.tolerance()
                if error > tolerance:
                    counts["rejected"] += 1
                    if level == _DEEPEST_LEVEL or step < 1e-12 * (times[-1] - times[0]):
                        raise blow_up(now)
                    done, level, desired = 2 * done, level + 1, step / 2
                    continue
                replacement = problem.finer(finer)
                if (
                    replacement is not None
                ):  # the step is taken again, as it has missed what it could not resolve
                    problem, state = replacement, problem.refined(state, replacement)
                    cache.clear()
                    counts["rejected"] += 1
                    continue
                counts["steps"] += 1
                done, state = done + 1, problem.filtered(finer)
                if norm > limit:
                    raise blow_up(now + step)
                growth = 2.0 if error == 0 else 0.9 * (tolerance / error) ** 0.2
                desired = step * min(2.0, growth)
                while level > 0 and done % 2 == 0 and desired >= 2 * step:
                    done, level, step = done // 2, level - 1, 2 * step
            samples.append(sample(problem, state))
            if progress is not None:
                progress((end - times[0]) / (times[-1] - times[0]))
    return samples, counts


class OutOfTimeError(SimulationError):
    """The wall time that a simulation may take is spent."""


def blow_up(t: float) -> SimulationError:
    """The error of a solution that leaves every bound."""
    return SimulationError(
        f"The solution grew without bound or became singular near t = {t:.6g}. Check the signs of the "
        "equation's highest derivatives, or simulate to an earlier time."
    )


def coefficients(linear: Array, step: float, *, coupled: bool = False) -> Coefficients:
    """The ETDRK4 weights for one step.

    Args:
        linear: (m, *modes) for a diagonal linear part; (m, m, *modes) where it is `coupled`.
        step: the length h of the step, in units of t.
        coupled: whether the linear part couples the m components of a mode.

    Returns:
        The six weights, each in the shape of `linear`.

    Example:
        >>> float(coefficients(np.zeros(1), 0.5).first[0].real)  # h/6, as in the classical scheme
        0.08333333333333333
    """
    return _block_coefficients(linear, step) if coupled else _scalar_coefficients(linear, step)


def _scalar_coefficients(linear: Array, h: float) -> Coefficients:
    z = h * linear
    angles = np.pi * (np.arange(_CONTOUR_POINTS) + 0.5) * 2 / _CONTOUR_POINTS
    circle = np.exp(1j * angles)
    stage, first, middle, last = (np.zeros(z.shape, complex) for _ in range(4))
    for point in circle:
        r = z + point
        e = np.exp(r)
        stage += (np.exp(r / 2) - 1) / r
        cube = r**3
        first += (-4 - r + e * (4 - 3 * r + r**2)) / cube
        middle += (2 + r + e * (r - 2)) / cube
        last += (-4 - 3 * r - r**2 + e * (4 - r)) / cube
    scale = h / _CONTOUR_POINTS
    weights = (stage * scale, first * scale, middle * scale, last * scale)
    if np.isrealobj(z):
        weights = tuple(weight.real for weight in weights)
    return Coefficients(np.exp(z), np.exp(z / 2), *weights)


def _block_coefficients(linear: Array, h: float) -> Coefficients:
    """As above, for (m, m, *modes), from the phi functions of the blocks."""
    m, modes = linear.shape[0], linear.shape[2:]
    # Modes of one wave length often share their block: each distinct block is exponentiated once.
    blocks, back = np.unique(linear.reshape(m * m, -1).T, axis=0, return_inverse=True)
    blocks = h * blocks.reshape(-1, m, m)
    whole, one, two, three = phi_functions(blocks, 3)
    half, one_half = phi_functions(blocks / 2, 1)
    weights = (
        whole,
        half,
        h / 2 * one_half,
        h * (one - 3 * two + 4 * three),
        h * (two - 2 * three),
        h * (4 * three - two),
    )
    return Coefficients(*(np.moveaxis(weight[back], 0, -1).reshape(m, m, *modes) for weight in weights))


def phi_functions(matrices: Array, count: int) -> list[Array]:
    """The exponential of each of many small matrices, and its phi functions up to one of them.

    phi_0 is exp, and phi_k(z) = (phi_(k-1)(z) - 1/(k-1)!) / z. By scaling, Taylor and doubling, for all
    matrices at once: calls of a matrix exponential one by one wait for the linear algebra's threads.

    Args:
        matrices: (n, m, m).
        count: the highest k.

    Returns:
        count + 1 arrays (n, m, m).

    Source: N. J. Higham, Functions of Matrices (2008), section 10.7.4; the scaling is that of A. H. Al-Mohy
    and N. J. Higham, SIAM J. Matrix Anal. Appl. 31 (2009), which spares matrices that are far from normal.

    >>> [float(phi[0, 0, 0].round(6)) for phi in phi_functions(np.ones((1, 1, 1)), 2)]
    [2.718282, 1.718282, 0.718282]
    """
    square = matrices @ matrices
    fourth = square @ square
    size = np.maximum(_norms(fourth) ** (1 / 4), _norms(fourth @ matrices) ** (1 / 5))
    halvings = np.ceil(np.log2(np.maximum(size, 1.0))).astype(int)
    scaled = matrices / 2.0 ** halvings[:, None, None]
    unit = np.eye(matrices.shape[1])
    phis = [np.broadcast_to(unit / math.factorial(k + _TAYLOR), matrices.shape) for k in range(count + 1)]
    for degree in reversed(range(_TAYLOR)):
        phis = [scaled @ phi + unit / math.factorial(degree + k) for k, phi in enumerate(phis)]
    for done in range(int(halvings.max(initial=0))):
        chosen = np.flatnonzero(halvings > done)
        part = [phi[chosen] for phi in phis]
        for k, phi in enumerate(phis):
            doubled = part[0] @ part[k]
            for j in range(1, k + 1):
                doubled += part[j] / math.factorial(k - j)
            phi[chosen] = doubled / 2**k
    return phis


def _norms(matrices: Array) -> Array:
    """The 1-norm of each matrix."""
    return np.abs(matrices).sum(axis=1).max(axis=1)


def _double_step(
    problem: Semilinear, state: Array, t: float, h: float, cache: dict[float, Coefficients]
) -> tuple[Array, float]:
    linear = problem.linear()
    block = linear.ndim == state.ndim + 1
    if len(cache) >= _CACHED_LENGTHS:
        cache.clear()
    for length in (h, h / 2):
        if length not in cache:
            cache[length] = coefficients(linear, length, coupled=block)
    start = problem.nonlinear(state, t)
    coarse = _step(problem, state, start, t, h, cache[h], block)
    middle = _step(problem, state, start, t, h / 2, cache[h / 2], block)
    fine = _step(problem, middle, problem.nonlinear(middle, t + h / 2), t + h / 2, h / 2, cache[h / 2], block)
    difference = (fine - coarse) / 15
    return fine + difference, _norm(difference)


def _step(
    problem: Semilinear, state: Array, start: Array, t: float, h: float, weights: Coefficients, block: bool
) -> Array:
    apply = _apply_block if block else np.multiply
    rest = apply(weights.half, state)
    a = apply(weights.stage, start)
    a += rest
    at_a = problem.nonlinear(a, t + h / 2)
    b = apply(weights.stage, at_a)
    b += rest
    at_b = problem.nonlinear(b, t + h / 2)
    at_a += at_b
    at_b *= 2
    at_b -= start
    c = apply(weights.stage, at_b)
    c += apply(weights.half, a)
    at_c = problem.nonlinear(c, t + h)
    at_a *= 2
    result = apply(weights.whole, state)
    result += apply(weights.first, start)
    result += apply(weights.middle, at_a)
    result += apply(weights.last, at_c)
    return result


def _apply_block(matrix: Array, state: Array) -> Array:
    return np.einsum("ij...,j...->i...", matrix, state)


def _norm(state: Array) -> float:
    return float(np.sqrt(np.vdot(state, state).real))
