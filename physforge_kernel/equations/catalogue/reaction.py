"""Reaction and diffusion on a line: Allen-Cahn, Chafee-Infante and Fisher-KPP."""

from __future__ import annotations

import numpy as np

from ._fourier import PeriodicLaw, random_profile, solve_periodic, start_profile
from ._law import Array, Family, Parameter, Request, Solution


def _one(k: Array) -> Array:
    return np.ones_like(k)


def _bistable(diffusivity: float, rate: float) -> PeriodicLaw:
    """u_t = diffusivity u_xx + rate (u - u^3)."""
    return PeriodicLaw(
        symbol=lambda k: rate - diffusivity * k**2,
        multiplier=_one,
        product=lambda u: -rate * u**3,
        degree=3,
    )


def _allen_cahn(request: Request) -> Solution:
    law = _bistable(request.parameters["epsilon"], request.parameters["rate"])
    return solve_periodic(request, law, start_profile(request, modes=6, amplitude=0.4))


def _chafee_infante(request: Request) -> Solution:
    law = _bistable(1.0, request.parameters["lambda"])
    return solve_periodic(request, law, start_profile(request, modes=4, amplitude=1.0))


def _fisher_kpp(request: Request) -> Solution:
    diffusivity, rate = request.parameters["diffusivity"], request.parameters["rate"]
    law = PeriodicLaw(
        symbol=lambda k: rate - diffusivity * k**2,
        multiplier=_one,
        product=lambda u: -rate * u**2,
        degree=2,
    )
    initial = request.initial
    if initial is None:
        waves = random_profile(request.period, modes=6, amplitude=0.8, seed=request.seed)

        def initial(x: Array) -> Array:  # between 0 and 1, as a population is
            return 1 / (1 + np.exp(2.0 - 3.0 * waves(x)))

    return solve_periodic(request, law, initial)


allen_cahn = Family(
    name="allen_cahn",
    title="Allen-Cahn equation",
    citation="S. M. Allen and J. W. Cahn, Acta Metallurgica 27 (1979)",
    parameters={
        "epsilon": Parameter(
            0.001, "diffusivity, the square of the interfaces' width times the rate", unit="x^2/t"
        ),
        "rate": Parameter(5.0, "rate of the reaction u - u^3", unit="1/t"),
    },
    terms=lambda p: {"u_t": {"u_xx": p["epsilon"], "u": p["rate"], "u^3": -p["rate"]}},
    solve=_allen_cahn,
    periods={"x": (-1.0, 1.0)},
    duration=1.0,
    counts=(101, 256),
)

fisher_kpp = Family(
    name="fisher_kpp",
    title="Fisher-KPP equation",
    citation="R. A. Fisher, Ann. Eugenics 7 (1937); A. Kolmogorov, I. Petrovsky and N. Piskunov (1937)",
    parameters={
        "diffusivity": Parameter(0.1, "diffusivity", unit="x^2/t"),
        "rate": Parameter(1.0, "growth rate", unit="1/t"),
    },
    terms=lambda p: {"u_t": {"u_xx": p["diffusivity"], "u": p["rate"], "u^2": -p["rate"]}},
    solve=_fisher_kpp,
    periods={"x": (0.0, 20.0)},
    duration=5.0,
    counts=(101, 256),
)

chafee_infante = Family(
    name="chafee_infante",
    title="Chafee-Infante equation",
    citation="N. Chafee and E. F. Infante, Applicable Analysis 4 (1974)",
    parameters={"lambda": Parameter(4.0, "rate of the reaction u - u^3, over that of diffusion")},
    terms=lambda p: {"u_t": {"u_xx": 1.0, "u": p["lambda"], "u^3": -p["lambda"]}},
    solve=_chafee_infante,
    periods={"x": (0.0, 4 * np.pi)},
    duration=0.5,
    counts=(101, 256),
)
