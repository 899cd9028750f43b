"""Samples smoothed under laws, residuals weighed by their noise, and rivals compared by their distance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp

import physforge_kernel as pf
from physforge_kernel.derivatives import polynomials
from physforge_kernel.discovery._covariance import Overlaps, Root, covariance, responses
from physforge_kernel.discovery._prepare import prepare
from physforge_kernel.discovery._projection import Block, Sample, blocks, evaluate
from physforge_kernel.discovery._referee import Referee
from physforge_kernel.discovery._target import Target, combinations
from physforge_kernel.discovery._whitened import Law
from physforge_kernel.discovery._whitening import whiten

from .conftest import reference

SHARES = (0.1, 0.1)


@pytest.fixture(scope="module")
def noisy() -> xr.Dataset:
    return pf.add_noise(pf.catalogue.get("burgers").field(x=48, t=41), 0.1, seed=0)


def law(names: tuple[str, ...], weights: list[float]) -> Law:
    terms = {term.name: term for term in polynomials(("u",), ("t", "x"))}
    left = next(f for f in polynomials(("u",), ("t", "x"), time_order=2).features if f.name == "u_t")
    return Law(Target("u_t", (left,)), tuple(terms[name] for name in names), np.array(weights))


def test_the_covariance_of_residuals_is_that_of_moving_every_sample(noisy: xr.Dataset) -> None:
    [sample] = prepare([noisy])
    burgers = law(("(u^2)_x", "u_xx"), [-0.5, 0.1])
    columns = tuple(
        dict.fromkeys((*(f for t in burgers.terms for f in t.features), *burgers.target.features))
    )
    [side] = combinations(sample.units, columns, burgers.target, burgers.terms)
    residual = side @ np.append(-burgers.weights, 1.0)

    def seen(clean: Sample) -> Block:
        found = blocks([clean], columns, SHARES, 1.0)
        assert found is not None
        return found[0]

    def at(values: np.ndarray) -> np.ndarray:
        clean = replace(sample, values=(values,), sigma=(0.0,), spread=None)
        return evaluate(seen(clean), columns) @ residual

    values, step = sample.values[0], 1e-5
    moved = []
    for i in range(values.size):
        change = np.zeros(values.size)
        change[i] = step
        change = change.reshape(values.shape)
        moved.append((at(values + change) - at(values - change)) / (2 * step))
    expected = sample.sigma[0] ** 2 * np.stack(moved).T @ np.stack(moved)

    block = seen(replace(sample, sigma=(0.0,), spread=None))
    assert block.steps == (1, 1)
    mine = responses(block, columns, [residual])
    overlaps = [Overlaps(axis) for axis in block.thinned.axes]
    found = covariance(overlaps, block, mine, mine, sample.sigma)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9 * expected.max())


@pytest.mark.parametrize("seed", range(3))
def test_a_root_makes_noise_independent(seed: int) -> None:
    generator = np.random.default_rng(seed)
    mixed = np.tril(np.triu(generator.standard_normal((12, 12)), -2)) + 3 * np.eye(12)
    order = generator.permutation(12)
    matrix = np.empty((12, 12))
    matrix[np.ix_(order, order)] = mixed @ mixed.T
    root = Root.of(matrix, order)
    assert root is not None
    assert len(root.band) <= 5
    assert root.halved(root.halved(matrix).T) == pytest.approx(np.eye(12), abs=1e-6)
    values = generator.standard_normal(12)
    assert matrix @ root.divided(values) == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_samples_lie_as_far_from_their_own_law_as_noise_takes_them(seed: int) -> None:
    field = pf.add_noise(reference("burgers"), 0.2, seed=seed)
    samples = prepare([field])
    mine, other = law(("(u^2)_x", "u_xx"), [-0.5, 0.1]), law(("u_x", "u_xx"), [-0.5, 0.1])
    found, wrong = whiten(samples, [mine], SHARES), whiten(samples, [other], SHARES)
    assert found is not None
    assert wrong is not None
    rows = found.rows - 2
    assert abs(found.misfit - rows) < 4 * np.sqrt(2 * rows)
    assert wrong.misfit > found.misfit + 10 * np.sqrt(2 * rows)
    referee = Referee(samples, found, "u_t", 16)
    assert referee.rules_out(other, mine)
    assert not referee.rules_out(mine, other)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["fisher_kpp", "allen_cahn", "sine_gordon"])
def test_laws_are_identified_at_a_fifth_of_noise(name: str, seed: int) -> None:
    field = pf.catalogue.get(name).field() if name == "sine_gordon" else reference(name)
    found = pf.discover(pf.add_noise(field, 0.2, seed=seed))
    assert found.best.equation.same_terms(pf.catalogue.get(name).equation), found
    assert found.verdict.kind == "identified", found


@pytest.mark.parametrize("name", ["lorenz", "lotka_volterra", "fitzhugh_nagumo"])
def test_systems_are_identified_with_their_laws_weighed_together(name: str) -> None:
    true = pf.catalogue.get(name).equation
    found = pf.discover(pf.add_noise(pf.catalogue.get(name).field(), 0.05, seed=0))
    assert found.best.equation.same_terms(true), found
    assert found.verdict.kind == "identified", found
    errors = found.best.standard_errors
    for left, terms in true.terms.items():
        for term, value in terms.items():
            assert abs(found.best.equation.terms[left][term] - value) < 5 * errors[left][term]


@pytest.mark.parametrize("seed", range(2))
def test_sixth_order_diffusion_is_not_taken_for_fourth(seed: int) -> None:
    count, length = 128, 2 * np.pi
    x, t = np.linspace(0, length, count, endpoint=False), np.linspace(0, 2, 101)
    k = np.fft.rfftfreq(count, 1 / count)
    generator = np.random.default_rng(seed)
    start = sum(generator.normal() * np.cos(m * x + generator.uniform(0, 6)) / 5**0.5 for m in range(1, 6))
    rates = -1e-3 * k**6 - 0.02 * k**2
    values = np.fft.irfft(np.exp(np.outer(t, rates)) * np.fft.rfft(start), count)
    field = xr.Dataset({"u": (("t", "x"), values)}, {"t": t, "x": x})
    found = pf.discover(pf.add_noise(field, 0.1, seed=seed))
    assert found.verdict.kind != "identified", found


def test_a_pendulum_is_found_by_its_sine() -> None:
    t = np.linspace(0, 30, 1001)
    swing = solve_ivp(lambda _, y: [y[1], -np.sin(y[0])], (0, 30), [2.8, 0], t_eval=t, rtol=1e-10)
    field = xr.Dataset({"u": ("t", swing.y[0])}, {"t": t})
    found = pf.discover(pf.add_noise(field, 0.02, seed=0))
    assert set(found.best.equation.terms["u_tt"]) == {"sin(u)"}, found
    assert found.verdict.kind == "identified", found
