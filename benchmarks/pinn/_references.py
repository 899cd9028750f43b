"""The zoo's references again: by another method, or by the same one with twice as much of everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from physforge_kernel.pinn import zoo
from physforge_kernel.pinn.zoo import _fourier, allen_cahn, burgers, ginzburg_landau, schroedinger
from physforge_kernel.pinn.zoo._cavity_flow import cavity_flow

Array = np.ndarray
Fields = Mapping[str, Array]


@dataclass(frozen=True)
class Again:
    """A second way to a reference.

    Attributes:
        how: in words.
        solve: the components on the nodes of a reference, over its axes in the order of the domain.
    """

    how: str
    solve: Callable[[xr.Dataset], Fields]


def difference(reference: xr.Dataset, again: Fields) -> dict[str, float]:
    """The relative L2 distance by component."""
    return {
        name: float(np.linalg.norm(reference[name].values - values) / np.linalg.norm(values))
        for name, values in again.items()
    }


def _burgers(at: xr.Dataset) -> Fields:
    return {"u": np.stack([burgers.exact(at.x.values, float(t), points=300) for t in at.t], axis=1)}


def _finer(
    law: Callable[[], _fourier.Evolution], modes: int, **steps: float
) -> Callable[[xr.Dataset], Fields]:
    def solve(at: xr.Dataset) -> Fields:
        u = _fourier.evolve(law(), at.x.values, at.t.values, modes=modes, **steps)
        return {"u": u if np.iscomplexobj(at.u.values) else np.real(u)}

    return solve


def _flux(
    symbol: Callable[[Array], Array], speed: float, start: Callable[[Array], Array], modes: int
) -> Callable[[xr.Dataset], Fields]:
    """u_t = L u - speed*(u^2/2)_x by steps of DOP853 with L's oscillations exact: no exponential scheme."""

    def solve(at: xr.Dataset) -> Fields:
        from scipy.integrate import solve_ivp

        low, high = zoo.get(at.attrs["zoo"]).domain["x"]
        grid, k = 4 * modes, 2 * np.pi / (high - low) * np.arange(modes)
        eigenvalues = np.asarray(symbol(k), dtype=complex)
        turn, decay = 1j * np.imag(eigenvalues), np.real(eigenvalues)
        first = np.fft.rfft(start(low + (high - low) * np.arange(grid) / grid), norm="forward")[:modes]

        def rates(t: float, state: Array) -> Array:
            factor = np.exp(turn * t)
            u = np.fft.irfft(factor * state, grid, norm="forward")
            flux = np.fft.rfft(u * u / 2, norm="forward")[:modes]
            return decay * state - speed * 1j * k * flux / factor

        t = at.t.values
        run = solve_ivp(rates, (0.0, t[-1]), first, "DOP853", t, rtol=1e-13, atol=1e-15)
        series = run.y * np.exp(turn[:, None] * t)
        basis = np.exp(1j * np.outer(at.x.values - low, k))
        basis[:, 1:] *= 2
        return {"u": (basis @ series).real}

    return solve


def _cavity(at: xr.Dataset) -> Fields:
    return cavity_flow(100.0, 64).at(at.x.values, at.y.values)


def _taylor(rates: Callable[..., list[Any]], start: list[float]) -> Callable[[xr.Dataset], Fields]:
    """By Taylor series with 30 digits, at ten of the times."""

    def solve(at: xr.Dataset) -> Fields:
        import mpmath

        with mpmath.workdps(30):
            flow = mpmath.odefun(lambda _, y: rates(*y), 0, [mpmath.mpf(value) for value in start])
            rows = np.array([[float(value) for value in flow(mpmath.mpf(float(t)))] for t in at.t.values])
        return {str(name): rows[:, i] for i, name in enumerate(at.data_vars)}

    return solve


def _third(value: float) -> Any:
    import mpmath

    return mpmath.mpf(value) / 3


#: By name; problems with a solution in closed form need no second way.
AGAIN: Mapping[str, Again] = {
    "burgers": Again("three times the points of quadrature", _burgers),
    "burgers_inverse": Again("three times the points of quadrature", _burgers),
    "allen_cahn": Again(
        "twice the waves, finer steps", _finer(allen_cahn.law, 4096, tolerance=3e-14, absolute=1e-16)
    ),
    "kdv_0025": Again(
        "integrating factor, DOP853",
        _flux(lambda k: 0.0025j * k**3, 1.0, lambda x: np.cos(np.pi * x), 160),
    ),
    "kdv": Again(
        "integrating factor, DOP853",
        _flux(lambda k: 0.022**2 * 1j * k**3, 1.0, lambda x: np.cos(np.pi * x), 288),
    ),
    "schroedinger": Again(
        "twice the waves, finer steps", _finer(schroedinger.law, 1024, tolerance=1e-11, absolute=1e-12)
    ),
    "cavity": Again("64 polynomials along each axis", _cavity),
    "ginzburg_landau": Again(
        "twice the waves, finer steps", _finer(ginzburg_landau.law, 512, tolerance=3e-14, absolute=1e-16)
    ),
    "kuramoto_sivashinsky": Again(
        "DOP853 in place of an exponential scheme",
        _flux(
            lambda k: 100 / 16**2 * k**2 - 100 / 16**4 * k**4,
            100 / 16,
            lambda x: np.cos(x) * (1 + np.sin(x)),
            112,
        ),
    ),
    "lorenz": Again(
        "Taylor series, 30 digits",
        _taylor(lambda u, v, w: [10 * (v - u), u * (28 - w) - v, u * v - _third(8) * w], [1, 1, 1]),
    ),
    "van_der_pol": Again(
        "Taylor series, 30 digits", _taylor(lambda u, rate: [rate, (1 - u**2) * rate - u], [2, 0])
    ),
    "lotka_volterra": Again(
        "Taylor series, 30 digits",
        _taylor(lambda u, v: [_third(2) * u - _third(4) * u * v, u * v - v], [1, 1]),
    ),
}
