"""Helmholtz' equation in the plane, with a wave four times as short along one axis as along the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    x, y = np.meshgrid(nodes["x"], nodes["y"], indexing="ij")
    return {"u": np.sin(np.pi * x) * np.sin(4 * np.pi * y)}


helmholtz = Entry(
    name="helmholtz",
    title="Helmholtz equation in the plane",
    citation="S. Wang, Y. Teng and P. Perdikaris, SIAM J. Sci. Comput. 43 (2021) A3055",
    equation=("u_xx + u_yy + u = (1 - 17*pi^2)*sin(pi*x)*sin(4*pi*y)",),
    domain={"x": (-1, 1), "y": (-1, 1)},
    conditions=("u(-1, y) = 0", "u(1, y) = 0", "u(x, -1) = 0", "u(x, 1) = 0"),
    solution=_solution,
    grid={"x": 201, "y": 201},
    accuracy=1e-13,
)
