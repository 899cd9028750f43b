"""Activation functions with their derivatives of any order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from math import pi, sqrt
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Values = Float[Tensor, "*shape"]


class Activation(ABC):
    """A function of one variable that a network applies to each of its units.

    Attributes:
        highest: the order up to which derivatives are not zero everywhere; None where there is no end.
    """

    highest: int | None = None

    @abstractmethod
    def derivatives(self, z: Values, count: int) -> list[Values]:
        """The function and its first `count` derivatives at z."""


class _OfItself(Activation):
    """A function y whose slope is a polynomial in y, so that all its derivatives are."""

    def __init__(self, slope: tuple[float, ...]) -> None:
        self._slope = slope

    @abstractmethod
    def value(self, z: Values) -> Values:
        """The function at z."""

    def derivatives(self, z: Values, count: int) -> list[Values]:
        y = self.value(z)
        return [y, *(_horner(_by_value(self._slope, m), y) for m in range(1, count + 1))]


@cache
def _by_value(slope: tuple[float, ...], m: int) -> tuple[float, ...]:
    """The m-th derivative of a function y with the given slope, as a polynomial in y."""
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(m):
        polynomial = polynomial.deriv() * np.polynomial.Polynomial(slope)
    return tuple(map(float, polynomial.coef))


class Tanh(_OfItself):
    """The hyperbolic tangent."""

    def __init__(self) -> None:
        super().__init__((1.0, 0.0, -1.0))

    def value(self, z: Values) -> Values:
        return torch.tanh(z)


class Sigmoid(_OfItself):
    """The logistic function `1/(1 + exp(-z))`."""

    def __init__(self) -> None:
        super().__init__((0.0, 1.0, -1.0))

    def value(self, z: Values) -> Values:
        return torch.sigmoid(z)


class Sine(Activation):
    """The sine (Sitzmann et al. 2020, arXiv 2006.09661)."""

    def derivatives(self, z: Values, count: int) -> list[Values]:
        sine = torch.sin(z)
        cosine = torch.cos(z) if count else sine
        return [(sine, cosine, -sine, -cosine)[m % 4] for m in range(count + 1)]


class Swish(Activation):
    """`z*sigmoid(z)` (Ramachandran et al. 2017, arXiv 1710.05941), also called SiLU."""

    def derivatives(self, z: Values, count: int) -> list[Values]:
        inner = Sigmoid().derivatives(z, count)
        return [z * inner[0], *(z * inner[m] + m * inner[m - 1] for m in range(1, count + 1))]


class Softplus(Activation):
    """`log(1 + exp(z))`."""

    def derivatives(self, z: Values, count: int) -> list[Values]:
        value = torch.nn.functional.softplus(z, threshold=50.0)
        return [value, *(Sigmoid().derivatives(z, count - 1) if count else ())]


class Gelu(Activation):
    """`z*Phi(z)` with the normal distribution function Phi (Hendrycks and Gimpel 2016, arXiv 1606.08415)."""

    def derivatives(self, z: Values, count: int) -> list[Values]:
        bell = torch.exp(-z * z / 2) / sqrt(2 * pi)
        inner = [torch.special.ndtr(z)]
        for m in range(count):
            # The m-th derivative of a bell is (-1)^m times Hermite's polynomial times the bell.
            hermite = np.polynomial.hermite_e.herme2poly([0.0] * m + [1.0])
            inner.append((-1.0) ** m * _horner(tuple(map(float, hermite)), z) * bell)
        return [z * inner[0], *(z * inner[m] + m * inner[m - 1] for m in range(1, count + 1))]


class Relu(Activation):
    """`max(z, 0)`; its second derivative is zero, so that it solves no equation that holds one."""

    highest = 1

    def derivatives(self, z: Values, count: int) -> list[Values]:
        steps = [torch.relu(z), (z > 0).to(z.dtype)]
        return [*steps, *(torch.zeros_like(z) for _ in range(count - 1))][: count + 1]


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "tanh": Tanh(),
        "sin": Sine(),
        "swish": Swish(),
        "gelu": Gelu(),
        "sigmoid": Sigmoid(),
        "softplus": Softplus(),
        "relu": Relu(),
    }
)


def _horner(coefficients: tuple[float, ...], y: Values) -> Values:
    total = torch.full_like(y, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * y + coefficient
    return total
