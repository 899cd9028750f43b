"""Linear laws, solved exactly mode by mode in Fourier space: heat, advection, wave."""

from __future__ import annotations

import numpy as np

from ...errors import SimulationError
from ._fourier import random_profile, solve_linear, start_profile
from ._law import Family, Parameter, Request, Solution

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
    if request.initial is None:
        start = random_profile(request.period, modes=6, amplitude=1.0, seed=request.seed)
        velocity = random_profile(request.period, modes=6, amplitude=c, seed=request.seed + 1_000_003)
    else:
        try:
            start, velocity = request.initial
        except (TypeError, ValueError):
            raise SimulationError("The wave equation starts from a pair: pass initial=(u, u_t).") from None
    moved = solve_linear(request, lambda k, t: np.cos(c * k * t), start)
    # np.sinc(z) is sin(pi z)/(pi z): this is sin(c k t)/(c k), and t for k = 0.
    pushed = solve_linear(request, lambda k, t: t * np.sinc(c * k * t / np.pi), velocity)
    return Solution({"u": moved + pushed}, _EXACT)


heat = Family(
    name="heat",
    title="Heat equation",
    citation="J. Fourier, Théorie analytique de la chaleur (1822)",
    parameters={"alpha": Parameter(0.1, "diffusivity")},
    terms=lambda p: {"u_t": {"u_xx": p["alpha"]}},
    solve=_heat,
    period=(0.0, 2 * np.pi),
    duration=2.0,
    counts=(101, 256),
)

advection = Family(
    name="advection",
    title="Advection equation",
    citation="R. J. LeVeque, Finite Volume Methods for Hyperbolic Problems (2002), section 2.1",
    parameters={"c": Parameter(1.0, "speed", positive=False)},
    terms=lambda p: {"u_t": {"u_x": -p["c"]}},
    solve=_advection,
    period=(0.0, 2 * np.pi),
    duration=2.0,
    counts=(101, 256),
)

wave = Family(
    name="wave",
    title="Wave equation",
    citation="J. le Rond d'Alembert, Hist. Acad. Sci. Berlin 3 (1747)",
    parameters={"c": Parameter(1.0, "wave speed")},
    terms=lambda p: {"u_tt": {"u_xx": p["c"] ** 2}},
    solve=_wave,
    period=(0.0, 2 * np.pi),
    duration=4.0,
    counts=(161, 256),
)
