"""Which method? The one that states the least error on an excerpt, of those that the samples allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from .._wording import percent
from ..errors import DerivativeError
from ._along import along, filled
from ._lines import Lines
from ._methods import Method, method_named

#: A method is preferred to those after it unless one of them states an error that is so much smaller.
_CLEARLY = 0.95

#: Where the samples hardly resolve a front, wider stencils are as wrong as narrower ones, and the difference
#: of the two, which finite differences state, is about half of the error.
_UNDERSTATED = {"finite": 2.0}

#: Beyond so many samples along an axis a Gaussian process takes longer than it is worth; and total variation
#: is tried on so few series, since it does them one by one.
_GP_ROWS, _TV_ROWS, _TV_SERIES = 4096, 1024, 3


#: Methods that keep what they chose on the excerpt; to choose again would take them long.
_KEPT = ("gp", "tv")


def choose_method(lines: Lines, order: int) -> tuple[Method, Mapping[str, float], str]:
    """The method for these lines, its options, and a sentence that says why.

    Args:
        lines: the samples.
        order: of the derivative.

    Raises:
        DerivativeError: no method can do it.
    """
    errors: dict[str, float] = {}
    settings: dict[str, Mapping[str, float]] = {}
    refusals: list[str] = []
    trial = _excerpt(lines)
    # Spread over all of them: series may be smooth at first and steep later.
    count = trial.values.shape[1]
    few = np.unique(np.linspace(0, max(count - 1, 0), _TV_SERIES).round().astype(int))[:count]
    some = replace(trial, values=trial.values[:, few], noise=trial.noise[few])
    for name in _admitted(lines, order):
        try:
            found = along(some if name == "tv" else trial, method_named(name), order, {})
        except DerivativeError as error:
            refusals.append(str(error))
            continue
        stated = found.error[np.isfinite(found.error)]
        if stated.size:
            errors[name] = float(np.sqrt(np.mean(stated**2)))
            settings[name] = found.settings if name in _KEPT else {}
    if not errors:
        raise DerivativeError(refusals[0] if refusals else f"No method fits the samples along {lines.axis}.")
    weighed = {name: error * _UNDERSTATED.get(name, 1.0) for name, error in errors.items()}
    best = next(iter(weighed))
    for name in weighed:
        if weighed[name] < _CLEARLY * weighed[best]:
            best = name
    return method_named(best), settings[best], _reason(lines, best, errors)


def _admitted(lines: Lines, order: int) -> Iterator[str]:
    n = len(lines.points)
    gaps = not np.isfinite(lines.values).all()
    if lines.period is not None and lines.even and not gaps:
        yield "spectral"
    if not gaps:
        yield "finite"
    if order <= 4:
        yield "spline"
    yield "savgol" if lines.even and not gaps else "polynomial"
    if order <= 4 and n <= _GP_ROWS:
        yield "gp"
    if order <= 3 and n <= _TV_ROWS and lines.noise.any():
        yield "tv"


def _excerpt(lines: Lines) -> Lines:
    """Some of the series, whole if they close, else a stretch of them; bridged over gaps."""
    n = len(lines.points)
    rows = slice(None)
    if n > 1024 and lines.period is None:
        energy = np.nanmean((lines.values - np.nanmean(lines.values)) ** 2, axis=1)
        sums = np.convolve(np.nan_to_num(energy), np.ones(1024), "valid")
        start = int(np.argsort(sums)[len(sums) // 2])
        rows = slice(start, start + 1024)
    known = np.isfinite(lines.values).sum(axis=0)
    usable = np.flatnonzero(known >= 0.5 * known.max())
    count = max(1, min(len(usable), (1 << 14) // min(n, 1024)))
    columns = usable[np.unique(np.linspace(0, len(usable) - 1, count).round().astype(int))]
    return replace(filled(lines.part(rows, columns)), period=lines.period)


def _reason(lines: Lines, best: str, errors: dict[str, float]) -> str:
    n = len(lines.points)
    scale = lines.scale
    noise = float(np.sqrt(np.mean(lines.noise**2)))
    share = f"noise is {percent(noise / scale)} of the rms" if scale and noise else "there is no noise"
    steps = "evenly" if lines.even else "unevenly"
    closed = "a periodic" if lines.period is not None else "an open"
    gaps = not np.isfinite(lines.values).all()
    holes = ", some missing," if gaps else ""
    said = f"{best} along {lines.axis}: {share}, and {n} samples{holes} are {steps} spaced on {closed} axis; "
    others = sorted((value, name) for name, value in errors.items() if name != best)
    if not others:
        return f"{said}no other method fits."
    value, name = others[0]
    return f"{said}it states an error of {errors[best]:.2g}, where {name}, the next best, states {value:.2g}."
