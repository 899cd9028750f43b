"""Differentiation of the Fourier series, with the modes weighed by how far they stand out of the noise."""

from __future__ import annotations

import numpy as np

from ..errors import DerivativeError
from ._lines import Array, Estimate, Lines


def spectral(lines: Lines, order: int, *, cutoff: int | None = None) -> Estimate:
    """Differentiate the Fourier series of lines that close.

    Args:
        lines: the samples, evenly spaced, of a periodic function.
        order: of the derivative.
        cutoff: the highest wave number, in waves per period, that is kept; by default every mode is weighed
            by its share of signal (Wiener's filter), the spectrum beyond the noise being continued downwards.

    Source: L. N. Trefethen, Spectral Methods in MATLAB (2000), chapter 3; N. Wiener (1949).
    """
    if lines.period is None:
        raise DerivativeError(
            f"The Fourier method needs a periodic axis, and the samples do not go on from the end of "
            f"{lines.axis} to its start: pass periodic={{{lines.axis!r}: True}} if they do, or use another "
            "method."
        )
    if not lines.even:
        steps = np.diff(lines.points)
        raise DerivativeError(
            f"The Fourier method needs even steps, but those of {lines.axis} run from {steps.min():.4g} to "
            f"{steps.max():.4g}: interpolate the field, or use another method."
        )
    if not np.isfinite(lines.values).all():
        lines, whole = _whole(lines)
        result = spectral(lines, order, cutoff=cutoff) if lines.values.shape[1] else None
        return _spread(result, whole, len(lines.points))
    n = len(lines.points)
    modes = np.fft.rfft(lines.values, axis=0, norm="forward")
    waves = np.arange(len(modes))
    share, signal = _shares(lines, modes, cutoff)
    numbers = 2 * np.pi * waves / lines.period
    factor = (1j * numbers) ** order
    if n % 2 == 0 and order % 2:
        factor[-1] = 0.0
    values = np.fft.irfft((factor * share)[:, None] * modes, n=n, axis=0, norm="forward")
    # Each mode but the first and the last one of even n stands for two.
    twice = np.where((waves == 0) | ((n % 2 == 0) & (waves == n // 2)), 1.0, 2.0)
    gain = np.sqrt(np.sum(twice * numbers ** (2 * order) * share**2) / n)
    lost = np.sum(twice * numbers ** (2 * order) * (1 - share) ** 2 * signal)
    bias = np.sqrt(lost + _unresolved(signal, waves, n, order) * (2 * np.pi / lines.period) ** (2 * order))
    noise = np.broadcast_to(gain * lines.sd, values.shape)
    kept = int(waves[share > 0.5].max(initial=0))
    return Estimate(values, noise, np.full(values.shape, bias), {"cutoff": kept})


#: The spectrum beyond the samples is continued to so many times their number.
_CONTINUED = 3

#: A mode is signal if it stands out of the noise by so many standard deviations.
_STANDS_OUT = 4.0


def _shares(lines: Lines, modes: np.ndarray, cutoff: int | None) -> tuple[Array, Array]:
    """The share of signal in every mode, and the power of the signal in it."""
    n, m = lines.values.shape
    floor = lines.typical_sd**2 / n
    power = np.mean(np.abs(modes) ** 2, axis=1)
    waves = np.arange(len(power))
    doubt = _STANDS_OUT / np.sqrt(m)
    signal = np.maximum(power - floor, 0.0)
    clear = np.flatnonzero(power > (1 + doubt) * floor)
    last = int(clear.max(initial=0))
    # Single modes beyond a long silence are chance.
    if len(clear) > 2:
        gaps = np.diff(clear)
        wide = np.flatnonzero(gaps > np.maximum(4, clear[:-1]))
        last = int(clear[wide[0]]) if wide.size else last
    tail = np.where(waves > last, _tail(waves, signal, last, doubt * floor), 0.0)
    # Less of it, where the modes beyond say in sum that there is less.
    size = float(np.sum(tail**2))
    if size > 0:
        seen = float(np.sum(tail * (power - floor))) / size + floor / np.sqrt(m * size)
        tail = tail * np.clip(seen, 0.0, 1.0)
    signal = np.where(waves > last, tail, signal)
    share = signal / np.maximum(signal + floor, np.finfo(float).tiny)
    share[0] = 1.0
    if cutoff is not None:
        share = (waves <= cutoff).astype(float)
    return share, signal


def _tail(waves: np.ndarray, signal: Array, last: int, ceiling: float) -> Array:
    """The spectrum at `waves` beyond the last mode that is seen: it falls on as it did, exponentially."""
    seen = np.arange(max(1, last // 2), last + 1)
    seen = seen[signal[seen] > 0]
    if len(seen) < 2:
        return np.zeros(len(waves))
    # The upper envelope: spectra of symmetric functions have every other mode empty.
    envelope = np.maximum.accumulate(signal[seen][::-1])[::-1]
    slope, start = np.polyfit(seen, np.log(envelope), 1)
    with np.errstate(under="ignore"):
        return (
            np.minimum(np.exp(start + min(slope, 0.0) * waves), ceiling)
            if slope < 0
            else np.zeros(len(waves))
        )


def _unresolved(signal: Array, waves: np.ndarray, n: int, order: int) -> float:
    """What waves too short for the samples would add to the mean square of a derivative, by wave numbers.

    The spectrum is continued beyond the shortest wave that samples show; samples take these for longer ones.
    """
    last = int(np.flatnonzero(signal > 0).max(initial=0))
    if last < len(waves) - 2:  # it ends in the noise
        return 0.0
    beyond = np.arange(n // 2 + 1, _CONTINUED * n)
    seen = np.arange(max(1, last // 2), last + 1)
    tail = _tail(beyond, signal, last, float(signal[seen].max(initial=0.0)))
    alias = (beyond + n // 2) % n - n // 2
    return float(np.sum(2 * tail * (beyond ** float(order) - alias ** float(order)) ** 2))


def _whole(lines: Lines) -> tuple[Lines, np.ndarray]:
    from dataclasses import replace

    whole = np.asarray(np.isfinite(lines.values).all(axis=0))
    return replace(lines, values=lines.values[:, whole], noise=lines.noise[whole]), whole


def _spread(result: Estimate | None, whole: np.ndarray, n: int) -> Estimate:
    """Put the lines without gaps back among the others, which are NaN."""
    parts = []
    for name in ("values", "noise", "bias"):
        full = np.full((n, len(whole)), np.nan)
        if result is not None:
            full[:, whole] = getattr(result, name)
        parts.append(full)
    return Estimate(*parts, settings=result.settings if result is not None else {})
