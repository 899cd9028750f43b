"""Where points are drawn, and what each row counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares
from torch import Tensor

from physforge_kernel.pinn._emphasis import attention, balanced, causal
from physforge_kernel.pinn._loss import shares
from physforge_kernel.pinn._sampling import SAMPLINGS, Sample


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def peak(points: Tensor) -> Tensor:
    """A residual that is large near 0.3."""
    return torch.exp(-(((points[:, 0] - 0.3) / 0.1) ** 2))


def drawn(name: str, generator: torch.Generator, before: Sample | None = None) -> Sample:
    def draw(count: int) -> Tensor:
        return torch.rand(count, 1, generator=generator, dtype=torch.float64)

    return SAMPLINGS[name](4000, draw, peak, before, generator)


def near(sample: Sample) -> float:
    return float(((sample.points[:, 0] - 0.3).abs() < 0.1).double().mean())


def test_points_gather_where_the_residual_is_large(generator: torch.Generator) -> None:
    assert near(drawn("even", generator)) == pytest.approx(0.2, abs=0.03)
    assert near(drawn("residual", generator)) > 0.4


@pytest.mark.parametrize("name", SAMPLINGS)
def test_sums_of_squares_are_means_over_the_domain(name: str, generator: torch.Generator) -> None:
    sample = drawn(name, generator)
    mean = float((sample.scale * sample.points[:, 0]).square().sum())
    assert mean == pytest.approx(1 / 3, abs=0.03)


def test_the_worst_points_are_retained_and_others_drawn_anew(generator: torch.Generator) -> None:
    before = drawn("retained", generator)
    after = drawn("retained", generator, before)
    worst = before.points[peak(before.points) > peak(before.points).mean()]
    assert set(worst[:, 0].tolist()) <= set(after.points[:, 0].tolist())
    kept = set(before.points[:, 0].tolist()) & set(after.points[:, 0].tolist())
    assert len(kept) == len(worst)


def test_fixed_points_stay(generator: torch.Generator) -> None:
    before = drawn("fixed", generator)
    assert drawn("fixed", generator, before) is before


def test_later_times_wait_for_earlier_ones() -> None:
    times = torch.linspace(0, 1, 320, dtype=torch.float64)
    even = causal(times, torch.ones_like(times), 1.0)
    assert even[0] == 1.0
    assert (even[1:] <= even[:-1]).all()
    assert float(even[-1]) == pytest.approx(np.exp(-31))
    assert (causal(times, torch.zeros_like(times), 1.0) == 1.0).all()
    late = causal(times, (times > 0.5).double(), 1.0)
    assert (late[times < 0.5] == 1.0).all()


def test_attention_gathers_where_the_residual_stays_large() -> None:
    sizes = torch.tensor([1.0, 0.1], dtype=torch.float64)
    weight = None
    for _ in range(5000):
        weight = attention(weight, sizes, 0.01)
    assert weight is not None
    assert weight.tolist() == pytest.approx([0.01 / 0.001 * s for s in (1.0, 0.1)], rel=0.01)


def test_balanced_parts_pull_alike() -> None:
    sizes = [100.0, 1.0, 10.0]
    pulls = [size * share for size, share in zip(sizes, balanced(sizes, None), strict=True)]
    assert pulls == pytest.approx([pulls[0]] * 3)
    follow = balanced(sizes, [1.0, 1.0, 1.0])
    assert follow[1] == pytest.approx(0.9 + 0.1 * 37)


@pytest.mark.parametrize("loss", ["linear", "huber", "soft_l1", "cauchy"])
def test_reweighted_squares_have_the_minimum_of_the_loss(loss: str) -> None:
    samples = torch.cat([torch.linspace(-1, 1, 21), torch.full((4,), 9.0)]).double()
    at = float(samples.median())
    for _ in range(200):
        weight = shares(loss, samples - at, 1.0)
        at = float((weight * samples).sum() / weight.sum())
    known = least_squares(lambda a: samples.numpy() - a, [0.0], loss=loss, xtol=1e-12, ftol=1e-12)
    assert at == pytest.approx(known.x[0], abs=1e-4)


def test_a_loss_may_be_a_function() -> None:
    rows = torch.tensor([0.0, 2.0], dtype=torch.float64)
    assert shares(lambda z: z / (1 + z), rows, 1.0).tolist() == pytest.approx([1.0, 1 / 25])
