"""A table that a formula is sought for: inputs, outputs, and how noise on the output weighs row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import sympy

    from ._windows import Windows


@dataclass(frozen=True)
class Sample:
    """`X`: (n, d) inputs, `y`: (n,) outputs, `scale`: (n,), how far an error of one unit of the original
    output moves `y`. Dividing a residual by `scale` gives it in the units of what was measured, whatever
    `y` has been turned into since.
    """

    X: np.ndarray
    y: np.ndarray
    scale: np.ndarray
    symbols: tuple[sympy.Symbol, ...] = field(repr=False)
    unit: float = 1.0
    """RMS of the output as it was measured: residuals are told as shares of it."""
    noise: float = 0.0
    """Standard deviation of the errors of the measured output, if it is known, or a bound on it."""
    windows: Windows | None = None
    """What formulas are measured on instead of the rows, for a derivative along a noisy curve."""
    blocks: np.ndarray | None = None
    """(n,) Which part of a field a row is from: errors of neighbours hang together."""

    @property
    def points(self) -> np.ndarray:
        """(m, d) Inputs at which a formula has to have values to be measured."""
        return self.X if self.windows is None else self.windows.X

    @cached_property
    def count(self) -> int:
        """How many independent residuals a formula is measured by, about."""
        if self.windows is not None:
            return self.windows.count
        return len(self.y) if self.blocks is None else len(np.unique(self.blocks))

    def residual(self, values: np.ndarray) -> np.ndarray:
        """(count,) What a formula with these values at `points` leaves, as a share of the output's RMS."""
        if self.windows is not None:
            return self.windows.residual(values)
        return (values - self.y) * self.weights

    @cached_property
    def weights(self) -> np.ndarray:
        """(n,) What a residual is multiplied with to be a share of the measured output's RMS."""
        return 1.0 / (self.scale * self.unit)

    @property
    def positive(self) -> np.ndarray:
        """(d,) Which inputs are positive throughout."""
        return np.asarray((self.X > 0).all(axis=0))

    @property
    def spread(self) -> float:
        """Misfit of the best constant, as a share of the measured output's RMS."""
        if self.windows is not None:
            return self.windows.spread
        shares = self.weights**2
        mean = float(np.sum(shares * self.y) / np.sum(shares))
        return float(np.sqrt(np.mean(shares * (self.y - mean) ** 2)))

    def rows(self, chosen: np.ndarray) -> Sample:
        """The sample of these rows."""
        return Sample(
            self.X[chosen], self.y[chosen], self.scale[chosen], self.symbols, self.unit, self.noise,
            blocks=None if self.blocks is None else self.blocks[chosen],
        )  # fmt: skip

    def thinned(self, count: int, seed: int = 0) -> Sample:
        """At most `count` rows, chosen at random."""
        if len(self.y) <= count:
            return self
        return self.rows(np.sort(np.random.default_rng(seed).choice(len(self.y), count, replace=False)))

    def with_output(self, y: np.ndarray, slope: np.ndarray) -> Sample:
        """The sample with an output made from the old one; `slope`: (n,), its derivative by the old one.

        Rows in which either is not finite, or the slope vanishes, are left out.
        """
        scale = self.scale * np.abs(slope)
        kept = np.isfinite(y) & np.isfinite(scale) & (scale > 0)
        return Sample(self.X[kept], y[kept], scale[kept], self.symbols, self.unit, self.noise)

    def with_inputs(self, X: np.ndarray, symbols: tuple[sympy.Symbol, ...]) -> Sample:
        """The sample with other inputs."""
        return Sample(X, self.y, self.scale, symbols, self.unit, self.noise)


def make(X: np.ndarray, y: np.ndarray, prefix: str = "x") -> Sample:
    """The sample of a measured table."""
    unit = float(np.sqrt(np.mean(y**2))) or 1.0
    return Sample(X, y, np.ones_like(y), symbols(X, prefix), unit)


def symbols(X: np.ndarray, prefix: str = "x") -> tuple[sympy.Symbol, ...]:
    """Symbols for the columns of `X`, positive where the data are, so that SymPy may simplify roots."""
    import sympy

    return tuple(
        sympy.Symbol(f"{prefix}{i}", positive=True)
        if (column > 0).all()
        else sympy.Symbol(f"{prefix}{i}", real=True)
        for i, column in enumerate(X.T)
    )
