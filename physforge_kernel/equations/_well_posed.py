"""Whether an equation, with its coefficients frozen, lets short waves grow without bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from ._simulate_system import System

Array = NDArray[Any]

_ROUNDING_GROWTH = 30.0  # exp(30) lifts rounding errors to a thousandth of the solution
_BEYOND = 8.0  # how far past the grid's waves growth must still rise to count as ill-posed


def check_well_posed(
    system: System, extra: Mapping[tuple[int, int], float], limits: Sequence[float], duration: float
) -> None:
    """Refuse an equation whose shortest waves on a grid grow, the faster the shorter, past any use.

    Args:
        system: the system.
        extra: frozen coefficients of its nonlinear part, by (state, input), added to the constant ones.
        limits: the largest wave number of the grid along each axis.
        duration: how long is to be simulated.

    Raises:
        SimulationError: if rounding errors in those waves would reach the solution's size within the
            duration.
    """
    if not limits:
        return
    # Along each axis, and all at once.
    directions = [*np.eye(len(limits)), np.ones(len(limits))]
    for direction in directions:
        waves = np.outer([1.0, 0.5, 0.25, _BEYOND], direction * np.asarray(limits))
        growth = _growth(system, extra, waves)
        if not np.all(np.isfinite(growth)):
            continue
        top, beyond = growth[0], growth[3]
        if (
            top * duration > _ROUNDING_GROWTH
            and top > 1.5 * max(growth[1:3].max(), 0.0)
            and beyond > 1.5 * top
        ):
            length = 2 * np.pi / np.linalg.norm(direction * np.asarray(limits))
            raise SimulationError(
                f"The equation is ill-posed forward in time: a wave of length {length:.3g} grows e-fold "
                f"every {1 / top:.3g} units of t, and shorter ones faster, without limit. Check the sign of "
                "its highest even derivative."
            )


def _growth(system: System, extra: Mapping[tuple[int, int], float], waves: Array) -> Array:
    """The largest growth rate of each wave vector (n, axes)."""
    rows = {state: row for row, state in enumerate(system.states)}
    symbols = np.zeros((len(waves), len(rows), len(rows)), complex)
    for source in (system.constant, extra):
        for (row, i), value in source.items():
            column = rows.get(system.inputs[i].source)
            if column is not None:
                symbols[:, row, column] += value * np.prod(
                    (1j * waves) ** np.array(system.inputs[i].orders), axis=1
                )
    with np.errstate(all="ignore"):
        if not np.all(np.isfinite(symbols)):
            return np.full(len(waves), np.nan)
        return np.linalg.eigvals(symbols).real.max(axis=1)
