"""The Kuramoto-Sivashinsky equation, chaotic from halfway on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...equations import catalogue
from ._entry import Array, Entry, Nodes

_SPEED = 100 / 16


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    # The catalogue's law has u*u_x without a factor: it is that of _SPEED u.
    law = catalogue.get("kuramoto_sivashinsky", drive=100 / 16**2, damping=100 / 16**4)
    field = law.field(
        x=nodes["x"],
        t=nodes["t"],
        initial=lambda x: _SPEED * np.cos(x) * (1 + np.sin(x)),
        period=(0.0, 2 * np.pi),
    )
    return {"u": field["u"].values.T / _SPEED}


kuramoto_sivashinsky = Entry(
    name="kuramoto_sivashinsky",
    title="Kuramoto-Sivashinsky equation",
    citation="S. Wang, S. Sankaran and P. Perdikaris, Comput. Methods Appl. Mech. Eng. 421 (2024) 116813",
    equation=("u_t + (100/16)*u*u_x + (100/16^2)*u_xx + (100/16^4)*u_xxxx = 0",),
    domain={"x": (0, 2 * np.pi), "t": (0, 1)},
    conditions=("u(x, 0) = cos(x)*(1 + sin(x))", "periodic in x"),
    solution=_solution,
    grid={"x": 512, "t": 251},
    accuracy=1e-8,  # chaos multiplies what each step leaves
)
