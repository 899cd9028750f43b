"""Reference solutions on a periodic axis: Fourier pseudo-spectral in x, as fine as the solution needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import SimulationError
from .._etdrk4 import integrate
from .._spectrum import next_grid
from ._law import Array, Request, Solution

Profile = Callable[[Array], Array] | Sequence[float] | Array

TAIL = 1e-12  # largest relative amplitude allowed at the shortest waves that are kept
STEP_TOLERANCE = 1e-10  # largest error of a time step before extrapolation, relative to the solution
COARSEST_GRID = 128
FINEST_GRID = 8192


@dataclass(frozen=True)
class PeriodicLaw:
    """The law u_t = L u + M g(u) on one periodic axis, by the Fourier symbols of L and M.

    symbol: maps wave numbers k (radians per unit of x) to the eigenvalues of L.
    multiplier: maps wave numbers to the eigenvalues of M.
    product: the pointwise nonlinear function g.
    degree: the degree of the polynomial g; waves above 1/(degree + 1) of the grid's are dropped, so that no
        product folds back onto the waves that are kept.
    """

    symbol: Callable[[Array], Array]
    multiplier: Callable[[Array], Array]
    product: Callable[[Array], Array]
    degree: int


@dataclass(frozen=True)
class PeriodicProblem:
    """A `PeriodicLaw` on a grid of n points, as the integrator wants it; its state is (1, kept)."""

    law: PeriodicLaw
    length: float
    n: int

    @cached_property
    def kept(self) -> int:
        return self.n // (self.law.degree + 1)

    @cached_property
    def _wave_numbers(self) -> Array:
        return 2 * np.pi / self.length * np.arange(self.kept)

    @cached_property
    def _symbol(self) -> Array:
        return np.asarray(self.law.symbol(self._wave_numbers))[None]

    @cached_property
    def _multiplier(self) -> Array:
        return np.asarray(self.law.multiplier(self._wave_numbers))[None]

    def tolerance(self) -> float:
        return STEP_TOLERANCE

    def linear(self) -> Array:
        return self._symbol

    def nonlinear(self, state: Array, t: float) -> Array:
        u = np.fft.irfft(state, self.n, norm="forward")
        return self._multiplier * np.fft.rfft(self.law.product(u), norm="forward")[:, : self.kept]

    def finer(self, state: Array) -> PeriodicProblem | None:
        amplitude = np.abs(state[0])
        if amplitude[-(self.kept // 16) :].max() <= TAIL * amplitude.max():
            return None
        larger = next_grid(self.n)
        if larger > FINEST_GRID:
            raise SimulationError(
                f"The reference solution needs more than {FINEST_GRID} points to be resolved: choose "
                "parameters with more damping, a smoother initial profile or an earlier end."
            )
        return PeriodicProblem(self.law, self.length, larger)

    def refined(self, state: Array, finer: PeriodicProblem) -> Array:
        padded = np.zeros((1, finer.kept), complex)
        padded[:, : self.kept] = state
        return padded

    def filtered(self, state: Array) -> Array:
        return state


def solve_periodic(request: Request, law: PeriodicLaw, profile: Profile) -> Solution:
    """The solution of a semilinear law on a periodic axis; at any x, the exact value of its Fourier series.

    Args:
        request: its axis, points and times.
        law: the law's Fourier symbols.
        profile: u at t = 0, a function of x or samples at equal steps over the period without its end point.
    """
    start, length = _extent(request.period)
    problem, state = _start(law, spectrum(profile, request.period), length)
    times = request.t if request.t[0] == 0 else np.concatenate([[0.0], request.t])

    bases: dict[int, Array] = {}

    def sample(current: Any, v: Array) -> Array:
        if current.n not in bases:
            bases[current.n] = fourier_basis(request.x - start, length, current.kept)
        return (v[0] @ bases[current.n]).real

    samples, counts = integrate(problem, state, times, sample=sample)
    settings = {
        "solver": "Fourier pseudo-spectral with dealiasing; ETDRK4 with extrapolated step doubling",
        "tolerance": STEP_TOLERANCE,
        "grid": max(bases),
        "steps": counts["steps"],
    }
    return Solution({"u": np.array(samples[len(times) - len(request.t) :])}, settings)


def solve_linear(request: Request, propagator: Callable[[Array, float], Array], profile: Profile) -> Array:
    """The exact solution (n_t, n_x) of a linear law: each mode of the profile times its propagator(k, t)."""
    start, length = _extent(request.period)
    modes = spectrum(profile, request.period)
    k = 2 * np.pi / length * np.arange(len(modes))
    basis = fourier_basis(request.x - start, length, len(modes))
    rows = [(modes * propagator(k, now)) @ basis for now in request.t.tolist()]
    return np.real(np.array(rows))


def spectrum(profile: Profile, period: tuple[float, float]) -> Array:
    """The normalised Fourier coefficients (modes 0, 1, ...) of a profile, up to the last one that matters."""
    start, length = _extent(period)
    if callable(profile):
        n = COARSEST_GRID
        while True:
            values = np.asarray(profile(start + length * np.arange(n) / n), dtype=float)
            modes = np.fft.rfft(values, norm="forward")
            size = np.abs(modes)
            if size[-n // 8 :].max() <= 1e-14 * max(size.max(), 1e-300) or 2 * n > FINEST_GRID:
                break
            n *= 2
    else:
        modes = np.fft.rfft(np.asarray(profile, dtype=float), norm="forward")
        if len(profile) % 2 == 0:
            modes[-1] /= 2
        size = np.abs(modes)
    if not np.all(np.isfinite(modes)):
        raise SimulationError(
            "The initial profile holds values that are not finite numbers; give finite ones."
        )
    matters = np.flatnonzero(size > 1e-16 * max(size.max(), 1e-300))
    return modes[: matters[-1] + 1] if len(matters) else modes[:1]


def fourier_basis(offset: Array, length: float, modes: int) -> Array:
    """The matrix (modes, n_x) that sums a real function's one-sided Fourier coefficients at some offsets."""
    basis = np.exp(2j * np.pi / length * np.outer(np.arange(modes), offset))
    basis[1:] *= 2
    return basis


