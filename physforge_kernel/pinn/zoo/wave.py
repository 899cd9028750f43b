"""A standing wave of two frequencies, four times apart in space."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    x, t = np.meshgrid(nodes["x"], nodes["t"], indexing="ij")
    slow = np.sin(np.pi * x) * np.cos(2 * np.pi * t)
    return {"u": slow + 0.5 * np.sin(4 * np.pi * x) * np.cos(8 * np.pi * t)}


wave = Entry(
    name="wave",
    title="Wave equation with two frequencies",
    citation="S. Wang, X. Yu and P. Perdikaris, J. Comput. Phys. 449 (2022) 110768",
    equation=("u_tt = 4*u_xx",),
    domain={"x": (0, 1), "t": (0, 1)},
    conditions=(
        "u(x, 0) = sin(pi*x) + 0.5*sin(4*pi*x)",
        "u_t(x, 0) = 0",
        "u(0, t) = 0",
        "u(1, t) = 0",
    ),
    solution=_solution,
    grid={"x": 201, "t": 201},
    accuracy=1e-13,
)
