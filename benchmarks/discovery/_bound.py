"""The Cramér-Rao bound: how well any unbiased method could know the coefficients of a law from its samples.

The samples are a solution of the law plus white noise. Unknown are the coefficients, the initial state (and
the initial rate, for laws for u_tt) and, where an axis is not periodic, the values along its edges. With J
how the samples move with the coefficients, N how they move with the rest, both in units of the noise, the
Fisher information left for the coefficients is the Schur complement J'J - J'N (N'N)^-1 N'J, and its inverse's
diagonal holds the smallest possible variances. They grow with the square of the noise, exactly.

Sensitivities are differences of simulations. The unknown functions are expanded in waves up to a quarter
beyond the shortest that the field shows, 48 at most, and three in the plane, for the sake of time. Where
states diverge from each other, as in chaos, a record is cut into pieces with an initial state each, since no
method follows one trajectory through all of it: this makes standard deviations larger. Components that the
law has no equation for are taken as known, which makes them smaller.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import physforge_kernel as pf

#: Differences, of a coefficient or of a component's rms, and how far they may grow over a piece and stay
#: linear: with axes, and without, where simulations are more accurate.
STEP, MOST_GROWTH = {True: 1e-4, False: 1e-7}, {True: 1e2, False: 1e4}
MOST_PIECES = 64
SHOWN = 1e-3  # amplitude, of the largest, from which a wave counts as shown
MOST_WAVES = {0: 0, 1: 48, 2: 3}
MOST_TIMES = 200
SECONDS = 1800.0

Array = np.ndarray


def bound(field: xr.Dataset, equation: pf.Equation, stand_in: str | None = None) -> dict[str, Any]:
    """Smallest relative standard deviations of the coefficients, at noise as large as the field's RMS.

    Args:
        field: noise-free, over t and up to two axes.
        equation: the law.
        stand_in: a law with further terms, which are known, to simulate instead.

    Returns:
        `terms`, `{left side: {term: sd / |coefficient|}}` at a noise fraction of 1; `pieces`; `waves` along
        each axis; `misfit`, how far simulations are from the field, as a fraction of its RMS; `seconds`.

    Raises:
        PhysForgeError: if the law cannot be simulated from the field.
    """
    started = time.process_time()
    whole, ratio = _thinned(field)
    law = pf.Equation(stand_in) if stand_in else equation
    pieces = 1
    while True:
        try:
            parts = [Piece(part, law, equation) for part in _cut(whole, pieces)]
            information = sum((part.information() for part in parts), np.zeros(()))
            break
        except DivergingError:
            pieces *= 2
            if pieces > MOST_PIECES:
                raise
    names = [(left, term) for left, terms in equation.terms.items() for term in terms]
    variances = np.diag(np.linalg.inv(ratio * information))[: len(names)]
    terms: dict[str, dict[str, float]] = {}
    for (left, term), variance in zip(names, variances, strict=True):
        terms.setdefault(left, {})[term] = float(f"{np.sqrt(variance):.4g}")
    return {
        "terms": terms,
        "pieces": pieces,
        "waves": parts[0].waves,
        "misfit": float(f"{max(part.misfit for part in parts):.2g}"),
        "seconds": round(time.process_time() - started, 1),
    }


class DivergingError(pf.PhysForgeError):
    """States diverge too far over a piece of the record."""


@dataclass
class Piece:
    """A piece of the record, `law` to simulate it, and the `equation` whose coefficients are asked for."""

    field: xr.Dataset
    law: pf.Equation
    equation: pf.Equation

    def __post_init__(self) -> None:
        self.space = [str(name) for name in self.field.dims if name != "t"]
        self.step = STEP[bool(self.space)]
        self.components = [left.partition("_")[0] for left in self.equation.left_sides]
        self.second = any(left.endswith("_tt") for left in self.equation.left_sides)
        self.rms = {
            name: float(np.sqrt(np.mean(abs(self.field[name].values) ** 2))) for name in self.components
        }
        self.complex = any(np.iscomplexobj(self.field[name].values) for name in self.components)
        self.start = self.field.copy(deep=True)
        if self.second:
            from scipy.interpolate import CubicSpline

            for name in self.components:
                axis = self.field[name].get_axis_num("t")
                rate = CubicSpline(self.field["t"].values, self.field[name].values, axis=axis).derivative()
                self.start[f"{name}_t"] = self.field[name].copy(data=rate(self.field["t"].values))
        self.periodic: bool | Mapping[str, bool] | None = None
        out = self._simulated(self.law, self.start)
        closed = str(out.attrs.get("periodic", "")).split(", ")
        self.periodic = {name: name in closed for name in self.space} if self.space else None
        self.open = [name for name in self.space if name not in closed]
        self.base = self._stacked(out)
        size = np.concatenate([self.field[name].values.ravel() / self.rms[name] for name in self.components])
        apart = self.base - _real(size, self.complex)
        self.misfit = float(np.sqrt(np.mean(apart**2) / np.mean(self.base**2)))
        self.waves = {name: self._waves(name) for name in self.space}

    def information(self) -> Array:
        """Fisher information (m, m) of the relative coefficients, at noise as large as the RMS."""
        coefficients = np.array(list(self._of_coefficients())).T
        others = np.array(list(self._of_the_rest())).T
        sizes = np.linalg.norm(others, axis=0)
        others = others[:, sizes > 1e-12 * sizes.max()] / sizes[sizes > 1e-12 * sizes.max()]
        basis, _ = np.linalg.qr(others)
        left = coefficients - basis @ (basis.T @ coefficients)
        return left.T @ left

    def _simulated(self, law: pf.Equation, start: xr.Dataset) -> xr.Dataset:
        return pf.simulate(
            law,
            start,
            t=self.field["t"].values,
            periodic=self.periodic,
            boundary=start if self.space else None,
            denoise=False,
            seconds=SECONDS,
        )

    def _stacked(self, out: xr.Dataset) -> Array:
        """Samples of all components in one row, in units of their RMS; of complex ones both parts.

        Noise of a complex component is shared by its parts, so that each has half of the variance.
        """
        dims = ("t", *self.space)
        rows = [out[name].transpose(*dims).values.ravel() / self.rms[name] for name in self.components]
        return _real(np.concatenate(rows), self.complex)

    def _of_coefficients(self) -> Iterator[Array]:
        """Sensitivities to the relative size of every coefficient; then, of complex ones, to their phase."""
        for turn in (1.0, 1j) if self.complex else (1.0,):
            for left, terms in self.equation.terms.items():
                for term in terms:
                    yield self._moved_by(left, term, turn * self.step)

    def _moved_by(self, left: str, term: str, step: complex) -> Array:
        for sign in (1.0, -1.0):  # one of the two may have waves that grow without bound
            terms = {side: dict(those) for side, those in self.law.terms.items()}
            terms[left][term] = terms[left][term] * (1 + sign * step)
            try:
                out = self._simulated(
                    pf.Equation.from_terms(terms, components=self.law.components), self.start
                )
            except pf.SimulationError:
                if sign < 0:
                    raise
                continue
            return (self._stacked(out) - self.base) / (sign * abs(step))
        raise AssertionError("unreachable")

    def _of_the_rest(self) -> Iterator[Array]:
        """Sensitivities to waves in the initial state and rate, and along edges."""
        for name in self.components:
            dims = [str(dim) for dim in self.start[name].dims]
            first = xr.zeros_like(self.start["t"], dtype=float)
            first[0] = 1.0
            for wave in self._basis():
                for turn in (1.0, 1j) if self.complex else (1.0,):
                    push = self.step * self.rms[name] * turn * (first * wave).transpose(*dims)
                    yield self._pushed(name, push)
                    if self.second:
                        rate = float(np.sqrt((abs(self.start[f"{name}_t"]) ** 2).mean())) / self.rms[name]
                        yield self._pushed(f"{name}_t", max(rate, 1e-12) * push)
            for push in self._edges():
                yield self._pushed(name, (self.step * self.rms[name] * push).transpose(*dims))

    def _pushed(self, name: str, push: xr.DataArray) -> Array:
        start = self.start.copy()
        start[name] = start[name] + push
        moved = (self._stacked(self._simulated(self.law, start)) - self.base) / self.step
        count = len(self.field["t"]) * int(np.prod([self.field.sizes[axis] for axis in self.space]))
        last = moved.reshape(-1, len(self.field["t"]), count // len(self.field["t"]))
        sizes = np.sqrt((last**2).mean(axis=(0, 2)))
        if (
            name in self.components
            and sizes[0] > 0
            and sizes.max() > MOST_GROWTH[bool(self.space)] * sizes[0]
        ):
            raise DivergingError(
                f"States diverge by a factor of {sizes.max() / sizes[0]:.0f} within a piece of the record."
            )
        return moved

    def _basis(self) -> Iterator[xr.DataArray]:
        """Products of waves along the axes."""
        waves = [xr.DataArray(1.0)]
        for name in self.space:
            waves = [a * b for a in waves for b in self._along(name)]
        yield from waves

    def _along(self, name: str) -> list[xr.DataArray]:
        x = self.field[name]
        place, most = np.arange(x.size), self.waves[name]
        if name in self.open:
            waves = [np.cos(np.pi * m * place / (x.size - 1)) for m in range(2 * most + 1)]
        else:
            angles = [2 * np.pi * m * place / x.size for m in range(most + 1)]
            waves = [np.cos(angle) for angle in angles] + [np.sin(angle) for angle in angles[1:]]
        return [xr.DataArray(wave, {name: x.values}, [name]) for wave in waves]

    def _edges(self) -> Iterator[xr.DataArray]:
        """Slow changes of the values near both ends of every axis that is not periodic."""
        t = self.field["t"]
        span = np.linspace(0.0, np.pi, t.size)
        for axis in self.open:
            n = self.field.sizes[axis]
            for end in (slice(0, n // 8), slice(n - n // 8, n)):
                near = xr.DataArray(np.zeros(n), {axis: self.field[axis].values}, [axis])
                near[end] = 1.0
                others = [name for name in self.space if name != axis]
                for m in range(1, 9):
                    wave = xr.DataArray(np.sin(m * span / 2), {"t": t.values}, ["t"]) * near
                    for name in others:
                        wave = wave * xr.ones_like(self.field[name], dtype=float)
                    yield wave

    def _waves(self, axis: str) -> int:
        """How many waves, per period or half of them per extent, show in the field; a quarter more."""
        most = 1
        for name in self.components:
            values = np.moveaxis(self.field[name].values, self.field[name].get_axis_num(axis), -1)
            amplitude = np.abs(np.fft.fft(values)).reshape(-1, values.shape[-1]).max(axis=0)
            folded = np.maximum(amplitude[1:], amplitude[:0:-1])[: values.shape[-1] // 2]
            shown = np.flatnonzero(folded > SHOWN * amplitude.max())
            most = max(most, int(shown.max(initial=0)) + 1)
        return min(int(np.ceil(1.25 * most)), MOST_WAVES[len(self.space)], self.field.sizes[axis] // 4)


def _real(values: Array, parts: bool) -> Array:
    return np.sqrt(2) * np.concatenate([np.real(values), np.imag(values)]) if parts else values


def _cut(field: xr.Dataset, pieces: int) -> Iterator[xr.Dataset]:
    for rows in np.array_split(np.arange(field.sizes["t"]), pieces):
        yield field.isel(t=rows)


def _thinned(field: xr.Dataset) -> tuple[xr.Dataset, float]:
    """The field on fewer times and points that still resolve it, and how many samples each stands for."""
    space = [str(name) for name in field.dims if name != "t"]
    names = [str(name) for name in field.data_vars]
    field = field.transpose("t", *space)
    steps = {"t": max(1, field.sizes["t"] // MOST_TIMES)} if space else {}
    for axis in space:
        shown = 1
        for name in names:
            spectrum = np.abs(np.fft.fft(field[name].values, axis=field[name].get_axis_num(axis)))
            spectrum = np.moveaxis(spectrum, field[name].get_axis_num(axis), -1)
            amplitude = spectrum.reshape(-1, spectrum.shape[-1]).max(axis=0)
            half = amplitude[: len(amplitude) // 2]
            shown = max(shown, int(np.flatnonzero(half > 0.1 * SHOWN * amplitude.max()).max()))
        n, step = field.sizes[axis], 1
        while n % (2 * step) == 0 and n // (2 * step) >= max(4 * shown, 32):
            step *= 2
        steps[axis] = step
    thin = field.isel({axis: slice(None, None, step) for axis, step in steps.items()})
    samples, kept = np.prod(list(field.sizes.values())), np.prod(list(thin.sizes.values()))
    return thin, float(samples / kept)
