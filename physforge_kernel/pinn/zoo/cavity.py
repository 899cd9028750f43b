"""A cavity whose lid moves the fluid in it, slowest at its ends, so that the pressure stays finite."""

from __future__ import annotations

from collections.abc import Mapping

from ._cavity_flow import cavity_flow
from ._entry import Array, Entry, Nodes

_REYNOLDS = 100.0
_POLYNOMIALS = 52


def _solution(nodes: Nodes) -> Mapping[str, Array]:
    return cavity_flow(_REYNOLDS, _POLYNOMIALS).at(nodes["x"], nodes["y"])


cavity = Entry(
    name="cavity",
    title="Lid-driven cavity at Re = 100",
    citation="J. Shen, J. Comput. Phys. 95 (1991) 228, the regularised cavity",
    equation=(
        "u*u_x + v*u_y = -p_x + 0.01*(u_xx + u_yy)",
        "u*v_x + v*v_y = -p_y + 0.01*(v_xx + v_yy)",
        "u_x + v_y = 0",
    ),
    domain={"x": (0, 1), "y": (0, 1)},
    conditions=(
        "u(x, 1) = 16*x^2*(1 - x)^2",
        "v(x, 1) = 0",
        "u(x, 0) = 0",
        "v(x, 0) = 0",
        "u(0, y) = 0",
        "v(0, y) = 0",
        "u(1, y) = 0",
        "v(1, y) = 0",
        "p(0.5, 0) = 0",
    ),
    solution=_solution,
    grid={"x": 101, "y": 101},
    accuracy=1e-6,  # of the pressure, which is rough in the corners; velocities are good to 5e-9
)
