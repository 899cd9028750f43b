"""Levenberg and Marquardt's method with geodesic acceleration.

Gauss-Newton steps, damped along the diagonal as far as the gain of the last step says (Marquardt 1963;
Nielsen 1999, IMM-REP-1999-05), and bent along the curvature of the rows (Transtrum and Sethna 2012, arXiv
1201.5885): the valleys of a network's sum of squares are narrow and curved, and a straight step leaves them
soon. Steps solve the normal equations by Cholesky's method, refined with the Jacobian itself (corrected
seminormal equations, Björck 1987), which returns most of the precision that these equations lose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.blas import get_blas_funcs
from torch import Tensor

_LEAST, _MOST = 1e-15, 1e10
#: A step counts as a gain where it brings this share of what the linear model promised.
_ENOUGH = 1e-4
#: How fast the scale of a weight that has become less important is forgotten.
_FORGET = 0.9
_REFINEMENTS = 2
#: How far along a step the curvature of the rows is looked for, and how much a step may be bent.
_AHEAD, _BENT = 0.1, 0.75

#: A product of a matrix with its transpose, of which half is computed.
(_syrk,) = get_blas_funcs(["syrk"], dtype=np.float64)

_Solve = Callable[[np.ndarray], np.ndarray]


class SumOfSquares(Protocol):
    """Rows as functions of the weights."""

    def rows(self, weights: Tensor) -> Tensor:
        """The rows (M,)."""
        ...

    def linearised(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """The rows (M,) and their derivatives by the weights (M, P)."""
        ...


@dataclass
class LevenbergMarquardt:
    """The method with its state.

    Attributes:
        damping: of the next step, relative to the diagonal.
        loss: the sum of squares after the last step.
    """

    damping: float = 1e-2
    loss: float = np.inf
    _growth: float = 2.0
    _scale: np.ndarray = field(default_factory=lambda: np.zeros(1), repr=False)

    def step(self, objective: SumOfSquares, weights: Float[Tensor, "P"]) -> Float[Tensor, "P"]:
        """Weights with a smaller sum of squares; the same ones if no damping finds any."""
        rows, jacobian = objective.linearised(weights)
        before = float(rows @ rows)
        gradient = (jacobian.T @ rows).numpy()
        gram = _syrk(1.0, jacobian.numpy().T, lower=1)
        self._rescale(np.diag(gram))
        while self.damping < _MOST:
            solve = self._solver(gram, jacobian)
            straight = solve(gradient) if solve is not None else None
            if solve is not None and straight is not None:
                step = self._bent(objective, weights, rows, jacobian, straight, solve)
                gain = self._gain(objective, weights, step, before, self._promised(straight, gradient))
                if step is not None and gain > _ENOUGH:
                    self.damping = max(self.damping * max(1 / 3, 1 - (2 * min(gain, 1.0) - 1) ** 3), _LEAST)
                    self._growth = 2.0
                    return weights + torch.from_numpy(step)
            self.damping *= self._growth
            self._growth *= 2
        self.damping, self._growth, self.loss = 1.0, 2.0, before
        return weights

    def reset(self) -> None:
        """Forget what was learnt from earlier steps."""
        self.damping, self._growth, self._scale = 1e-2, 2.0, np.zeros(1)

    def state_dict(self) -> dict[str, Tensor]:
        """What later steps depend on."""
        numbers = torch.tensor([self.damping, self.loss, self._growth], dtype=torch.float64)
        return {"numbers": numbers, "scale": torch.from_numpy(self._scale.copy())}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on as the method that gave this state would."""
        self.damping, self.loss, self._growth = state["numbers"].tolist()
        self._scale = state["scale"].numpy().copy()

    def _rescale(self, diagonal: np.ndarray) -> None:
        kept = np.maximum(diagonal, _FORGET * self._scale)
        self._scale = np.maximum(kept, 1e-14 * kept.max(initial=1e-300))

    def _solver(self, gram: np.ndarray, jacobian: Tensor) -> _Solve | None:
        """What solves the damped normal equations, `-(J'J + damping*scale)^-1 b`."""
        damping = self.damping * self._scale
        damped = gram.copy(order="F")
        damped[np.diag_indices_from(damped)] += damping
        try:
            factor = cho_factor(damped, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            return None

        def solve(right: np.ndarray) -> np.ndarray:
            step = -cho_solve(factor, right, check_finite=False)
            for _ in range(_REFINEMENTS):
                image = (jacobian.T @ (jacobian @ torch.from_numpy(step))).numpy()
                step -= cho_solve(factor, right + image + damping * step, check_finite=False)
            return step

        return solve

    def _promised(self, step: np.ndarray, gradient: np.ndarray) -> float:
        """What the linear model says that a step takes off the sum of squares."""
        return float(self.damping * step @ (self._scale * step) - gradient @ step)

    def _bent(
        self,
        objective: SumOfSquares,
        weights: Tensor,
        rows: Tensor,
        jacobian: Tensor,
        straight: np.ndarray,
        solve: _Solve,
    ) -> np.ndarray | None:
        """A step along the curvature of the rows; None where that bends it more than it may."""
        along = torch.from_numpy(straight)
        with torch.no_grad():
            ahead = objective.rows(weights + _AHEAD * along)
        curvature = 2 / _AHEAD * ((ahead - rows) / _AHEAD - jacobian @ along)
        if not torch.isfinite(curvature).all():
            return None
        acceleration = solve((jacobian.T @ curvature).numpy())
        if 2 * self._length(acceleration) > _BENT * self._length(straight):
            return None
        return straight + acceleration / 2

    def _length(self, step: np.ndarray) -> float:
        return float(np.sqrt(step @ (self._scale * step)))

    def _gain(
        self,
        objective: SumOfSquares,
        weights: Tensor,
        step: np.ndarray | None,
        before: float,
        promised: float,
    ) -> float:
        """What a step takes off the sum of squares, relative to what was promised; minus one if nothing."""
        if step is None or not promised > 0:
            return -1.0
        with torch.no_grad():
            after = float(objective.rows(weights + torch.from_numpy(step)).square().sum())
        if not np.isfinite(after):
            return -1.0
        gain = (before - after) / promised
        self.loss = after if gain > _ENOUGH else self.loss
        return gain
