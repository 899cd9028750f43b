"""Optimisers on sums of squares and on a small equation whose solutions are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

import physforge_kernel as pf
from physforge_kernel.pinn import Problem, Settings
from physforge_kernel.pinn._orders import Orders
from physforge_kernel.pinn._posed import pose
from physforge_kernel.pinn._tape import Layout
from physforge_kernel.pinn._training import Training
from physforge_kernel.pinn.networks import MLP
from physforge_kernel.pinn.optimisers import (
    LBFGS,
    OPTIMISERS,
    SOAP,
    Adam,
    LevenbergMarquardt,
    Optimiser,
    Schedule,
    SelfScaledBroyden,
    SketchedGaussNewton,
    choice,
    optimiser,
)

FAMILY: dict[str, Callable[[], Optimiser]] = {
    "levenberg-marquardt": LevenbergMarquardt,
    "sketched-gauss-newton": lambda: SketchedGaussNewton(dimensions=8),
    "self-scaled-broyden": SelfScaledBroyden,
    "l-bfgs": LBFGS,
    "adam": lambda: Adam(Schedule(peak=0.05, warm_up=20, decay=0.5, every=300)),
    "soap": lambda: SOAP(Schedule(peak=0.05, warm_up=20, decay=0.5, every=300)),
}
#: The steps that each needs on small problems: second-order methods few, first-order ones many.
STEPS = {
    "levenberg-marquardt": 30,
    "sketched-gauss-newton": 150,
    "self-scaled-broyden": 150,
    "l-bfgs": 150,
    "adam": 1200,
    "soap": 1200,
}
#: What they leave of a small equation.
ERRORS = {name: 1e-2 if name in ("adam", "soap") else 1e-4 for name in FAMILY}
METHODS = pytest.mark.parametrize("name", FAMILY)


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
        return float(squares.detach()), torch.autograd.grad(squares, at)[0]

    def projected(self, weights: Tensor, onto: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        rows, slopes = self.linearised(weights)
        return rows, onto(slopes)


def layer() -> tuple[Rows, Tensor]:
    """A layer of tanh whose weights are to be those that made the values, and these weights."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(40, 4, generator=generator, dtype=torch.float64)
    layout = Layout({"0.weight": (3, 4), "0.bias": (3,)})
    truth = 0.5 * torch.randn(15, generator=generator, dtype=torch.float64)

    def values(weights: Tensor) -> Tensor:
        parts = layout.split(weights)
        return torch.tanh(inputs @ parts["0.weight"].T + parts["0.bias"]).flatten()

    return Rows(lambda weights: values(weights) - values(truth), layout), truth


@METHODS
def test_each_finds_a_known_lowest_point(name: str) -> None:
    rows, truth = layer()
    method, weights = FAMILY[name](), torch.zeros_like(truth)
    for _ in range(STEPS[name]):
        weights = method.step(rows, weights)
    assert torch.allclose(weights, truth, atol=1e-6)
    assert method.loss < 1e-12


@METHODS
def test_each_solves_a_small_equation(name: str) -> None:
    posed = pose(Problem("u_t = -2*u", {"t": (0, 1)}, ["u(0) = 1"]), MLP(width=6, depth=1))
    generator = torch.Generator().manual_seed(0)
    start = posed.approximation.initial(generator)
    training = Training(posed, Settings(points=40, every=50), generator, start)
    training.optimiser = FAMILY[name]()
    training.advance(lambda: training.steps >= STEPS[name])
    t = torch.linspace(0, 1, 21, dtype=torch.float64)[:, None]
    field = posed.approximation.field(training.weights, t, Orders.closed(("t",), []))
    assert np.abs(field.values[0, :, 0].numpy() - np.exp(-2 * t[:, 0].numpy())).max() < ERRORS[name]


@METHODS
def test_a_state_that_is_loaded_gives_the_same_steps_to_the_last_bit(name: str) -> None:
    rows, truth = layer()
    method, weights = FAMILY[name](), torch.zeros_like(truth)
    for _ in range(7):
        weights = method.step(rows, weights)
    resumed, again = FAMILY[name](), weights.clone()
    resumed.load_state_dict(method.state_dict())
    assert resumed.loss == method.loss
    for _ in range(7):
        weights, again = method.step(rows, weights), resumed.step(rows, again)
        assert torch.equal(weights, again)


@METHODS
def test_a_state_does_not_change_with_later_steps(name: str) -> None:
    rows, truth = layer()
    method, weights = FAMILY[name](), torch.zeros_like(truth)
    weights = method.step(rows, weights)
    state = method.state_dict()
    before = {key: value.clone() for key, value in state.items()}
    for _ in range(3):
        weights = method.step(rows, weights)
    assert all(torch.equal(state[key], value) for key, value in before.items())


