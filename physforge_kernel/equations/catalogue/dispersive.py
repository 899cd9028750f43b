"""Nonlinear waves: Schrödinger and sine-Gordon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import SimulationError
from ._fourier import random_profile
from ._law import Array, Family, Parameter, Request, Solution
from ._spectral import Profile, SpectralLaw, Waves, solve_spectral
from .linear import start_pair


def _schroedinger(request: Request) -> Solution:
    dispersion, focusing = request.parameters["dispersion"], request.parameters["focusing"]

    def linear(waves: Waves) -> Array:
        turn = 1j * dispersion * waves.square
        return np.array([-turn, turn])

    def nonlinear(state: Array, waves: Waves) -> Array:
        re, im = waves.fields(_parts(state))
        size = focusing * (re**2 + im**2)
        return _turning(waves.spectra([-size * im, size * re]))

    (re, im), settings = solve_spectral(
        request,
        SpectralLaw(linear, nonlinear),
        _complex_start(request),
        write=_turning,
        read=lambda state, _: _parts(state),
    )
    return Solution({"u": re + 1j * im}, settings)


def _turning(parts: Array) -> Array:
    """From the coefficients of the parts those of u and its conjugate, which dispersion does not couple."""
    return np.array([parts[0] + 1j * parts[1], parts[0] - 1j * parts[1]])


def _parts(state: Array) -> Array:
    """The coefficients of the real and the imaginary part of u."""
    return np.array([state[0] + state[1], -1j * (state[0] - state[1])]) / 2


def _complex_start(request: Request) -> tuple[Profile, Profile]:
    """The real and the imaginary part of u at t = 0."""
    initial, seed = request.initial, request.seed
    if initial is None:
        real = random_profile(request.period, modes=4, amplitude=0.5, seed=seed, mean=0.5)
        imaginary = random_profile(request.period, modes=4, amplitude=0.5, seed=seed + 1_000_003)
        return real, imaginary
    if callable(initial):
        profile: Callable[..., Any] = initial
        return (lambda x: np.real(profile(x))), (lambda x: np.imag(profile(x)))
    try:
        values = np.asarray(initial, dtype=complex)
    except (TypeError, ValueError):
        raise SimulationError(
            "The initial u is a function of x, or complex samples over the period."
        ) from None
    return np.real(values), np.imag(values)


def _sine_gordon(request: Request) -> Solution:
    c, strength = request.parameters["c"], request.parameters["strength"]

    def linear(waves: Waves) -> Array:  # of u and u_t
        pull = -(c**2) * waves.square
        return np.array([[np.zeros_like(pull), np.ones_like(pull)], [pull, np.zeros_like(pull)]])

    def nonlinear(state: Array, waves: Waves) -> Array:
        rates = np.zeros_like(state)
        rates[1:] = waves.spectra(-strength * np.sin(waves.fields(state[:1])))
        return rates

    profiles = start_pair(request, modes=5, rate=1.0, amplitude=1.8)
    (u, _), settings = solve_spectral(request, SpectralLaw(linear, nonlinear), profiles)
    return Solution({"u": u}, settings)


schroedinger = Family(
    name="schroedinger",
    title="Nonlinear Schrödinger equation",
    citation="V. E. Zakharov and A. B. Shabat, Sov. Phys. JETP 34 (1972)",
    parameters={
        "dispersion": Parameter(0.5, "dispersion", positive=False, unit="x^2/t"),
        "focusing": Parameter(1.0, "strength of the focusing term", positive=False, unit="1/(t*u^2)"),
    },
    terms=lambda p: {"u_t": {"conj(u)*u^2": 1j * p["focusing"], "u_xx": 1j * p["dispersion"]}},
    solve=_schroedinger,
    periods={"x": (-8.0, 8.0)},
    duration=3.0,
    counts=(151, 256),
)

sine_gordon = Family(
    name="sine_gordon",
    title="Sine-Gordon equation",
    citation="J. Rubinstein, J. Math. Phys. 11 (1970); M. J. Ablowitz et al., Phys. Rev. Lett. 30 (1973)",
    parameters={
        "c": Parameter(1.0, "speed of the shortest waves", unit="x/t"),
        "strength": Parameter(1.0, "square of the frequency of small oscillations", unit="1/t^2"),
    },
    terms=lambda p: {"u_tt": {"sin(u)": -p["strength"], "u_xx": p["c"] ** 2}},
    solve=_sine_gordon,
    periods={"x": (-10.0, 10.0)},
    duration=10.0,
    counts=(201, 256),
)
