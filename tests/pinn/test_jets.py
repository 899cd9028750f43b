"""Jets against nested automatic differentiation, and the Jacobian that falls out of one pass."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from physforge_kernel.pinn._activations import ACTIVATIONS
from physforge_kernel.pinn._jet import Jet
from physforge_kernel.pinn._orders import Order, Orders
from physforge_kernel.pinn._tape import Tape
from physforge_kernel.pinn.networks import MLP, FourierMLP, ModifiedMLP, Network, PirateNet

AXES = ("x", "y", "t")
WANTED = [(4, 0, 0), (2, 2, 0), (1, 1, 1), (0, 3, 0), (2, 0, 1), (0, 0, 2)]
SMOOTH = [name for name in ACTIVATIONS if name != "relu"]


NETWORKS = [
    MLP(width=5, depth=2),
    MLP(width=5, depth=2, factorised=True),
    ModifiedMLP(width=5, depth=2),
    FourierMLP(width=5, depth=2, features=3),
    PirateNet(width=5, depth=2, features=3, activation="swish"),
]


def drawn(network: Network, seed: int = 1) -> Tensor:
    """Weights none of which is zero."""
    generator = torch.Generator().manual_seed(seed)
    start = network.initial(3, 2, generator)
    return start + 0.3 * torch.randn(len(start), generator=generator, dtype=torch.float64)


def points(count: int = 7, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 0.5


def nested(network: Network, weights: Tensor, at: Tensor, order: Order) -> Tensor:
    """A derivative of the first output by automatic differentiation of automatic differentiation."""
    at = at.clone().requires_grad_()
    plain = Orders.closed(AXES, [])
    tape = Tape(network.layout(3, 2).split(weights))
    value = network.forward(Jet.coordinates(plain, at), tape).values[0, :, 0]
    for axis, times in enumerate(order):
        for _ in range(times):
            value = torch.autograd.grad(value.sum(), at, create_graph=True)[0][:, axis]
    return value.detach()


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("order", WANTED)
def test_derivatives_are_those_of_nested_differentiation(activation: str, order: Order) -> None:
    check(MLP(width=9, depth=2, activation=activation), order)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: type(n).__name__)
@pytest.mark.parametrize("order", [(2, 2, 0), (1, 1, 1)])
def test_every_network_carries_derivatives(network: Network, order: Order) -> None:
    check(network, order)


def check(network: Network, order: Order) -> None:
    weights = drawn(network)
    orders = Orders.closed(AXES, WANTED)
    jet = network.forward(Jet.coordinates(orders, points()), Tape(network.layout(3, 2).split(weights)))
    expected = nested(network, weights, points(), order)
    assert expected.abs().max() > 1e-4
    assert torch.allclose(jet[order][:, 0], expected, rtol=1e-10, atol=1e-10 * float(expected.abs().max()))


def test_only_derivatives_that_are_needed_are_carried() -> None:
    assert Orders.closed(("x", "t"), [(2, 0), (0, 1)]).members == ((0, 0), (0, 1), (1, 0), (2, 0))
    assert len(Orders.closed(("x", "t"), [(4, 0), (0, 1)])) == 6


def test_products_follow_leibniz() -> None:
    orders = Orders.closed(("x", "t"), [(2, 1)])
    x = Jet.coordinates(orders, torch.tensor([[2.0, 3.0]], dtype=torch.float64))
    made = x.columns([0]) * x.columns([0]) * x.columns([1])  # x^2 t
    assert {order: made[order].item() for order in orders.members} == {
        (0, 0): 12.0,
        (1, 0): 12.0,
        (0, 1): 4.0,
        (2, 0): 6.0,
        (1, 1): 4.0,
        (2, 1): 2.0,
    }


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: type(n).__name__)
def test_each_row_has_its_gradient_from_one_pass(network: Network) -> None:
    orders = Orders.closed(AXES, [(2, 0, 0), (0, 0, 1)])
    layout = network.layout(3, 2)
    weights = drawn(network, seed=2)
    at = points(6)

    def rows(vector: Tensor, tape: Tape | None = None) -> list[Tensor]:
        jet = network.forward(Jet.coordinates(orders, at), tape or Tape(layout.split(vector)))
        u, v = jet.values.unbind(-1)
        place = orders.position
        return [u[place[(0, 0, 1)]] - v[0] * u[place[(2, 0, 0)]], v[place[(1, 0, 0)]] + u[0] ** 2]

    tape = Tape(layout.split(weights), records=True)
    found = torch.empty(12, layout.count, dtype=torch.float64)
    tape.jacobian(rows(weights, tape), layout, found)
    expected = torch.autograd.functional.jacobian(lambda v: torch.cat(rows(v)), weights)
    assert torch.allclose(found, expected, rtol=1e-10, atol=1e-12)