def test_the_state_of_another_method_is_told() -> None:
    with pytest.raises(pf.PhysForgeError, match="holds damping, growth, and is not that of Adam"):
        Adam().load_state_dict(LevenbergMarquardt().state_dict())


@METHODS
def test_where_rows_are_undefined_nothing_changes(name: str) -> None:
    weights = torch.zeros(2, dtype=torch.float64)
    layout = Layout({"bias": (2,)})
    moved = FAMILY[name]().step(Rows(lambda w: torch.log(w - 1.0), layout), weights)
    assert torch.equal(moved, weights)


@pytest.mark.parametrize("name", [n for n, make in FAMILY.items() if make().memory])
def test_after_new_points_slopes_are_those_of_the_new_rows(name: str) -> None:
    rows, truth = layer()
    method, weights = FAMILY[name](), torch.zeros_like(truth)
    for _ in range(3):
        weights = method.step(rows, weights)
    others = Rows(lambda w: 3 * rows.function(w), rows.layout)
    method.reset()
    before = others.gradient(weights)[0]
    moved = method.step(others, weights)
    assert method.loss == others.gradient(moved)[0] < before


def rosenbrock(w: Tensor) -> Tensor:
    """A valley as curved as they come (Rosenbrock 1960), with its lowest point at one."""
    return torch.cat([100 * (w[1:] - w[:-1] ** 2), 1 - w[:-1]])


def steps_to(rows: Rows, start: Tensor, loss: float, most: int = 500) -> int:
    method, weights = LevenbergMarquardt(), start
    for count in range(1, most + 1):
        weights = method.step(rows, weights)
        if float(rows.rows(weights).square().sum()) < loss:
            return count
    return most


def test_the_lowest_point_of_a_curved_valley_is_found_to_the_last_digit() -> None:
    method, weights = LevenbergMarquardt(), torch.tensor([-1.2, 1.0, 1.0], dtype=torch.float64)
    for _ in range(300):
        weights = method.step(Rows(rosenbrock), weights)
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
    method, weights = LevenbergMarquardt(), torch.zeros(4, dtype=torch.float64)
    for _ in range(60):
        weights = method.step(rows, weights)
    assert torch.allclose(weights, truth, atol=1e-6)


@METHODS
def test_each_is_made_by_its_name(name: str) -> None:
    made = optimiser(name, weights=10, rows=20)
    assert type(made) is type(FAMILY[name]())
    assert "\n" not in made.description


def test_a_name_that_no_method_has_is_told() -> None:
    with pytest.raises(pf.PhysForgeError, match="no optimiser 'bfgs'; choose one of levenberg-marquardt, "):
        optimiser("bfgs", weights=10, rows=20)


@pytest.mark.parametrize(
    ("weights", "rows", "device", "name", "why"),
    [
        (921, 2763, "cpu", "levenberg-marquardt", "an exact Gauss-Newton step for 921 weights and 2763 rows"),
        (50_000, 500, "cpu", "levenberg-marquardt", "for 50000 weights and 500 rows takes 0.6 s on a CPU"),
        (
            8_000,
            16_000,
            "cpu",
            "sketched-gauss-newton",
            "an exact step for 8000 weights and 16000 rows takes",
        ),
        (8_000, 16_000, "cuda", "levenberg-marquardt", "takes 0.1 s on a GPU"),
        (10**6, 10**4, "cpu", "soap", "even a sketched step"),
    ],
)
def test_the_choice_follows_what_steps_cost_and_says_so(
    weights: int, rows: int, device: str, name: str, why: str
) -> None:
    chosen = choice(weights, rows, device)
    assert chosen.name == name
    assert why in chosen.reason
    assert type(optimiser(weights=weights, rows=rows, device=device)) is OPTIMISERS[name]


def test_training_takes_the_method_that_settings_name() -> None:
    posed = pose(Problem("u_t = -2*u", {"t": (0, 1)}, ["u(0) = 1"]), MLP(width=6, depth=1))
    made = []
    for name in ("l-bfgs", None):
        generator = torch.Generator().manual_seed(0)
        start = posed.approximation.initial(generator)
        made.append(type(Training(posed, Settings(optimiser=name), generator, start).optimiser))
    assert made == [LBFGS, LevenbergMarquardt]


def test_training_tells_the_method_when_points_are_others() -> None:
    class Told(LBFGS):
        times = 0

        def reset(self) -> None:
            super().reset()
            self.times += 1

    posed = pose(Problem("u_t = -2*u", {"t": (0, 1)}, ["u(0) = 1"]), MLP(width=4, depth=1))
    generator = torch.Generator().manual_seed(0)
    start = posed.approximation.initial(generator)
    training = Training(posed, Settings(points=10, every=3), generator, start)
    training.optimiser = told = Told()
    training.advance(lambda: training.steps >= 7)
    assert told.times == 3
