"""The Korteweg-de Vries equation, in which a cosine breaks up into solitons."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...equations import catalogue
from ._entry import Array, Entry, Nodes


def _solution(dispersion: float) -> Callable[[Nodes], Mapping[str, Array]]:
    def solution(nodes: Nodes) -> Mapping[str, Array]:
        law = catalogue.get("kdv", alpha=1.0, beta=dispersion)
        field = law.field(x=nodes["x"], t=nodes["t"], initial=lambda x: np.cos(np.pi * x), period=(-1.0, 1.0))
        return {"u": field["u"].values.T}

    return solution


def _entry(name: str, title: str, citation: str, dispersion: str) -> Entry:
    return Entry(
        name=name,
        title=title,
        citation=citation,
        equation=(f"u_t + u*u_x + {dispersion}*u_xxx = 0",),
        domain={"x": (-1, 1), "t": (0, 1)},
        conditions=("u(x, 0) = cos(pi*x)", "periodic in x"),
        solution=_solution(float(dispersion)),
        grid={"x": 512, "t": 201},
    )


raissi = _entry(
    "kdv_0025",
    "Korteweg-de Vries equation with a dispersion of 0.0025",
    "M. Raissi, P. Perdikaris and G. E. Karniadakis, J. Comput. Phys. 378 (2019) 686",
    "0.0025",
)
zabusky = _entry(
    "kdv",
    "Korteweg-de Vries equation with a dispersion of 0.022^2",
    "N. J. Zabusky and M. D. Kruskal, Phys. Rev. Lett. 15 (1965) 240",
    "0.000484",
)
