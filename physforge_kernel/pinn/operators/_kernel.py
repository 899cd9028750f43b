"""A map between vectors learnt from pairs: an affine one where that is best, else a kernel's.

Kernel interpolation of operators: Batlle, Darcy, Hosseini and Owhadi 2024 (arXiv 2304.13202). All that is
chosen is chosen by the error of samples left out, which follows from the solution with all of them (Rasmussen
and Williams 2006, eq. 5.12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_factor, cho_solve

#: Samples among which the settings are chosen, and samples that are centres of the kernel at most.
_CHOSEN, _CENTRES = 800, 4000
#: Widths in units of the typical distance, powers of the coordinates' sizes, and shares of noise.
_WIDTHS, _POWERS, _NOISE = (0.5, 1.0, 2.0, 4.0, 8.0), (0.5, 0.75, 1.0, 1.25, 1.5), (1e-10, 1e-7, 1e-4)


@dataclass(frozen=True)
class Kernel:
    """An affine map, or a sum of inverse multiquadrics `1/sqrt(1 + r^2)` around the samples.

    Attributes:
        affine: (1 + m, q) the affine map, the constant first; empty (0, q) for none.
        scale: (m,) what coordinates are multiplied by before distances are taken.
        centres: (n, m) the samples, scaled; empty for the affine map.
        heights: (n, q) of the multiquadrics.
        missed: the mean relative error of samples left out.
    """

    affine: Float[np.ndarray, "1+m q"]
    scale: Float[np.ndarray, "m"]
    centres: Float[np.ndarray, "n m"]
    heights: Float[np.ndarray, "n q"]
    missed: float

    def __call__(self, x: Float[np.ndarray, "F m"]) -> Float[np.ndarray, "F q"]:
        """The map at some vectors."""
        if len(self.affine):
            return self.affine[0] + x @ self.affine[1:]
        return _multiquadric(x * self.scale, self.centres) @ self.heights

    def config(self) -> dict[str, Any]:
        """What JSON can hold."""
        return {"missed": self.missed}

    def arrays(self) -> dict[str, np.ndarray]:
        """Its numbers, by name."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @staticmethod
    def made(config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Kernel:
        """The kernel that has this configuration and these numbers."""
        return Kernel(**{name: arrays[name] for name in _ARRAYS}, missed=config["missed"])


_ARRAYS = ("affine", "scale", "centres", "heights")


def learn_kernel(
    x: Float[np.ndarray, "n m"],
    y: Float[np.ndarray, "n q"],
    sizes: Float[np.ndarray, "m"],
    norms: Float[np.ndarray, "n"],
) -> Kernel:
    """The map from x to y.

    Args:
        x: vectors whose coordinates have mean zero and variance one.
        y: what they are mapped to.
        sizes: how much each coordinate matters by itself, such as its share of a function's norm.
        norms: what the error of each sample is relative to.
    """
    affine, off = _affine(x, y)
    missed = _relative(off, norms)
    few = slice(0, _CHOSEN)
    width, power, noise, error = _chosen(x[few], y[few], sizes, norms[few])
    none = np.empty((0, x.shape[1])), np.empty((0, y.shape[1]))
    if missed <= error:
        return Kernel(affine, np.ones(x.shape[1]), *none, missed)
    x, y, norms = x[:_CENTRES], y[:_CENTRES], norms[:_CENTRES]
    scale = _scale(x, sizes, width, power)
    heights, off = _interpolated(x * scale, y, noise)
    return Kernel(none[1], scale, x * scale, heights, _relative(off, norms))


def _affine(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The affine map by least squares, and its errors at samples that are left out."""
    q, r = np.linalg.qr(np.concatenate([np.ones((len(x), 1)), x], axis=1))
    within = q.T @ y
    leverage = np.minimum((q**2).sum(1), 1 - 1e-9)
    return np.linalg.solve(r, within), (y - q @ within) / (1 - leverage)[:, None]


def _chosen(
    x: np.ndarray, y: np.ndarray, sizes: np.ndarray, norms: np.ndarray
) -> tuple[float, float, float, float]:
    """The width, power and noise with the smallest error of samples left out, and that error."""
    best = (1.0, 1.0, _NOISE[-1], float("inf"))
    for width, power, noise in product(_WIDTHS, _POWERS, _NOISE):
        try:
            _, off = _interpolated(x * _scale(x, sizes, width, power), y, noise)
        except LinAlgError:
            continue
        if (error := _relative(off, norms)) < best[-1]:
            best = (width, power, noise, error)
    return best


def _scale(x: np.ndarray, sizes: np.ndarray, width: float, power: float) -> np.ndarray:
    scale = np.maximum(sizes, 1e-300) ** power
    typical = np.sqrt(2 * (scale**2 * x.var(0)).sum())
    return scale / (width * max(typical, 1e-300))


def _interpolated(z: np.ndarray, y: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """The heights, and the errors at samples that are left out."""
    gram = _multiquadric(z, z)
    gram[np.diag_indices_from(gram)] += noise
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    heights = cho_solve(factor, y, check_finite=False)
    inverse = cho_solve(factor, np.eye(len(z)), check_finite=False)
    return heights, heights / np.diag(inverse)[:, None]


def _relative(off: np.ndarray, norms: np.ndarray) -> float:
    """The mean relative error."""
    return float((np.linalg.norm(off, axis=1) / np.maximum(norms, 1e-300)).mean())


def _multiquadric(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return 1 / np.sqrt(1 + np.maximum(squared, 0.0))
