"""Linear laws, solved exactly mode by mode in Fourier space: heat, advection, wave, Klein-Gordon, beam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import SimulationError
from ._fourier import Profile, random_profile, solve_linear, start_profile
from ._law import Array, Family, Parameter, Request, Solution

_EXACT = {"solver": "exact in Fourier space", "tolerance": 1e-14}


def _heat(request: Request) -> Solution:
    alpha = request.parameters["alpha"]
    start = start_profile(request, modes=6, amplitude=1.0)
    return Solution({"u": solve_linear(request, lambda k, t: np.exp(-alpha * k**2 * t), start)}, _EXACT)


def _advection(request: Request) -> Solution:
    c = request.parameters["c"]
    start = start_profile(request, modes=8, amplitude=1.0)
    return Solution({"u": solve_linear(request, lambda k, t: np.exp(-1j * c * k * t), start)}, _EXACT)


def _wave(request: Request) -> Solution:
    c = request.parameters["c"]
    return _oscillating(request, lambda k: c * k, modes=6, rate=c)


def _klein_gordon(request: Request) -> Solution:
    c, mass = request.parameters["c"], request.parameters["mass"]
    return _oscillating(request, lambda k: np.sqrt(c**2 * k**2 + mass**2), modes=6, rate=c)


def _euler_beam(request: Request) -> Solution:
    root = np.sqrt(request.parameters["stiffness"])
    return _oscillating(request, lambda k: root * k**2, modes=4, rate=root)


def _oscillating(
    request: Request, frequency: Callable[[Array], Array], *, modes: int, rate: float
) -> Solution:
    """The law whose waves each oscillate with their own frequency(k)."""
    start, velocity = start_pair(request, modes=modes, rate=rate)
    moved = solve_linear(request, lambda k, t: np.cos(frequency(k) * t), start)
    # np.sinc(z) is sin(pi z)/(pi z): this is sin(w t)/w, and t for w = 0.
    pushed = solve_linear(request, lambda k, t: t * np.sinc(frequency(k) * t / np.pi), velocity)
    return Solution({"u": moved + pushed}, _EXACT)


def start_pair(
    request: Request, *, modes: int, rate: float, amplitude: float = 1.0
) -> tuple[Profile, Profile]:
    """The pair u, u_t that was asked for, or else random ones, u_t being `rate` times as large as u."""
    if request.initial is None:
        seed = request.seed
        return (
            random_profile(request.period, modes=modes, amplitude=amplitude, seed=seed),
            random_profile(request.period, modes=modes, amplitude=rate * amplitude, seed=seed + 1_000_003),
        )
    try:
        start, velocity = request.initial
    except (TypeError, ValueError):
        raise SimulationError(
            "A law for u_tt starts from a pair, the values and their rates: pass initial=(u, u_t)."
        ) from None
    return start, velocity


heat = Family(
    name="heat",
    title="Heat equation",
    citation="J. Fourier, Théorie analytique de la chaleur (1822)",
    parameters={"alpha": Parameter(0.1, "diffusivity", unit="x^2/t")},
    terms=lambda p: {"u_t": {"u_xx": p["alpha"]}},
    solve=_heat,
    periods={"x": (0.0, 2 * np.pi)},
    duration=2.0,
    counts=(101, 256),
)

advection = Family(
    name="advection",
    title="Advection equation",
    citation="R. J. LeVeque, Finite Volume Methods for Hyperbolic Problems (2002), section 2.1",
    parameters={"c": Parameter(1.0, "speed", positive=False, unit="x/t")},
    terms=lambda p: {"u_t": {"u_x": -p["c"]}},
    solve=_advection,
    periods={"x": (0.0, 2 * np.pi)},
    duration=2.0,
    counts=(101, 256),
)

wave = Family(
    name="wave",
    title="Wave equation",
    citation="J. le Rond d'Alembert, Hist. Acad. Sci. Berlin 3 (1747)",
    parameters={"c": Parameter(1.0, "wave speed", unit="x/t")},
    terms=lambda p: {"u_tt": {"u_xx": p["c"] ** 2}},
    solve=_wave,
    periods={"x": (0.0, 2 * np.pi)},
    duration=4.0,
    counts=(161, 256),
)

klein_gordon = Family(
    name="klein_gordon",
    title="Klein-Gordon equation",
    citation="O. Klein, Z. Phys. 37 (1926); W. Gordon, Z. Phys. 40 (1926)",
    parameters={
        "c": Parameter(1.0, "speed of the shortest waves", unit="x/t"),
        "mass": Parameter(2.0, "angular frequency of the longest waves", unit="1/t"),
    },
    terms=lambda p: {"u_tt": {"u": -(p["mass"] ** 2), "u_xx": p["c"] ** 2}},
    solve=_klein_gordon,
    periods={"x": (0.0, 2 * np.pi)},
    duration=4.0,
    counts=(161, 256),
)

euler_beam = Family(
    name="euler_beam",
    title="Euler-Bernoulli beam",
    citation="S. P. Timoshenko, Vibration Problems in Engineering (1928), after L. Euler and D. Bernoulli",
    parameters={
        "stiffness": Parameter(0.25, "bending stiffness over mass per length", unit="x^4/t^2"),
    },
    terms=lambda p: {"u_tt": {"u_xxxx": -p["stiffness"]}},
    solve=_euler_beam,
    periods={"x": (0.0, 2 * np.pi)},
    duration=4.0,
    counts=(161, 256),
)
