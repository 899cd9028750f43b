"""Laws that are no candidates: terms beyond the library, sines, and laws that cannot run forwards in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp

import physforge_kernel as pf

from .conftest import plane, reference


def linear(
    rate: Callable[[np.ndarray], np.ndarray], modes: int = 10, length: float = 8 * np.pi
) -> xr.Dataset:
    """The exact solution of a linear law with constant coefficients, from random waves on a circle."""
    rng = np.random.default_rng(0)
    t, x = np.linspace(0, 4, 101), np.arange(256) * length / 256
    k = 2 * np.pi * np.fft.rfftfreq(256, length / 256)
    start = np.zeros(129, dtype=complex)
    start[1 : modes + 1] = rng.standard_normal(modes) + 1j * rng.standard_normal(modes)
    grown = np.exp(np.outer(t, rate(k)[: modes + 1]))
    waves = np.zeros((101, 129), dtype=complex)
    waves[:, : modes + 1] = start[: modes + 1] * grown
    u = np.fft.irfft(waves, 256, axis=1)
    return plane(t, x, u / u[0].std())


def swing(force: Callable[[float], float], damping: float, start: float, end: float = 30.0) -> xr.Dataset:
    """An oscillator at rest that is let go."""
    t = np.linspace(0, end, 1001)
    found = solve_ivp(
        lambda _, y: [y[1], force(y[0]) - damping * y[1]],
        (0, end),
        [start, 0],
        t_eval=t,
        rtol=1e-10,
        atol=1e-11,
    )
    return xr.Dataset({"u": ("t", found.y[0])}, {"t": t})


@pytest.mark.parametrize(
    ("rate", "fraction"),
    [
        (lambda k: -1e-3 * k**6 - 0.02 * k**2, 0.01),
        (lambda k: -0.1 * k**1.5, 0.01),
        (lambda k: -0.1 * k**1.5, 0.1),
    ],
    ids=["sixth order", "fractional", "fractional, noisy"],
)
def test_a_derivative_beyond_the_library_is_not_called_identified(
    rate: Callable[[np.ndarray], np.ndarray], fraction: float
) -> None:
    found = pf.discover(pf.add_noise(linear(rate), fraction, seed=0))
    assert found.verdict.kind != "identified", found


@pytest.mark.parametrize(
    ("law", "noise", "function"),
    [
        ("u_t = 0.1*u_xx + 0.5*exp(-u)", 0.05, "the exponential of a multiple of u"),
        ("u_t = 0.1*(exp(u))_xx", 0.1, "the exponential of a multiple of u"),
        ("u_t = 0.1*u_xx - u*abs(u)", 0.1, "u*abs(u)"),
    ],
)
def test_powers_that_may_begin_another_function_are_not_called_identified(
    law: str, noise: float, function: str
) -> None:
    t, x = np.linspace(0, 2, 81), np.linspace(0, 2 * np.pi, 128, endpoint=False)
    start = 0.7 * np.sin(x) + 0.35 * np.cos(2 * x + 1) + 0.2 * np.sin(3 * x + 2)
    field = pf.simulate(pf.Equation(law), plane(t, x, np.tile(start, (81, 1))))
    doubts = []
    for seed in range(2):
        found = pf.discover(pf.add_noise(field, noise, seed=seed))
        assert found.verdict.kind != "identified", found
        doubts.append(found.verdict.text)
    assert any(f"cannot be told from {function}" in text for text in doubts), doubts


@pytest.mark.parametrize(("name", "noise"), [("fisher_kpp", 0.1), ("allen_cahn", 0.1)])
def test_polynomials_are_not_doubted_where_the_next_power_is_not_there(name: str, noise: float) -> None:
    found = pf.discover(pf.add_noise(reference(name), noise, seed=0))
    assert found.verdict.kind == "identified", found


def test_a_law_that_cannot_run_forwards_is_not_called_identified() -> None:
    found = pf.discover(pf.add_noise(linear(lambda k: 0.05 * k**2), 0.01, seed=0))
    assert set(found.best.equation.terms["u_t"]) == {"u_xx"}
    assert found.verdict.kind == "ambiguous"
    assert "cannot run forwards" in found.verdict.text


@pytest.mark.parametrize("name", ["kuramoto_sivashinsky", "kdv", "wave"])
def test_laws_that_run_forwards_are_not_doubted_for_it(name: str) -> None:
    found = pf.discover(pf.add_noise(reference(name), 0.05, seed=0))
    assert found.verdict.kind == "identified", found


@pytest.mark.parametrize("seed", range(2))
def test_a_pendulum_is_not_identified_as_a_cubic_spring(seed: int) -> None:
    for start in (1.5, 2.0):
        field = swing(lambda u: -float(np.sin(u)), 0.1, start)
        found = pf.discover(pf.add_noise(field, 0.01, seed=seed))
        if found.verdict.kind == "identified":
            assert set(found.best.equation.terms["u_tt"]) == {"sin(u)", "u_t"}, found


@pytest.mark.parametrize("seed", range(2))
def test_a_cubic_spring_is_identified(seed: int) -> None:
    found = pf.discover(pf.add_noise(swing(lambda u: -u - 0.5 * u**3, 0.1, 2.0), 0.01, seed=seed))
    assert set(found.best.equation.terms["u_tt"]) == {"u", "u^3", "u_t"}
    assert found.verdict.kind == "identified", found


def test_a_fifth_power_is_not_identified_as_a_third() -> None:
    field = swing(lambda u: -u - 0.3 * u**5, 0.1, 1.2)
    for fraction in (0.01, 0.05):
        found = pf.discover(pf.add_noise(field, fraction, seed=0))
        assert found.verdict.kind != "identified", found


@pytest.mark.parametrize("fraction", [0.01, 0.05])
def test_the_cubic_of_allen_and_cahn_is_told_from_its_neighbours(fraction: float) -> None:
    found = pf.discover(pf.add_noise(reference("allen_cahn"), fraction, seed=0))
    assert found.verdict.kind == "identified", found


def test_the_verdict_says_what_it_is_conditional_on() -> None:
    text = pf.discover(pf.add_noise(reference("burgers"), 0.05, seed=0)).verdict.text
    assert "of 16 candidate terms" in text
    assert "powers up to degree 3 and their derivatives up to order 4" in text


@pytest.mark.parametrize("faster", [0.0, 0.05])
def test_a_coefficient_that_changes_in_time_gives_doubt(faster: float) -> None:
    t, x = np.linspace(0, 4, 101), np.arange(256) * 8 * np.pi / 256
    rng, k = np.random.default_rng(0), np.arange(1, 11) / 4
    grown = np.exp(-0.3 * np.outer(t + faster * t**2 / 2, k**2))
    waves = rng.standard_normal(10) * np.sin(x[:, None] * k + rng.uniform(0, 6, 10))
    field = pf.add_noise(plane(t, x, grown @ waves.T), 0.2, seed=0)
    found = pf.discover(field, library=pf.library.terms(field, "u_xx", "u"))
    assert ("change along t" in found.verdict.text) == bool(faster), found
    assert (found.verdict.kind == "identified") != bool(faster), found


@pytest.mark.parametrize("faster", [0.0, 0.015])
def test_so_does_one_of_an_ordinary_differential_equation(faster: float) -> None:
    t = np.linspace(0, 6, 301)
    u = 3 * np.exp(-0.5 * (t + faster * t**2 / 2))
    field = pf.add_noise(xr.Dataset({"u": ("t", u)}, {"t": t}), 0.05, seed=0)
    found = pf.discover(field, library=pf.library.terms(field, "u"))
    assert ("change along t" in found.verdict.text) == bool(faster), found


@pytest.mark.parametrize("seed", [0, 5, 6])
def test_a_law_of_second_order_that_follows_from_one_beyond_the_library_is_doubted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, x = np.linspace(0, 1, 60), np.linspace(0, 2 * np.pi, 64, endpoint=False)
    pairs = rng.integers(-3, 4, (6, 2))
    rates = -0.02 * (pairs**2).sum(axis=1) ** 2.0
    places = pairs[:, 0, None, None] * x[:, None] + pairs[:, 1, None, None] * x
    waves = np.cos(places + rng.uniform(0, 6, (6, 1, 1)))
    u = np.einsum("kt,kxy->txy", np.exp(np.outer(rates, t)), waves)
    field = xr.Dataset({"u": (("t", "x", "y"), u)}, {"t": t, "x": x, "y": x})
    found = pf.discover(pf.add_noise(field, 0.05, seed=0))
    assert found.verdict.kind != "identified", found


def test_experiments_under_different_laws_are_told_apart() -> None:
    fields = [linear(lambda k, rate=rate: -rate * k**2, modes=8) for rate in (0.1, 0.11)]
    noisy = [pf.add_noise(field, 0.02, seed=i) for i, field in enumerate(fields)]
    assert "experiments differ in the coefficients of u_t" in pf.discover(noisy).verdict.text
    same = [pf.add_noise(fields[0], 0.02, seed=i) for i in range(2)]
    assert pf.discover(same).verdict.kind == "identified"


def test_so_are_those_of_ordinary_differential_equations() -> None:
    t = np.linspace(0, 6, 301)
    fields = [xr.Dataset({"u": ("t", 3 * np.exp(-rate * t))}, {"t": t}) for rate in (0.5, 0.53)]
    noisy = [pf.add_noise(field, 0.02, seed=i) for i, field in enumerate(fields)]
    assert "experiments differ" in pf.discover(noisy).verdict.text
    same = [pf.add_noise(fields[0], 0.02, seed=i) for i in range(2)]
    assert pf.discover(same).verdict.kind == "identified"