def start_profile(request: Request, *, modes: int, amplitude: float, mean: float = 0.0) -> Profile:
    """The profile that was asked for, or else a random one of so many modes."""
    if request.initial is not None:
        return request.initial
    return random_profile(request.period, modes=modes, amplitude=amplitude, mean=mean, seed=request.seed)


def random_profile(
    period: tuple[float, float], *, modes: int, amplitude: float, seed: int, mean: float = 0.0
) -> Callable[[Array], Array]:
    """A smooth periodic function with all of its first modes excited, of the given standard deviation.

    Amplitudes fall slowly with the wave number and phases are random, so that no law sees a travelling wave,
    a symmetry or a single wave, on which candidate terms are collinear.
    """
    start, length = _extent(period)
    generator = np.random.default_rng(seed)
    k = np.arange(1, modes + 1)
    size = np.exp(-((k / modes) ** 2)) * generator.uniform(0.6, 1.0, modes)
    size *= amplitude / np.sqrt(np.sum(size**2) / 2)
    phase = generator.uniform(0, 2 * np.pi, modes)

    def profile(x: Array) -> Array:
        angle = 2 * np.pi / length * np.multiply.outer(np.asarray(x) - start, k)
        return mean + np.cos(angle + phase) @ size

    return profile


def _extent(period: tuple[float, float]) -> tuple[float, float]:
    """A period's start and length."""
    return period[0], period[1] - period[0]


def _start(law: PeriodicLaw, modes: Array, length: float) -> tuple[PeriodicProblem, Array]:
    n = COARSEST_GRID
    while n // (law.degree + 1) < 1.5 * len(modes) and n < FINEST_GRID:
        n = next_grid(n)
    problem = PeriodicProblem(law, length, n)
    state = np.zeros((1, problem.kept), complex)
    count = min(problem.kept, len(modes))
    state[0, :count] = modes[:count]
    return problem, state
