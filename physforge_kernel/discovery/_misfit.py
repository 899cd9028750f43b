"""How far a forecast is from what was measured, and whether noise and uncertainty account for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._observed import ACCURACY, Observed

if TYPE_CHECKING:
    import xarray as xr

    from ._forecast import Forecast

#: Samples over which squared errors are averaged before they are judged; one time has as many in space.
_FEW, _MANY = 8, 24

#: The noise itself is known to so much of its variance, and scatters by so many standard deviations.
_NOISE_KNOWN, _SCATTER = 0.1, 4.0

#: The squared error of one forecast exceeds this multiple of the variance among draws hardly ever.
_UNCERTAIN = 5.0

#: A forecast is of use while its own error is below this share of the variation: as for chaotic systems in
#: Vlachas et al., Neural Networks 126 (2020).
USEFUL = 0.4


@dataclass(frozen=True)
class Misfit:
    """One variable's forecast against its samples.

    Over the times `(n_t,)`, as shares of the variation `size`: `error` is the rms difference, `own` what of
    it is the forecast's, without the samples' noise, and `expected` what noise and the spread of the draws
    make of it. `chi2` is the mean square of the difference over its expectation. `within_noise`,
    `unrefuted` and `useful` are counts of the leading times: at which noise alone accounts for the
    difference; at which noise and the uncertainty of start and coefficients do; at which the forecast is
    nearer than `USEFUL`. `idle` is how long nothing happens: how many times the start itself would do.
    """

    name: str
    sigma: float
    size: float
    error: np.ndarray
    own: np.ndarray
    expected: np.ndarray
    chi2: np.ndarray
    explained: float
    within_noise: int
    unrefuted: int
    useful: int
    idle: int


def misfit(observed: Observed, made: Forecast, name: str) -> Misfit:
    """Hold one variable's forecast against its samples."""
    known, predicted = observed.known[name].values, made.values[name].values
    count = len(known)
    rest = _squares(known, predicted)
    windows = _windows(rest, len(known))
    sigma, size, floor = observed.sigma[name], observed.size[name], observed.floor(name)
    square, samples = windows.means(rest)
    variance, _ = windows.means(made.variance[name].reshape(count, -1))
    still, _ = windows.means(_squares(known, np.broadcast_to(predicted[:1], known.shape)))
    bound = floor**2 * (1 + _NOISE_KNOWN + _SCATTER * np.sqrt(2 / np.maximum(samples, 1)))
    own = np.sqrt(np.maximum(square - sigma**2, 0.0)) / size
    reached = np.arange(count) < made.reached
    inside = rest[: made.reached]
    total = float(np.nanmean(np.abs(known - np.nanmean(known)) ** 2)) - sigma**2
    left = float(np.nanmean(inside)) - sigma**2 if inside.size and np.isfinite(inside).any() else np.inf
    return Misfit(
        name,
        sigma,
        size,
        np.where(reached, np.sqrt(square) / size, np.nan),
        np.where(reached, own, np.nan),
        np.sqrt(floor**2 + variance) / size,
        np.where(reached, square / (floor**2 + variance), np.nan),
        float(1 - max(left, 0.0) / max(total, (ACCURACY * size) ** 2)),
        windows.leading(reached & (square <= bound), patient=True),
        windows.leading(reached & (square <= bound + _UNCERTAIN * variance), patient=True),
        windows.leading(reached & (own <= USEFUL)),
        windows.leading(still <= bound),
    )


def over_time(observed: Observed, misfits: tuple[Misfit, ...]) -> xr.Dataset:
    """The misfits as a dataset over (variable, t)."""
    import xarray as xr

    columns = ("error", "own", "expected", "chi2")
    labels = {"error": "error", "own": "error_of_forecast", "expected": "expected", "chi2": "chi2"}
    arrays = {labels[c]: (("variable", "t"), np.stack([getattr(m, c) for m in misfits])) for c in columns}
    coords = {"variable": [m.name for m in misfits], "t": observed.known["t"]}
    noise = ("variable", [m.sigma / m.size for m in misfits])
    return xr.Dataset({**arrays, "noise": noise}, coords)


def _squares(known: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Squared differences `(n_t, samples)`."""
    with np.errstate(all="ignore"):
        return (np.abs(predicted - known) ** 2).reshape(len(known), -1)


@dataclass(frozen=True)
class _Windows:
    """Neighbouring times `edges[k]:edges[k + 1]` that are judged together."""

    edges: np.ndarray

    def means(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means `(n_t,)` of values `(n_t, samples)` over the window of every time, and how many went in.

        Where nothing was measured, nothing speaks against a forecast: the nearest window stands in.
        """
        finite = np.isfinite(values)
        sums, counts = np.where(finite, values, 0.0).sum(axis=1), finite.sum(axis=1).astype(float)
        totals, many = np.add.reduceat(sums, self.edges[:-1]), np.add.reduceat(counts, self.edges[:-1])
        known = np.flatnonzero(many)
        if not known.size:
            return np.full(len(values), np.nan), np.zeros(len(values))
        nearest = known[np.abs(np.arange(len(many))[:, None] - known).argmin(axis=1)]
        lengths = np.diff(self.edges)
        return np.repeat((totals / np.maximum(many, 1))[nearest], lengths), np.repeat(many[nearest], lengths)

    def leading(self, good: np.ndarray, *, patient: bool = False) -> int:
        """How many leading times are good; to the `patient`, one bad window among good ones is chance."""
        first = good[self.edges[:-1]]
        for k in np.flatnonzero(~first):
            last = k + 1 >= len(first)
            if not patient or last or not first[k + 1]:
                return int(self.edges[k])
        return len(good)


def _windows(rest: np.ndarray, count: int) -> _Windows:
    wanted = min(_MANY, max(_FEW, count // 10))
    typical = max(float(np.median(np.isfinite(rest).sum(axis=1))), 1.0)
    width = int(np.clip(np.ceil(wanted / typical), 1, max(count // 4, 1)))
    starts = np.arange(0, max(count - width, 0) + 1, width)
    return _Windows(np.append(starts, count))
