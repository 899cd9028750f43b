"""The law, run forward from the first measurement, beside what was measured then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._style import MUTED
from .._wording import percent
from ..errors import PhysForgeError
from . import _fields
from ._markup import Html, facts
from ._sections import missing
from ._svg import Picture, gallery, label, literal, panel, picture
from .law import settled

if TYPE_CHECKING:
    import xarray

    from ._run import Run


@dataclass(frozen=True)
class Rollout:
    """A forward simulation, or the sentence that says why there is none."""

    field: xarray.Dataset | None
    reason: str = ""


def rollout(run: Run) -> Rollout:
    """Simulate the discovered law from the first measured time, at the measured times."""
    from ..equations import Equation, simulate

    if not settled(run.result):
        return Rollout(None, "The data settle none.")
    try:
        equation = Equation.from_terms(run.result["terms"])
        return Rollout(simulate(equation, run.field))
    except PhysForgeError as reason:
        return Rollout(None, str(reason))


def forward(run: Run, made: Rollout) -> Html:
    """Show a forward simulation beside the data, and its relative error over time."""
    if not settled(run.result):
        return missing(f"There is no law to run forward. {made.reason}")
    if made.field is None:
        return missing(f"The law could not be run forward from the first measurement. {made.reason}")
    field, simulated = run.field, made.field
    shared = [name for name in field.data_vars if name in simulated.data_vars]
    if "t" not in field.dims or not shared:
        return missing("The data have no time to run the law through.")
    errors = {str(name): _relative_error(field[name], simulated[name]) for name in shared}
    if all(variable.ndim == 1 for variable in field.data_vars.values()):
        pictures = [_overlaid(field, simulated, [str(name) for name in shared])]
    else:
        limits = {name: _ends(view) for key in shared for name, view in _fields.real_views(field[key])}
        pictures = _fields.pictures(field[shared], title="Measured {name}", limits=limits)
        pictures += _fields.pictures(simulated[shared], title="Simulated {name}", limits=limits)
        difference = (simulated[shared] - field[shared]).transpose(*field.dims)
        pictures += _fields.pictures(difference, title="Simulated \u2212 measured {name}", diverging=True)
    noise = run.result.get("noise") or {}
    pictures.append(_error_curve(field["t"], errors, {name: noise[name] for name in errors if name in noise}))
    caption = (
        "The discovered law, started from the first measured time and then left alone. "
        "The start carries the measurement's noise, and the data at every later time carry their own; "
        "dashed is the estimated noise, below which no simulation can come."
    )
    last = {f"error of {name} at the end": percent(float(error[-1])) for name, error in errors.items()}
    return Html(gallery(pictures, caption), "The forward simulation, drawn.") + facts(last)


def _relative_error(measured: xarray.DataArray, simulated: xarray.DataArray) -> Any:
    """The L2 norm over space of the difference, over that of the data in the mean: (n_t,), without units."""
    simulated = simulated.transpose(*measured.dims)
    over = tuple(axis for axis, dim in enumerate(measured.dims) if dim != "t")
    squares = np.abs(simulated.values - measured.values) ** 2
    size = np.abs(measured.values) ** 2
    difference = np.sqrt(np.nanmean(squares, axis=over) if over else squares)
    return difference / (np.sqrt(np.nanmean(size)) or 1.0)


def _ends(view: xarray.DataArray) -> tuple[float, float]:
    return float(view.min()), float(view.max())


def _overlaid(field: xarray.Dataset, simulated: xarray.Dataset, names: list[str]) -> Picture:
    with panel(8.6, 3.0) as (figure, axes):
        for index, key in enumerate(names):
            colour = _fields.LINE_COLOURS[index % len(_fields.LINE_COLOURS)]
            for name, view in _fields.real_views(field[key]):
                axes.plot(
                    field["t"],
                    view,
                    color=colour,
                    alpha=0.4,
                    linewidth=2.6,
                    label=literal(f"{name} measured"),
                )
            for name, view in _fields.real_views(simulated[key]):
                axes.plot(
                    simulated["t"], view, color=colour, linewidth=1.1, label=literal(f"{name} simulated")
                )
        axes.set_xlabel(label("t", field["t"].attrs.get("units")))
        axes.set_title("Measured and simulated")
        axes.margins(x=0)
        figure.legend(loc="outside right upper")
        return picture(figure, f"Time series of {', '.join(names)}, measured and simulated, over each other.")


def _error_curve(time: xarray.DataArray, errors: dict[str, Any], noise: Mapping[str, float]) -> Picture:
    with panel() as (figure, axes):
        for index, (name, error) in enumerate(errors.items()):
            colour = _fields.LINE_COLOURS[index % len(_fields.LINE_COLOURS)]
            axes.plot(time, 100 * error, color=colour, label=literal(name))
            if name in noise:
                axes.axhline(100 * noise[name], color=colour, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.set_xlabel(label("t", time.attrs.get("units")))
        axes.set_ylabel("relative error [%]")
        axes.set_title("Simulation against data")
        axes.set_ylim(bottom=0)
        axes.margins(x=0)
        axes.grid(axis="y", color=MUTED, alpha=0.25, linewidth=0.6)
        if len(errors) > 1:
            axes.legend()
        words = "; ".join(
            f"{name} starts at {percent(float(error[0]))} and ends at {percent(float(error[-1]))}"
            for name, error in errors.items()
        )
        return picture(figure, f"Relative error of the simulation over time: {words}.")
