"""Gaussian random functions of one coordinate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, pi

import numpy as np
import torch
import xarray as xr
from scipy.special import gamma, kv

from ...errors import SolverError
from .._domain import Domain
from ._expansion import Expansion, Tabulated, Waves

#: Waves that a periodic function has at most, and nodes for each length scale of others and at most.
_WAVES, _NODES_EACH, _NODES = 256, 24, 1024
#: Functions that are drawn lack less than this share of their size.
_DRAWN = 1e-6


@dataclass(frozen=True)
class GaussianField:
    """A Gaussian random function with a stationary covariance of the Whittle-Matérn family.

    Its covariance at a distance r is `amplitude^2 * 2^(1-s)/Gamma(s) * q^s K_s(q)` with
    `q = sqrt(2 s) r/length_scale` and the smoothness s, and for s = inf `amplitude^2 exp(-r^2/(2
    length_scale^2))` (Rasmussen and Williams 2006, eqs. 4.14 and 4.9). A periodic function has the
    corresponding spectrum on the waves that fit in, as in `N(0, (-Laplacian + tau^2)^-(s + 1/2))` with
    `tau = sqrt(2 s)/length_scale` (Lindgren, Rue and Lindström 2011).

    Attributes:
        length_scale: the distance over which values stay alike, in the units of the coordinate.
        amplitude: the standard deviation of the value at a point.
        mean: the value that they scatter around.
        smoothness: s; there are derivatives of all orders below it.
        periodic: whether functions repeat after the domain.
        balanced: whether the average of each periodic function is exactly the mean.

    Raises:
        SolverError: if a number is not positive, or the mean is none.

    Example:
        >>> field = GaussianField(length_scale=0.2)
        >>> drawn = field.draw(3, {"x": (0, 1)}, torch.Generator().manual_seed(0))
        >>> drawn.dims, drawn.shape
        (('sample', 'x'), (3, 128))
    """

    length_scale: float
    amplitude: float = 1.0
    mean: float = 0.0
    smoothness: float = inf
    periodic: bool = False
    balanced: bool = False

    def __post_init__(self) -> None:
        for name in ("length_scale", "amplitude", "smoothness"):
            value = getattr(self, name)
            if (
                not isinstance(value, int | float)
                or not value > 0
                or (name != "smoothness" and not isfinite(value))
            ):
                raise SolverError(
                    f"The {name} of a Gaussian field is {value!r}; give a number greater than zero."
                )
        if not isinstance(self.mean, int | float) or not isfinite(self.mean):
            raise SolverError(f"The mean of a Gaussian field is {self.mean!r}; give a number.")
        if self.balanced and not self.periodic:
            raise SolverError("Only periodic functions can be balanced; pass periodic=True too.")

    def draw(
        self,
        count: int,
        domain: Mapping[str, tuple[float, float]],
        generator: torch.Generator,
        nodes: int = 128,
    ) -> xr.DataArray:
        """Functions drawn independently.

        Args:
            count: how many.
            domain: the coordinate with its ends, `{"x": (0, 1)}`.
            generator: of the random numbers.
            nodes: at how many evenly spaced points; those of a periodic field leave the far end out.

        Returns:
            An array (sample, x).
        """
        box = Domain.of(domain)
        if len(box.axes) != 1:
            raise SolverError(f"Functions of {len(box.axes)} coordinates cannot be drawn; give one interval.")
        (axis, (low, high)) = next(iter(box.bounds.items()))
        at = np.linspace(low, high, nodes, endpoint=not self.periodic)
        whole = self.expansion((low, high), _DRAWN)
        coordinates = torch.randn(count, whole.count, generator=generator, dtype=torch.float64).numpy()
        return xr.DataArray(whole.values(at, coordinates), {axis: at}, ("sample", axis))

    def expansion(self, ends: tuple[float, float], share: float) -> Expansion:
        """The field between two ends, as a sum that lacks no more than a share of a function's size.

        Raises:
            SolverError: if that takes too many terms.
        """
        return self._waves(*ends, share) if self.periodic else self._table(*ends, share)

    def _waves(self, low: float, high: float, share: float) -> Waves:
        numbers = 2 * pi / (high - low) * np.arange(4 * _WAVES)
        if isfinite(self.smoothness):
            near = 2 * self.smoothness / self.length_scale**2
            powers = (1 + numbers**2 / near) ** -(self.smoothness + 0.5)
        else:
            powers = np.exp(-((numbers * self.length_scale) ** 2) / 2)
        powers[0] *= not self.balanced
        powers[1:] *= 2
        if not powers.sum() > 1e-200:
            raise self._too_long(high - low)
        powers *= self.amplitude**2 / powers.sum()
        lacking = np.sqrt(np.maximum(powers[::-1].cumsum()[::-1], 0)) / self.amplitude
        enough = np.flatnonzero(lacking <= share)
        if not len(enough) or enough[0] > _WAVES:
            raise self._too_rough(high - low)
        return Waves(
            low, high, float(np.sqrt(powers[0])), np.sqrt(powers[1 : max(enough[0], 2)]), float(self.mean)
        )

    def _table(self, low: float, high: float, share: float) -> Tabulated:
        needed = int(np.ceil(_NODES_EACH * (high - low) / self.length_scale)) + 1
        if needed > _NODES:
            raise self._too_rough(high - low)
        at = np.linspace(low, high, max(needed, 65))
        weights = np.full(len(at), 1.0)
        weights[[0, -1]] = 0.5
        root = np.sqrt(weights)
        covariance = self.amplitude**2 * self._correlation(np.abs(at[:, None] - at))
        powers, shapes = np.linalg.eigh(root[:, None] * covariance * root)
        powers, shapes = np.maximum(powers[::-1], 0.0), shapes[:, ::-1]
        lacking = np.sqrt(powers[::-1].cumsum()[::-1] / powers.sum())
        count = max(int((lacking > share).sum()), 1)
        modes = (shapes[:, :count] * np.sqrt(powers[:count])).T / root
        return Tabulated(low, high, at, np.concatenate([np.full((1, len(at)), float(self.mean)), modes]))

    def _correlation(self, r: np.ndarray) -> np.ndarray:
        if not isfinite(self.smoothness):
            return np.exp(-((r / self.length_scale) ** 2) / 2)
        s = self.smoothness
        q = np.maximum(np.sqrt(2 * s) * r / self.length_scale, 1e-10)
        return np.where(r > 0, 2 ** (1 - s) / gamma(s) * q**s * kv(s, q), 1.0)

    def _too_rough(self, length: float) -> SolverError:
        return SolverError(
            f"Functions with the length scale {self.length_scale:g} and the smoothness {self.smoothness:g} "
            f"vary too finely on a domain of length {length:g}; give them a larger length scale or more "
            "smoothness."
        )

    def _too_long(self, length: float) -> SolverError:
        return SolverError(
            f"Balanced functions with the length scale {self.length_scale:g} hardly vary on a domain of "
            f"length {length:g}; give them a shorter one."
        )
