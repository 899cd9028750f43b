"""Burgers' equation with a shock as thin as its viscosity: to be solved, and its viscosity to be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...equations.catalogue.exact import cole_hopf
from ._entry import Array, Entry, Nodes

if TYPE_CHECKING:
    import xarray as xr

_NU = 0.01 / np.pi
_SAMPLES, _NOISE = 1000, 0.01
_CITATION = "M. Raissi, P. Perdikaris and G. E. Karniadakis, J. Comput. Phys. 378 (2019) 686"


def exact(x: Array, t: float, points: int = 100) -> Array:
    """The solution at places (n,) and one time, by the Cole-Hopf transform."""
    return cole_hopf(
        x, t, lambda y: -np.sin(np.pi * y), lambda y: np.cos(np.pi * y) / np.pi, nu=_NU, points=points
    )


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    return {"u": np.stack([exact(nodes["x"], float(now)) for now in nodes["t"]], axis=1)}


def measured(seed: int) -> xr.Dataset:
    """A thousand samples anywhere in the domain, with noise of one per cent of their standard deviation."""
    import xarray as xr

    generator = np.random.default_rng(seed)
    x, t = generator.uniform(-1, 1, _SAMPLES), generator.uniform(0, 1, _SAMPLES)
    u = np.array([exact(np.array([place]), now)[0] for place, now in zip(x, t.tolist(), strict=True)])
    u += _NOISE * u.std() * generator.standard_normal(_SAMPLES)
    return xr.Dataset({"u": ("sample", u)}, {"x": ("sample", x), "t": ("sample", t)})


forward = Entry(
    name="burgers",
    title="Burgers' equation",
    citation=_CITATION,
    equation=("u_t + u*u_x = (0.01/pi)*u_xx",),
    domain={"x": (-1, 1), "t": (0, 1)},
    conditions=("u(x, 0) = -sin(pi*x)", "u(-1, t) = 0", "u(1, t) = 0"),
    solution=_solution,
    grid={"x": 256, "t": 101},
    accuracy=1e-12,
)

inverse = Entry(
    name="burgers_inverse",
    title="Burgers' equation of unknown viscosity",
    citation=_CITATION,
    equation=("u_t + u*u_x = nu*u_xx",),
    domain={"x": (-1, 1), "t": (0, 1)},
    conditions=(),
    solution=_solution,
    grid={"x": 256, "t": 101},
    accuracy=1e-12,
    measurements=measured,
    bounds={"nu": (1e-4, 1.0)},
    truth={"nu": _NU},
)
