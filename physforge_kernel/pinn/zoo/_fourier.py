"""Fields on one periodic axis: Fourier pseudo-spectral in space, Runge-Kutta of order 8 in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Samples of the start. Where its slope jumps, its coefficients are right to the square of their spacing.
_SAMPLES = 2**18
#: The waves that follow L alone have an index up to so many times that of the shortest wave kept.
_REACH = 64
_ROUNDING = 1e-16
_BLOCK = 4096


@dataclass(frozen=True)
class Evolution:
    """The law u_t = L u + N(u), for a real or complex u on a periodic axis.

    Attributes:
        symbol: the eigenvalues of L for wave numbers, in radians per unit of x.
        nonlinear: N, pointwise, of degree three at most.
        start: u at t = 0.
        period: the ends of the axis.
        phase: the mean of the potential in N that turns the phase of short waves, in radians per unit of t.
    """

    symbol: Callable[[Array], Array]
    nonlinear: Callable[[Array], Array]
    start: Callable[[Array], Array]
    period: tuple[float, float]
    phase: float = 0.0


def evolve(
    law: Evolution, x: Array, t: Array, *, modes: int, tolerance: float = 1e-13, absolute: float = 1e-15
) -> Array:
    """The solution of a law where and when it is asked for.

    The oscillations of L are integrated exactly, by an integrating factor; its decay is left to the steps,
    for which the factor of a long time would overflow. Where the start has a corner, waves that are too short
    to be kept follow L alone, whose action on them is by far the largest.

    Args:
        law: the law.
        x: (n_x,) where.
        t: (n_t,) when, increasing, none below zero.
        modes: how many waves to keep: those of a wave number index below this.
        tolerance: of a step, relative to each coefficient.
        absolute: of a step, in units of u.

    Returns:
        u: (n_x, n_t), complex.

    Source: the integrating factor is that of L. N. Trefethen, Spectral Methods in MATLAB (2000), p27; the
    steps are DOP853 of E. Hairer, S. P. Norsett and G. Wanner, Solving Ordinary Differential Equations I.

    >>> heat = Evolution(lambda k: -(k**2) + 0j, np.zeros_like, np.cos, (0, 2 * np.pi))
    >>> u = evolve(heat, np.array([0.0]), np.array([1.0]), modes=4)
    >>> float(u[0, 0].real.round(9))
    0.367879441
    """
    low, high = law.period
    index = np.fft.fftfreq(_SAMPLES, 1 / _SAMPLES).astype(int)
    start = np.fft.fft(law.start(low + (high - low) * np.arange(_SAMPLES) / _SAMPLES), norm="forward")
    symbol = np.asarray(law.symbol(2 * np.pi / (high - low) * index), dtype=complex)
    size = np.abs(index)
    kept = size < modes
    short = ~kept & (size < _REACH * modes) & (np.abs(start) > _ROUNDING * np.abs(start).max())
    place = (x - low) / (high - low)
    long = _kept(law, symbol[kept], index[kept], start[kept], t, modes, tolerance, absolute)
    values = _summed(long, index[kept], place)
    for part in np.array_split(np.flatnonzero(short), max(1, short.sum() // _BLOCK)):
        factor = np.exp((symbol[part] + 1j * law.phase)[:, None] * t)
        values += _summed(start[part, None] * factor, index[part], place)
    values[:, t == 0] = law.start(x)[:, None]
    return values


def _kept(
    law: Evolution,
    symbol: Array,
    index: Array,
    start: Array,
    t: Array,
    modes: int,
    tolerance: float,
    absolute: float,
) -> Array:
    """The coefficients of the waves that are kept, (len(index), len(t))."""
    from scipy.integrate import solve_ivp

    grid = 4 * modes  # no product of three of them folds back onto one of them
    turn, decay = 1j * np.imag(symbol), np.real(symbol)
    padded = np.zeros(grid, complex)

    def rates(now: float, state: Array) -> Array:
        factor = np.exp(turn * now)
        padded[index] = factor * state
        u = np.fft.ifft(padded, norm="forward")
        return decay * state + np.fft.fft(law.nonlinear(u), norm="forward")[index] / factor

    if t[-1] == 0:
        return np.repeat(start[:, None], len(t), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):  # of a first step too long, which is taken back
        run = solve_ivp(rates, (0.0, t[-1]), start, "DOP853", t, rtol=tolerance, atol=absolute)
    return run.y * np.exp(turn[:, None] * t)


def _summed(coefficients: Array, index: Array, place: Array) -> Array:
    """The series (n_x, n_t) of coefficients (n_k, n_t) at places in units of the period."""
    return np.exp(2j * np.pi * np.outer(place, index)) @ coefficients
