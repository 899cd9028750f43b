"""Nonlinear transport: Burgers, Korteweg-de Vries and Kuramoto-Sivashinsky, all with the flux u^2/2."""

from __future__ import annotations

import numpy as np

from ._fourier import PeriodicLaw, solve_periodic, start_profile
from ._law import Array, Family, Parameter, Request, Solution


def _square(u: Array) -> Array:
    return u * u


def _burgers(request: Request) -> Solution:
    nu = request.parameters["nu"]
    law = PeriodicLaw(symbol=lambda k: -nu * k**2, multiplier=lambda k: -0.5j * k, product=_square, degree=2)
    return solve_periodic(request, law, start_profile(request, modes=3, amplitude=0.8, mean=0.2))


def _kdv(request: Request) -> Solution:
    alpha, beta = request.parameters["alpha"], request.parameters["beta"]
    law = PeriodicLaw(
        symbol=lambda k: 1j * beta * k**3,
        multiplier=lambda k: -0.5j * alpha * k,
        product=_square,
        degree=2,
    )
    return solve_periodic(request, law, start_profile(request, modes=6, amplitude=0.35, mean=0.2))


def _kuramoto_sivashinsky(request: Request) -> Solution:
    drive, damping = request.parameters["drive"], request.parameters["damping"]
    law = PeriodicLaw(
        symbol=lambda k: drive * k**2 - damping * k**4,
        multiplier=lambda k: -0.5j * k,
        product=_square,
        degree=2,
    )
    return solve_periodic(request, law, start_profile(request, modes=16, amplitude=1.3))


burgers = Family(
    name="burgers",
    title="Burgers' equation",
    citation="J. M. Burgers, Adv. Appl. Mech. 1 (1948)",
    parameters={"nu": Parameter(0.1, "viscosity", unit="x^2/t")},
    terms=lambda p: {"u_t": {"u*u_x": -1.0, "u_xx": p["nu"]}},
    solve=_burgers,
    periods={"x": (-8.0, 8.0)},
    duration=8.0,
    counts=(101, 256),
)

kdv = Family(
    name="kdv",
    title="Korteweg-de Vries equation",
    citation="D. J. Korteweg and G. de Vries, Phil. Mag. 39 (1895)",
    parameters={
        "alpha": Parameter(6.0, "strength of the steepening term u*u_x", positive=False, unit="x/(t*u)"),
        "beta": Parameter(1.0, "strength of the dispersive term u_xxx", positive=False, unit="x^3/t"),
    },
    terms=lambda p: {"u_t": {"u*u_x": -p["alpha"], "u_xxx": -p["beta"]}},
    solve=_kdv,
    periods={"x": (-20.0, 20.0)},
    duration=6.0,
    counts=(121, 256),
)

kuramoto_sivashinsky = Family(
    name="kuramoto_sivashinsky",
    title="Kuramoto-Sivashinsky equation",
    citation="Y. Kuramoto, Prog. Theor. Phys. Suppl. 64 (1978); G. Sivashinsky, Acta Astronautica 4 (1977)",
    parameters={
        "drive": Parameter(1.0, "strength of the destabilising term u_xx", unit="x^2/t"),
        "damping": Parameter(1.0, "strength of the damping term u_xxxx", unit="x^4/t"),
    },
    terms=lambda p: {"u_t": {"u*u_x": -1.0, "u_xx": -p["drive"], "u_xxxx": -p["damping"]}},
    solve=_kuramoto_sivashinsky,
    periods={"x": (0.0, 32 * np.pi)},
    duration=20.0,
    counts=(101, 256),
)
