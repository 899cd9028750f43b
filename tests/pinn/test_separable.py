"""Separable networks: products of functions of one axis each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from physforge_kernel.errors import SolverError
from physforge_kernel.pinn import Problem, Settings, solve
from physforge_kernel.pinn._jet import Jet
from physforge_kernel.pinn._orders import Order, Orders
from physforge_kernel.pinn._tape import Tape
from physforge_kernel.pinn._written import network_from_dict, network_to_dict
from physforge_kernel.pinn.networks import SeparableMLP

AXES = ("x", "y", "t")
WANTED = [(4, 0, 0), (2, 2, 0), (1, 1, 1), (0, 3, 0), (2, 0, 1), (0, 0, 2)]
NETWORKS = [
    SeparableMLP(width=5, depth=2, rank=3),
    SeparableMLP(width=5, depth=2, rank=3, factorised=True),
    SeparableMLP(width=5, depth=1, rank=4, activation="swish"),
]


def drawn(network: SeparableMLP) -> Tensor:
    """Weights none of which is zero."""
    generator = torch.Generator().manual_seed(1)
    start = network.initial(3, 2, generator)
    return start + 0.3 * torch.randn(len(start), generator=generator, dtype=torch.float64)


def points(count: int) -> Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 0.5


def made(network: SeparableMLP, weights: Tensor, at: Tensor, orders: Orders, tape: Tape | None = None) -> Jet:
    tape = tape or Tape(network.layout(3, 2).split(weights))
    return network.forward(Jet.coordinates(orders, at), tape)


def nested(network: SeparableMLP, weights: Tensor, at: Tensor, order: Order) -> Tensor:
    """A derivative of the second output by automatic differentiation of automatic differentiation."""
    at = at.clone().requires_grad_()
    value = made(network, weights, at, Orders.closed(AXES, [])).values[0, :, 1]
    for axis, times in enumerate(order):
        for _ in range(times):
            value = torch.autograd.grad(value.sum(), at, create_graph=True)[0][:, axis]
    return value.detach()


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{n.activation}-{n.factorised}")
@pytest.mark.parametrize("order", WANTED)
def test_derivatives_are_those_of_nested_differentiation(network: SeparableMLP, order: Order) -> None:
    weights = drawn(network)
    found = made(network, weights, points(7), Orders.closed(AXES, WANTED))[order][:, 1]
    expected = nested(network, weights, points(7), order)
    assert expected.abs().max() > 1e-4
    assert torch.allclose(found, expected, rtol=1e-10, atol=1e-10 * float(expected.abs().max()))


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{n.activation}-{n.factorised}")
def test_each_row_has_its_gradient_from_one_pass(network: SeparableMLP) -> None:
    orders, layout = Orders.closed(AXES, [(2, 0, 0), (0, 1, 1)]), network.layout(3, 2)
    weights = drawn(network)

    def rows(vector: Tensor, tape: Tape | None = None) -> list[Tensor]:
        u, v = made(network, vector, points(6), orders, tape).values.unbind(-1)
        place = orders.position
        return [u[place[(0, 1, 1)]] - v[0] * u[place[(2, 0, 0)]], v[place[(1, 0, 0)]] + u[0] ** 2]

    tape = Tape(layout.split(weights), records=True)
    found = torch.empty(12, layout.count, dtype=torch.float64)
    tape.jacobian(rows(weights, tape), layout, found)
    expected = torch.autograd.functional.jacobian(lambda v: torch.cat(rows(v)), weights)
    assert torch.allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_each_factor_carries_derivatives_by_its_own_axis_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    carried = []
    linear = Tape.linear

    def watched(tape: Tape, x: Jet, name: str) -> Jet:
        carried.append(len(x.orders))
        return linear(tape, x, name)

    monkeypatch.setattr(Tape, "linear", watched)
    network = SeparableMLP(width=5, depth=1, rank=3)
    made(network, drawn(network), points(2), Orders.closed(AXES, [(2, 2, 1)]))
    assert carried == [3, 3, 3, 3, 2, 2]


def test_a_problem_is_solved_with_products() -> None:
    problem = Problem(
        "u_t = 0.1*u_xx",
        {"x": (0, 2), "t": (0, 1)},
        ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u(2, t) = 0"],
    )
    solution = solve(
        problem,
        network=SeparableMLP(width=8, depth=2, rank=4),
        stretches=1,
        settings=Settings(steps=60),
    )
    value = solution.field(x=[0.5], t=[1.0])["u"].item()
    assert value == pytest.approx(0.3727078, abs=1e-4)  # exp(-0.1*pi^2)


def test_it_is_written_down_and_made_again() -> None:
    network = SeparableMLP(width=8, rank=4, groups=(3, 1))
    assert network_from_dict(network_to_dict(network)) == network


@pytest.mark.parametrize(
    ("attempt", "sentence"),
    [
        (lambda: SeparableMLP(rank=0), "rank is 0; give a whole number"),
        (lambda: SeparableMLP(groups=(2, 2)).layout(3, 1), "hold 4 inputs, and there are 3"),
        (lambda: made(SeparableMLP(groups=(2, 1)), _weights(), points(2), Orders.closed(AXES, [])), "groups"),
    ],
)
def test_inputs_that_fit_no_axis_are_told(attempt, sentence: str) -> None:
    with pytest.raises(SolverError, match=sentence):
        attempt()


def _weights() -> Tensor:
    return drawn(SeparableMLP(groups=(2, 1)))
