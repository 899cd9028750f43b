"""Reference solutions of systems, in one or two dimensions: Fourier pseudo-spectral, as fine as needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import SimulationError
from .._etdrk4 import integrate
from .._spectrum import from_spectrum, next_grid, resized, to_spectrum
from ._law import Array, Period, Request

Profile = Callable[..., Array] | Sequence[Any] | Array

TAIL = {1: 1e-12, 2: 1e-10}  # largest relative amplitude allowed at the shortest waves, by dimension
STEP_TOLERANCE = {1: 1e-10, 2: 1e-9}  # largest error of a step before extrapolation, relative to the solution
COARSEST_GRID = {1: 128, 2: 64}
FINEST_GRID = {1: 8192, 2: 576}


@dataclass(frozen=True)
class Waves:
    """The waves of a periodic grid, of which those up to 2/5 of its points are kept.

    The waves that fold back onto these are 3/2 as short as the shortest kept ones: where those have reached
    `TAIL`, by a decay that is exponential or faster, what folds back is below TAIL^(3/2), rounding.

    shape: the grid's points by axis.
    periods: each axis' start and end.
    """

    shape: tuple[int, ...]
    periods: tuple[Period, ...]

    @cached_property
    def indices(self) -> tuple[Array, ...]:
        """The number of waves in the period, by axis, each to be broadcast against the others."""
        found = []
        for axis, n in enumerate(self.shape):
            last = axis == len(self.shape) - 1
            index = np.arange(n // 2 + 1) if last else np.fft.fftfreq(n, 1 / n)
            found.append(index.reshape([-1 if a == axis else 1 for a in range(len(self.shape))]))
        return tuple(found)

    @cached_property
    def k(self) -> tuple[Array, ...]:
        """The wave numbers by axis, in radians per unit."""
        return tuple(
            2 * np.pi / (end - start) * index
            for index, (start, end) in zip(self.indices, self.periods, strict=True)
        )

    @cached_property
    def square(self) -> Array:
        """The sum of the squares of the wave numbers, at every mode."""
        return np.asarray(sum(k**2 for k in self.k))

    @cached_property
    def kept(self) -> tuple[int, ...]:
        return tuple(2 * n // 5 for n in self.shape)

    @cached_property
    def mask(self) -> Array:
        inside = [np.abs(index) < kept for index, kept in zip(self.indices, self.kept, strict=True)]
        return np.logical_and.reduce(np.broadcast_arrays(*inside)).astype(float)

    def points(self) -> tuple[Array, ...]:
        """The grid's points by axis, each to be broadcast against the others."""
        axes = [
            np.linspace(start, end, n, endpoint=False)
            for n, (start, end) in zip(self.shape, self.periods, strict=True)
        ]
        return tuple(np.meshgrid(*axes, indexing="ij", sparse=True))

    def fields(self, spectra: Array) -> Array:
        """Real fields (m, *grid) of coefficients (m, *modes)."""
        return from_spectrum(spectra, self.shape)

    def spectra(self, fields: Sequence[Array] | Array) -> Array:
        """The coefficients (m, *modes) of real fields (m, *grid), without the waves that are not kept."""
        return to_spectrum(np.asarray(fields)) * self.mask

    def reaches(self, spectra: Array, share: float) -> Array:
        """The largest amplitude beyond a share of the kept waves of each axis."""
        amplitude = np.abs(spectra).max(axis=0)
        return np.array(
            [
                np.max(amplitude, where=np.abs(index) >= share * kept, initial=0.0)
                for index, kept in zip(self.indices, self.kept, strict=True)
            ]
        )


@dataclass(frozen=True)
class SpectralLaw:
    """The system v_t = L v + N(v) of m real states on periodic axes, by what it does to their coefficients.

    linear: the symbol of L, (m, *modes), or (m, m, *modes) where it couples the states.
    nonlinear: N(v) for the coefficients (m, *modes) of v.
    """

    linear: Callable[[Waves], Array]
    nonlinear: Callable[[Array, Waves], Array]


@dataclass(frozen=True)
class SpectralProblem:
    """A `SpectralLaw` on a grid, as the integrator wants it."""

    law: SpectralLaw
    waves: Waves

    @cached_property
    def _symbol(self) -> Array:
        return np.asarray(self.law.linear(self.waves)) * self.waves.mask

    def tolerance(self) -> float:
        return STEP_TOLERANCE[len(self.waves.shape)]

    def linear(self) -> Array:
        return self._symbol

    def nonlinear(self, state: Array, t: float) -> Array:
        return self.law.nonlinear(state, self.waves)

    def finer(self, state: Array) -> SpectralProblem | None:
        waves, rank = self.waves, len(self.waves.shape)
        short = waves.reaches(state, 15 / 16) > TAIL[rank] * np.abs(state).max()
        if not np.any(short):
            return None
        shape = tuple(next_grid(n) if more else n for n, more in zip(waves.shape, short, strict=True))
        if max(shape) > FINEST_GRID[rank]:
            raise SimulationError(
                f"The reference solution needs more than {FINEST_GRID[rank]} points along an axis to be "
                "resolved: choose parameters with more damping, a smoother initial profile or an earlier end."
            )
        return SpectralProblem(self.law, Waves(shape, waves.periods))

    def refined(self, state: Array, finer: SpectralProblem) -> Array:
        return resized(state, self.waves.shape, finer.waves.shape) * finer.waves.mask

    def filtered(self, state: Array) -> Array:
        return state


