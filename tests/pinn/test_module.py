"""Networks of one's own: derivatives, gradients by weights, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import physforge_kernel as pf
from physforge_kernel.pinn import Problem, Settings, ensemble, sweep
from physforge_kernel.pinn._jet import Jet
from physforge_kernel.pinn._orders import Orders
from physforge_kernel.pinn._tape import Tape
from physforge_kernel.pinn.networks import MLP, ModuleNetwork, Network

HEAT = Problem(
    "u_t = 0.1*u_xx", {"x": (0, 1), "t": (0, 1)}, ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u(1, t) = 0"]
)


def layers(inputs: int = 2, outputs: int = 1, between: type[nn.Module] = nn.Tanh) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(inputs, 12), between(), nn.Linear(12, 12), between(), nn.Linear(12, outputs)
    )


def test_derivatives_and_gradients_are_those_of_the_same_network_by_jets() -> None:
    orders = Orders.closed(("x", "t"), [(2, 1), (0, 2), (4, 0)])
    points = torch.rand(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x = Jet.coordinates(orders, points).scaled(1.3)
    inputs = x * x + x  # so that what goes in has derivatives of its own
    own, mlp = ModuleNetwork(module=layers()), MLP(width=12, depth=2)
    own.check(4, "u_xxxx", 2, 1)
    weights = own.initial(2, 1, torch.Generator())

    def made(network: Network) -> tuple[Tensor, Tensor]:
        layout = network.layout(2, 1)
        tape = Tape(layout.split(weights), records=True)
        jet = network.forward(inputs, tape)
        rows = [jet[(2, 1)][:, 0] * jet[(0, 0)][:, 0], jet[(4, 0)][:, 0]]
        jacobian = torch.empty(60, layout.count, dtype=torch.float64)
        tape.jacobian(rows, layout, jacobian)
        return jet.values.detach(), jacobian

    (values, slopes), (theirs, their_slopes) = made(own), made(mlp)
    torch.testing.assert_close(values, theirs, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(slopes, their_slopes, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("optimiser", ["levenberg-marquardt", "l-bfgs"])
def test_a_module_of_ones_own_solves(optimiser: str) -> None:
    module = layers()
    before = [each.detach().clone() for each in module.parameters()]
    few = Settings(steps=20 if optimiser == "levenberg-marquardt" else 200, optimiser=optimiser, points=200)
    solution = pf.solve(HEAT, network=module, settings=few, stretches=1)
    exact = torch.exp(torch.tensor(-0.1 * torch.pi**2)).item()
    assert solution.field(x=[0.5], t=[1.0]).u.item() == pytest.approx(exact, abs=0.01)
    assert all(torch.equal(*pair) for pair in zip(before, module.parameters(), strict=True))


def test_layers_that_act_otherwise_in_training_are_still() -> None:
    module = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 1))
    few = Settings(steps=3, points=50, precision="mixed")
    one, other = (pf.solve(HEAT, network=module, settings=few, stretches=1) for _ in range(2))
    assert one.residual == other.residual


class AsOne(nn.Module):
    """Makes something of a point that depends on the others."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = layers()

    def forward(self, x: Tensor) -> Tensor:
        return self.inside(x - x.mean(0))


class Branching(nn.Module):
    """Asks for a number, which cannot be followed."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = layers()

    def forward(self, x: Tensor) -> Tensor:
        return self.inside(x) if x.detach().numpy().size else x


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (layers(between=nn.ReLU), "holds u_xx, and the module's derivatives of order 2 are zero"),
        (layers(inputs=3), "cannot be given 2 inputs"),
        (layers(outputs=2), r"made \(5, 2\) of 5 points with 2 inputs each; it has to make \(5, 1\)"),
        (AsOne(), "depends on other points"),
        (Branching(), "cannot be differentiated as u_xx asks for"),
        (nn.Identity(), r"made \(5, 2\)"),
        (nn.LSTM(2, 1), "made tuple of 5 points"),
        ("MLP", "The network is 'MLP'; pass one of PhysForge's or a torch.nn.Module"),
    ],
)
def test_modules_that_cannot_serve_are_told(network: nn.Module, sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        pf.solve(HEAT, network=network, settings=Settings(steps=1))


@pytest.mark.parametrize("network", [layers(), ModuleNetwork(module=layers())])
def test_several_trainings_refuse_a_module_before_they_begin(network: Any) -> None:
    def none(work: Any, items: Any) -> Any:
        raise AssertionError("training began")

    for several in (
        lambda: ensemble(HEAT, 2, map=none, network=network),
        lambda: sweep(HEAT, {"points": [20, 40]}, map=none, network=network),
    ):
        with pytest.raises(pf.PhysForgeError, match="cannot be written down"):
            several()


def test_a_solution_with_a_module_of_ones_own_is_not_written(tmp_path: Path) -> None:
    solution = pf.solve(HEAT, network=layers(), settings=Settings(steps=1, points=20), stretches=1)
    with pytest.raises(pf.PhysForgeError, match="kind ModuleNetwork cannot be written down"):
        solution.save(tmp_path / "solution")
    assert not list(tmp_path.iterdir())
