"""Steps of first-order methods: their lengths, and the directions along which they are taken."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import physforge_kernel as pf
from physforge_kernel.pinn._tape import Layout
from physforge_kernel.pinn.optimisers import SOAP, Adam, Schedule
from physforge_kernel.pinn.optimisers._adam import normalised

SCHEDULE = Schedule(peak=1e-2, warm_up=5)


class Quadratic:
    """The squares of `A W - B` for a matrix W of weights, whose entries are seen after a rotation."""

    layout = Layout({"weight": (3, 3)})

    def __init__(self, rotation: Tensor) -> None:
        generator = torch.Generator().manual_seed(0)
        self.left = torch.randn(6, 3, generator=generator, dtype=torch.float64)
        self.right = torch.randn(6, 3, generator=generator, dtype=torch.float64)
        self.rotation = rotation

    def rows(self, weights: Tensor) -> Tensor:
        return (self.left @ weights.view(3, 3) @ self.rotation - self.right).flatten()

    def gradient(self, weights: Tensor) -> tuple[float, Tensor]:
        at = weights.clone().requires_grad_()
        squares = self.rows(at).square().sum()
        return float(squares.detach()), torch.autograd.grad(squares, at)[0]

    def linearised(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def projected(self, weights: Tensor, onto: object) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


@pytest.mark.parametrize(("method", "follows"), [(SOAP, True), (Adam, False)])
def test_soap_follows_directions_whichever_way_they_are_turned(
    method: type[SOAP | Adam], follows: bool
) -> None:
    generator = torch.Generator().manual_seed(1)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))[0]
    ends = []
    for rotation in (torch.eye(3, dtype=torch.float64), turn):
        objective, optimiser = Quadratic(rotation), method(SCHEDULE)
        weights = torch.zeros(9, dtype=torch.float64)
        for _ in range(15):
            weights = optimiser.step(objective, weights)
        ends.append(weights.view(3, 3) @ rotation)
    assert float(ends[0].abs().max()) > 1e-2
    assert torch.allclose(*ends, rtol=1e-6, atol=1e-9) == follows


def test_steps_are_as_long_as_the_schedule_says() -> None:
    """From the start on, Adam moves each weight by the length of the step (Kingma and Ba, section 2.1)."""
    objective, optimiser = Quadratic(torch.eye(3, dtype=torch.float64)), Adam(SCHEDULE)
    weights = torch.zeros(9, dtype=torch.float64)
    for taken in range(1, 8):
        moved = optimiser.step(objective, weights)
        assert float((moved - weights).abs().max()) == pytest.approx(SCHEDULE.at(taken), rel=0.01)
        weights = moved


def test_slopes_that_are_rounding_move_nothing() -> None:
    slope = torch.tensor([1.0, 1e-17], dtype=torch.float64)
    along = normalised(0.1 * slope, 0.001 * slope.square(), (0.9, 0.999), 1)
    assert along[0] == pytest.approx(1.0, rel=1e-6)
    assert abs(float(along[1])) < 1e-6


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"peak": 0.0}, "A peak of 0.0 with a decay of 0.9 gives no steps"),
        ({"decay": 1.5}, "a decay of 1.5 gives no steps"),
        ({"warm_up": -1}, "A warm-up of -1 steps"),
        ({"every": 0}, "a decay every 0 is none"),
    ],
)
def test_schedules_without_steps_are_told(settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        Schedule(**settings)  # pyright: ignore[reportArgumentType]
