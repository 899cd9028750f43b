"""Random functions as sums of known ones, with coordinates that are independent and of variance one.

A function `f = mean + sum_i xi_i m_i` of a Gaussian field has standard normal coordinates xi (Karhunen and
Loève; Le Maître and Knio 2010, section 2.1). Operators see a function as its coordinates: their squared
length is the squared Mahalanobis distance from the mean, which tells how usual a function is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np
import torch
from jaxtyping import Float
from scipy.interpolate import BSpline, make_interp_spline
from torch import Tensor

#: Values at sensors are taken to be right up to this share of a function's usual size.
_EXACT = 1e-6
#: Splines are of this degree where there are nodes enough: their fourth derivatives are continuous.
_DEGREE = 5


@dataclass(frozen=True)
class Seen:
    """What values at sensors say of a function.

    Attributes:
        coordinates: (m,), the most likely ones.
        open: how much of the function the sensors leave open, as a share of its usual size.
        missed: how much of the values no coordinates give, as a share of their size.
    """

    coordinates: Float[np.ndarray, "m"]
    open: float
    missed: float


class Expansion(ABC):
    """A mean and m functions of one coordinate, with their derivatives.

    Attributes:
        low: where they start.
        high: where they end, and start again if they are periodic.
        periodic: whether they are.
    """

    low: float
    high: float
    periodic: bool

    @property
    @abstractmethod
    def count(self) -> int:
        """The number m of functions beside the mean."""

    @property
    @abstractmethod
    def nodes(self) -> Float[np.ndarray, "n"]:
        """Where sensors stand that tell everything."""

    @abstractmethod
    def mean(self, x: Float[np.ndarray, "N"], order: int = 0) -> Float[np.ndarray, "N"]:
        """A derivative of the mean."""

    @abstractmethod
    def modes(self, x: Float[np.ndarray, "N"], order: int = 0) -> Float[np.ndarray, "N m"]:
        """A derivative of each function, scaled so that its coordinate has variance one."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """What it is made of."""

    def size(self) -> float:
        """The root mean square of a usual function's distance from the mean."""
        return float(np.sqrt((self.modes(self.nodes) ** 2).sum(1).mean()))

    def values(self, x: Float[np.ndarray, "N"], coordinates: Float[np.ndarray, "F m"]) -> np.ndarray:
        """The functions (F, N) with some coordinates."""
        return self.mean(x) + coordinates @ self.modes(x).T

    def seen(self, sensors: Float[np.ndarray, "n"], values: Float[np.ndarray, "n"]) -> Seen:
        """The function that is most likely where values at sensors are known."""
        usual = self.size()
        modes, off = self.modes(sensors), values - self.mean(sensors)
        u, s, v = np.linalg.svd(modes, full_matrices=False)
        noise = _EXACT * usual
        coordinates = v.T @ (s / (s**2 + noise**2) * (u.T @ off))
        missed = float(np.linalg.norm(off - modes @ coordinates)) / max(float(np.linalg.norm(off)), 1e-300)
        seen = self.modes(self.nodes) @ (v.T * (s / np.sqrt(s**2 + noise**2)))
        told = float((seen**2).sum(1).mean()) / max(usual**2, 1e-300)
        return Seen(coordinates, float(np.sqrt(max(1 - told, 0.0))), missed)


@dataclass(frozen=True)
class Waves(Expansion):
    """A constant and the waves of a periodic function: cosines, then sines.

    Attributes:
        constant: the standard deviation of the average, which is the first coordinate; where it is zero
            there is no such coordinate.
        scale: (K,) the standard deviation of the amplitudes of the K longest waves.
        average: of the mean.
    """

    low: float
    high: float
    constant: float
    scale: Float[np.ndarray, "K"]
    average: float = 0.0
    periodic: bool = True

    @property
    def count(self) -> int:
        return self.averages + 2 * len(self.scale)

    @property
    def averages(self) -> int:
        """The number of coordinates, one or none, that stand before those of waves."""
        return int(self.constant > 0)

    @property
    def nodes(self) -> np.ndarray:
        return np.linspace(self.low, self.high, 4 * len(self.scale) + 4, endpoint=False)

    @cached_property
    def numbers(self) -> Float[np.ndarray, "K"]:
        """The wave numbers, in radians for each unit."""
        return 2 * pi / (self.high - self.low) * np.arange(1, len(self.scale) + 1)

    def mean(self, x: np.ndarray, order: int = 0) -> np.ndarray:
        return np.full(len(x), self.average if order == 0 else 0.0)

    def modes(self, x: np.ndarray, order: int = 0) -> np.ndarray:
        waves = (1j * self.numbers) ** order * np.exp(1j * np.outer(x - self.low, self.numbers))
        first = np.full((len(x), self.averages), self.constant if order == 0 else 0.0)
        return np.concatenate([first, self.scale * waves.real, self.scale * waves.imag], axis=1)

    def tensors(self) -> dict[str, Tensor]:
        return {"scale": torch.from_numpy(np.concatenate([[self.average, self.constant], self.scale]))}


@dataclass(frozen=True)
class Tabulated(Expansion):
    """Functions given at nodes, and between them by splines of degree five.

    Attributes:
        at: (n,) the nodes; of a periodic function without the far end.
        table: (1 + m, n) the mean and the functions there.
    """

    low: float
    high: float
    at: Float[np.ndarray, "n"]
    table: Float[np.ndarray, "1+m n"]
    periodic: bool = False

    @property
    def count(self) -> int:
        return len(self.table) - 1

    @property
    def nodes(self) -> np.ndarray:
        return self.at

    @cached_property
    def _spline(self) -> BSpline:
        return spline(self.at, self.table.T, self.high - self.low if self.periodic else None)

    def mean(self, x: np.ndarray, order: int = 0) -> np.ndarray:
        return self._spline(x, nu=order)[:, 0]

    def modes(self, x: np.ndarray, order: int = 0) -> np.ndarray:
        return self._spline(x, nu=order)[:, 1:]

    def tensors(self) -> dict[str, Tensor]:
        return {"nodes": torch.tensor(self.at), "table": torch.tensor(self.table)}


def expansion(ends: tuple[float, float], periodic: bool, tensors: dict[str, Tensor]) -> Expansion:
    """An expansion from what it is made of."""
    if "scale" in tensors:
        average, constant, *scale = tensors["scale"].tolist()
        return Waves(*ends, constant, np.array(scale), average)
    return Tabulated(*ends, tensors["nodes"].numpy(), tensors["table"].numpy(), periodic)


def spline(nodes: np.ndarray, values: np.ndarray, period: float | None) -> BSpline:
    """The spline through values (n, ...) at nodes (n,); around a period where there is one."""
    if period is not None:
        # Continued beyond both ends as far as a node can be felt, which keeps evaluation local.
        beyond = min(len(nodes), 4 * _DEGREE)
        nodes = np.concatenate([nodes[-beyond:] - period, nodes, nodes[:beyond] + period])
        values = np.concatenate([values[-beyond:], values, values[:beyond]])
    degree = next(k for k in (_DEGREE, 3, 1) if len(nodes) > k)
    return make_interp_spline(nodes, values, k=degree)
