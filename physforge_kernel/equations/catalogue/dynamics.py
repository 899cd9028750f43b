"""Ordinary differential equations: Lorenz and Lotka-Volterra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import SimulationError
from ._law import Array, Family, Parameter, Request, Solution

_TOLERANCE = 1e-13


def _solve(
    request: Request,
    components: Sequence[str],
    rates: Callable[[float, Array], Sequence[float]],
    low: Sequence[float],
    high: Sequence[float],
) -> Solution:
    from scipy.integrate import solve_ivp

    start = np.random.default_rng(request.seed).uniform(low, high)
    if request.initial is not None:
        start = _given(request.initial, components)
    end = float(request.t[-1])
    values = np.repeat(start[:, None], len(request.t), axis=1)
    if end > 0:
        with np.errstate(all="ignore"):
            run = solve_ivp(
                rates, (0.0, end), start, method="DOP853", t_eval=request.t, rtol=_TOLERANCE, atol=_TOLERANCE
            )
        if not run.success or not np.all(np.isfinite(run.y)):
            raise SimulationError(
                "The reference solution grew without bound; choose other parameters or start."
            )
        values = run.y
    settings = {"solver": "DOP853, adaptive, of order 8", "tolerance": _TOLERANCE}
    return Solution(dict(zip(components, values, strict=True)), settings)


def _given(initial: Any, components: Sequence[str]) -> Array:
    try:
        values = [initial[name] for name in components] if isinstance(initial, Mapping) else initial
        start = np.asarray(values, dtype=float)
    except (KeyError, TypeError, ValueError):
        start = np.empty(0)
    if start.shape != (len(components),) or not np.all(np.isfinite(start)):
        raise SimulationError(
            f"The initial state needs one finite value for each of {', '.join(components)}."
        )
    return start


def _lorenz(request: Request) -> Solution:
    sigma, rho, beta = (request.parameters[name] for name in ("sigma", "rho", "beta"))

    def rates(_: float, state: Array) -> Sequence[float]:
        x, y, z = state
        return sigma * (y - x), x * (rho - z) - y, x * y - beta * z

    return _solve(request, "xyz", rates, (-9.0, 6.0, 25.0), (-7.0, 8.0, 29.0))


def _lotka_volterra(request: Request) -> Solution:
    alpha, beta, gamma, delta = (request.parameters[name] for name in ("alpha", "beta", "gamma", "delta"))

    def rates(_: float, state: Array) -> Sequence[float]:
        x, y = state
        return alpha * x - beta * x * y, delta * x * y - gamma * y

    return _solve(request, "xy", rates, (0.8, 0.8), (1.8, 1.8))


lorenz = Family(
    name="lorenz",
    title="Lorenz system",
    citation="E. N. Lorenz, Deterministic nonperiodic flow, J. Atmos. Sci. 20 (1963)",
    parameters={
        "sigma": Parameter(10.0, "Prandtl number"),
        "rho": Parameter(28.0, "Rayleigh number over its critical value", positive=False),
        "beta": Parameter(8.0 / 3.0, "shape of the convection cells"),
    },
    terms=lambda p: {
        "x_t": {"x": -p["sigma"], "y": p["sigma"]},
        "y_t": {"x": p["rho"], "x*z": -1.0, "y": -1.0},
        "z_t": {"x*y": 1.0, "z": -p["beta"]},
    },
    solve=_lorenz,
    duration=10.0,
    counts=(1001,),
)

lotka_volterra = Family(
    name="lotka_volterra",
    title="Lotka-Volterra system",
    citation="A. J. Lotka, Elements of Physical Biology (1925); V. Volterra, Nature 118 (1926)",
    parameters={
        "alpha": Parameter(2 / 3, "growth rate of the prey x"),
        "beta": Parameter(4 / 3, "rate at which predators take prey"),
        "gamma": Parameter(1.0, "death rate of the predators y"),
        "delta": Parameter(1.0, "growth rate of the predators for each prey"),
    },
    terms=lambda p: {
        "x_t": {"x": p["alpha"], "x*y": -p["beta"]},
        "y_t": {"x*y": p["delta"], "y": -p["gamma"]},
    },
    solve=_lotka_volterra,
    duration=20.0,
    counts=(401,),
)
