"""A law held against a field, drawn: what was measured, what was forecast, and how far apart they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._style import INK, MUTED
from ...errors import DiscoveryError
from .._misfit import USEFUL
from ._drawing import COLOURS, image, label, literal, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._validation import Trial, Validation

#: Most variables that are drawn as maps, and most pixels along an axis of one.
_MOST, _PIXELS = 4, 400


def draw_validation(validation: Validation, which: int) -> Figure:
    """The figure of one trial."""
    if not 0 <= which < len(validation.trials):
        raise DiscoveryError(
            f"There is no field {which}: the law was held against {len(validation.trials)}, counted from 0."
        )
    trial = validation.trials[which]
    names = [m.name for m in trial.misfits][:_MOST]
    space = [str(name) for name in trial.observed.dims if name != "t"]
    height = (1.55 if not space else 2.3) * len(names) + 2.4
    with sheet(9.2, height) as figure:
        heights = [*([1.55 if not space else 2.3] * len(names)), 2.1]
        grid = figure.add_gridspec(len(names) + 1, 3, height_ratios=heights)
        for row, name in enumerate(names):
            if space:
                _maps(figure, [figure.add_subplot(grid[row, k]) for k in range(3)], trial, name, space)
            else:
                _series(figure.add_subplot(grid[row, :]), trial, name, first=row == 0)
        _errors(figure.add_subplot(grid[len(names), :]), trial)
        figure.suptitle(
            literal(f"{validation.equation.format(3)}    ({trial.kind})"), x=0.01, ha="left", fontsize=10
        )
    return figure


def _parts(values: Any) -> np.ndarray:
    """What is drawn of a variable: its modulus where it is complex."""
    return np.abs(values) if np.iscomplexobj(values) else np.asarray(values, dtype=float)


def _maps(figure: Figure, axes: list[Axes], trial: Trial, name: str, space: list[str]) -> None:
    observed, made = trial.observed[name], trial.forecast[name]
    shown = f"|{name}|" if np.iscomplexobj(observed.values) else name
    if len(space) == 1:
        across, up, where = "t", space[0], ""
    else:
        across, up = space[0], space[1]
        now = int(np.argmin(np.abs(trial.times - trial.useful_until)))
        at = {"t": now, **{axis: observed.sizes[axis] // 2 for axis in space[2:]}}
        observed, made = observed.isel(at), made.isel(at)
        where = f" at t = {trial.times[now]:.4g}"
    steps = {dim: slice(None, None, max(1, -(-observed.sizes[dim] // _PIXELS))) for dim in (across, up)}
    observed = observed.transpose(up, across).isel(steps)
    made = made.transpose(up, across).isel(steps)
    before, after = _parts(observed.values), _parts(made.values)
    apart = np.abs(made.values - observed.values) if shown != name else after - before
    finite = before[np.isfinite(before)]
    limits = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    far = float(np.nanquantile(np.abs(apart), 0.999)) if np.isfinite(apart).any() else 1.0
    far = max(far, 1e-12 * max(abs(limits[0]), abs(limits[1])), 1e-300)
    titles = (f"{shown} measured{where}", f"{shown} forecast", "forecast − measured")
    panels = ((before, limits, False), (after, limits, False), (apart, (-far, far), True))
    for k, (panel, title, (values, ends, diverging)) in enumerate(zip(axes, titles, panels, strict=True)):
        image(
            figure,
            panel,
            observed[across].values,
            observed[up].values,
            values,
            ends,
            diverging=diverging,
            bar=k > 0,
        )
        panel.set_title(literal(title))
        panel.set_xlabel(label(across, observed[across].attrs.get("units")))
        if k == 0:
            panel.set_ylabel(label(up, observed[up].attrs.get("units")))
        else:
            panel.set_yticklabels([])
        if len(space) == 1 and trial.holds_until < trial.times[-1]:
            panel.axvline(trial.holds_until, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))


def _series(axes: Axes, trial: Trial, name: str, *, first: bool) -> None:
    observed, made = trial.observed[name], trial.forecast[name]
    spread = _parts(trial.forecast[f"{name}_sd"].values)
    time, before, after = trial.times, _parts(observed.values), _parts(made.values)
    step = max(1, len(time) // 600)
    axes.plot(time[::step], before[::step], ".", color=MUTED, markersize=2.5, label="measured")
    if trial.draws:
        worth = time <= trial.useful_until
        axes.fill_between(
            time[worth],
            (after - 2 * spread)[worth],
            (after + 2 * spread)[worth],
            color=COLOURS[0],
            alpha=0.18,
            linewidth=0,
            label="± 2 sd of start and coefficients",
        )
    axes.plot(time, after, color=COLOURS[0], linewidth=1.1, label="forecast")
    finite = before[np.isfinite(before)]
    low, high = float(finite.min()), float(finite.max())
    margin = 0.12 * max(high - low, 1e-300)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(time[0], time[-1])
    axes.set_ylabel(label(name, observed.attrs.get("units")))
    axes.tick_params(labelbottom=False)
    _until(axes, trial, named=False)
    if first:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)


def _errors(axes: Axes, trial: Trial) -> None:
    over = trial.over_time
    time = trial.times
    for k, m in enumerate(trial.misfits):
        colour = COLOURS[k % len(COLOURS)]
        error = over["error"].sel(variable=m.name).values
        expected = over["expected"].sel(variable=m.name).values
        axes.plot(time, 100 * error, color=colour, label=literal(m.name))
        axes.plot(time, 100 * expected, color=colour, linewidth=0.9, linestyle=(0, (3, 2)))
        axes.axhline(100 * m.sigma / m.size, color=colour, linewidth=0.7, linestyle=(0, (1, 2)))
    axes.plot(
        [], [], color=INK, linewidth=0.9, linestyle=(0, (3, 2)), label="expected of noise and uncertainty"
    )
    axes.plot([], [], color=INK, linewidth=0.7, linestyle=(0, (1, 2)), label="noise")
    _until(axes, trial, named=True)
    values = np.concatenate([over["error"].values, over["expected"].values])
    finite = values[np.isfinite(values) & (values > 0)]
    if finite.size and finite.max() > 30 * np.median(finite):
        axes.set_yscale("log")
        axes.set_ylim(bottom=100 * max(float(finite.min()) / 2, 1e-7))
    else:
        axes.set_ylim(0, min(100 * 1.12 * float(finite.max(initial=1e-9)), 400))
    if axes.get_ylim()[1] > 100 * USEFUL:
        axes.axhline(100 * USEFUL, color=MUTED, linewidth=0.6)
    axes.set_xlim(time[0], time[-1])
    axes.set_xlabel(label("t", trial.observed["t"].attrs.get("units")))
    axes.set_ylabel("difference [% of variation]")
    axes.grid(axis="y", color=MUTED, alpha=0.25, linewidth=0.6)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, borderaxespad=0.2)


def _until(axes: Axes, trial: Trial, *, named: bool) -> None:
    """A line where the forecast stops being within noise and uncertainty, or of use."""
    end = trial.times[-1]
    for moment, word in ((trial.holds_until, "holds"), (trial.useful_until, "useful")):
        if moment < end:
            axes.axvline(moment, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            if named:
                axes.annotate(
                    f" {word} to {moment:.3g}",
                    (moment, 0.97 if word == "holds" else 0.86),
                    xycoords=("data", "axes fraction"),
                    va="top",
                    fontsize=8,
                )
