"""Drawing fields: time series, space-time maps, snapshots of planes, whichever the dimensions ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._style import ACCENT, SECOND
from ._svg import Picture, label, literal, panel, picture

if TYPE_CHECKING:
    import xarray

_MOST_PIXELS = 420
"""A map finer than this along a side is drawn from every n-th sample: it has no more pixels on a page."""

LINE_COLOURS = (ACCENT, SECOND, "#4b8f5b", "#7b5ea7", "#a8842c", "#5b6770")


def real_views(variable: xarray.DataArray) -> list[tuple[str, xarray.DataArray]]:
    """Return what can be drawn of a variable: itself, or the modulus of a complex one."""
    name = str(variable.name)
    return [(f"|{name}|", abs(variable))] if np.iscomplexobj(variable.values) else [(name, variable)]


def pictures(
    field: xarray.Dataset,
    *,
    title: str = "{name}",
    limits: dict[str, tuple[float, float]] | None = None,
    diverging: bool = False,
    alone: bool = False,
) -> list[Picture]:
    """Draw every variable of a field.

    Args:
        field: Dimensions among t, x, y, z, or others.
        title: What stands above a panel; `{name}` is the variable's name.
        limits: The colour scale's ends for each drawn name; default: the data's range.
        diverging: Whether zero is the middle of the scale.
        alone: Whether a single panel may take the page's whole width.

    Returns:
        One panel for a series or a space-time map; three snapshots where space has 2 or 3 dimensions.
    """
    if all(variable.ndim <= 1 for variable in field.data_vars.values()):
        return [_series(field, title, width=8.6 if alone else 4.3)]
    planes = [
        (plane, title.format(name=name) + where, (limits or {}).get(name))
        for variable in field.data_vars.values()
        for name, view in real_views(variable)
        for plane, where in _planes(view)
    ]
    width = 8.6 if alone and len(planes) == 1 else 4.3
    return [_map(plane, heading, ends, diverging=diverging, width=width) for plane, heading, ends in planes]


def _planes(view: xarray.DataArray) -> list[tuple[xarray.DataArray, str]]:
    """Cut a variable into planes that can be drawn, each with words on where it was cut."""
    if view.ndim == 2:
        return [(view, "")]
    dims = [str(dim) for dim in view.dims]
    cut: dict[str, list[int]] = {}
    if "t" in dims:
        last = view.sizes["t"] - 1
        cut["t"] = sorted({0, last // 2, last})
        dims.remove("t")
    while len(dims) > 2:
        axis = dims.pop()
        cut[axis] = [view.sizes[axis] // 2]
    planes: list[tuple[xarray.DataArray, str]] = []
    for index in cut.get("t", [None]):
        at = {axis: places[0] for axis, places in cut.items() if axis != "t"}
        if index is not None:
            at["t"] = index
        plane = view.isel(at)
        where = ", ".join(f"{axis} = {float(view[axis][place]):.4g}" for axis, place in at.items())
        planes.append((plane, f" at {where}"))
    return planes


def thinned(view: xarray.DataArray) -> xarray.DataArray:
    """Return every n-th sample along each dimension, few enough to draw."""
    steps = {dim: slice(None, None, max(1, -(-size // _MOST_PIXELS))) for dim, size in view.sizes.items()}
    return view.isel(steps)


def _series(field: xarray.Dataset, title: str, *, width: float) -> Picture:
    with panel(width) as (figure, axes):
        axis = str(next(iter(field.dims)))
        names: list[str] = []
        count = 0
        for variable in field.data_vars.values():
            for name, view in real_views(variable):
                colour = LINE_COLOURS[count % len(LINE_COLOURS)]
                axes.plot(field[axis], view, color=colour, label=label(name, variable.attrs.get("units")))
                names.append(name)
                count += 1
        axes.set_xlabel(label(axis, field[axis].attrs.get("units")))
        axes.set_title(literal(title.format(name=", ".join(names))))
        axes.margins(x=0)
        if count > 1:
            figure.legend(loc="outside right upper")
        span = f"{float(field[axis][0]):.4g} to {float(field[axis][-1]):.4g}"
        return picture(figure, f"Time series of {', '.join(names)} for {axis} from {span}.")


def _map(
    plane: xarray.DataArray, title: str, ends: tuple[float, float] | None, *, diverging: bool, width: float
) -> Picture:
    down, across = ("x", "t") if set(plane.dims) == {"t", "x"} else _orientation(plane)
    plane = thinned(plane.transpose(down, across))
    values = np.asarray(plane.values, dtype=float)
    low, high = ends or _range(values)
    if diverging:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    with panel(width) as (figure, axes):
        drawn = axes.pcolormesh(
            plane[across].values,
            plane[down].values,
            values,
            cmap="RdBu_r" if diverging else "viridis",
            vmin=low,
            vmax=high if high > low else low + 1.0,
            shading="nearest",
            rasterized=True,
        )
        bar = figure.colorbar(
            drawn, ax=axes, pad=0.02, aspect=28, label=label(plane.name or "", plane.attrs.get("units"))
        )
        bar.outline.set_visible(False)
        axes.set_xlabel(label(across, plane[across].attrs.get("units")))
        axes.set_ylabel(label(down, plane[down].attrs.get("units")))
        axes.set_title(literal(title))
        alt = f"Heat map of {title} over {across} and {down}; values from {low:.4g} to {high:.4g}."
        return picture(figure, alt)


def _orientation(plane: xarray.DataArray) -> tuple[str, str]:
    """Time runs across; else the first dimension does, as x does before y."""
    first, second = (str(dim) for dim in plane.dims)
    return (first, second) if second == "t" else (second, first)


def _range(values: Any) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
