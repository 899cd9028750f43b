"""Damped least squares: each way of solving them gives the step that the others give, to the last digits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from physforge_kernel.pinn.optimisers._damped import Damped


def conditioned(rows: int, columns: int, condition: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A matrix with its singular values and vectors, which fall evenly on a logarithmic scale."""
    generator = torch.Generator().manual_seed(0)
    rank = min(rows, columns)
    left = torch.linalg.qr(torch.randn(rows, rank, generator=generator, dtype=torch.float64))[0]
    right = torch.linalg.qr(torch.randn(columns, rank, generator=generator, dtype=torch.float64))[0]
    values = torch.logspace(0, -float(torch.tensor(condition).log10()), rank, dtype=torch.float64)
    return left @ (values[:, None] * right.T), left, values, right


def distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def test_where_normal_equations_fail_the_decomposition_keeps_its_digits() -> None:
    """At a condition of 1e10 the square of the Jacobian holds nothing of its least directions."""
    jacobian, left, values, right = conditioned(60, 8, 1e10)
    damping = torch.full((8,), 1e-22, dtype=torch.float64)
    expected = -right @ (values / (values**2 + damping))
    system, rows = Damped(jacobian), left.sum(1)
    normal = system._by_weights(damping)
    assert normal is None or normal(rows) is None
    assert distance(system.solver(damping)(rows), expected) < 1e-5


def test_refinement_returns_what_the_normal_equations_lose() -> None:
    jacobian, left, values, right = conditioned(60, 8, 1e6)
    damping = torch.full((8,), 1e-14, dtype=torch.float64)
    expected = -right @ (values / (values**2 + damping))
    rows = left.sum(1)
    system = Damped(jacobian)
    normal = system._by_weights(damping)
    assert normal is not None
    found = normal(rows)
    assert found is not None
    assert distance(found, expected) < 1e-8
    gram = jacobian.T @ jacobian + torch.diag(damping)
    assert distance(-torch.linalg.solve(gram, jacobian.T @ rows), expected) > 1e-6


@pytest.mark.parametrize("condition", [1e2, 1e7])
def test_fewer_rows_than_weights_are_solved_in_the_rows(condition: float) -> None:
    """The dual system gives the step of the primal one, from a matrix as large as the rows are many."""
    jacobian = conditioned(12, 30, condition)[0]
    scale = torch.linspace(0.5, 2.0, 30, dtype=torch.float64)
    damping = 1e-6 * scale
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(12, generator=generator, dtype=torch.float64)
    dual = Damped(jacobian)
    assert dual._gram is None
    primal = Damped(torch.cat([jacobian, torch.zeros(30, 30, dtype=torch.float64)]))
    padded = torch.cat([rows, torch.zeros(30, dtype=torch.float64)])
    assert distance(dual.solver(damping)(rows), primal.solver(damping)(padded)) < 1e-6
    assert torch.allclose(dual.norms, primal.norms, rtol=1e-12)


def test_one_factor_serves_several_right_sides() -> None:
    jacobian, left, values, right = conditioned(20, 5, 1e3)
    damping = torch.full((5,), 1e-4, dtype=torch.float64)
    solve = Damped(jacobian).solver(damping)
    for j in range(3):
        expected = -right[:, j] * values[j] / (values[j] ** 2 + damping[j])
        assert distance(solve(left[:, j]), expected) < 1e-10
