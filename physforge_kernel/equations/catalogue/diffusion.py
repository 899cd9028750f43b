"""Nonlinear diffusion: the porous medium equation and Cahn-Hilliard, both the divergence of a flux."""

from __future__ import annotations

import numpy as np

from ...errors import SimulationError
from ._fourier import FINEST_GRID, PeriodicLaw, random_profile, solve_periodic, start_profile
from ._law import Array, Family, Parameter, Request, Solution


def _porous_medium(request: Request) -> Solution:
    diffusivity = request.parameters["diffusivity"]
    initial = request.initial
    if initial is None:
        waves = random_profile(request.period, modes=4, amplitude=1.0, seed=request.seed)

        def initial(x: Array) -> Array:  # a density, and away from zero, where diffusion stops
            return np.exp(waves(x))

    if callable(initial):
        values = np.asarray(initial(np.linspace(*request.period, FINEST_GRID)), dtype=float)
    else:
        values = np.asarray(initial, dtype=float)
    if np.any(values <= 0):
        raise SimulationError(
            "The porous medium equation is solved for densities above zero only, as a solution has sharp "
            "edges where its density ends: raise the start, or take exact.barenblatt."
        )
    # u stays between its first extremes, so that this much diffusion of the linear part makes the rest tame.
    level = (values.max() + values.min()) / 2
    law = PeriodicLaw(
        symbol=lambda k: -2 * level * diffusivity * k**2,
        multiplier=lambda k: -diffusivity * k**2,
        product=lambda u: u * (u - 2 * level),
        degree=2,
    )
    return solve_periodic(request, law, initial)


def _cahn_hilliard(request: Request) -> Solution:
    mobility, gamma = request.parameters["mobility"], request.parameters["gamma"]
    law = PeriodicLaw(
        symbol=lambda k: mobility * (k**2 - gamma * k**4),
        multiplier=lambda k: -mobility * k**2,
        product=lambda u: u**3,
        degree=3,
    )
    return solve_periodic(request, law, start_profile(request, modes=8, amplitude=0.6, mean=0.1))


porous_medium = Family(
    name="porous_medium",
    title="Porous medium equation",
    citation="J. L. Vázquez, The Porous Medium Equation (2007), chapter 1; m = 2, after Boussinesq (1904)",
    parameters={"diffusivity": Parameter(0.3, "diffusivity D of the flux -D (u^2)_x", unit="x^2/(t*u)")},
    terms=lambda p: {"u_t": {"u_x^2": 2 * p["diffusivity"], "u*u_xx": 2 * p["diffusivity"]}},
    solve=_porous_medium,
    periods={"x": (0.0, 2 * np.pi)},
    duration=0.3,
    counts=(101, 256),
)

cahn_hilliard = Family(
    name="cahn_hilliard",
    title="Cahn-Hilliard equation",
    citation="J. W. Cahn and J. E. Hilliard, J. Chem. Phys. 28 (1958); J. W. Cahn, Acta Metall. 9 (1961)",
    parameters={
        "mobility": Parameter(1.0, "mobility", unit="x^2/t"),
        "gamma": Parameter(0.5, "gradient energy, the square of the interfaces' width", unit="x^2"),
    },
    terms=lambda p: {
        "u_t": {
            "u*u_x^2": 6 * p["mobility"],
            "u^2*u_xx": 3 * p["mobility"],
            "u_xx": -p["mobility"],
            "u_xxxx": -p["mobility"] * p["gamma"],
        }
    },
    solve=_cahn_hilliard,
    periods={"x": (0.0, 40.0)},
    duration=8.0,
    counts=(101, 256),
)
