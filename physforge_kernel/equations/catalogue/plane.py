"""Laws in the plane: lambda-omega reaction and diffusion, and the vorticity of an incompressible flow."""

from __future__ import annotations

import numpy as np

from ._law import Array, Family, Parameter, Request, Solution
from ._spectral import SpectralLaw, Waves, random_plane, solve_spectral, start_profiles


def _lambda_omega(request: Request) -> Solution:
    diffusivity, turn = request.parameters["diffusivity"], request.parameters["beta"]

    def linear(waves: Waves) -> Array:
        return np.broadcast_to(1.0 - diffusivity * waves.square, (2, *waves.mask.shape))

    def nonlinear(state: Array, waves: Waves) -> Array:
        u, v = waves.fields(state)
        size = u**2 + v**2
        return waves.spectra([size * (turn * v - u), -size * (turn * u + v)])

    seed, periods = request.seed, request.periods
    default = [random_plane(periods, modes=2, amplitude=0.5, seed=seed + n * 1_000_003) for n in (0, 1)]
    profiles = start_profiles(request, ("u", "v"), default)
    (u, v), settings = solve_spectral(request, SpectralLaw(linear, nonlinear), profiles)
    return Solution({"u": u, "v": v}, settings)


def _navier_stokes(request: Request) -> Solution:
    nu = request.parameters["nu"]

    def linear(waves: Waves) -> Array:
        return -nu * waves.square[None]

    def nonlinear(state: Array, waves: Waves) -> Array:
        w, u, v = waves.fields(with_velocity(state, waves))
        flux = waves.spectra([u * w, v * w])
        kx, ky = waves.k
        return -1j * (kx * flux[:1] + ky * flux[1:])

    default = [random_plane(request.periods, modes=3, amplitude=2.0, seed=request.seed)]
    profiles = start_profiles(request, ("w",), default)
    (w, u, v), settings = solve_spectral(
        request, SpectralLaw(linear, nonlinear), profiles, read=with_velocity
    )
    return Solution({"w": w, "u": u, "v": v}, settings)


def with_velocity(state: Array, waves: Waves) -> Array:
    """The coefficients of w and of the velocity (u, v) = (psi_y, -psi_x), where w = -(psi_xx + psi_yy)."""
    square = np.where(waves.square > 0, waves.square, np.inf)
    stream = state[0] / square
    kx, ky = waves.k
    return np.array([state[0], 1j * ky * stream, -1j * kx * stream])


lambda_omega = Family(
    name="lambda_omega",
    title="Lambda-omega reaction-diffusion system",
    citation="N. Kopell and L. N. Howard, Stud. Appl. Math. 52 (1973); S. Rudy et al., Sci. Adv. 3 (2017)",
    parameters={
        "diffusivity": Parameter(0.1, "diffusivity of both components", unit="x^2/t"),
        "beta": Parameter(1.0, "angular frequency at amplitude 1", positive=False, unit="1/t"),
    },
    terms=lambda p: {
        "u_t": {
            "u": 1.0,
            "u^3": -1.0,
            "u*v^2": -1.0,
            "u^2*v": p["beta"],
            "v^3": p["beta"],
            "u_xx": p["diffusivity"],
            "u_yy": p["diffusivity"],
        },
        "v_t": {
            "v": 1.0,
            "v^3": -1.0,
            "u^2*v": -1.0,
            "u^3": -p["beta"],
            "u*v^2": -p["beta"],
            "v_xx": p["diffusivity"],
            "v_yy": p["diffusivity"],
        },
    },
    solve=_lambda_omega,
    periods={"x": (-6.0, 6.0), "y": (-6.0, 6.0)},
    duration=6.0,
    counts=(101, 128, 128),
)

navier_stokes = Family(
    name="navier_stokes",
    title="Navier-Stokes equation for the vorticity",
    citation="A. J. Majda and A. L. Bertozzi, Vorticity and Incompressible Flow (2001), section 2.1",
    parameters={"nu": Parameter(0.05, "kinematic viscosity", unit="x^2/t")},
    terms=lambda p: {"w_t": {"u*w_x": -1.0, "v*w_y": -1.0, "w_xx": p["nu"], "w_yy": p["nu"]}},
    solve=_navier_stokes,
    periods={"x": (0.0, 2 * np.pi), "y": (0.0, 2 * np.pi)},
    duration=2.0,
    counts=(101, 128, 128),
)
