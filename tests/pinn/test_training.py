"""What a person has to be able to trust: interruptions, failures, and that settings do what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.errors import SolverError
from physforge_kernel.pinn import Checkpoint, Look, Problem, Settings, Solution, solve
from physforge_kernel.pinn.networks import MLP

SMALL = MLP(width=8, depth=2)


def heat(**more: object) -> Problem:
    conditions = ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u(1, t) = 0"]
    return Problem("u_t = 0.2*u_xx", {"x": (0, 1), "t": (0, 1)}, conditions, **more)  # type: ignore[arg-type]


class PulledPlugError(Exception):
    """What ends a training from outside."""


def interrupted_at(looks: int):
    seen: list[Look] = []

    def callback(look: Look) -> None:
        seen.append(look)
        if len(seen) == looks:
            raise PulledPlugError

    return callback


@pytest.mark.parametrize(
    "settings",
    [
        Settings(steps=48, points=150),
        Settings(steps=48, points=150, sampling="retained", balance="kernel", causal=1.0),
        Settings(steps=48, points=150, sampling="fixed", attention=0.1, loss="huber", l1=1e-8, l2=1e-8),
    ],
)
@pytest.mark.parametrize("stretches", [1, 2])
def test_training_that_goes_on_gives_the_same_numbers(
    settings: Settings, stretches: int, tmp_path: Path
) -> None:
    problem, file = heat(), tmp_path / "state"
    whole = solve(problem, network=SMALL, settings=settings, stretches=stretches)
    looks = 4 if stretches == 1 else 9
    with pytest.raises(PulledPlugError):
        solve(
            problem,
            network=SMALL,
            settings=settings,
            stretches=stretches,
            checkpoint=Checkpoint(file, seconds=0),
            callbacks=[interrupted_at(looks)],
        )
    resumed = solve(problem, network=SMALL, settings=settings, stretches=stretches, checkpoint=file)
    for mine, theirs in zip(resumed.stretches, whole.stretches, strict=True):
        assert (mine.solved.weights == theirs.solved.weights).all()
    assert resumed.history["loss"].equals(whole.history["loss"])
    assert not file.exists()


def test_a_checkpoint_of_another_problem_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state"
    settings = Settings(steps=16, points=100)
    with pytest.raises(PulledPlugError):
        solve(
            heat(),
            network=SMALL,
            settings=settings,
            checkpoint=Checkpoint(file, seconds=0),
            callbacks=[interrupted_at(2)],
        )
    with pytest.raises(SolverError, match="is of another training: its seed is 0, here it is 1"):
        solve(heat(), seed=1, network=SMALL, settings=settings, checkpoint=file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(SolverError, match="cannot be read as a file of PhysForge's"):
        solve(heat(), network=SMALL, settings=settings, checkpoint=file)


def test_callbacks_see_training_and_can_end_it() -> None:
    looks: list[Look] = []

    def callback(look: Look) -> bool:
        looks.append(look)
        return look.step >= 24

    solution = solve(heat(), network=SMALL, settings=Settings(steps=80, points=100), callbacks=[callback])
    assert [look.step for look in looks] == [8, 16, 24]
    assert looks[-1].loss < looks[0].loss
    assert 0 < looks[0].fraction < looks[-1].fraction <= 1
    assert solution.history.sizes["look"] == 3


def test_an_equation_without_a_value_at_the_start_is_told() -> None:
    problem = Problem("u_t = log(u - 5)", {"t": (0, 1)}, ["u(0) = 1"])
    with pytest.raises(
        SolverError, match=r"Training cannot start: the equation's residual is no number at t"
    ):
        solve(problem, network=SMALL, settings=Settings(steps=16))


def test_training_returns_from_where_there_is_no_number() -> None:
    problem = Problem("u_t = -sqrt(u)", {"t": (0, 1.9)}, ["u(0) = 1"])
    solution = solve(problem, network=SMALL, stretches=1, settings=Settings(steps=64))
    t = np.linspace(0, 1.9, 20)
    assert np.abs(solution.field(t=t)["u"].values - (1 - t / 2) ** 2).max() < 1e-2


def test_a_solution_starts_from_another() -> None:
    first = solve(heat(), network=SMALL, settings=Settings(steps=80, points=150))
    near = Problem(
        "u_t = 0.21*u_xx",
        {"x": (0, 1), "t": (0, 1)},
        ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u(1, t) = 0"],
    )
    few = Settings(steps=8, points=150)
    cold = solve(near, network=SMALL, settings=few)
    warm = solve(near, network=SMALL, settings=few, start=first)
    assert warm.residual < 0.1 * cold.residual
    with pytest.raises(SolverError, match="network of other weights"):
        solve(near, network=MLP(width=9, depth=2), settings=few, start=first)


def error(solution: Solution) -> float:
    x, t = np.linspace(0, 1, 21), np.linspace(0, 1, 11)
    exact = np.exp(-0.2 * np.pi**2 * t)[:, None] * np.sin(np.pi * x)[None]
    return solution.error(xr.Dataset({"u": (("t", "x"), exact)}, {"t": t, "x": x})).relative["u"]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(sampling="retained"),
        Settings(sampling="even"),
        Settings(sampling="fixed", attention=0.1),
        Settings(hard=False),
        Settings(hard=False, balance="gradients"),
        Settings(hard=False, balance="kernel", weights={"u(x, 0) = sin(pi*x)": 5.0}),
        Settings(causal=1.0),
        Settings(loss="huber"),
        Settings(loss=lambda z: z / (1 + z)),
        Settings(l2=1e-10, l1=1e-10),
    ],
    ids=str,
)
def test_the_heat_equation_is_solved_however_it_is_trained(settings: Settings) -> None:
    from dataclasses import replace

    solution = solve(heat(), network=SMALL, stretches=1, settings=replace(settings, steps=80, points=200))
    assert error(solution) < 3e-3


def test_conditions_that_are_not_met_by_construction_are_missed_by_what_is_told() -> None:
    solution = solve(heat(), network=SMALL, settings=Settings(steps=24, points=150, hard=False))
    missed = solution.field(x=[0.0], t=50)["u"].values
    assert solution.condition > 0
    assert np.sqrt(np.mean(missed**2)) < 3 * solution.condition
    assert "conditions missed by" in repr(solution)


def test_weights_on_one_condition_bring_it_nearer() -> None:
    def miss(weights: dict[str, float]) -> float:
        settings = Settings(steps=24, points=150, hard=False, weights=weights)
        solution = solve(heat(), network=MLP(width=4, depth=1), stretches=1, settings=settings)
        return float(np.abs(solution.field(x=[0.0], t=50)["u"].values).max())

    assert miss({"u(0, t) = 0": 100.0}) < 0.2 * miss({})


def test_penalties_keep_weights_small() -> None:
    def size(l1: float = 0.0, l2: float = 0.0) -> tuple[float, float]:
        settings = Settings(steps=40, points=150, l1=l1, l2=l2)
        solution = solve(heat(), network=SMALL, stretches=1, settings=settings)
        weights = solution.stretches[0].solved.weights
        return float(weights.square().sum()), float((weights.abs() < 1e-3).double().mean())

    free, _ = size()
    assert size(l2=1e-2)[0] < 0.7 * free
    assert size(l1=1e-2)[1] > size()[1] + 0.1


def test_outliers_in_data_count_less_with_a_robust_loss() -> None:
    generator = np.random.default_rng(0)
    t = generator.uniform(0, 2, 150)
    u = np.exp(-1.3 * t) + 0.01 * generator.normal(size=150)
    u[:20] += 2.0
    data = xr.Dataset({"u": ("sample", u)}, {"t": ("sample", t)})
    problem = Problem("u_t = -rate*u", {"t": (0, 2)}, data=data, parameters={"rate": (0.1, 10)})
    off = {
        loss: abs(solve(problem, settings=Settings(steps=64, data_loss=loss)).parameters["rate"] - 1.3)
        for loss in ("linear", "cauchy")
    }
    assert off["cauchy"] < 0.05
    assert off["cauchy"] < 0.2 * off["linear"]


def test_noise_that_is_known_changes_the_interval_and_not_the_solution() -> None:
    generator = np.random.default_rng(1)
    t = generator.uniform(0, 2, 100)
    data = xr.Dataset({"u": ("sample", np.exp(-t) + 0.02 * generator.normal(size=100))}, {"t": ("sample", t)})

    def solved(noise: float | None) -> Solution:
        problem = Problem(
            "u_t = -rate*u", {"t": (0, 2)}, ["u(0) = 1"], data, {"rate": (0.1, 10)}, noise=noise
        )
        return solve(problem, settings=Settings(steps=48))

    free, told = solved(None), solved(0.04)
    assert told.parameters["rate"] == free.parameters["rate"]
    (low, high), (lower, higher) = free.intervals()["rate"], told.intervals()["rate"]
    assert (higher - lower) / (high - low) == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": 0}, "steps is 0; give a whole number, at least one"),
        ({"l2": -1.0}, r"l2 is -1.0; give a number that is not negative"),
        ({"sampling": "sobol"}, "sampling is 'sobol'; choose one of residual, retained, even, fixed"),
        ({"balance": "ntk"}, "balance is 'ntk'; choose one of none, gradients, kernel"),
        ({"loss": "l3"}, "loss is 'l3'; choose one of linear, huber, soft_l1, cauchy"),
        ({"attention": 0.1}, "set sampling='fixed'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(SolverError, match=sentence):
        Settings(**given)  # type: ignore[arg-type]


def test_weights_of_what_is_no_condition_are_refused() -> None:
    with pytest.raises(SolverError, match=r"weights names 'u\(2, t\) = 0', which is no condition"):
        solve(heat(), settings=Settings(weights={"u(2, t) = 0": 3.0}))
