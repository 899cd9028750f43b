"""What a file holds, understood but not yet loaded: axes, variables, and how that was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._names import AXES, SAMPLE, in_axis_order, listed
from ._order import decreases, increases
from ._request import Request, field_bytes

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Axis:
    """A coordinate axis, its values loaded.

    Attributes:
        name: as the field will call it.
        values: `(n,)` real, finite and distinct, in the file's order.
        units: None when the file does not say.
        original_name: as the file calls it.
        attrs: whatever else the file says of it.
    """

    name: str
    values: np.ndarray
    units: str | None = None
    original_name: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Variable:
    """A quantity on some of the axes, its values still in the file.

    Attributes:
        name: as the field will call it.
        dims: its axes, in the order of the array that `load` returns.
        shape: its points along them.
        dtype: as the file stores it.
        load: returns the values.
        missing: how many values are missing, None when nobody counted.
        infinite: how many are infinite, None when nobody counted.
        loaded: the values are in memory already.
        storage: how the file keeps it: chunks, compression.
        is_place: it says where scattered samples are, and becomes a coordinate.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]
    units: str | None = None
    original_name: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)
    missing: int | None = None
    infinite: int | None = None
    loaded: bool = False
    storage: Mapping[str, Any] = field(default_factory=dict)
    is_place: bool = False

    @property
    def bytes(self) -> int:
        """What its values take in memory."""
        return field_bytes(self.shape, self.dtype)


@dataclass(frozen=True)
class Layout:
    """A file, understood.

    Attributes:
        notes: sentences on whatever had to be decided.
        left_out: names in the file that the field does not take up.
        attrs: the file's own global attributes.
        details: facts of the format, JSON-able.
    """

    axes: tuple[Axis, ...]
    variables: tuple[Variable, ...]
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


def check_axis(request: Request, name: str, values: np.ndarray) -> np.ndarray:
    """Return an axis's values as float64; refuse missing or repeated ones."""
    values = np.asarray(values)
    if values.dtype.kind not in "iuf":
        raise request.error(
            f"the coordinate {name} is {values.dtype.name}, not real numbers: convert it, times to seconds "
            "for example."
        )
    values = values.astype(np.float64)
    if not values.size:
        raise request.error(f"the coordinate {name} has no values: the file holds no field.")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise request.error(
            f"the coordinate {name} is {values[bad[0]]} at index {bad[0]}: a coordinate must be known "
            "everywhere. Fill it in, or drop that part of the data."
        )
    if increases(values) or decreases(values):
        return values
    distinct, first = np.unique(values, return_index=True)
    if distinct.size < values.size:
        again = int(np.setdiff1d(np.arange(values.size), first)[0])
        raise request.error(
            f"the coordinate {name} takes the value {values[again]:g} more than once (again at index "
            f"{again}): every point of an axis must be distinct. Average or drop the repetition."
        )
    return values


def finished(request: Request, layout: Layout) -> Layout:
    """Return the layout of only what was asked for, its names and sizes checked."""
    if not layout.variables:
        beside = f" (beside {listed(layout.left_out[:6])})" if layout.left_out else ""
        raise request.error(
            f"the file holds no array of numbers on a grid{beside}, so there is no field in it. Numbers "
            "inside structs, tables or text have to be saved as arrays of their own."
        )
    names = [variable.name for variable in layout.variables] + [axis.name for axis in layout.axes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise request.error(f"two things in the file would both be called {twice[0]}: rename one of them.")
    variables = layout.variables
    if [axis.name for axis in layout.axes] == [SAMPLE] and any(v.name == "t" for v in variables):
        variables = tuple(replace(v, is_place=v.name in AXES) for v in variables)
    if request.variables is not None:
        known = [variable.name for variable in variables]
        for name in request.variables:
            if not any(name in _names_of(variable) for variable in variables):
                raise request.error(f"there is no variable {name!r}; the file has {listed(known)}.")
        variables = tuple(v for v in variables if v.is_place or _names_of(v) & set(request.variables))
    used = {dim for variable in variables for dim in variable.dims}
    axes = {axis.name: axis for axis in layout.axes}
    kept = {variable.name for variable in variables}
    lost = tuple(v.original_name or v.name for v in layout.variables if v.name not in kept)
    return Layout(
        axes=tuple(axes[name] for name in in_axis_order(axes) if name in used),
        variables=variables,
        notes=layout.notes,
        left_out=layout.left_out + lost,
        attrs=layout.attrs,
        details=layout.details,
    )


def _names_of(variable: Variable) -> set[str]:
    """Return what a variable may be asked for as; one in a cell array also by the name of that."""
    return {variable.name, variable.original_name, variable.original_name.partition("{")[0]}


def load(request: Request, layout: Layout) -> xr.Dataset:
    """Load a finished layout into a Dataset, its axes increasing and in the order t, x, y, z."""
    import xarray as xr

    request.check_bytes(sum(field_bytes(v.shape, v.dtype) for v in layout.variables), "the field")
    # Only axes that do not increase already.
    order = {axis.name: np.argsort(axis.values) for axis in layout.axes if not increases(axis.values)}
    coords = {}
    for axis in layout.axes:
        attrs = _attrs(axis.attrs, axis.units, axis.original_name, axis.name)
        values = axis.values[order[axis.name]] if axis.name in order else axis.values
        coords[axis.name] = xr.Variable((axis.name,), values, attrs)
    variables = {}
    for variable in layout.variables:
        values = np.asarray(variable.load())
        if values.shape != variable.shape:
            raise request.error(
                f"it declares the shape {variable.shape} but holds {values.shape}: write the file again.",
                f"variable {variable.original_name or variable.name}",
            )
        values = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64, copy=False)
        for position, dim in enumerate(variable.dims):
            if dim in order:
                values = np.take(values, order[dim], axis=position)
        dims = in_axis_order(variable.dims)
        values = np.ascontiguousarray(values.transpose([variable.dims.index(dim) for dim in dims]))
        attrs = _attrs(variable.attrs, variable.units, variable.original_name, variable.name)
        (coords if variable.is_place else variables)[variable.name] = xr.Variable(dims, values, attrs)
    return xr.Dataset(variables, coords)


def _attrs(given: Mapping[str, Any], units: str | None, original: str, name: str) -> dict[str, Any]:
    attrs = dict(given)
    if units:
        attrs["units"] = units
    if original and original != name:
        attrs["original_name"] = original
    return attrs
