"""Checking that a Dataset is a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import FieldError
from ._names import AXES, SAMPLE, in_axis_order, listed
from ._order import increases

if TYPE_CHECKING:
    import xarray as xr


def validate(field: xr.Dataset | xr.DataArray) -> xr.Dataset:
    """Return a Dataset as a field: numeric, on increasing coordinates, its axes in the order t, x, y, z.

    Decreasing or unordered coordinates are sorted, integers and single precision become double precision,
    coordinates that are no axis are dropped, except those that place scattered samples. What cannot be put
    right is refused.

    Args:
        field: a Dataset, or a named DataArray.

    Returns:
        A new Dataset; the given one is left as it is.

    Raises:
        FieldError: a dimension lacks coordinates, a coordinate repeats or is not finite, or a variable is not
            numeric.

    Example:
        >>> import xarray as xr
        >>> validate(xr.Dataset({"u": ("x", [2, 1])}, {"x": [1, 0]}))["u"].values
        array([1., 2.])
    """
    import xarray as xr

    if isinstance(field, xr.DataArray):
        field = field.to_dataset(name=str(field.name) if field.name is not None else "u")
    if not isinstance(field, xr.Dataset):
        raise FieldError(
            f"A field is an xarray.Dataset, but this is a {type(field).__name__}: read it with pf.read."
        )
    if not field.data_vars:
        raise FieldError("The Dataset has no variables, so it is no field: add at least one.")
    places = [str(n) for n in field.coords if n in AXES and field[n].dims == (SAMPLE,)]
    field = field.drop_vars([n for n in field.coords if n not in (*field.dims, *places)]).reset_coords(places)
    coords = {}
    for dim in in_axis_order(str(d) for d in field.dims):
        coords[dim] = xr.Variable((dim,), _axis(field, dim), field[dim].attrs)
    variables = {str(name): _variable(str(name), array) for name, array in field.data_vars.items()}
    result = xr.Dataset(variables, coords, attrs=field.attrs).set_coords(places)
    for dim in result.dims:
        if not increases(result[dim].values):
            result = result.sortby(str(dim))
    return result


def _axis(field: xr.Dataset, dim: str) -> np.ndarray:
    if dim not in field.coords:
        raise FieldError(
            f"The dimension {dim} has no coordinates: give it some, for example "
            f"field.assign_coords({dim}=numpy.linspace(0, 1, {field.sizes[dim]}))."
        )
    values = field[dim].values
    if values.dtype.kind not in "iuf":
        raise FieldError(
            f"The coordinate {dim} is {values.dtype.name}, not real numbers: convert it, dates to seconds "
            "for example."
        )
    values = values.astype(np.float64)
    if not values.size:
        raise FieldError(f"The coordinate {dim} has no points: the field is empty.")
    if not np.isfinite(values).all():
        index = int(np.argmin(np.isfinite(values)))
        raise FieldError(
            f"The coordinate {dim} is {values[index]} at index {index}: drop or correct that point."
        )
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size < values.size:
        raise FieldError(
            f"The coordinate {dim} takes the value {distinct[counts > 1][0]:g} more than once: average or "
            "drop the repeated points."
        )
    return values


def _variable(name: str, array: xr.DataArray) -> xr.Variable:
    if array.dtype.kind not in "iufc":
        raise FieldError(f"The variable {name} is {array.dtype.name}, not numbers: drop it, or convert it.")
    if not array.dims:
        raise FieldError(f"The variable {name} is a single value without axes: drop it, or keep it in attrs.")
    kind = np.complex128 if array.dtype.kind == "c" else np.float64
    ordered = array.transpose(*in_axis_order(str(dim) for dim in array.dims))
    return ordered.variable.copy(data=np.asarray(ordered.values, dtype=kind).copy())


def same_axes(field: xr.Dataset) -> tuple[str, ...]:
    """Return the axes that all variables share; refuse a field whose variables stand on different ones."""
    kinds = {tuple(map(str, array.dims)) for array in field.data_vars.values()}
    if len(kinds) > 1:
        raise FieldError(
            f"The variables stand on different axes ({listed(sorted(map(str, kinds)))}), which a table "
            "cannot hold: write NetCDF, HDF5 or .npz instead."
        )
    return kinds.pop()
