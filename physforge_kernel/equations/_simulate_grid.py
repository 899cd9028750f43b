"""The axes of a field to simulate: their points, and whether the field closes on itself along them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from ._simulate_noise import noise_level

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]

_SEAM_RATIO = 3.0
_NEGLIGIBLE = 1e-7
_SMOOTH_GROWTH = 20.0  # a jump or a kink reaches 150
_CUTS = 16  # places where a circle is cut, to compare
_WHITE_GROWTH = 12870 / 70  # mean squares of the eighth differences of white noise, over those of the fourth


@dataclass(frozen=True)
class Axis:
    """A spatial axis.

    points: (n,), increasing.
    periodic: whether the field repeats after `length`.
    length: the period, in units of the axis; the extent, where it is not periodic.
    repeated: whether the last point is the first one again, a period on.
    """

    name: str
    points: Array
    periodic: bool
    length: float
    repeated: bool = False

    @property
    def unique(self) -> int:
        """How many points a period, or the whole axis, has."""
        return len(self.points) - int(self.repeated)

    @property
    def spacing(self) -> float:
        """The smallest distance of two points."""
        return float(np.diff(self.points).min())


def read_axes(
    field: xr.Dataset,
    names: Sequence[str],
    variables: Sequence[str],
    periodic: bool | Mapping[str, bool] | None,
) -> tuple[Axis, ...]:
    """The spatial axes of a field, each found or told to be periodic or not.

    Args:
        field: the measured field.
        names: its spatial axes.
        variables: the variables that the equation is about.
        periodic: True or False for all axes, or by axis; what is left open is found from the field.

    Returns:
        The axes.

    Raises:
        SimulationError: for an axis that is unknown, too short, or told to be periodic though its steps
            differ.
    """
    told: dict[str, bool] = {}
    if isinstance(periodic, Mapping):
        unknown = sorted(set(periodic) - set(names))
        if unknown:
            raise SimulationError(
                f"periodic names the axis {unknown[0]!r}; the field's spatial axes are: "
                f"{', '.join(names) or 'none'}."
            )
        told = {name: bool(value) for name, value in periodic.items()}
    elif periodic is not None:
        told = dict.fromkeys(names, bool(periodic))
    return tuple(_read_axis(field, name, variables, told.get(name)) for name in names)


def _read_axis(field: xr.Dataset, name: str, variables: Sequence[str], told: bool | None) -> Axis:
    points = np.asarray(field[name].values, dtype=float)
    if len(points) < 5:
        raise SimulationError(
            f"The axis {name!r} has {len(points)} points; at least 5 are needed to differentiate."
        )
    steps = np.diff(points)
    uniform = bool(np.ptp(steps) <= 1e-3 * steps.mean())
    extent = float(points[-1] - points[0])
    if told is False or (told is None and not uniform):
        return Axis(name, points, False, extent)
    if not uniform:
        raise SimulationError(
            f"The axis {name!r} cannot be periodic: its steps run from {steps.min():.4g} to "
            f"{steps.max():.4g}. Interpolate the field to equal steps, or leave `periodic` out."
        )
    rows = [_rows(field[variable], name) for variable in variables if name in field[variable].dims]
    repeated = bool(rows) and all(_repeats(row) and (told or closes(row[:, :-1])) for row in rows)
    if repeated:
        return Axis(name, points, True, extent, repeated=True)
    if told or (bool(rows) and all(closes(row) for row in rows)):
        return Axis(name, points, True, extent * len(points) / (len(points) - 1))
    return Axis(name, points, False, extent)


def closes(rows: Array) -> bool:
    """Whether rows of equally spaced samples are as smooth across their closed end as elsewhere.

    Noisy rows do if waves that close on themselves tell them from their noise as well as half waves do, which
    need not. Otherwise fourth differences, of the rows and of their means over 2, 4, 8, ...
    neighbours, are compared where they straddle the seam and beside it: a jump, or a kink, stands out there
    at one of the scales. It does not count where the rows hold something as steep and as rough elsewhere, or
    where their eighth differences say that the seam is smooth. A jump that drowns in noise is not seen: say
    so with `periodic=False` where that matters.

    Args:
        rows: (m, n), each row one pass over the axis, its first sample following the last.

    Returns:
        Whether the axis is periodic.

    >>> angle = 2 * np.pi * np.arange(64) / 64
    >>> closes(np.sin(angle)[None]), closes(np.sin(0.9 * angle)[None])
    (True, False)
    """
    if rows.size == 0:
        return False
    real = np.concatenate([np.real(rows), np.imag(rows)]) if np.iscomplexobj(rows) else rows
    noise = noise_level(real, axes=(1,))
    if noise > 0:
        return _close_under(real, noise)
    size = np.sqrt(np.mean(np.abs(rows - rows.mean(axis=1, keepdims=True)) ** 2))
    scale = 1
    while rows.shape[1] // scale >= 12:
        verdict = _seam(_averaged(rows, scale), size)
        if verdict == "smooth":
            return True
        if verdict == "stands out":
            return False
        scale *= 2
    return True


def _close_under(rows: Array, noise: float) -> bool:
    """Whether real rows `(m, n)` are told from their noise as well by waves of period `n` as by half waves.

    As many of each are kept as Stein's unbiased risk estimate says: a jump takes many waves, and slopes at
    the ends take many half waves. If rows that are cut elsewhere need fewer half waves still, it is not for
    the sake of their ends.
    """
    from scipy.fft import dct

    m, n = rows.shape
    counts = np.arange(1, 2 * (n // 3), 2)
    price = 2 * m * noise**2 * counts

    def half_waves(shift: int) -> float:
        energy = (np.asarray(dct(np.roll(rows, shift, axis=1), axis=1, norm="ortho")) ** 2).sum(axis=0)
        return float(np.min(price - np.cumsum(energy)[counts - 1]))

    energy = (np.abs(np.fft.rfft(rows, axis=1, norm="ortho")) ** 2).sum(axis=0)
    energy[1 : (n + 1) // 2] *= 2
    waves, cut_here = float(np.min(price - np.cumsum(energy)[counts // 2])), half_waves(0)
    if waves <= cut_here + noise**2 * np.sqrt(2 * m):
        return True
    return any(half_waves(n * part // _CUTS) <= cut_here for part in range(1, _CUTS))


def _averaged(rows: Array, scale: int) -> Array:
    """Means of `scale` neighbours, rolled so that the seam is in the middle: (m, 2 * half)."""
    half = rows.shape[1] // scale // 2
    # Blocks are laid from both ends, so that what is left over is far from the seam.
    left = rows[:, : half * scale].reshape(len(rows), half, scale).mean(axis=2)
    right = rows[:, rows.shape[1] - half * scale :].reshape(len(rows), half, scale).mean(axis=2)
    return np.concatenate([right, left], axis=1)


def _seam(rows: Array, size: float) -> Literal["smooth", "stands out", "in doubt"]:
    """Whether the middle of the rows is smooth, or rougher than its sides and unlike all else in them."""
    half, count = rows.shape[1] // 2, len(rows)
    fourth = (np.abs(np.diff(rows, n=4, axis=1)) ** 2).mean(axis=0)
    eighth = (np.abs(np.diff(rows, n=8, axis=1)) ** 2).mean(axis=0)
    # Means of four, so that each index is a window; the seam lies in the stencils of these two.
    steep, rough = (np.convolve(squares, np.full(4, 0.25), "valid") for squares in (fourth, eighth))
    seam, seam_rough = steep[half - 4], rough[half - 6]
    width = min(max(4, half // 4), half - 4)
    beside = np.concatenate([fourth[half - 4 - width : half - 4], fourth[half : half + width]]).mean()
    # A window of fourth differences and the one of eighth differences with the same centre are two apart.
    windows = np.arange(2, len(rough) + 2)
    elsewhere = windows[(windows <= half - 10) | (windows >= half + 2)]
    if seam <= (_NEGLIGIBLE * size) ** 2:
        return "in doubt"
    if seam_rough < _SMOOTH_GROWTH * seam:
        return "smooth"
    if len(elsewhere):
        noisy = np.median(rough[elsewhere - 2]) > 0.5 * _WHITE_GROWTH * np.median(steep[elsewhere])
        if noisy and seam > (1 + 4 / np.sqrt(count)) * steep[elsewhere].max():
            return "stands out"
    if seam <= _SEAM_RATIO**2 * beside:
        return "in doubt"
    alike = (steep[elsewhere] >= seam / 4) & (
        rough[elsewhere - 2] * seam >= seam_rough / 4 * steep[elsewhere]
    )
    return "in doubt" if np.any(alike) else "stands out"


def _repeats(rows: Array) -> bool:
    first, last, second = rows[:, 0], rows[:, -1], rows[:, 1]
    if len(rows) == 0:
        return False
    gap = np.sqrt(np.mean(np.abs(last - first) ** 2))
    step = np.sqrt(np.mean(np.abs(second - first) ** 2))
    size = np.sqrt(np.mean(np.abs(rows) ** 2))
    return bool(gap <= max(1e-3 * step, 1e-9 * size))


def _rows(variable: xr.DataArray, axis: str) -> Array:
    """The variable as rows along one axis, at most some hundreds of them."""
    values = np.moveaxis(variable.values, variable.dims.index(axis), -1)
    rows = values.reshape(-1, values.shape[-1])
    rows = rows[:: max(1, len(rows) // 512)]
    return rows[np.all(np.isfinite(rows), axis=1)]
