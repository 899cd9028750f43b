"""Advection that is fast for the time that it takes: thirteen turns around a periodic axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    x, t = np.meshgrid(nodes["x"], nodes["t"], indexing="ij")
    return {"u": np.sin(x - 80 * t)}


advection = Entry(
    name="advection",
    title="Advection at speed 80",
    citation="A. Krishnapriyan et al., Adv. Neural Inf. Process. Syst. 34 (2021); S. Wang et al., "
    "arXiv 2308.08468",
    equation=("u_t + 80*u_x = 0",),
    domain={"x": (0, 2 * np.pi), "t": (0, 1)},
    conditions=("u(x, 0) = sin(x)", "periodic in x"),
    solution=_solution,
    grid={"x": 256, "t": 201},
    accuracy=1e-13,
)
