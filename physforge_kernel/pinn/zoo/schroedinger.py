"""The nonlinear Schroedinger equation of Raissi: two solitons in one that narrow to a spike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes
from ._fourier import Evolution, evolve

_MODES = 512


def law() -> Evolution:
    """The equation with its start, whose slope jumps where the axis closes.

    Nothing smooths the jump: it runs around the axis as waves whose amplitudes fall with the square of the
    wave number. The short ones feel twice the mean of |u|^2 as a potential: it turns their phase.
    """
    return Evolution(
        symbol=lambda k: -0.5j * k**2,
        nonlinear=lambda u: 1j * np.abs(u) ** 2 * u,
        start=lambda x: 2 / np.cosh(x) + 0j,
        period=(-5, 5),
        phase=2 * 0.8 * np.tanh(5.0),
    )


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    found = evolve(law(), nodes["x"], nodes["t"], modes=_MODES, tolerance=1e-10, absolute=1e-12)
    return {"u": found}


schroedinger = Entry(
    name="schroedinger",
    title="Nonlinear Schroedinger equation",
    citation="M. Raissi, P. Perdikaris and G. E. Karniadakis, J. Comput. Phys. 378 (2019) 686",
    equation=("i*u_t + 0.5*u_xx + abs(u)^2*u = 0",),
    domain={"x": (-5, 5), "t": (0, np.pi / 2)},
    conditions=("u(x, 0) = 2/cosh(x)", "periodic in x"),
    solution=_solution,
    grid={"x": 256, "t": 201},
    accuracy=5e-8,
)
