"""What quasi-Newton methods learn of a Hessian, and lines along which they step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from physforge_kernel.pinn._tape import Layout
from physforge_kernel.pinn.optimisers import LBFGS, SelfScaledBroyden
from physforge_kernel.pinn.optimisers._line_search import Point, descended
from physforge_kernel.pinn.optimisers._self_scaled_broyden import family


class Smooth:
    """A function of the weights that stands for a sum of squares."""

    layout = Layout({})

    def __init__(self, kind: str) -> None:
        self.kind, self.asked = kind, 0

    def rows(self, weights: Tensor) -> Tensor:
        if self.kind == "wave":
            return torch.stack([2 + torch.sin(3 * weights[0]) + 0.1 * weights[0]])
        scales = torch.logspace(0, 2, len(weights), dtype=torch.float64)
        return scales * weights

    def linearised(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def projected(self, weights: Tensor, onto: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def gradient(self, weights: Tensor) -> tuple[float, Tensor]:
        self.asked += 1
        at = weights.clone().requires_grad_()
        squares = self.rows(at).square().sum()
        return float(squares.detach()), torch.autograd.grad(squares, at)[0]


@pytest.mark.parametrize("first", [1e-3, 1.0, 30.0])
def test_lines_end_where_the_strong_wolfe_conditions_hold(first: float) -> None:
    objective = Smooth("wave")
    start = Point.of(objective, torch.tensor([0.2], dtype=torch.float64))
    direction = -start.slope
    found = descended(objective, start, direction, first)
    assert found is not None
    along, slope = float((found.weights - start.weights) @ direction), float(start.slope @ direction)
    assert found.loss <= start.loss + 1e-4 * slope * along / float(direction @ direction)
    assert abs(float(found.slope @ direction)) <= 0.9 * abs(slope)


def test_no_step_is_taken_uphill() -> None:
    objective = Smooth("wave")
    start = Point.of(objective, torch.tensor([0.2], dtype=torch.float64))
    assert descended(objective, start, start.slope) is None


def test_steps_go_on_where_sums_differ_by_rounding_alone() -> None:
    """Sums that rise by rounding each time hide a slope that can still be followed."""

    class Rounded(Smooth):
        def gradient(self, weights: Tensor) -> tuple[float, Tensor]:
            slope = super().gradient(weights)[1]
            return 1.0 + 1e-15 * self.asked, 1e-16 * slope

    objective = Rounded("plain")
    start = Point.of(objective, torch.ones(3, dtype=torch.float64))
    found = descended(objective, start, -start.weights, 0.9)
    assert found is not None
    assert float(found.slope.norm()) < 0.2 * float(start.slope.norm())


@pytest.mark.parametrize("method", [SelfScaledBroyden, LBFGS])
def test_a_slope_is_asked_for_once_unless_points_have_changed(
    method: type[LBFGS | SelfScaledBroyden],
) -> None:
    asked = []
    for resets in (False, True):
        objective, optimiser = Smooth("plain"), method()
        weights = torch.ones(3, dtype=torch.float64)
        for _ in range(4):
            weights = optimiser.step(objective, weights)
        if resets:
            optimiser.reset()
        optimiser.step(objective, weights)
        asked.append(objective.asked)
    assert asked[1] == asked[0] + 1


def test_what_is_learnt_agrees_with_the_last_step_and_stays_positive() -> None:
    objective, optimiser = Smooth("plain"), SelfScaledBroyden()
    weights = torch.tensor([1.0, -2.0, 0.5, 1.5], dtype=torch.float64)
    for _ in range(6):
        before = Point.of(objective, weights)
        weights = optimiser.step(objective, weights)
        after = Point.of(objective, weights)
        assert optimiser.inverse is not None
        learnt = optimiser.inverse @ (after.slope - before.slope)
        assert torch.allclose(learnt, after.weights - before.weights, rtol=1e-9, atol=1e-14)
        assert torch.linalg.eigvalsh(optimiser.inverse).min() > 0


@pytest.mark.parametrize("seed", range(4))
def test_updates_of_the_hessian_and_its_inverse_are_one(seed: int) -> None:
    """The share of BFGS in the inverse's update is what makes it the inverse of the Hessian's."""
    generator = torch.Generator().manual_seed(seed)
    basis = torch.randn(5, 5, generator=generator, dtype=torch.float64)
    hessian = basis @ basis.T + torch.eye(5, dtype=torch.float64)
    step, change = torch.randn(2, 5, generator=generator, dtype=torch.float64)
    change = change if float(change @ step) > 0 else -change
    image, product = hessian @ step, float(step @ change)
    b, h = float(step @ image) / product, float(change @ torch.linalg.solve(hessian, change)) / product
    scale, share = family(b, h, 5)
    spread = b * h - 1
    member = (1 - share) / (1 + share * spread)
    w = (b * product) ** 0.5 * (change / product - image / (b * product))
    updated = hessian - torch.outer(image, image) / (b * product) + member * torch.outer(w, w)
    updated = scale * updated + torch.outer(change, change) / product
    before = torch.linalg.inv(hessian)
    back = before @ change
    v = (h * product) ** 0.5 * (step / product - back / (h * product))
    learnt = (before - torch.outer(back, back) / (h * product) + share * torch.outer(v, v)) / scale
    learnt = learnt + torch.outer(step, step) / product
    assert torch.allclose(learnt @ updated, torch.eye(5, dtype=torch.float64), atol=1e-9)


def test_only_the_last_few_steps_are_kept() -> None:
    objective, optimiser = Smooth("plain"), LBFGS(pairs=3)
    before = weights = torch.ones(6, dtype=torch.float64)
    for _ in range(6):
        before, weights = weights, optimiser.step(objective, weights)
    assert optimiser.steps is not None
    assert optimiser.steps.shape == (3, 6)
    assert torch.equal(optimiser.steps[-1], weights - before)
