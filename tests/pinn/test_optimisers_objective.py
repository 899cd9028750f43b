"""What optimisers ask of an objective, against its Jacobian."""

from __future__ import annotations

from math import ceil

import pytest
import torch
from torch import Tensor

from physforge_kernel.pinn import Problem, Settings
from physforge_kernel.pinn import _objective as objectives
from physforge_kernel.pinn._objective import Objective
from physforge_kernel.pinn._posed import pose
from physforge_kernel.pinn._training import Training
from physforge_kernel.pinn.networks import MLP
from physforge_kernel.pinn.optimisers._subspace import Subspace


@pytest.fixture(scope="module")
def objective() -> tuple[Objective, Tensor]:
    """Two equations with conditions that are left to training."""
    problem = Problem(
        ["u_t = v*u_xx", "v_t = u + v_xx"],
        {"x": (0, 1), "t": (0, 1)},
        ["u(x, 0) = sin(x)", "u_x(0, t) = 1", "u_x(1, t) = 0", "v(x, 0) = 1", "v_x(0, t) = 0", "v(1, t) = 1"],
    )
    posed = pose(problem, MLP(width=5, depth=2))
    generator = torch.Generator().manual_seed(0)
    weights = posed.approximation.initial(generator)
    training = Training(posed, Settings(points=30, edge_points=10), generator, weights)
    drawn = training._redrawn()
    assert drawn is not None
    return drawn, weights


def test_the_slope_is_that_of_the_jacobian(objective: tuple[Objective, Tensor]) -> None:
    made, weights = objective
    rows, jacobian = made.linearised(weights)
    squares, slope = made.gradient(weights)
    assert squares == pytest.approx(float(rows @ rows), rel=1e-13)
    assert torch.allclose(slope, 2 * jacobian.T @ rows, rtol=1e-10, atol=1e-12 * float(slope.abs().max()))
    assert not weights.requires_grad


@pytest.mark.parametrize("entries", [1, 1000, 2**24])
def test_projections_are_those_of_the_jacobian_made_piece_by_piece(
    objective: tuple[Objective, Tensor], entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, weights = objective
    rows, jacobian = made.linearised(weights)
    generator = torch.Generator().manual_seed(1)
    basis = torch.randn(len(weights), 4, generator=generator, dtype=torch.float64)
    monkeypatch.setattr(objectives, "_ENTRIES", entries)
    sizes = []

    def onto(block: Tensor) -> Tensor:
        sizes.append(block.numel())
        return block @ basis

    found, image = made.projected(weights, onto)
    assert torch.allclose(found, rows, rtol=1e-12, atol=1e-14)
    assert torch.allclose(image, jacobian @ basis, rtol=1e-10, atol=1e-12)
    points = max(entries // (2 * len(weights)), 1)
    assert len(sizes) == ceil(30 / points) + len(made.batches) - 1


@pytest.mark.parametrize("count", [8, 13])
def test_a_subspace_is_what_its_lifted_coordinates_span(count: int) -> None:
    generator = torch.Generator().manual_seed(0)
    others = torch.randn(count, 2, generator=generator, dtype=torch.float64)
    subspace = Subspace.drawn(5, others, generator)
    basis = torch.stack([subspace.lifted(unit) for unit in torch.eye(7, dtype=torch.float64)], dim=1)
    rows = torch.randn(4, count, generator=generator, dtype=torch.float64)
    assert torch.allclose(subspace.of(rows), rows @ basis, rtol=1e-12, atol=1e-14)
    assert torch.linalg.matrix_rank(basis) == 7
    assert torch.equal(basis[:, 5:], others)
