"""Solutions against exact ones, and what they can be asked."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.pinn import Problem, Settings, Solution, solve
from physforge_kernel.pinn._solve import default_network
from physforge_kernel.pinn.networks import MLP, SeparableMLP


@pytest.fixture(scope="module")
def heat() -> Solution:
    problem = Problem(
        "u_t = 0.1*u_xx",
        {"x": (0, 2), "t": (0, 1)},
        ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u(2, t) = 0"],
    )
    return solve(problem, network=MLP(width=10, depth=2), stretches=1, settings=Settings(steps=120))


def exact(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.exp(-0.1 * np.pi**2 * t)[:, None] * np.sin(np.pi * x)[None]


def test_heat_is_as_it_should_be(heat: Solution) -> None:
    x, t = np.linspace(0, 2, 41), np.linspace(0, 1, 21)
    reference = xr.Dataset({"u": (("t", "x"), exact(x, t))}, {"t": t, "x": x})
    error = heat.error(reference)
    assert error.relative["u"] < 1e-4
    assert error.pointwise["u"].shape == (21, 41)
    assert error.largest["u"] == pytest.approx(float(np.abs(error.pointwise["u"]).max()))
    assert heat.residual < 1e-3


def test_derivatives_are_those_of_the_field(heat: Solution) -> None:
    found = heat.derivatives("u_xx", "u_t", x=[0.5], t=[0.0, 0.5])
    assert found["u_xx"].values[0, 0] == pytest.approx(-(np.pi**2), rel=1e-9)
    assert found["u_t"].values[1, 0] == pytest.approx(0.1 * found["u_xx"].values[1, 0], rel=1e-2)


def test_conditions_hold_exactly(heat: Solution) -> None:
    field = heat.field(x=[0.0, 0.7, 2.0], t=[0.0, 0.4])
    assert field["u"].values[0] == pytest.approx([0, np.sin(0.7 * np.pi), 0], abs=1e-12)
    assert field["u"].values[1, [0, 2]] == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (lambda s: s.field(y=3), "no axis 'y'; its axes: x, t"),
        (lambda s: s.field(x=0), "0 nodes along x are none"),
        (lambda s: s.field(x=[3.0]), "x = 3 lies outside the domain"),
        (lambda s: s.derivatives("v_x"), "'v_x' is no derivative of u by x, t"),
        (lambda s: s.error(xr.Dataset({"v": ("x", [1.0])}, {"x": [0.0]})), "holds none of the fields u"),
        (
            lambda s: solve(s.problem, network=MLP(activation="relu")),
            "holds u_xx, and a network of relu has no",
        ),
        (lambda s: solve(s.problem, seconds=-1), "-1 seconds are no time to train"),
    ],
)
def test_what_cannot_be_answered_is_told(heat: Solution, asked: object, sentence: str) -> None:
    assert callable(asked)
    with pytest.raises(pf.PhysForgeError, match=sentence):
        asked(heat)


def test_stretches_of_time_go_on_from_one_another() -> None:
    problem = Problem("u_tt = -9*u", {"t": (0, 2)}, ["u(0) = 1", "u_t(0) = 0"])
    solution = solve(problem, stretches=2, settings=Settings(steps=60))
    assert [(s.start, s.end) for s in solution.stretches] == [(0.0, 1.0), (1.0, 2.0)]
    t = np.linspace(0, 2, 50)
    assert np.abs(solution.field(t=t)["u"].values - np.cos(3 * t)).max() < 1e-3


def test_time_is_divided_where_it_is_too_long_to_be_learnt_at_once() -> None:
    problem = Problem("u_tt = -400*u", {"t": (0, 2)}, ["u(0) = 1", "u_t(0) = 0"])
    solution = solve(problem, settings=Settings(steps=160))
    assert len(solution.stretches) > 1
    t = np.linspace(0, 2, 200)
    assert np.abs(solution.field(t=t)["u"].values - np.cos(20 * t)).max() < 1e-2
    assert max(solution.residual, solution.condition) < 1e-2


def test_what_was_not_learnt_is_told() -> None:
    problem = Problem("u_tt = -400*u", {"t": (0, 2)}, ["u(0) = 1", "u_t(0) = 0"])
    solution = solve(problem, stretches=1, settings=Settings(steps=16))
    assert any("leaves" in note and "give it more seconds" in note for note in solution.notes)


def test_a_complex_field_is_solved_for() -> None:
    problem = Problem(
        "i*u_t = -u_xx", {"x": (0, 2), "t": (0, 0.3)}, ["u(x, 0) = exp(i*pi*x)", "periodic in x"]
    )
    small = MLP(width=8, depth=2)
    solution = solve(problem, network=small, stretches=1, settings=Settings(steps=120))
    field = solution.field(x=9, t=[0.3])
    expected = np.exp(1j * (np.pi * field["x"].values - np.pi**2 * 0.3))
    assert np.abs(field["u"].values[0] - expected).max() < 1e-2


@pytest.fixture(scope="module")
def decay() -> Solution:
    """`u_t = -rate*u` with rate 1.3, from 200 samples with noise of 0.02."""
    generator = np.random.default_rng(3)
    t = generator.uniform(0, 2, 200)
    data = xr.Dataset(
        {"u": ("sample", np.exp(-1.3 * t) + 0.02 * generator.normal(size=200))}, {"t": ("sample", t)}
    )
    problem = Problem("u_t = -rate*u", {"t": (0, 2)}, ["u(0) = 1"], data=data, parameters={"rate": (0.1, 10)})
    return solve(problem, settings=Settings(steps=80))


def test_a_constant_is_found_with_the_uncertainty_of_a_direct_fit(decay: Solution) -> None:
    from scipy.optimize import curve_fit

    samples = decay.problem.data[0]
    t, u = samples.points[:, 0].numpy(), samples.values.numpy()
    direct, covariance = curve_fit(lambda t, rate: np.exp(-rate * t), t, u, [1.0])
    assert decay.parameters["rate"] == pytest.approx(direct[0], abs=0.2 * covariance[0, 0] ** 0.5)
    low, high = decay.intervals(0.95)["rate"]
    assert high - low == pytest.approx(2 * 1.96 * covariance[0, 0] ** 0.5, rel=0.15)
    assert low < 1.3 < high


@pytest.mark.parametrize("steps", [1, 4, 8])
def test_where_training_ends_early_intervals_allow_for_the_rest_of_the_way(
    decay: Solution, steps: int
) -> None:
    early = solve(decay.problem, settings=Settings(steps=steps))
    low, high = early.intervals()["rate"]
    assert low < 1.3 < high
    assert any("ended before rate had settled" in note for note in early.notes)
    assert not any("settled" in note for note in decay.notes)


def test_an_interval_has_a_probability(decay: Solution) -> None:
    with pytest.raises(pf.PhysForgeError, match=r"level of an interval is 95; give a probability"):
        decay.intervals(95)


def test_fast_waves_along_several_axes_are_learnt_as_products() -> None:
    edges = ["u(0, y) = 0", "u(1, y) = 0", "u(x, 0) = 0", "u(x, 1) = 0"]
    source = "2*pi^2*sin(pi*x)*sin(pi*y) + 200*pi^2*sin(10*pi*x)*sin(10*pi*y)"
    problem = Problem(f"-u_xx - u_yy = {source}", {"x": (0, 1), "y": (0, 1)}, edges)
    assert isinstance(default_network(problem), SeparableMLP)
    found = solve(problem, settings=Settings(steps=80, points=1000)).field(x=50, y=50)["u"]
    x, y = found.x, found.y
    exact = np.sin(np.pi * x) * np.sin(np.pi * y) + np.sin(10 * np.pi * x) * np.sin(10 * np.pi * y)
    assert float(np.abs(found - exact).max()) < 0.05


def test_waves_of_an_equation_that_mixes_them_are_left_to_layers() -> None:
    box, start = {"x": (0, 1), "y": (0, 1), "t": (0, 1)}, ["u(x, y, 0) = sin(10*pi*x)*sin(10*pi*y)"]
    edges = ["u(0, y, t) = 0", "u(1, y, t) = 0", "u(x, 0, t) = 0", "u(x, 1, t) = 0"]
    assert isinstance(default_network(Problem("u_t = u_xx + u_yy", box, start + edges)), SeparableMLP)
    for equation in ("u_t + u*u_x = u_xx + u_yy", "u_t = (1 + x)*u_xx + u_yy"):
        assert isinstance(default_network(Problem(equation, box, start + edges)), MLP)


def test_a_problem_has_as_many_axes_as_it_needs() -> None:
    axes = [f"x{number}" for number in range(1, 6)]
    wave = f"sin({' + '.join(axes)})"
    conditions = []
    for axis in axes:
        for end in ("0", "1"):
            place = ", ".join(end if axis == other else other for other in axes)
            conditions.append(f"u({place}) = {wave.replace(axis, end)}")
    laplacian = " + ".join(f"u_{axis}{axis}" for axis in axes)
    problem = Problem(f"{laplacian} = -5*{wave}", {axis: (0, 1) for axis in axes}, conditions)
    solution = solve(problem, network=MLP(width=8, depth=2), settings=Settings(steps=40, points=500))
    found = solution.field(**{axis: [0.2, 0.7] for axis in axes})["u"]
    assert found.dims == tuple(axes)
    expected = np.sin(sum(found[axis] for axis in axes))
    assert float(np.abs(found - expected).max()) < 1e-4
