"""Damped least squares: `-(J'J + D)^-1 J'b` for one J and D and several b, each by the cheapest safe way.

The normal equations are cheapest where there are more rows than weights, and the dual ones (a matrix as
large as the rows are many, Woodbury's identity) where there are fewer. Both are refined with J itself (Björck
1987), which returns most of the digits that they lose; where it returns none, the QR decomposition of
`[J; sqrt(D)]` loses none to begin with.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from scipy.linalg.blas import get_blas_funcs
from torch import Tensor

#: A product of a matrix with its transpose, of which half is computed.
(_syrk,) = get_blas_funcs(["syrk"], dtype=np.float64)

#: A step is refined until a pass changes it by no more than this share: the linear model is not as right.
_RIGHT = 1e-6
#: Refinement has run out of precision where a pass does not at least halve the change of the one before.
_FALL = 0.5
_PASSES = 20

Solve = Callable[[Float[Tensor, "M"]], Float[Tensor, "P"]]
_Vector = Float[Tensor, "K"]


class Damped:
    """The system of one Jacobian, to be solved with several dampings and right sides.

    Args:
        jacobian: J.

    Attributes:
        norms: (P,), the squared length of each column of J.

    Example:
        >>> system = Damped(torch.tensor([[1.0], [1.0]], dtype=torch.float64))
        >>> solve = system.solver(torch.tensor([2.0], dtype=torch.float64))
        >>> solve(torch.tensor([1.0, 3.0], dtype=torch.float64))
        tensor([-1.], dtype=torch.float64)
    """

    def __init__(self, jacobian: Float[Tensor, "M P"]) -> None:
        self._jacobian = jacobian
        self._gram = _gram(jacobian) if len(jacobian) >= jacobian.shape[1] else None
        self.norms = jacobian.square().sum(0) if self._gram is None else self._gram.diagonal().clone()

    def solver(self, damping: Float[Tensor, "P"]) -> Solve:
        """What gives `-(J'J + damping)^-1 J'b` for a b, with a damping above zero."""
        cheap = self._by_rows(damping) if self._gram is None else self._by_weights(damping)
        safe: list[Solve] = []

        def solve(right: Tensor) -> Tensor:
            step = cheap(right) if cheap is not None and not safe else None
            if step is None:
                if not safe:
                    safe.append(self._decomposed(damping))
                step = safe[0](right)
            return step

        return solve

    def _by_weights(self, damping: Tensor) -> Callable[[Tensor], Tensor | None] | None:
        """The normal equations; None where they are not positive definite to working precision."""
        assert self._gram is not None
        factor = _factored(self._gram.clone(), damping)
        if factor is None:
            return None
        size = damping.sqrt()

        def solve(right: Tensor) -> Tensor | None:
            gradient = self._jacobian.T @ right

            def rest(step: Tensor) -> Tensor:
                return self._jacobian.T @ (right + self._jacobian @ step) + damping * step

            return _refined(lambda g: -torch.cholesky_solve(g[:, None], factor)[:, 0], rest, gradient, size)

        return solve

    def _by_rows(self, damping: Tensor) -> Callable[[Tensor], Tensor | None] | None:
        """The dual equations `(1 + J J'/damping) z = -b`, whose solution gives the step `J'z/damping`."""
        factor = _factored(_gram((self._jacobian * damping.rsqrt()).T), damping.new_ones(len(self._jacobian)))
        if factor is None:
            return None

        def step(dual: Tensor) -> Tensor:
            return (self._jacobian.T @ dual) / damping

        def solve(right: Tensor) -> Tensor | None:
            def rest(dual: Tensor) -> Tensor:
                return right + dual + self._jacobian @ step(dual)

            dual = _refined(
                lambda b: -torch.cholesky_solve(b[:, None], factor)[:, 0], rest, right, right.new_ones(())
            )
            return None if dual is None else step(dual)

        return solve

    def _decomposed(self, damping: Tensor) -> Solve:
        """The QR decomposition of the Jacobian over the root of the damping."""
        count = len(damping)
        stacked = torch.cat([self._jacobian, torch.diag(damping.sqrt())])
        reflectors, factors = torch.geqrf(stacked)

        def solve(right: Tensor) -> Tensor:
            padded = torch.cat([right, right.new_zeros(count)])[:, None]
            turned = torch.ormqr(reflectors, factors, padded, transpose=True)[:count]
            return -torch.linalg.solve_triangular(reflectors[:count], turned, upper=True)[:, 0]

        return solve


def _factored(matrix: Float[Tensor, "K K"], added: _Vector) -> Tensor | None:
    """The Cholesky factor of a matrix, of which the lower half is read, with an addition to its diagonal."""
    matrix.diagonal().add_(added)
    factor, failed = torch.linalg.cholesky_ex(matrix)
    return None if failed else factor


def _refined(
    solve: Callable[[_Vector], _Vector], rest: Callable[[_Vector], _Vector], right: _Vector, size: Tensor
) -> _Vector | None:
    """What makes a rest zero, by an inexact solver applied to the rest again; None where that fails.

    Args:
        solve: the inexact solver, minus the inverse of the matrix.
        rest: what a solution leaves of the equations, which is their right side for the solution zero.
        right: that right side.
        size: what the entries of a solution are multiplied by to be compared.
    """
    found = solve(right)
    last = float((found * size).norm())
    for _ in range(_PASSES):
        change = solve(rest(found))
        found = found + change
        moved = float((change * size).norm())
        if moved <= _RIGHT * float((found * size).norm()):
            return found
        if not moved <= _FALL * last:
            return None
        last = moved
    return None


def _gram(matrix: Float[Tensor, "M K"]) -> Float[Tensor, "K K"]:
    """The products of all columns, of which a CPU computes the lower half alone."""
    if matrix.device.type != "cpu" or matrix.dtype != torch.float64:
        return matrix.T @ matrix
    array = matrix.numpy()
    rows = array.flags.c_contiguous
    return torch.from_numpy(_syrk(1.0, array.T if rows else array, trans=0 if rows else 1, lower=1))
