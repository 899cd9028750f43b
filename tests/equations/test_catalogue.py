"""The catalogue's reference solutions against closed solutions, finer solutions and conservation laws."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pytest

from physforge_kernel.equations import catalogue
from physforge_kernel.equations._etdrk4 import coefficients
from physforge_kernel.equations.catalogue import _fourier, exact
from physforge_kernel.equations.catalogue.transport import burgers, kdv, kuramoto_sivashinsky
from physforge_kernel.errors import EquationError, SimulationError

Array = np.ndarray[Any, np.dtype[Any]]


def relative(found: Array, expected: Array) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("name", catalogue.names())
def test_every_law_has_an_equation_a_citation_and_a_finite_default_field(name: str) -> None:
    law = catalogue.get(name)
    assert law.equation.left_sides
    assert law.citation
    assert set(law.meanings) == set(law.units) == set(law.parameters)
    told = str(law)
    for fact in (law.title, law.citation, *law.meanings.values(), *law.units.values(), *law.domain):
        assert fact in told
    assert law._repr_latex_().startswith("$")
    field = law.field(t=np.linspace(0, law._family.duration / 10, 3))
    assert field.sizes["t"] == 3
    assert field.attrs["law"] == name
    assert json.loads(field.attrs["parameters"]) == dict(law.parameters)
    for variable in field.data_vars.values():
        assert np.all(np.isfinite(variable))
        assert float(variable.std()) > 0


@pytest.mark.parametrize("name", ["heat", "burgers", "kdv", "wave", "lorenz"])
def test_the_seed_chooses_the_field(name: str) -> None:
    def first(seed: int) -> Array:
        field = catalogue.get(name).field(t=[0.0, 0.01], seed=seed)
        return np.concatenate([field[v].values[0].ravel() for v in field])

    assert np.array_equal(first(3), first(3))
    assert not np.allclose(first(3), first(4))


def test_heat_damps_each_wave_by_its_own_rate() -> None:
    field = catalogue.get("heat", alpha=0.3).field(
        x=50, t=[0.0, 0.5, 2.0], initial=lambda x: 1 + np.sin(x) + 0.5 * np.cos(3 * x)
    )
    x, t = field.x.values, field.t.values[:, None]
    expected = 1 + np.exp(-0.3 * t) * np.sin(x) + 0.5 * np.exp(-2.7 * t) * np.cos(3 * x)
    assert relative(field.u.values, expected) < 1e-13


def test_advection_moves_a_profile_unchanged_to_any_points() -> None:
    points = np.sort(np.random.default_rng(1).uniform(-10, 10, 40))
    field = catalogue.get("advection", c=-0.7).field(
        x=points, t=[0.0, 1.3], initial=lambda x: np.exp(np.sin(x))
    )
    assert relative(field.u.values[1], np.exp(np.sin(points + 0.7 * 1.3))) < 1e-13


def test_the_wave_equation_agrees_with_dalembert() -> None:
    field = catalogue.get("wave", c=1.7).field(
        x=64, t=[0.0, 0.4, 5.0], initial=(lambda x: np.exp(np.cos(x)), lambda x: 0.2 + np.cos(2 * x))
    )
    for index, t in enumerate(field.t.values):
        expected = exact.dalembert(
            field.x.values, t, lambda x: np.exp(np.cos(x)), lambda x: 0.2 * x + np.sin(2 * x) / 2, c=1.7
        )
        assert relative(field.u.values[index], expected) < 1e-12


@pytest.mark.parametrize("nu", [0.1, 0.02])
def test_burgers_agrees_with_cole_and_hopf(nu: float) -> None:
    field = catalogue.get("burgers", nu=nu).field(
        x=100, t=[0.0, 0.5, 1.0], period=(-1, 1), initial=lambda x: 0.3 - np.sin(np.pi * x)
    )
    for index in (1, 2):
        expected = exact.cole_hopf(
            field.x.values,
            field.t.values[index],
            lambda x: 0.3 - np.sin(np.pi * x),
            lambda x: 0.3 * x + np.cos(np.pi * x) / np.pi,
            nu=nu,
        )
        assert relative(field.u.values[index], expected) < 1e-8


def test_kdv_carries_two_solitons_through_each_other() -> None:
    def start(x: Array) -> Array:
        return exact.kdv_two_solitons(x, -0.5, speeds=(4.0, 1.0))

    field = catalogue.get("kdv").field(x=128, t=[0.0, 0.5, 1.0], period=(-32, 32), initial=start)
    for index, t in enumerate(field.t.values):
        expected = exact.kdv_two_solitons(field.x.values, t - 0.5, speeds=(4.0, 1.0))
        assert relative(field.u.values[index], expected) < 1e-8


def test_fisher_kpp_agrees_with_the_exact_front_of_ablowitz_and_zeppetella() -> None:
    def front(x: Array, t: float) -> Array:
        return (1 + np.exp((x - 5 * t / np.sqrt(6)) / np.sqrt(6))) ** -2

    def start(x: Array) -> Array:  # two fronts, back to back, that close the period
        return front(np.abs(x) - 100, 0.0)

    field = catalogue.get("fisher_kpp", diffusivity=1.0).field(
        x=np.linspace(60, 140, 81), t=[0.0, 1.0], period=(-250, 250), initial=start
    )
    assert relative(field.u.values[1], front(field.x.values - 100, 1.0)) < 1e-8


def test_allen_cahn_keeps_its_tanh_interface_at_rest() -> None:
    width = np.sqrt(2 * 0.001 / 5.0)

    def start(x: Array) -> Array:
        return np.tanh((np.abs(x) - 0.5) / width)

    field = catalogue.get("allen_cahn").field(x=np.linspace(0.3, 0.7, 41), t=[0.0, 1.0], initial=start)
    assert relative(field.u.values[1], start(field.x.values)) < 1e-8


SEMILINEAR = {
    "burgers": {"nu": 0.1},
    "kdv": {},
    "kuramoto_sivashinsky": {},
    "allen_cahn": {},
    "fisher_kpp": {},
}


@pytest.mark.parametrize(("name", "parameters"), SEMILINEAR.items())
def test_default_fields_are_converged(
    name: str, parameters: Mapping[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    law = catalogue.get(name, **parameters)
    span = 0.05 * law._family.duration
    coarse = law.field(x=101, t=[0.0, span])
    monkeypatch.setattr(_fourier, "COARSEST_GRID", 2048)
    monkeypatch.setattr(_fourier, "STEP_TOLERANCE", 1e-12)
    fine = law.field(x=101, t=[0.0, span])
    assert fine.attrs["grid"] > coarse.attrs["grid"]
    assert fine.attrs["steps"] > coarse.attrs["steps"]
    assert relative(coarse.u.values, fine.u.values) < 2e-9


@pytest.mark.parametrize("name", ["lorenz", "lotka_volterra"])
def test_ordinary_equations_are_converged(name: str) -> None:
    from scipy.integrate import solve_ivp

    law = catalogue.get(name)
    field = law.field()
    half = field.sizes["t"] // 2
    start = np.array([field[v].values[half] for v in field])
    back = law.field(t=field.t.values[half:] - field.t.values[half], initial=start)
    for component in field:
        assert relative(back[component].values, field[component].values[half:]) < 1e-8

    def rates(_: float, s: Array) -> list[float]:
        if name == "lorenz":
            return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]
        return [2 / 3 * s[0] - 4 / 3 * s[0] * s[1], s[0] * s[1] - s[1]]

    first = np.array([field[v].values[0] for v in field])
    other = solve_ivp(rates, (0, 2), first, method="Radau", t_eval=[2.0], rtol=1e-11, atol=1e-12)
    for index, component in enumerate(field):
        assert abs(float(field[component].sel(t=2.0)) - other.y[index, -1]) < 1e-8 * 40


def test_lotka_volterra_keeps_its_invariant() -> None:
    law = catalogue.get("lotka_volterra", alpha=1.1, beta=0.4, gamma=0.4, delta=0.1)
    field = law.field(t=np.linspace(0, 60, 200), initial={"x": 10.0, "y": 5.0})
    x, y = field.x.values, field.y.values
    invariant = 0.1 * x - 0.4 * np.log(x) + 0.4 * y - 1.1 * np.log(y)
    assert np.ptp(invariant) < 1e-10


@pytest.mark.parametrize("name", ["heat", "advection", "burgers", "kdv", "kuramoto_sivashinsky"])
def test_mass_is_conserved(name: str) -> None:
    field = catalogue.get(name).field(x=256, t=[0.0, 0.5, 1.0], seed=2)
    mass = field.u.mean("x").values
    assert np.ptp(mass) < 1e-12 * float(np.abs(field.u).max())


def test_kdv_conserves_momentum_and_energy() -> None:
    field = catalogue.get("kdv").field(x=512, t=[0.0, 1.0, 2.0])
    u = field.u.values
    k = 2 * np.pi * np.fft.rfftfreq(512, 40 / 512)
    slope = np.fft.irfft(1j * k * np.fft.rfft(u), 512)
    for invariant in ((u**2).mean(1), (2 * u**3 - slope**2).mean(1)):
        assert np.ptp(invariant) < 1e-8 * abs(invariant[0])


@pytest.mark.parametrize("family", [burgers, kdv, kuramoto_sivashinsky], ids=lambda family: family.name)
def test_the_error_falls_with_the_tolerance(family: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    law = catalogue.get(family.name)

    def solve(tolerance: float) -> Array:
        monkeypatch.setattr(_fourier, "STEP_TOLERANCE", tolerance)
        return law.field(x=64, t=[0.0, 1.0]).u.values[1]

    reference = solve(1e-12)
    errors = [relative(solve(tolerance), reference) for tolerance in (1e-5, 1e-7, 1e-9)]
    assert errors[1] < errors[0] / 10
    assert errors[2] < errors[1] / 10


def test_weights_for_a_coupled_linear_part_agree_with_those_for_a_diagonal_one() -> None:
    values = np.array([[0.0, -3.0, 2j, -400.0], [1e-9, -0.5 + 1j, -30j, 5.0]])
    blocks = np.zeros((2, 2, 4), complex)
    blocks[0, 0], blocks[1, 1] = values
    scalar, block = coefficients(values, 0.3), coefficients(blocks, 0.3, coupled=True)
    for one, other in zip(scalar, block, strict=True):
        assert np.allclose(other[0, 0], one[0], rtol=1e-11, atol=1e-14)
        assert np.allclose(other[1, 1], one[1], rtol=1e-11, atol=1e-14)
        assert np.abs(other[0, 1]).max() == 0


def test_samples_and_a_function_start_the_same_solution() -> None:
    law = catalogue.get("burgers")
    grid = -8 + 16 * np.arange(64) / 64
    by_function = law.field(x=40, t=3, initial=lambda x: np.sin(np.pi * x / 4))
    by_samples = law.field(x=40, t=3, initial=np.sin(np.pi * grid / 4))
    assert relative(by_samples.u.values, by_function.u.values) < 1e-9


def test_times_may_start_after_the_initial_state() -> None:
    law = catalogue.get("allen_cahn")
    all_times, later = law.field(x=32, t=[0.0, 0.2, 0.4]), law.field(x=32, t=[0.2, 0.4])
    assert np.allclose(later.u.values, all_times.u.values[1:], atol=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: catalogue.get("burger"), EquationError, "burgers, kdv"),
        (
            lambda: catalogue.get("heat", nu=0.1),
            EquationError,
            "no parameter 'nu'; its parameters are: alpha",
        ),
        (lambda: catalogue.get("heat", alpha=-1), EquationError, "diffusivity must be above zero"),
        (lambda: catalogue.get("heat", alpha=float("nan")), EquationError, "not finite"),
        (lambda: catalogue.get("heat", alpha=cast(float, "much")), EquationError, "not a number"),
        (lambda: catalogue.get("heat").field(x=1), SimulationError, "at least 2 points along x"),
        (lambda: catalogue.get("heat").field(x=[0, 2, 1]), SimulationError, "increasing order"),
        (lambda: catalogue.get("heat").field(t=[-1, 2]), SimulationError, "start at 0"),
        (lambda: catalogue.get("heat").field(period=(1, 0)), SimulationError, "ends before it starts"),
        (lambda: catalogue.get("wave").field(initial=np.sin), SimulationError, r"initial=\(u, u_t\)"),
        (lambda: catalogue.get("lorenz").field(x=5), SimulationError, "leave out x"),
        (lambda: catalogue.get("lorenz").field(initial=[1, 2]), SimulationError, "each of x, y, z"),
        (lambda: catalogue.get("lorenz").field(initial={"x": 1}), SimulationError, "each of x, y, z"),
        (
            lambda: catalogue.get("burgers", nu=1e-5).field(x=8, t=3),
            SimulationError,
            "more than 8192 points",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    call: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
