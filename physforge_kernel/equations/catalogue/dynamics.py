"""Ordinary differential equations: Lorenz, Lotka-Volterra, FitzHugh-Nagumo and Hindmarsh-Rose."""

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


def _product(*factors: float) -> float:
    """The product of parameters as one writes it: 0.08 times 0.7 is 0.056, and not 0.055999999999999994."""
    return float(f"{np.prod(factors):.15g}")


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


def _fitzhugh_nagumo(request: Request) -> Solution:
    a, b, rate, current = (request.parameters[name] for name in ("a", "b", "rate", "current"))

    def rates(_: float, state: Array) -> Sequence[float]:
        v, w = state
        return v - v**3 / 3 - w + current, rate * (v + a - b * w)

    return _solve(request, "vw", rates, (-1.5, -0.5), (1.5, 1.0))


def _hindmarsh_rose(request: Request) -> Solution:
    names = ("a", "b", "c", "d", "rate", "s", "rest", "current")
    a, b, c, d, rate, s, rest, current = (request.parameters[name] for name in names)

    def rates(_: float, state: Array) -> Sequence[float]:
        x, y, z = state
        return (
            y - a * x**3 + b * x**2 - z + current,
            c - d * x**2 - y,
            rate * (s * (x - rest) - z),
        )

    return _solve(request, "xyz", rates, (-1.5, -5.0, 0.0), (0.5, 0.0, 1.0))


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
        "alpha": Parameter(2 / 3, "growth rate of the prey x", unit="1/t"),
        "beta": Parameter(4 / 3, "rate at which predators take prey", unit="1/(t*y)"),
        "gamma": Parameter(1.0, "death rate of the predators y", unit="1/t"),
        "delta": Parameter(1.0, "growth rate of the predators for each prey", unit="1/(t*x)"),
    },
    terms=lambda p: {
        "x_t": {"x": p["alpha"], "x*y": -p["beta"]},
        "y_t": {"x*y": p["delta"], "y": -p["gamma"]},
    },
    solve=_lotka_volterra,
    duration=20.0,
    counts=(401,),
)

fitzhugh_nagumo = Family(
    name="fitzhugh_nagumo",
    title="FitzHugh-Nagumo system",
    citation="R. FitzHugh, Biophys. J. 1 (1961); J. Nagumo, S. Arimoto and S. Yoshizawa, Proc. IRE 50 (1962)",
    parameters={
        "a": Parameter(0.7, "offset of the recovery w", positive=False),
        "b": Parameter(0.8, "decay of the recovery w, over its rate", positive=False),
        "rate": Parameter(0.08, "rate of the recovery w over that of the voltage v"),
        "current": Parameter(0.5, "current into the membrane", positive=False),
    },
    terms=lambda p: {
        "v_t": {"1": p["current"], "v": 1.0, "w": -1.0, "v^3": -1 / 3},
        "w_t": {"1": _product(p["rate"], p["a"]), "v": p["rate"], "w": -_product(p["rate"], p["b"])},
    },
    solve=_fitzhugh_nagumo,
    duration=100.0,
    counts=(1001,),
)

hindmarsh_rose = Family(
    name="hindmarsh_rose",
    title="Hindmarsh-Rose system",
    citation="J. L. Hindmarsh and R. M. Rose, Proc. R. Soc. Lond. B 221 (1984)",
    parameters={
        "a": Parameter(1.0, "cubic part of the fast current"),
        "b": Parameter(3.0, "quadratic part of the fast current"),
        "c": Parameter(1.0, "constant part of the spiking variable y", positive=False),
        "d": Parameter(5.0, "quadratic part of the spiking variable y"),
        "rate": Parameter(0.01, "rate of the adaptation z over that of the voltage x"),
        "s": Parameter(4.0, "strength of the adaptation"),
        "rest": Parameter(-1.6, "voltage at rest", positive=False),
        "current": Parameter(3.25, "current into the membrane", positive=False),
    },
    terms=lambda p: {
        "x_t": {"1": p["current"], "y": 1.0, "z": -1.0, "x^2": p["b"], "x^3": -p["a"]},
        "y_t": {"1": p["c"], "y": -1.0, "x^2": -p["d"]},
        "z_t": {
            "1": -_product(p["rate"], p["s"], p["rest"]),
            "x": _product(p["rate"], p["s"]),
            "z": -p["rate"],
        },
    },
    solve=_hindmarsh_rose,
    duration=400.0,
    counts=(4001,),
)
