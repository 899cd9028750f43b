"""Poisson's equation: with four octaves of frequencies in the plane, and in five dimensions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ._entry import Array, Entry, Nodes

_OCTAVES = (2, 4, 8, 16)
_AXES = ("x1", "x2", "x3", "x4", "x5")


def _octaves(nodes: Nodes) -> Mapping[str, Array]:
    x, y = nodes["x"][:, None], nodes["y"]
    waves = [np.sin(omega * np.pi * x) * np.sin(omega * np.pi * y) for omega in _OCTAVES]
    return {"u": sum(waves, np.zeros((x.size, y.size))) / len(_OCTAVES)}


def _sines(nodes: Nodes) -> Mapping[str, Array]:
    grids = np.meshgrid(*nodes.values(), indexing="ij", sparse=True)
    return {"u": sum((np.sin(np.pi * grid) for grid in grids), np.zeros([grid.size for grid in grids]))}


def _faces() -> tuple[str, ...]:
    """On each face the solution is the sum of the other axes' sines."""
    conditions = []
    for held in _AXES:
        value = " + ".join(f"sin(pi*{axis})" for axis in _AXES if axis != held)
        for end in (0, 1):
            place = ", ".join(str(end) if axis == held else axis for axis in _AXES)
            conditions.append(f"u({place}) = {value}")
    return tuple(conditions)


multiscale = Entry(
    name="poisson_multiscale",
    title="Poisson equation in the plane with frequencies 2 to 16",
    citation="V. Dolean, A. Heinlein, S. Mishra and B. Moseley, Comput. Methods Appl. Mech. Eng. 429 (2024) "
    "117116, the multi-scale Laplacian with n = 4",
    equation=(
        "-u_xx - u_yy = "
        + " + ".join(f"{omega**2 // 2}*pi^2*sin({omega}*pi*x)*sin({omega}*pi*y)" for omega in _OCTAVES),
    ),
    domain={"x": (0, 1), "y": (0, 1)},
    conditions=("u(0, y) = 0", "u(1, y) = 0", "u(x, 0) = 0", "u(x, 1) = 0"),
    solution=_octaves,
    grid={"x": 201, "y": 201},
    accuracy=1e-13,
)

high_dimensional = Entry(
    name="poisson_5d",
    title="Poisson equation in five dimensions",
    citation="J. Mueller and M. Zeinhofer, Achieving High Accuracy with PINNs via Energy Natural Gradient "
    "Descent, ICML (2023)",
    equation=(
        "-"
        + " - ".join(f"u_{axis}{axis}" for axis in _AXES)
        + " = pi^2*("
        + " + ".join(f"sin(pi*{axis})" for axis in _AXES)
        + ")",
    ),
    domain={axis: (0, 1) for axis in _AXES},
    conditions=_faces(),
    solution=_sines,
    grid=dict.fromkeys(_AXES, 9),
    accuracy=1e-13,
)