def solve_spectral(
    request: Request,
    law: SpectralLaw,
    profiles: Sequence[Profile],
    *,
    write: Callable[[Array], Array] = lambda coefficients: coefficients,
    read: Callable[[Array, Waves], Array] = lambda state, waves: state,
) -> tuple[Array, Mapping[str, Any]]:
    """The solution of a system at any points, as the exact value of its Fourier series.

    Args:
        request: its axes, points and times.
        law: the system.
        profiles: for each state its values at t = 0, as a function of the axes or as samples at equal steps.
        write: the state that the coefficients of the profiles stand for.
        read: what is wanted of a state: coefficients (n, *modes) of the fields that are returned.

    Returns:
        The fields wanted (n, n_t, *points), and the solver's settings.
    """
    periods = tuple(request.periods.values())
    waves, coefficients = _start(profiles, periods)
    times = request.t if request.t[0] == 0 else np.concatenate([[0.0], request.t])
    bases: dict[tuple[int, ...], list[tuple[Array, Array]]] = {}

    def sample(current: Any, v: Array) -> Array:
        at = current.waves
        if at.shape not in bases:
            bases[at.shape] = [
                _basis(index.ravel(), kept, (points - start) / (end - start))
                for index, kept, points, (start, end) in zip(
                    at.indices, at.kept, request.points.values(), at.periods, strict=True
                )
            ]
        return _summed(read(v, at), bases[at.shape])

    samples, counts = integrate(SpectralProblem(law, waves), write(coefficients), times, sample=sample)
    settings = {
        "solver": "Fourier pseudo-spectral with dealiasing; ETDRK4 with extrapolated step doubling",
        "tolerance": STEP_TOLERANCE[len(periods)],
        "grid": " x ".join(map(str, max(bases))),
        "steps": counts["steps"],
    }
    return np.array(samples[len(times) - len(request.t) :]).swapaxes(0, 1), settings


def start_profiles(request: Request, names: Sequence[str], default: Sequence[Profile]) -> Sequence[Profile]:
    """The profiles that were asked for, one for each name, or else the default ones."""
    initial = request.initial
    if initial is None:
        return default
    if len(names) == 1:
        return [initial]
    try:
        if not isinstance(initial, Mapping):
            initial = dict(zip(names, initial, strict=True))
        return [initial[name] for name in names]
    except (KeyError, TypeError, ValueError):
        raise SimulationError(
            f"The initial state needs a profile for each of {', '.join(names)}: pass "
            f"initial=({', '.join(names)})."
        ) from None


def random_plane(
    periods: Mapping[str, Period], *, modes: int, amplitude: float, seed: int
) -> Callable[[Array, Array], Array]:
    """A smooth function with all waves of the plane up to some mode excited, of the given standard deviation.

    Its mean is zero; amplitudes fall slowly with the wave number, and phases are random.
    """
    generator = np.random.default_rng(seed)
    m = np.arange(-modes, modes + 1)
    size = np.exp(-(m[:, None] ** 2 + m**2) / modes**2) * generator.uniform(0.6, 1.0, (len(m), len(m)))
    size[modes, modes] = 0.0
    size *= amplitude / np.sqrt(np.sum(size**2) / 2)
    weights = size * np.exp(2j * np.pi * generator.uniform(0, 1, size.shape))

    def profile(x: Array, y: Array) -> Array:
        along = [
            np.exp(2j * np.pi * np.multiply.outer((np.ravel(at) - start) / (end - start), m))
            for at, (start, end) in zip((x, y), periods.values(), strict=True)
        ]
        return (along[0] @ weights @ along[1].T).real

    return profile


def _start(profiles: Sequence[Profile], periods: tuple[Period, ...]) -> tuple[Waves, Array]:
    """The grid on which all profiles are resolved, and their coefficients on it."""
    rank = len(periods)
    given = [profile if callable(profile) else _samples(profile, rank) for profile in profiles]
    waves = Waves((COARSEST_GRID[rank],) * rank, periods)
    while True:
        rows = []
        for profile in given:
            if isinstance(profile, np.ndarray):
                rows.append(resized(to_spectrum(profile[None]), profile.shape, waves.shape)[0])
            else:
                values = np.asarray(profile(*waves.points()), dtype=float)
                rows.append(to_spectrum(np.broadcast_to(values, waves.shape)[None])[0])
        whole = np.array(rows)
        if not np.all(np.isfinite(whole)):
            raise SimulationError(
                "The initial profile holds values that are not finite numbers; give finite ones."
            )
        state = whole * waves.mask
        # The first steps need room for the waves that products make of those of the start.
        short = waves.reaches(whole, 0.7) > TAIL[rank] / 10 * max(float(np.abs(whole).max()), 1e-300)
        shape = tuple(next_grid(n) if more else n for n, more in zip(waves.shape, short, strict=True))
        if not np.any(short) or max(shape) > FINEST_GRID[rank]:
            return waves, state
        waves = Waves(shape, periods)


def _samples(profile: Any, rank: int) -> Array:
    values = np.asarray(profile, dtype=float)
    if values.ndim != rank:
        raise SimulationError(
            f"Initial samples need {rank} dimension{'s' if rank > 1 else ''}, and these have {values.ndim}."
        )
    return values


def _basis(index: Array, kept: int, offset: Array) -> tuple[Array, Array]:
    """The rows of coefficients that are kept, and the matrix (rows, points) that sums them."""
    rows = np.flatnonzero(np.abs(index) < kept)
    return rows, np.exp(2j * np.pi * np.outer(index[rows], offset))


def _summed(spectra: Array, bases: Sequence[tuple[Array, Array]]) -> Array:
    """Real fields (n, *points) of one-sided coefficients (n, *modes)."""
    rows, basis = bases[-1]
    twice = np.where(rows > 0, 2.0, 1.0)
    values = (spectra[..., rows] * twice) @ basis
    if len(bases) == 2:
        rows, basis = bases[0]
        values = np.einsum("nkj,ki->nij", values[:, rows], basis, optimize=True)
    return np.real(values)
