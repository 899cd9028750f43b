"""Ordinary differential equations: Lorenz, Van der Pol and Lotka-Volterra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ._entry import Array, Entry, Nodes

Rates = Callable[[float, Array], Sequence[float]]

#: Below this, rounding makes the steps' errors.
_TOLERANCE = 1e-13


def _solution(names: Sequence[str], rates: Rates, start: Sequence[float]) -> Callable[[Nodes], Mapping]:
    def solution(nodes: Nodes) -> Mapping[str, Array]:
        from scipy.integrate import solve_ivp

        t = nodes["t"]
        if t[-1] == 0:
            return {name: np.full(len(t), value) for name, value in zip(names, start, strict=False)}
        run = solve_ivp(rates, (0.0, t[-1]), start, "DOP853", t, rtol=_TOLERANCE, atol=_TOLERANCE)
        return dict(zip(names, run.y[: len(names)], strict=True))

    return solution


def _lorenz(_: float, state: Array) -> Sequence[float]:
    u, v, w = state
    return 10 * (v - u), u * (28 - w) - v, u * v - 8 / 3 * w


def _van_der_pol(_: float, state: Array) -> Sequence[float]:
    u, rate = state
    return rate, (1 - u**2) * rate - u


def _lotka_volterra(_: float, state: Array) -> Sequence[float]:
    u, v = state
    return 2 / 3 * u - 4 / 3 * u * v, u * v - v


lorenz = Entry(
    name="lorenz",
    title="Lorenz system",
    citation="E. N. Lorenz, J. Atmos. Sci. 20 (1963) 130",
    equation=("u_t = 10*(v - u)", "v_t = u*(28 - w) - v", "w_t = u*v - (8/3)*w"),
    domain={"t": (0, 5)},
    conditions=("u(0) = 1", "v(0) = 1", "w(0) = 1"),
    solution=_solution("uvw", _lorenz, (1.0, 1.0, 1.0)),
    grid={"t": 501},
)

van_der_pol = Entry(
    name="van_der_pol",
    title="Van der Pol oscillator",
    citation="B. van der Pol, Phil. Mag. 2 (1926) 978",
    equation=("u_tt = (1 - u^2)*u_t - u",),
    domain={"t": (0, 10)},
    conditions=("u(0) = 2", "u_t(0) = 0"),
    solution=_solution("u", _van_der_pol, (2.0, 0.0)),
    grid={"t": 501},
)

lotka_volterra = Entry(
    name="lotka_volterra",
    title="Lotka-Volterra system",
    citation="A. J. Lotka, Elements of Physical Biology (1925); V. Volterra, Nature 118 (1926) 558",
    equation=("u_t = (2/3)*u - (4/3)*u*v", "v_t = u*v - v"),
    domain={"t": (0, 10)},
    conditions=("u(0) = 1", "v(0) = 1"),
    solution=_solution("uv", _lotka_volterra, (1.0, 1.0)),
    grid={"t": 501},
)
