"""The complex Ginzburg-Landau equation: an amplitude that saturates, and a phase that runs on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes
from ._fourier import Evolution, evolve

_MODES = 256


def law() -> Evolution:
    """The equation with its start."""
    return Evolution(
        symbol=lambda k: 10 - 0.004 * k**2,
        nonlinear=lambda u: -(10 + 15j) * np.abs(u) ** 2 * u,
        start=lambda x: np.cos(np.pi * x) + 0.5j * np.sin(2 * np.pi * x),
        period=(-1, 1),
    )


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    return {"u": evolve(law(), nodes["x"], nodes["t"], modes=_MODES)}


ginzburg_landau = Entry(
    name="ginzburg_landau",
    title="Complex Ginzburg-Landau equation",
    citation="the equation of S. Wang, B. Li, Y. Chen and P. Perdikaris, PirateNets, J. Mach. Learn. Res. 25 "
    "(2024), on one axis; the start is smooth where the axis closes, which theirs is not",
    equation=("u_t = 0.004*u_xx + 10*u - (10 + 15*i)*abs(u)^2*u",),
    domain={"x": (-1, 1), "t": (0, 1)},
    conditions=("u(x, 0) = cos(pi*x) + 0.5*i*sin(2*pi*x)", "periodic in x"),
    solution=_solution,
    grid={"x": 256, "t": 201},
)
