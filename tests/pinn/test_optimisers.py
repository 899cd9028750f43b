"""Levenberg-Marquardt on sums of squares whose solutions are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from physforge_kernel.pinn._tape import Layout
from physforge_kernel.pinn.optimisers import LevenbergMarquardt


class Rows:
    """Rows as a function, with derivatives by automatic differentiation."""

    def __init__(self, function: Callable[[Tensor], Tensor], layout: Layout | None = None) -> None:
        self.function = function
        self.layout = layout or Layout({})

    def rows(self, weights: Tensor) -> Tensor:
        return self.function(weights)

    def linearised(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        slopes = torch.autograd.functional.jacobian(self.function, weights)
        assert isinstance(slopes, Tensor)
        return self.function(weights), slopes

    def gradient(self, weights: Tensor) -> tuple[float, Tensor]:
        at = weights.clone().requires_grad_()
        squares = self.function(at).square().sum()
        return float(squares), torch.autograd.grad(squares, at)[0]


def rosenbrock(w: Tensor) -> Tensor:
    """A valley as curved as they come (Rosenbrock 1960), with its lowest point at one."""
    return torch.cat([100 * (w[1:] - w[:-1] ** 2), 1 - w[:-1]])


def steps_to(rows: Rows, start: Tensor, loss: float, most: int = 500) -> int:
    optimiser, weights = LevenbergMarquardt(), start
    for count in range(1, most + 1):
        weights = optimiser.step(rows, weights)
        if float(rows.rows(weights).square().sum()) < loss:
            return count
    return most


def test_the_lowest_point_of_a_curved_valley_is_found_to_the_last_digit() -> None:
    optimiser, weights = LevenbergMarquardt(), torch.tensor([-1.2, 1.0, 1.0], dtype=torch.float64)
    for _ in range(300):
        weights = optimiser.step(Rows(rosenbrock), weights)
    assert torch.allclose(weights, torch.ones(3, dtype=torch.float64), atol=1e-12)


def test_steps_that_follow_curvature_need_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    start = torch.tensor([-1.2, 1.0], dtype=torch.float64)
    bent = steps_to(Rows(rosenbrock), start, 1e-20)
    straight = "physforge_kernel.pinn.optimisers._levenberg_marquardt._acceleration"
    monkeypatch.setattr(straight, lambda o, weights, *others: torch.zeros_like(weights))
    assert 2 * bent < steps_to(Rows(rosenbrock), start, 1e-20)


def test_ill_conditioned_squares_keep_their_digits() -> None:
    """Columns that agree to seven digits: the normal equations alone would lose all of them."""
    generator = torch.Generator().manual_seed(0)
    columns = torch.randn(50, 4, generator=generator, dtype=torch.float64)
    columns[:, 1] = columns[:, 0] + 1e-7 * columns[:, 1]
    truth = torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64)
    rows = Rows(lambda w: columns @ (w - truth))
    optimiser, weights = LevenbergMarquardt(), torch.zeros(4, dtype=torch.float64)
    for _ in range(60):
        weights = optimiser.step(rows, weights)
    assert torch.allclose(weights, truth, atol=1e-6)


def test_a_step_that_finds_nothing_changes_nothing() -> None:
    weights = torch.zeros(2, dtype=torch.float64)
    moved = LevenbergMarquardt().step(Rows(lambda w: torch.log(w - 1.0)), weights)
    assert torch.equal(moved, weights)
