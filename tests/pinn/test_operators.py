"""Operators: from functions to fields, learnt once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

import physforge_kernel as pf
from physforge_kernel.errors import SolverError
from physforge_kernel.pinn._jet import Jet
from physforge_kernel.pinn._orders import Order, Orders
from physforge_kernel.pinn._tape import Tape
from physforge_kernel.pinn.networks import MLP, DeepONet
from physforge_kernel.pinn.operators import (
    GaussianField,
    Operator,
    OperatorPairs,
    OperatorProblem,
    learn_operator,
)
from physforge_kernel.pinn.operators._encoding import flow
from physforge_kernel.pinn.operators._family import family
from physforge_kernel.pinn.operators._kernel import learn_kernel

PERIODIC = GaussianField(length_scale=0.5, amplitude=0.3, periodic=True, balanced=True)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def burgers() -> OperatorProblem:
    return OperatorProblem(
        "u_t + u*u_x = 0.05*u_xx",
        {"x": (0, 1), "t": (0, 0.5)},
        ["periodic in x", "u(x, 0) = f"],
        {"f": PERIODIC},
    )


def small(problem: OperatorProblem) -> DeepONet:
    """A network that learns in a few seconds."""
    return DeepONet(functions=problem.width, rank=problem.width + 4, width=12, depth=2, linear=True)


# Random functions.


@pytest.mark.parametrize("smoothness", [np.inf, 3.5])
def test_functions_have_the_covariance_that_was_asked_for(smoothness: float) -> None:
    field = GaussianField(length_scale=0.3, amplitude=2.0, smoothness=smoothness)
    x = np.array([0.0, 0.123, 0.5, 0.987])
    modes = field.expansion((0, 1), 1e-6).modes(x)
    r = np.abs(x[:, None] - x) / 0.3
    q = np.sqrt(7) * r
    matern = (1 + q + 0.4 * q**2 + q**3 / 15) * np.exp(-q)  # Rasmussen and Williams, eq. 4.16
    expected = 4 * (np.exp(-(r**2) / 2) if np.isinf(smoothness) else matern)
    assert modes @ modes.T == pytest.approx(expected, abs=1e-5)


def test_periodic_functions_have_the_spectrum_of_their_smoothness() -> None:
    waves = GaussianField(np.sqrt(7) / 5, smoothness=3.5, periodic=True, balanced=True).expansion(
        (0, 1), 1e-4
    )
    modes = waves.modes(np.array([0.0, 0.25]))
    count = (modes.shape[1]) // 2
    wave_numbers = 2 * np.pi * np.arange(1, count + 1)
    spectrum = (wave_numbers**2 + 25.0) ** -2
    assert modes[0, :count] / modes[0, 0] == pytest.approx(spectrum / spectrum[0])
    assert (modes**2).sum(1) == pytest.approx([1, 1], rel=1e-4)


def test_periodic_functions_of_short_scales_look_like_any_others() -> None:
    modes = GaussianField(0.05, periodic=True).expansion((0, 1), 1e-6).modes(np.array([0.4, 0.43, 0.6]))
    expected = np.exp(-(np.array([0, 0.03, 0.2]) ** 2) / (2 * 0.05**2))
    assert (modes @ modes.T)[0] == pytest.approx(expected, abs=1e-6)


def test_functions_are_drawn_from_their_generator_alone() -> None:
    field = GaussianField(0.2, mean=3.0, amplitude=0.5)
    drawn = field.draw(400, {"x": (0, 2)}, generator())
    assert drawn.identical(field.draw(400, {"x": (0, 2)}, generator()))
    assert float(drawn.mean()) == pytest.approx(3.0, abs=0.1)
    assert float(drawn.std()) == pytest.approx(0.5, rel=0.1)
    assert np.abs(PERIODIC.draw(5, {"x": (0, 1)}, generator()).mean("x")).max() < 1e-12


@pytest.mark.parametrize("field", [PERIODIC, GaussianField(0.3)], ids=["waves", "table"])
def test_derivatives_of_functions_are_those_of_differences(field: GaussianField) -> None:
    whole, x, step = field.expansion((0, 1), 1e-3), np.array([0.21, 0.5, 0.77]), 1e-4
    for order in (1, 2):
        ahead, behind = (whole.modes(x + sign * step, order - 1) for sign in (1, -1))
        size = np.abs(whole.modes(x, order)).max()
        assert np.abs((ahead - behind) / (2 * step) - whole.modes(x, order)).max() < 1e-4 * size


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: GaussianField(0.0), "length_scale of a Gaussian field is 0.0"),
        (lambda: GaussianField(0.2, mean=float("nan")), "mean of a Gaussian field is nan"),
        (lambda: GaussianField(0.2, balanced=True), "Only periodic functions can be balanced"),
        (lambda: GaussianField(1e-4).draw(1, {"x": (0, 1)}, generator()), "vary too finely"),
        (lambda: GaussianField(1e-4, periodic=True).draw(1, {"x": (0, 1)}, generator()), "vary too finely"),
        (
            lambda: GaussianField(99, periodic=True, balanced=True).draw(1, {"x": (0, 1)}, generator()),
            "hardly vary",
        ),
        (lambda: GaussianField(0.2).draw(1, {"x": (0, 1), "t": (0, 1)}, generator()), "2 coordinates"),
    ],
)
def test_random_functions_that_cannot_be_are_told(made: Callable[[], object], sentence: str) -> None:
    with pytest.raises(SolverError, match=sentence):
        made()


# Networks over functions.

AXES = ("x", "t")


def placed(count: int = 6) -> Tensor:
    return torch.rand(count, 2, generator=generator(3), dtype=torch.float64)


def functions(count: int, width: int) -> Tensor:
    return torch.randn(count, width, generator=generator(4), dtype=torch.float64)


def nested(value: Tensor, at: Tensor, order: Order) -> Tensor:
    for axis, times in enumerate(order):
        for _ in range(times):
            value = torch.autograd.grad(value.sum(), at, create_graph=True)[0][:, axis]
    return value.detach()


@pytest.mark.parametrize("linear", [True, False])
def test_a_deeponet_carries_derivatives_and_gradients_of_rows(linear: bool) -> None:
    network = DeepONet(functions=3, rank=4, width=5, depth=2, linear=linear)
    layout, at, given = network.layout(5, 2), placed(), functions(6, 3)
    weights = network.initial(5, 2, generator()) + 0.1

    def made(vector: Tensor, at: Tensor, orders: Orders, tape: Tape | None = None) -> Jet:
        values = Jet.coordinates(orders, at).values
        seen = torch.cat([Jet.constant(orders, given).values, values], dim=-1)
        return network.forward(Jet(orders, seen), tape or Tape(layout.split(vector)))

    orders = Orders.closed(AXES, [(2, 1)])
    free = at.clone().requires_grad_()
    value = made(weights, free, Orders.closed(AXES, [])).values[0, :, 1]
    expected = nested(value, free, (2, 1))
    assert expected.abs().max() > 1e-4
    assert torch.allclose(made(weights, at, orders)[(2, 1)][:, 1], expected, rtol=1e-10, atol=1e-12)

    def rows(vector: Tensor, tape: Tape | None = None) -> Tensor:
        u = made(vector, at, orders, tape)
        return u[(2, 1)][:, 0] * u[(0, 0)][:, 1] + u[(1, 0)][:, 0]

    tape, found = Tape(layout.split(weights), records=True), torch.empty(6, layout.count, dtype=torch.float64)
    tape.jacobian([rows(weights, tape)], layout, found)
    assert torch.allclose(found, torch.autograd.functional.jacobian(rows, weights), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("network", [MLP(width=6, depth=2), None, "deeponet"])
def test_fields_carry_derivatives_by_the_point_from_which_a_function_is_seen(network: object) -> None:
    problem = burgers()
    chosen = DeepONet(functions=problem.width, rank=4, width=6) if network == "deeponet" else network
    made = family(problem, chosen if isinstance(chosen, MLP | DeepONet) else None).family
    weights, given = made.initial(generator()), functions(6, problem.width)
    at = placed() * torch.tensor([1.0, 0.5])
    found = made.field(weights, torch.cat([at, given], 1), Orders.closed(AXES, [(2, 1), (3, 0), (0, 2)]))
    for order in ((0, 1), (1, 1), (2, 1), (3, 0), (0, 2)):
        free = at.clone().requires_grad_()
        prepared = made.prepare(torch.cat([free, given], 1), Orders.closed(AXES, []))
        value = made.jet(weights, prepared)[0].values[0, :, 0]
        expected = nested(value, free, order)
        assert torch.allclose(
            found[order][:, 0], expected, rtol=1e-9, atol=1e-10 * float(expected.abs().max())
        )


def test_shifting_the_initial_state_shifts_the_solution() -> None:
    made = family(burgers(), None).family
    weights, waves = made.initial(generator()), made.flow.waves if made.flow else None
    assert waves is not None
    given, shift = functions(1, waves.count).numpy()[0], 0.3
    moved = waves.seen(waves.nodes, waves.values(waves.nodes + shift, given[None])[0]).coordinates
    orders = Orders.closed(AXES, [])

    def at(x: float, coordinates: np.ndarray) -> float:
        point = torch.from_numpy(np.concatenate([[x, 0.4], coordinates])[None])
        return made.field(weights, point, orders).values.item()

    assert at(0.2, moved) == pytest.approx(at(0.5, given), rel=1e-6)


def test_what_is_linear_is_carried_on_exactly() -> None:
    problem = OperatorProblem(
        "u_t = 0.1*u_xx - 2*u_x + 0.01*u**3",
        {"x": (0, 1), "t": (0, 1)},
        ["periodic in x", "u(x, 0) = f"],
        {"f": PERIODIC},
    )
    carried, wave = flow(problem), 2 * np.pi
    coordinates = carried.waves.seen(carried.waves.nodes, np.cos(wave * carried.waves.nodes)).coordinates
    at = placed()
    orders = Orders.closed(AXES, [(1, 1)])
    state = carried.state(carried(at, torch.from_numpy(coordinates).expand(6, -1), orders))
    x, t = at.unbind(1)
    decayed = torch.exp(-0.1 * wave**2 * t)
    assert torch.allclose(state[(0, 0)][:, 0], decayed * torch.cos(wave * (x - 2 * t)), atol=1e-6)
    assert torch.allclose(state[(1, 0)][:, 0], -wave * decayed * torch.sin(wave * (x - 2 * t)), atol=1e-5)


@pytest.mark.parametrize(("right", "vanishes"), [("0.05*u_xx", True), ("0.05*u_xx + 1", False)])
def test_nothing_gives_nothing_where_the_equation_says_so(right: str, vanishes: bool) -> None:
    problem = OperatorProblem(
        f"u_t + u*u_x = {right}",
        {"x": (0, 1), "t": (0, 0.5)},
        ["periodic in x", "u(x, 0) = f"],
        {"f": PERIODIC},
    )
    made = family(problem, None).family
    nothing = torch.cat([placed(), torch.zeros(6, problem.width, dtype=torch.float64)], 1)
    found = made.field(made.initial(generator()), nothing, Orders.closed(AXES, [])).values
    assert bool((found == 0).all()) == vanishes


def test_a_source_has_derivatives_by_its_own_coordinate_alone() -> None:
    problem = OperatorProblem(
        "u_t = 0.1*u_xx + f",
        {"x": (0, 1), "t": (0, 1)},
        ["u(x, 0) = 0", "u(0, t) = 0", "u(1, t) = 0"],
        {"f": GaussianField(0.3)},
    )
    made, given, at = family(problem, None).family, functions(6, problem.width), placed()
    jet = made.field(made.initial(generator()), torch.cat([at, given], 1), Orders.closed(AXES, [(1, 1)]))
    source = problem.problem.components.names.index("f")
    slope = (problem.inputs[0].expansion.modes(at[:, 0].numpy(), 1) * given.numpy()).sum(1)
    assert jet[(1, 0)][:, source].numpy() == pytest.approx(slope)
    assert not jet[(0, 1)][:, source].any()
    assert not jet[(1, 1)][:, source].any()


def test_the_size_of_a_function_is_its_norm() -> None:
    carried = flow(burgers())
    given = functions(3, carried.waves.count)
    norms = (carried.waves.values(carried.waves.nodes, given.numpy()) ** 2).mean(1) ** 0.5
    assert carried.size(given).numpy() * carried.waves.size() == pytest.approx(norms)


# Operators of equations.


@pytest.fixture(scope="module")
def antiderivative() -> Operator:
    problem = OperatorProblem("u_x = f(x)", {"x": (0, 1)}, ["u(0) = 0"], {"f": GaussianField(0.4)})
    return learn_operator(problem, steps=80, network=small(problem))


def test_an_antiderivative_is_learnt_from_its_equation(antiderivative: Operator) -> None:
    x = np.linspace(0, 1, 51)
    solution = antiderivative(f=lambda x: np.cos(2 * x))
    reference = xr.Dataset({"u": ("x", np.sin(2 * x) / 2)}, {"x": x})
    assert solution.error(reference).relative["u"] < 1e-3
    assert solution.field(x=[0.0])["u"].item() == pytest.approx(0.0, abs=1e-12)
    slope = solution.derivatives("u_x", x=x)["u_x"].values
    assert slope == pytest.approx(np.cos(2 * x), abs=1e-2)
    assert solution.notes == ()
    assert antiderivative.residual == pytest.approx(float(antiderivative.history.residual.min()))


def test_conditions_that_are_trained_are_met() -> None:
    problem = OperatorProblem(
        "u_xx = f", {"x": (0, 1)}, ["u(0) = 0", "u_x(1) = 0.5"], {"f": GaussianField(0.5)}
    )
    operator = learn_operator(problem, steps=60, network=small(problem))
    x = np.linspace(0, 1, 21)
    exact = 1 - np.cos(x) + (0.5 - np.sin(1)) * x
    assert operator(f=np.cos).field(x=x)["u"].values == pytest.approx(exact, abs=3e-3)
    assert operator(f=np.cos).derivatives("u_x", x=[1.0])["u_x"].item() == pytest.approx(0.5, abs=1e-2)


def test_burgers_is_learnt_from_its_equation() -> None:
    operator = learn_operator(burgers(), steps=60, network=MLP(width=14, depth=2))
    start = PERIODIC.draw(3, {"x": (0, 1)}, generator(9), nodes=64)
    law, times = pf.Equation("u_t = -u*u_x + 0.05*u_xx"), np.linspace(0, 0.5, 6)
    for sample in range(3):
        state = start.isel(sample=sample)
        begin = xr.Dataset({"u": (("t", "x"), state.values[None])}, {"t": [0.0], "x": state.x.values})
        reference = pf.simulate(law, begin, t=times, periodic=True, denoise=False)
        assert operator(f=state).error(reference).relative["u"] < 0.02


def test_the_same_seed_gives_the_same_operator() -> None:
    field = GaussianField(0.5)
    problem = OperatorProblem("u_x = f", {"x": (0, 1)}, ["u(0) = 0"], {"f": field})
    network = DeepONet(functions=problem.width, rank=4, width=5, depth=1, linear=True)
    one, two, other = (learn_operator(problem, steps=5, seed=s, network=network) for s in (0, 0, 1))
    assert torch.equal(one.weights()["model.network"], two.weights()["model.network"])
    assert not torch.equal(one.weights()["model.network"], other.weights()["model.network"])


def test_a_function_that_multiplies_the_field_makes_the_operator_nonlinear() -> None:
    def is_linear(equation: str) -> bool:
        field = GaussianField(0.5)
        return OperatorProblem(equation, {"x": (0, 1)}, ["u(0) = 1"], {"f": field}).is_linear

    assert is_linear("u_x = -2*u + f")
    assert not is_linear("u_x = f*u")
    assert not is_linear("u_x = f - u**2")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"functions": {}}, "An operator maps functions, and none is given"),
        ({"functions": {"f": 3.0}}, "say from which random functions"),
        ({"functions": {"f(y)": PERIODIC}}, "depends on y, and the domain has x, t"),
        ({"functions": {"2f": PERIODIC}}, "'2f' names no function"),
        ({"functions": {"f": PERIODIC, "g": PERIODIC}}, "g occurs neither in the equation"),
        ({"functions": {"f": GaussianField(0.2)}}, "has to be periodic"),
        ({"conditions": ["periodic in x", "u(x, 1) = f"]}, "not the initial state"),
        ({"conditions": ["periodic in x", "u(x, 0) = f", "u(x, 1) = f"]}, "More than one condition"),
        ({"conditions": ["u(0, t) = 0", "u(1, t) = 0", "u(x, 0) = f"]}, "has to be periodic"),
        (
            {
                "equation": "u_tt = u_xx",
                "conditions": ["periodic in x", "u(x, 0) = f", "u_t(x, 0) = 0"],
            },
            "needs one equation for u_t",
        ),
    ],
)
def test_problems_that_make_no_operator_are_told(changes: dict[str, object], sentence: str) -> None:
    given = {
        "equation": "u_t = 0.1*u_xx",
        "domain": {"x": (0, 1), "t": (0, 1)},
        "conditions": ["periodic in x", "u(x, 0) = f"],
        "functions": {"f": PERIODIC},
    }
    with pytest.raises(SolverError, match=sentence):
        OperatorProblem(**(given | changes))  # type: ignore[arg-type]


# What is put in.


def test_functions_may_be_given_at_other_sensors(antiderivative: Operator) -> None:
    x = np.sort(np.random.default_rng(0).uniform(0, 1, 40))
    values = xr.DataArray(np.cos(2 * x), {"x": x}, ("x",))
    nodes = antiderivative.sensors("f")
    expected = antiderivative(f=lambda x: np.cos(2 * x)).coordinates
    assert antiderivative(f=np.cos(2 * nodes)).coordinates == pytest.approx(expected, abs=1e-9)
    assert antiderivative(f=values).field(x=11)["u"].values == pytest.approx(
        np.sin(2 * np.linspace(0, 1, 11)) / 2, abs=1e-3
    )


def test_unusual_functions_are_told(antiderivative: Operator) -> None:
    drawn = antiderivative.draw("f", 20, generator(5))
    quiet = [antiderivative(f=drawn.isel(sample=i)) for i in range(20)]
    assert all(each.notes == () for each in quiet)
    assert np.mean([each.distance["f"] for each in quiet]) == pytest.approx(1.0, abs=0.15)
    (note,) = antiderivative(f=lambda x: 12 * np.cos(2 * x)).notes
    assert "standard deviations from the functions that the operator learnt from" in note
    notes = antiderivative(f=lambda x: np.sign(np.sin(40 * x))).notes
    assert len(notes) == 2
    assert "varies in ways that no function had" in notes[1]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "needs the function f too"),
        ({"f": np.cos, "g": np.cos}, "takes no function 'g'; it takes f"),
        ({"f": np.zeros(7)}, r"has values of the shape \(7,\)"),
        ({"f": xr.DataArray(np.zeros(3), {"x": [0.1, 0.5, 0.9]}, ("x",))}, "3 sensors of f leave"),
        (
            {"f": xr.DataArray(np.zeros(3), {"t": [0.1, 0.5, 0.9]}, ("t",))},
            "depends on x, and was given along t",
        ),
        ({"f": xr.DataArray(np.zeros(2), {"x": [0.1, 1.5]}, ("x",))}, r"sensors outside of \(0, 1\)"),
        ({"f": lambda x: x * np.nan}, "values that are missing or infinite"),
        ({"f": lambda x: x * 1j}, "values of the type complex128"),
    ],
)
def test_functions_that_cannot_be_put_in_are_told(
    antiderivative: Operator, given: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SolverError, match=sentence):
        antiderivative(**given)


# Operators of pairs.


def pairs(count: int = 80) -> OperatorPairs:
    """Initial states and what the heat equation makes of them, and of the square of their first wave."""
    a, b = np.random.default_rng(0).standard_normal((2, count, 1, 1))
    x, t = np.arange(32) / 32, np.linspace(0, 1, 21)
    wave, decay = np.cos(2 * np.pi * x), np.exp(-0.5 * t)[:, None]
    field = a * decay * wave + 0.3 * a**2 * decay**4 * np.cos(4 * np.pi * x) + b
    return OperatorPairs(
        xr.Dataset({"f": (("sample", "x"), a[:, 0] * wave + b[:, 0])}, {"x": x}),
        xr.Dataset({"u": (("sample", "t", "x"), field)}, {"x": x, "t": t}),
        periodic=["x"],
    )


def test_a_nonlinear_map_is_learnt_from_pairs() -> None:
    operator = learn_operator(pairs())
    solution = operator(f=lambda x: 0.7 * np.cos(2 * np.pi * x) - 0.4)
    x, t = 0.123, 0.456
    exact = 0.7 * np.exp(-0.5 * t) * np.cos(2 * np.pi * x) - 0.4
    exact += 0.3 * 0.49 * np.exp(-2 * t) * np.cos(4 * np.pi * x)
    found = solution.field(x=[x, x + 0.5], t=[t])["u"].values[0]
    assert found[0] == pytest.approx(exact, abs=2e-3)
    by_t = solution.derivatives("u_t", x=[x, x + 0.5], t=[t])["u_t"].values[0]
    rate = -0.35 * np.exp(-0.5 * t) * np.cos(2 * np.pi * x)
    rate -= 0.6 * 0.49 * np.exp(-2 * t) * np.cos(4 * np.pi * x)
    assert by_t[0] == pytest.approx(rate, abs=1e-2)
    assert operator.residual < 1e-2
    assert "a kernel around 80 of 80 samples" in operator.notes[0]


def test_a_linear_map_is_learnt_exactly_from_pairs() -> None:
    x = np.linspace(0, 1, 65)
    waves = np.arange(1, 6)[:, None] * np.pi
    amplitudes = np.random.default_rng(1).standard_normal((60, 5)) / np.arange(1, 6)
    operator = learn_operator(
        OperatorPairs(
            xr.Dataset({"f": (("sample", "x"), amplitudes @ (waves * np.cos(waves * x)))}, {"x": x}),
            xr.Dataset({"u": (("sample", "x"), amplitudes @ np.sin(waves * x))}, {"x": x}),
        )
    )
    solution = operator(f=lambda x: np.pi * np.cos(np.pi * x) - 6 * np.pi * np.cos(3 * np.pi * x))
    reference = np.sin(np.pi * x) - 2 * np.sin(3 * np.pi * x)
    assert solution.field(x=x)["u"].values == pytest.approx(reference, abs=1e-9)
    assert "an affine map" in operator.notes[0]


def test_the_error_of_a_linear_map_is_that_of_samples_left_out() -> None:
    x, noise = np.random.default_rng(2).standard_normal((2, 12, 3))
    y, errors = x + 0.1 * noise, []
    for i in range(12):
        others = np.arange(12) != i
        design = np.concatenate([np.ones((12, 1)), x], axis=1)
        fitted = np.linalg.lstsq(design[others], y[others])[0]
        errors.append(np.linalg.norm(y[i] - design[i] @ fitted))
    found = learn_kernel(x, y, np.ones(3), np.ones(12))
    assert len(found.affine)
    assert found.missed == pytest.approx(np.mean(errors))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            lambda p: OperatorPairs(p.functions.isel(sample=slice(20)), p.fields),
            "20 samples of functions and 80",
        ),
        (
            lambda p: OperatorPairs(p.functions.isel(sample=slice(5)), p.fields.isel(sample=slice(5))),
            "5 samples",
        ),
        (lambda p: OperatorPairs(p.fields, p.functions), "functions have 'sample' and one coordinate"),
        (
            lambda p: OperatorPairs(p.functions, p.fields.where(p.fields.t < 0.9)),
            "missing, infinite or complex",
        ),
        (lambda p: OperatorPairs(p.functions, p.fields, periodic=["y"]), "Nothing can be periodic in 'y'"),
        (
            lambda p: OperatorPairs(p.functions, p.fields.isel(x=[0, 1, 3]), periodic=["x"]),
            "the nodes there are not even",
        ),
        (lambda p: OperatorPairs(p.functions.f, p.fields), "are DataArray; give an xarray.Dataset"),
        (lambda p: learn_operator(p, network=MLP()), "learnt from without a network"),
        (lambda p: learn_operator(p, seconds=-1.0), "no time to learn"),
    ],
)
def test_pairs_that_teach_nothing_are_told(changed: Callable[[OperatorPairs], object], sentence: str) -> None:
    with pytest.raises(SolverError, match=sentence):
        changed(pairs())


# Files.


@pytest.mark.parametrize("kind", ["network", "waves", "pairs"])
def test_an_operator_is_written_and_read_without_running_anything(
    kind: str, antiderivative: Operator, tmp_path: Path
) -> None:
    operator = {
        "network": lambda: antiderivative,
        "waves": lambda: learn_operator(burgers(), steps=1, network=MLP(width=4, depth=1)),
        "pairs": lambda: learn_operator(pairs(20)),
    }[kind]()
    config = json.loads(json.dumps(operator.config()))
    again = Operator.made(config, operator.weights())
    loaded = Operator.load(operator.save(tmp_path / "operator.safetensors"))
    for other in (again, loaded):
        assert other.config() == operator.config()
        expected = operator(f=lambda x: 0.1 * np.cos(2 * np.pi * x)).field(
            **dict.fromkeys(other.space.box.axes, 5)
        )
        found = other(f=lambda x: 0.1 * np.cos(2 * np.pi * x)).field(**dict.fromkeys(other.space.box.axes, 5))
        xr.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_damaged_configuration_is_told(antiderivative: Operator) -> None:
    with pytest.raises(SolverError, match="is damaged: KeyError"):
        Operator.made({"inputs": []}, {})
    config = antiderivative.config()
    with pytest.raises(SolverError, match="no operators of the kind 'x'"):
        Operator.made(config | {"model": {"kind": "x"}}, antiderivative.weights())
    short = antiderivative.weights() | {"model.network": torch.zeros(3, dtype=torch.float64)}
    with pytest.raises(SolverError, match=r"its network has \d+ weights"):
        Operator.made(config, short)
