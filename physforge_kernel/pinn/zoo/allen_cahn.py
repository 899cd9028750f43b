"""The Allen-Cahn equation with sharp interfaces, from a start whose slope jumps where the axis closes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes
from ._fourier import Evolution, evolve

#: Each wave decays at 1e-4 k^2: after a thousandth of the time, those left out are below rounding.
_MODES = 2048


def law() -> Evolution:
    """The equation with its start."""
    return Evolution(
        symbol=lambda k: -1e-4 * k**2,
        nonlinear=lambda u: 5 * (u - u**3),
        start=lambda x: x**2 * np.cos(np.pi * x),
        period=(-1, 1),
    )


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    return {"u": np.real(evolve(law(), nodes["x"], nodes["t"], modes=_MODES))}


allen_cahn = Entry(
    name="allen_cahn",
    title="Allen-Cahn equation",
    citation="M. Raissi, P. Perdikaris and G. E. Karniadakis, J. Comput. Phys. 378 (2019) 686",
    equation=("u_t = 0.0001*u_xx + 5*(u - u^3)",),
    domain={"x": (-1, 1), "t": (0, 1)},
    conditions=("u(x, 0) = x^2*cos(pi*x)", "periodic in x"),
    solution=_solution,
    grid={"x": 512, "t": 201},
)
