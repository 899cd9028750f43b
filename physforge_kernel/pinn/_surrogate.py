"""The method `network` of `differentiate`: derivatives of a network that is fitted to all samples at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve
from torch import Tensor

from ..derivatives import Estimate, Samples
from ..errors import DerivativeError
from ._approximation import Approximation, Embedding
from ._components import Components
from ._domain import Domain
from ._objective import Batch, Objective
from ._orders import Order, Orders
from ._residuals import DataRows, PenaltyRows
from .networks import MLP
from .optimisers import LevenbergMarquardt

#: One sample of so many is held out, to see when the network begins to learn the noise.
_HELD_OUT = 8
#: Steps after which that is looked at, and looks without a gain after which fitting ends.
_LOOK, _PATIENCE = 4, 6
#: Samples that are fitted at most; of more, so many are drawn.
_MOST = 6000
#: Networks whose disagreement tells what fitting leaves.
_FITS = 2
#: Samples whose errors are computed at once.
_BLOCK = 2000
_JITTER = 1e-12
#: The standard deviation that weights have before any sample is seen, so that noise bends the network less.
_PRIOR = 1.0


def network(
    samples: Samples,
    orders: Mapping[str, int],
    *,
    width: int = 20,
    depth: int = 2,
    steps: int = 200,
    seed: int = 0,
) -> Estimate:
    """Differentiate a network that is fitted to the samples of a whole field.

    Fitting ends where samples that are held out are no longer met better. The derivative is exact for the
    network, and the mean of two that start from different weights: their disagreement is the bias, and the
    noise is that of the Gauss-Newton posterior.

    Args:
        samples: the field.
        orders: how often each axis differentiates.
        width, depth: of the layers.
        steps: of Levenberg and Marquardt's method, at most.
        seed: of the weights and of what is held out.

    Raises:
        DerivativeError: if there are too few samples.
    """
    known = np.isfinite(samples.values)
    if known.sum() < 4 * _HELD_OUT:
        raise DerivativeError(
            f"A network needs {4 * _HELD_OUT} samples at least, and there are {int(known.sum())}; take "
            "another method, such as 'spline'."
        )
    shift, size = float(samples.values[known].mean()), float(samples.values[known].std()) or 1.0
    grid = np.stack(np.meshgrid(*samples.points, indexing="ij"), axis=-1).reshape(-1, len(samples.axes))
    points = torch.from_numpy(grid[known.ravel()])
    values = torch.from_numpy((samples.values[known] - shift) / size)
    family = _family(samples, MLP(width=width, depth=depth))
    order = tuple(orders.get(axis, 0) for axis in samples.axes)
    whole = torch.from_numpy(grid)
    fits = []
    for k in range(_FITS):
        generator = torch.Generator().manual_seed(seed + k)
        weights, covariance = _fitted(family, points, values, samples.noise / size, steps, generator)
        fits.append(_derivative(family, weights, covariance, whole, order))
    shape = samples.values.shape
    means = np.stack([mean for mean, _ in fits])
    factor = size
    mean = factor * means.mean(0).reshape(shape)
    if not any(order):
        mean = mean + shift
    noise = factor * np.stack([sd for _, sd in fits]).mean(0).reshape(shape)
    bias = factor * np.ptp(means, axis=0).reshape(shape) / 2
    for each in (mean, noise, bias):
        each[~known] = np.nan
    return Estimate(mean, noise, bias, {"width": width, "depth": depth})


def _family(samples: Samples, layers: MLP) -> Approximation:
    bounds = {}
    for axis, points in zip(samples.axes, samples.points, strict=True):
        low, high = float(points[0]), float(points[-1])
        bounds[axis] = (low, low + samples.periods[axis] if axis in samples.periods else high)
    box = Domain(bounds)
    periodic = tuple(axis for axis in samples.axes if axis in samples.periods)
    embedding = Embedding(box, periodic, {axis: (2, 4) for axis in periodic})
    return Approximation(box, 1, layers, embedding)


def _fitted(
    family: Approximation,
    points: Float[Tensor, "N D"],
    values: Float[Tensor, "N"],
    noise: float,
    steps: int,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "P"], np.ndarray]:
    """Weights that meet samples held out best, and their covariance."""
    drawn = torch.randperm(len(points), generator=generator)[:_MOST]
    held, fitted = drawn[::_HELD_OUT], torch.cat([drawn[k::_HELD_OUT] for k in range(1, _HELD_OUT)])
    training = _misfit(family, points[fitted], values[fitted], noise / _PRIOR)
    seen = _misfit(family, points[held], values[held])
    method, weights = LevenbergMarquardt(), family.initial(generator)
    best, least, without = weights, np.inf, 0
    for step in range(1, steps + 1):
        weights = method.step(training, weights)
        if step % _LOOK == 0:
            with torch.no_grad():
                missed = float(seen.rows(weights).square().sum())
            without = 0 if missed < 0.999 * least else without + 1
            best, least = (weights, missed) if missed < least else (best, least)
            if without == _PATIENCE:
                break
    rows, jacobian = training.linearised(best)
    gram = (jacobian.T @ jacobian).numpy()
    gram[np.diag_indices_from(gram)] += _JITTER * np.trace(gram)
    missed, count = rows[: len(fitted)], len(fitted)
    sd = max(noise, float(missed.norm()) / np.sqrt(max(count - len(best), count / 10)))
    return best, sd**2 * cho_solve(cho_factor(gram), np.eye(len(gram)))


def _misfit(family: Approximation, points: Tensor, values: Tensor, penalty: float = 0.0) -> Objective:
    rows = DataRows("u", points, values, 1.0, None, Components(("u",)))
    batches = [Batch(rows, rows.prepare(family, points), torch.ones_like(values))]
    if penalty:
        count = family.layout.count
        batches.append(Batch(PenaltyRows(count), (), values.new_full((count,), penalty)))
    return Objective(family, batches)


def _derivative(
    family: Approximation, weights: Tensor, covariance: np.ndarray, points: Tensor, order: Order
) -> tuple[np.ndarray, np.ndarray]:
    """A derivative at points, and its standard deviation."""
    orders = Orders.closed(family.box.axes, [order])
    values, sds = [], []
    for block in points.split(_BLOCK):
        jet, tape = family.jet(weights, family.prepare(block, orders), records=True)
        jacobian = weights.new_empty(len(block), len(weights))
        tape.jacobian([jet[order][:, 0]], family.layout, jacobian)
        slopes = jacobian.numpy()
        values.append(jet[order][:, 0].detach().numpy())
        sds.append(np.sqrt(np.einsum("np,pq,nq->n", slopes, covariance, slopes, optimize=True).clip(min=0)))
    return np.concatenate(values), np.concatenate(sds)
