"""Laws that the default candidates do not express: there "identified" with the wrong terms is what counts.

They are rational, fractional, nonlocal, delayed, forced or inhomogeneous, of higher order or degree than is
sought, or hold variables that nobody measured. Every seed has its own start and its own noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

import physforge_kernel as pf

LEVELS = (0.02, 0.1, 0.3)

Array = np.ndarray


def _ring(
    rates: Callable[[Array, Callable[[Array, float], Array], Array, float], Array],
    seed: int,
    *,
    amplitude: float = 1.0,
    mean: float = 0.0,
    end: float = 2.0,
    species: int = 1,
) -> xr.Dataset:
    """A field (t, x) on a ring of length 2 pi from five random waves; of several species the first is seen.

    `rates(u, d, x, t)` gives du/dt, where d(u, n) is the n-th derivative and d(u, -s) the fractional one of
    symbol |k|^s.
    """
    from scipy.integrate import solve_ivp

    points = 128
    x = np.linspace(0.0, 2 * np.pi, points, endpoint=False)
    k = np.fft.rfftfreq(points, 1 / points)
    generator = np.random.default_rng(seed)
    start = mean + amplitude / np.sqrt(5) * sum(
        generator.normal(size=(species, 1)) * np.cos(m * x + generator.uniform(0, 2 * np.pi, (species, 1)))
        for m in range(1, 6)
    )

    def derivative(u: Array, order: float) -> Array:
        symbol = np.abs(k) ** -order if order < 0 else (1j * k) ** order
        return np.fft.irfft(symbol * np.fft.rfft(u), points)

    def flat(t: float, state: Array) -> Array:
        u = state.reshape(species, points)
        return np.ravel(rates(u if species > 1 else u[0], derivative, x, t))

    t = np.linspace(0.0, end, 101)
    run = solve_ivp(flat, (0.0, end), start.ravel(), "BDF", t, rtol=1e-7, atol=1e-8)
    if not run.success:
        raise RuntimeError(f"A field of the benchmark could not be made: {run.message}")
    return xr.Dataset({"u": (("t", "x"), run.y[:points].T)}, {"t": t, "x": x})


def _path(
    rates: Callable[[float, Array], Any],
    seed: int,
    *,
    low: tuple[float, ...],
    high: tuple[float, ...],
    end: float,
    seen: str,
    samples: int = 1001,
) -> xr.Dataset:
    """A trajectory (t,) from a random start in a box; the first of its components are seen."""
    from scipy.integrate import solve_ivp

    start = np.random.default_rng(seed).uniform(low, high)
    t = np.linspace(0.0, end, samples)
    run = solve_ivp(rates, (0.0, end), start, "LSODA", t, rtol=1e-9, atol=1e-10)
    if not run.success:
        raise RuntimeError(f"A trajectory of the benchmark could not be made: {run.message}")
    return xr.Dataset({name: ("t", values) for name, values in zip(seen, run.y, strict=False)}, {"t": t})


def _delayed(seed: int) -> xr.Dataset:
    """Hutchinson's logistic equation with a delay, by Heun's method from a constant past."""
    step, delay, growth = 0.005, 1.0, 1.8
    lag, count = round(delay / step), 8000
    x = np.full(count + 1, np.random.default_rng(seed).uniform(0.3, 0.8))
    for i in range(count):
        past, next_past = x[max(i - lag, 0)], x[max(i + 1 - lag, 0)]
        slope = growth * x[i] * (1 - past)
        x[i + 1] = x[i] + step / 2 * (slope + growth * (x[i] + step * slope) * (1 - next_past))
    return xr.Dataset({"x": ("t", x[::8])}, {"t": step * np.arange(0, count + 1, 8)})


def _slice_of_a_plane(seed: int) -> xr.Dataset:
    """Heat in the plane, measured along one line of it."""
    field = pf.simulate(pf.Equation("u_t = 0.1*u_xx + 0.1*u_yy"), _plane(seed), t=np.linspace(0, 2, 101))
    return field.isel(y=0, drop=True)


def _plane(seed: int) -> xr.Dataset:
    generator = np.random.default_rng(seed)
    x = np.linspace(0.0, 2 * np.pi, 64, endpoint=False)
    u = np.zeros((64, 64))
    for m in range(4):
        for n in range(4):
            u += (
                generator.normal()
                * np.cos(m * x[:, None] + n * x[None] + generator.uniform(0, 2 * np.pi))
                / 4
            )
    return xr.Dataset({"u": (("t", "x", "y"), u[None])}, {"t": [0.0], "x": x, "y": x})


def _implicit(u: Array) -> Array:
    """What Benjamin, Bona and Mahony's law makes of a flux: its derivative, smoothed by 1/(1 + k^2)."""
    k = np.fft.rfftfreq(len(u), 1 / len(u))
    return np.fft.irfft(-1j * k / (1 + k**2) * np.fft.rfft(u), len(u))


