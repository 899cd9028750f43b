"""Ordinary differential equations judged by their solutions: the nearest ones, and what they tell apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

import physforge_kernel as pf
from physforge_kernel.derivatives import Term, term
from physforge_kernel.discovery._paths import Paths, follow
from physforge_kernel.discovery._prepare import prepare
from physforge_kernel.discovery._target import Target
from physforge_kernel.discovery._whitened import Law

TIMES = np.linspace(0.0, 20.0, 500)


def law(left: str, components: tuple[str, ...], weights: dict[str, float]) -> Law:
    [(side, _)] = term(left, components, ("t",)).parts[0]
    terms: tuple[Term, ...] = tuple(term(name, components, ("t",)) for name in weights)
    return Law(Target(left, (side,)), terms, np.array(list(weights.values())))


def oscillator(
    force: Callable[[float, float, float], float], start: tuple[float, float] = (1.0, 0.0)
) -> xr.Dataset:
    """The position alone of a body that is pulled back."""
    path = solve_ivp(
        lambda t, y: (y[1], force(t, *y)), (0.0, 20.0), start, "LSODA", TIMES, rtol=1e-9, atol=1e-10
    )
    return xr.Dataset({"x": ("t", path.y[0])}, {"t": TIMES})


def lotka_volterra() -> list[Law]:
    truth = pf.catalogue.get("lotka_volterra").equation.terms
    return [
        law(left, ("x", "y"), {n: complex(v).real for n, v in truth[left].items()}) for left in ("x_t", "y_t")
    ]


def nearest(field: xr.Dataset, laws: list[Law]) -> Paths:
    found = follow(prepare([field]), laws)
    assert found is not None
    return found


def test_the_nearest_solution_is_that_of_a_fit_by_simulation() -> None:
    clean = oscillator(lambda t, x, v: -4 * x - 0.2 * v)
    field = pf.add_noise(clean, 0.1, seed=0)
    [sample] = prepare([field])
    units = sample.units
    assert units is not None
    found = nearest(field, [law("x_tt", ("x",), {"x": -4.0, "x_t": -0.2})])

    def apart(guess: np.ndarray) -> np.ndarray:
        stiffness, damping, *start = guess
        path = solve_ivp(
            lambda t, y: (y[1], -stiffness * y[0] - damping * y[1]),
            (0.0, 20.0),
            start,
            "LSODA",
            TIMES,
            rtol=1e-9,
            atol=1e-11,
        )
        return (path.y[0] - field["x"].values) / (sample.sigma[0] * 2.0 ** units.components[0])

    fitted = least_squares(apart, [4.0, 0.2, 1.0, 0.0], jac="3-point", xtol=1e-14, ftol=1e-14)
    assert found.exact
    assert found.misfit == pytest.approx(2 * fitted.cost, abs=0.05)
    time = 2.0 ** units.axes[0]
    assert -found.weights / [time**2, time] == pytest.approx(fitted.x[:2], rel=1e-3)
    # Responses are the rows whose normal equations give the errors of that fit.
    bread = np.linalg.inv(fitted.jac.T @ fitted.jac)[:2, :2]
    rows = found.parts[0].responses(found.weights) * [time**2, time]
    assert np.linalg.inv(rows.T @ rows) == pytest.approx(bread, rel=1e-2, abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_samples_lie_as_far_from_the_solutions_of_their_law_as_noise_takes_them(seed: int) -> None:
    field = pf.add_noise(pf.catalogue.get("lotka_volterra").field(), 0.1, seed=seed)
    found = nearest(field, lotka_volterra())
    rows = found.rows - 4
    assert found.holds
    # The size of the noise is known to a few percent only.
    assert abs(found.misfit - rows) < 4 * np.sqrt(2 * 4 * rows)


def test_of_a_law_that_has_no_solution_near_the_samples_a_bound_is_known() -> None:
    field = pf.add_noise(pf.catalogue.get("hindmarsh_rose").field(), 0.05, seed=0)
    truth = pf.catalogue.get("hindmarsh_rose").equation.terms
    components = ("x", "y", "z")
    laws = [
        law(left, components, {n: complex(v).real for n, v in side.items()}) for left, side in truth.items()
    ]
    samples = prepare([field])
    mine = follow(samples, laws)
    assert mine is not None
    assert mine.holds
    other = follow(
        samples, [*laws[:2], law("z_t", components, {"1": 8.0, "x": 5.0, "z^2": -1.0})], far=np.inf
    )
    assert other is not None
    assert other.misfit > mine.misfit + 100


def test_laws_in_space_or_without_noise_are_left_to_test_functions() -> None:
    clean = pf.catalogue.get("lotka_volterra").field()
    assert follow(prepare([clean]), lotka_volterra()) is None
    assert follow(prepare([pf.add_noise(clean, 0.1, seed=0)]), lotka_volterra()[:1]) is None


def test_experiments_share_their_weights() -> None:
    fields = [
        pf.add_noise(pf.catalogue.get("lotka_volterra").field(seed=seed), 0.1, seed=seed) for seed in range(2)
    ]
    samples = prepare(fields)
    together = follow(samples, lotka_volterra())
    alone = follow(samples[:1], lotka_volterra())
    assert together is not None
    assert alone is not None
    assert len(together.parts) == 2

    def errors(found: Paths) -> np.ndarray:
        rows = np.concatenate([path.responses(found.weights) for path in found.parts])
        return np.sqrt(np.diag(np.linalg.inv(rows.T @ rows)))

    assert (errors(together) < 0.85 * errors(alone)).all()


def test_van_der_pol_is_found_from_its_position_alone() -> None:
    found = pf.discover(
        pf.add_noise(oscillator(lambda t, x, v: -4 * x + 0.3 * (1 - x * x) * v, (2.0, 0.0)), 0.01, seed=0)
    )
    assert found.best.equation.same_terms(pf.Equation("x_tt = -4*x + 0.3*x_t - 0.3*x^2*x_t")), found
    assert found.verdict.kind == "identified", found


@pytest.mark.parametrize("noise", [0.05, 0.2])
@pytest.mark.parametrize(
    "force",
    [
        pytest.param(lambda t, x, v: -4 * x - 0.08 * v**3, id="cubic damping"),
        pytest.param(lambda t, x, v: -4 * x - 0.15 * v * abs(v), id="drag"),
        pytest.param(lambda t, x, v: -4 * x - 2 * v / (t + 5), id="damping that fades"),
    ],
)
def test_damping_is_not_identified_where_it_may_depend_otherwise_on_velocity_or_time(
    force: Callable[[float, float, float], float], noise: float
) -> None:
    found = pf.discover(pf.add_noise(oscillator(force), noise, seed=0))
    assert found.verdict.kind != "identified", found


def test_a_damped_oscillator_is_identified() -> None:
    for noise in (0.01, 0.1):
        found = pf.discover(pf.add_noise(oscillator(lambda t, x, v: -4 * x - 0.2 * v), noise, seed=0))
        assert found.best.equation.same_terms(pf.Equation("x_tt = -4*x - 0.2*x_t")), found
        assert found.verdict.kind == "identified", found


def test_a_spring_that_stiffens_is_not_identified_as_one_that_does_not() -> None:
    found = pf.discover(pf.add_noise(oscillator(lambda t, x, v: -4 * (1 + 0.005 * t) * x), 0.05, seed=1))
    assert found.verdict.kind != "identified", found
    assert "no solution of the law comes nearer" in found.verdict.text


def test_a_poor_law_of_the_first_order_does_not_hide_one_of_the_second() -> None:
    place = np.arange(64) * np.pi / 32
    bent = np.cos(place) + 0.5 * np.sin(2 * place)
    start = xr.Dataset({"u": ("x", bent), "u_t": ("x", np.zeros(64))}, {"x": place})
    plate = pf.simulate(pf.Equation("u_tt = -0.25*u_xxxx"), start, t=np.linspace(0, 4, 101))
    found = pf.discover(pf.add_noise(plate[["u"]], 0.02, seed=0))
    assert found.best.equation.same_terms(pf.Equation("u_tt = -0.25*u_xxxx")), found


def test_what_a_coarse_grid_leaves_is_not_taken_for_noise() -> None:
    found = pf.discover(pf.catalogue.get("kdv").field(x=64, t=61))
    assert found.verdict.kind == "identified", found
