"""Functions that are put into an operator: read at their sensors, and held against those learnt from."""

from __future__ import annotations

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.stats import chi2

from ...errors import SolverError
from ._problem import Input

#: Sensors that leave more of a function open, as a share of its size, do not determine it.
_OPEN = 1e-2
#: A function is told to be unusual where fewer of those learnt from lie as far from the mean,
_UNUSUAL = 1e-3
#: and to have features that were never seen where these are a larger share of it.
_MISSED = 1e-2


def put_in(each: Input, given: object) -> tuple[Float[np.ndarray, "m"], list[str]]:
    """The coordinates of a function, and what is unusual about it.

    Args:
        each: what the operator knows of it.
        given: a function of an array, an `xarray.DataArray`, or values at the operator's sensors.

    Raises:
        SolverError: if its values do not determine it.
    """
    sensors, values = _at_sensors(each, given)
    seen = each.expansion.seen(sensors, values)
    if seen.open > _OPEN:
        raise SolverError(
            f"The {len(sensors)} sensors of {each.name} leave {seen.open:.1%} of it open; give values at the "
            f"{len(each.expansion.nodes)} of operator.sensors({each.name!r}), or as finely spread elsewhere."
        )
    notes = []
    squared, count = float(seen.coordinates @ seen.coordinates), len(seen.coordinates)
    if chi2.sf(squared, count) < _UNUSUAL:
        notes.append(
            f"{each.name} lies {np.sqrt(squared / count):.1f} standard deviations from the functions that "
            "the operator learnt from, and its solution may be wrong"
        )
    if seen.missed > _MISSED:
        notes.append(
            f"{seen.missed:.0%} of {each.name} varies in ways that no function had which the operator learnt "
            "from, and is left out"
        )
    return seen.coordinates, notes


def _at_sensors(each: Input, given: object) -> tuple[np.ndarray, np.ndarray]:
    nodes = each.expansion.nodes
    if isinstance(given, xr.DataArray):
        if given.dims != (each.axis,) or each.axis not in given.coords:
            raise SolverError(
                f"{each.name} depends on {each.axis}, and was given along {', '.join(map(str, given.dims))}; "
                f"give it along {each.axis} alone, with its coordinate."
            )
        sensors, values = np.asarray(given[each.axis].values, dtype=float), np.asarray(given.values)
    elif callable(given):
        sensors, values = nodes, np.broadcast_to(np.asarray(given(nodes)), nodes.shape)
    else:
        sensors, values = nodes, np.asarray(given)
        if values.shape != nodes.shape:
            raise SolverError(
                f"{each.name} has values of the shape {values.shape}, and the operator looks at {len(nodes)} "
                f"sensors; give values at operator.sensors({each.name!r}), or an xarray.DataArray along "
                f"{each.axis} with sensors of its own."
            )
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise SolverError(f"{each.name} has values of the type {values.dtype}; give real numbers.")
    if not (np.isfinite(values).all() and np.isfinite(sensors).all()):
        raise SolverError(f"{each.name} has values that are missing or infinite; give finite ones.")
    low, high = each.expansion.low, each.expansion.high
    slack = 1e-9 * (high - low)
    if not each.expansion.periodic and (sensors.min() < low - slack or sensors.max() > high + slack):
        raise SolverError(
            f"{each.name} has sensors outside of ({low:g}, {high:g}), where the operator learnt; "
            "leave them out."
        )
    return sensors, values.astype(float)