def _hidden_partner(u: Array, d: Any) -> Array:
    """An activator with an inhibitor that nobody measures."""
    a, b = u
    return np.array([0.05 * d(a, 2) + a - a**3 - b, 0.2 * d(b, 2) + 0.8 * (a - b)])


def _uneven(x: Array) -> Array:
    return 1 + 0.5 * np.sin(x)


OUTSIDE: dict[str, Callable[[int], xr.Dataset]] = {
    "sixth derivative": lambda s: _ring(lambda u, d, x, t: 1e-3 * d(u, 6) + 0.02 * d(u, 2), s),
    "sine": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) + np.sin(2 * u), s),
    "rational": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) - u / (1 + u * u), s, amplitude=1.5),
    "quintic": lambda s: _ring(lambda u, d, x, t: 0.05 * d(u, 2) + u - u**5, s, amplitude=0.7),
    "square root": lambda s: _ring(
        lambda u, d, x, t: 0.1 * d(u, 2) - np.sqrt(np.abs(u)), s, amplitude=0.4, mean=2.0, end=1.0
    ),
    "drag": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) - np.abs(u) * u, s),
    "exponential": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) + 0.5 * np.exp(-u), s),
    "exponential conductivity": lambda s: _ring(lambda u, d, x, t: 0.1 * d(np.exp(u), 2), s, amplitude=0.7),
    "fifth-degree flux": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) - 0.2 * d(u**5, 1), s),
    "fractional diffusion": lambda s: _ring(lambda u, d, x, t: -0.3 * d(u, -1.4), s),
    "nonlocal competition": lambda s: _ring(
        lambda u, d, x, t: 0.1 * d(u, 2) + u * (1 - np.mean(u**2)), s, amplitude=0.7, mean=0.5
    ),
    "implicit waves": lambda s: _ring(lambda u, d, x, t: _implicit(u + u * u / 2), s, mean=0.5),
    "varying diffusivity": lambda s: _ring(lambda u, d, x, t: 0.1 * _uneven(x) * d(u, 2), s),
    "potential": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) - 0.8 * np.cos(x) * u, s),
    "forcing in time": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) + np.sin(5 * t) * np.cos(x), s),
    "changing wind": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) - np.cos(4 * t) * d(u, 1), s),
    "switched reaction": lambda s: _ring(lambda u, d, x, t: 0.1 * d(u, 2) + (1 if t < 1 else -1) * u, s),
    "hidden inhibitor": lambda s: _ring(lambda u, d, x, t: _hidden_partner(u, d), s, end=4.0, species=2),
    "slice of a plane": _slice_of_a_plane,
    "delay": _delayed,
    "pendulum": lambda s: _path(
        lambda t, y: (y[1], -4 * np.sin(y[0]) - 0.1 * y[1]),
        s,
        low=(1.8, -1),
        high=(2.6, 1),
        end=20,
        seen="xy",
    ),
    "forced oscillator": lambda s: _path(
        lambda t, y: (y[1], -0.3 * y[1] + y[0] - y[0] ** 3 + 0.5 * np.cos(1.2 * t)),
        s,
        low=(-1, -1),
        high=(1, 1),
        end=60,
        seen="xy",
    ),
    "saturating predator": lambda s: _path(
        lambda t, y: (
            y[0] * (1 - y[0] / 4) - 2 * y[0] * y[1] / (1 + y[0]),
            y[0] * y[1] / (1 + y[0]) - 0.5 * y[1],
        ),
        s,
        low=(0.5, 0.3),
        high=(2, 1),
        end=50,
        seen="xy",
    ),
    "Lorenz without z": lambda s: _path(
        lambda t, y: (10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]),
        s,
        low=(-9, 6, 25),
        high=(-7, 8, 29),
        end=10,
        seen="xy",
    ),
    "repressors": lambda s: _path(
        lambda t, y: 5 / (1 + np.roll(y, 1) ** 4) - y, s, low=(0, 1, 2), high=(1, 2, 3), end=40, seen="xyz"
    ),
}

#: Those that an equation can state: whoever finds one of them all the same is right.
STATED = {
    "sixth derivative": "u_t = 0.001*u_xxxxxx + 0.02*u_xx",
    "sine": "u_t = 0.1*u_xx + sin(2*u)",
    "quintic": "u_t = 0.05*u_xx + u - u^5",
    "fifth-degree flux": "u_t = 0.1*u_xx - u^4*u_x",
    "pendulum": "x_t = y; y_t = -4*sin(x) - 0.1*y",
}
