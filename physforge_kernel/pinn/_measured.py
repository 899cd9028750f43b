"""Measurements as points and values, from a field on a grid or from scattered samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ..errors import SolverError
from ._domain import Domain


@dataclass(frozen=True)
class Measured:
    """Samples of one component.

    Attributes:
        component: the field.
        points: where.
        values: what was measured.
        noise: its standard deviation; None if it is to be found.
    """

    component: str
    points: Float[Tensor, "N D"]
    values: Float[Tensor, "N"]
    noise: float | None


def measured(
    data: object, components: Sequence[str], box: Domain, noise: Mapping[str, float] | float | None
) -> tuple[Measured, ...]:
    """The measurements in a field that lie in the domain; those that are missing (NaN) are left out.

    Raises:
        SolverError: if it holds none of the components, or lacks a coordinate of the domain.
    """
    if not isinstance(data, xr.Dataset):
        raise SolverError(
            f"data is {type(data).__name__}; pass an xarray.Dataset with variables "
            f"{', '.join(components)}, as pf.read gives one."
        )
    names = [name for name in components if name in data.data_vars]
    if not names:
        listed = ", ".join(map(str, data.data_vars)) or "none"
        raise SolverError(
            f"The data hold none of the fields {', '.join(components)}; their variables: {listed}. "
            "Rename them."
        )
    missing = [axis for axis in box.axes if axis not in data.coords and axis not in data.data_vars]
    if missing:
        raise SolverError(f"The data have no coordinate {missing[0]}, which the domain has.")
    return tuple(_samples(data, name, box, _sd(noise, name)) for name in names)


def _samples(data: xr.Dataset, name: str, box: Domain, sd: float | None) -> Measured:
    parts = xr.broadcast(data[name], *(data[axis] for axis in box.axes))
    values, *columns = (
        np.asarray(part.values, dtype=float if i else None).ravel() for i, part in enumerate(parts)
    )
    points = np.stack(columns, axis=1)
    known = np.isfinite(values) & np.isfinite(points).all(axis=1)
    known &= box.contains(torch.from_numpy(points)).numpy()
    if not known.any():
        raise SolverError(f"No measurement of {name} lies in the domain; see that both have the same units.")
    return Measured(name, torch.from_numpy(points[known]), torch.from_numpy(values[known]), sd)


def _sd(noise: Mapping[str, float] | float | None, name: str) -> float | None:
    sd = noise.get(name) if isinstance(noise, Mapping) else noise
    if sd is not None and not (np.isfinite(sd) and sd > 0):
        raise SolverError(
            f"The noise of {name} is {sd!r}; give its standard deviation, a positive number, or None."
        )
    return None if sd is None else float(sd)
