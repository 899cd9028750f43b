"""The weak form and its statistics: checked against exact integrals, transposes and simulated noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.derivatives import Feature, polynomials
from physforge_kernel.discovery._functions import unbiased_power
from physforge_kernel.discovery._noise import noise_sd, resolved, uneven_noise
from physforge_kernel.discovery._projection import Axis, Sample, project
from physforge_kernel.discovery._regression import Regression
from physforge_kernel.discovery._side import round_to_error
from physforge_kernel.discovery._weak import axis_tests

T, X = np.linspace(0, 2, 60), np.linspace(0, 5, 80)
AXES = (Axis("t", T), Axis("x", X))
FIELD = np.sin(X[None, :] - T[:, None]) + 0.4 * np.cos(2 * X[None, :] + T[:, None])


def sample(values: np.ndarray, sigma: float) -> Sample:
    return Sample(AXES, ("u",), (values,), (sigma,))


def columns() -> tuple[Feature, ...]:
    return (*polynomials(("u",), ("t", "x")).features, Feature(("u",), ("t", "x"), (1,), (1, 0)))


@pytest.mark.parametrize("order", range(5))
def test_a_weak_derivative_is_that_of_the_polynomial(order: int) -> None:
    points = np.linspace(-1, 3, 60)
    tests = axis_tests("x", points, 0.8, 5, 4)
    cubic = np.polynomial.Polynomial([1.0, -2.0, 0.5, 0.7])
    weak = tests.matrices[order] @ (cubic(points) ** 2)
    exact = axis_tests("x", points, 0.8, 5, 4).matrices[0] @ (
        (cubic**2).deriv(order)(points) if order else cubic(points) ** 2
    )
    np.testing.assert_allclose(weak, exact, rtol=1e-6, atol=1e-8)


def test_an_uneven_grid_integrates_as_well() -> None:
    rng = np.random.default_rng(0)
    points = np.sort(np.linspace(0, 1, 80) + 0.004 * rng.uniform(-1, 1, 80))
    tests = axis_tests("x", points, 0.25, 5, 1)
    np.testing.assert_allclose(
        tests.matrices[1] @ np.sin(points), tests.matrices[0] @ np.cos(points), rtol=2e-4
    )


def test_test_functions_are_left_out_where_samples_are_too_sparse_for_them() -> None:
    points = np.logspace(0, 2, 96)
    tests = axis_tests("x", points, 8.0, 60, 2)
    assert 0 < tests.count < 20
    assert tests.centres.max() < 35  # beyond, a test function holds a handful of samples
    for order, exact in enumerate((np.sin, np.cos, lambda x: -np.sin(x))):
        weak = tests.matrices[order] @ np.sin(points / 4)
        np.testing.assert_allclose(weak, tests.matrices[0] @ exact(points / 4) / 4**order, atol=2e-3)


@pytest.mark.parametrize("order", [0, 2, 4])
def test_which_test_functions_are_left_out_does_not_depend_on_the_derivatives(order: int) -> None:
    points = np.delete(np.linspace(0, 1, 121), slice(50, 62))
    assert 0 < axis_tests("x", points, 0.1, 40, order).count < 40
    np.testing.assert_array_equal(
        axis_tests("x", points, 0.1, 40, order).centres, axis_tests("x", points, 0.1, 40, 1).centres
    )


@given(power=st.integers(0, 5), value=st.floats(-2, 2), sigma=st.floats(0, 1))
def test_powers_of_noisy_samples_have_no_bias(power: int, value: float, sigma: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    mean = (weights * unbiased_power(value + sigma * nodes, power, sigma)).sum() / weights.sum()
    assert mean == pytest.approx(value**power, abs=1e-9)


def test_pull_is_the_transpose_of_push() -> None:
    rng = np.random.default_rng(1)
    projection = project([sample(FIELD, 0.3)], columns(), (0.25, 0.2))
    assert projection is not None
    weights = rng.standard_normal(len(projection.columns))
    rows = rng.standard_normal(len(projection.matrix))
    pulled = list(projection.pull(weights, rows))
    changes = [(e, c, rng.standard_normal(values.shape)) for e, c, values in pulled]
    left = sum(
        float((values * change).sum()) for (_, _, values), (_, _, change) in zip(pulled, changes, strict=True)
    )
    assert left == pytest.approx(float(rows @ projection.push(weights, changes)), rel=1e-9)


def test_the_expected_noise_of_the_gram_matrix_is_that_of_simulated_noise() -> None:
    rng, sigma, repeats = np.random.default_rng(2), 0.2, 300
    clean = project([sample(FIELD, 0.0)], columns(), (0.25, 0.2))
    assert clean is not None
    simulated, expected = np.zeros_like(clean.gram), np.zeros_like(clean.gram)
    for _ in range(repeats):
        drawn = project(
            [sample(FIELD + sigma * rng.standard_normal(FIELD.shape), sigma)], columns(), (0.25, 0.2)
        )
        assert drawn is not None
        change = drawn.matrix - clean.matrix
        simulated += change.T @ change / repeats
        expected += drawn.noise / repeats
    scale = np.sqrt(np.outer(np.diag(simulated), np.diag(simulated)))
    varying = scale > 0
    assert np.abs((expected - simulated)[varying] / scale[varying]).max() < 0.15


def test_standard_errors_are_those_of_repeated_experiments() -> None:
    rng, sigma = np.random.default_rng(3), 0.1
    drawn, claimed = [], []
    for _ in range(120):
        projection = project(
            [sample(FIELD + sigma * rng.standard_normal(FIELD.shape), sigma)], columns(), (0.25, 0.2)
        )
        assert projection is not None
        names = [column.name for column in projection.columns]
        regression = Regression(projection, (np.eye(len(names)),))
        fit = regression.fit((names.index("u_x"), names.index("u_xx")))
        assert fit is not None
        drawn.append(fit.weights)
        claimed.append(np.sqrt(np.diag(regression.covariance(fit))))
    ratio = np.std(drawn, axis=0) / np.mean(claimed, axis=0)
    assert np.all((ratio > 0.75) & (ratio < 1.3)), ratio


@given(fraction=st.floats(0.01, 1.0))
def test_the_noise_level_is_found(fraction: float) -> None:
    rng = np.random.default_rng(5)
    assert noise_sd(FIELD + fraction * rng.standard_normal(FIELD.shape), (T, X)) == pytest.approx(
        fraction, rel=0.1
    )


def test_a_jump_is_unresolved_and_noise_is_not() -> None:
    rng = np.random.default_rng(6)
    noisy = FIELD + 0.2 * rng.standard_normal(FIELD.shape)
    assert resolved(noisy, (T, X)).mean() > 0.98
    jump = FIELD + np.where(X[None, :] > 2.5, 3.0, 0.0)
    assert not resolved(jump, (T, X))[:, 38:42].any()
    assert resolved(jump, (T, X))[:, :30].all()


def test_an_uneven_grid_is_no_noise_and_no_front() -> None:
    rng = np.random.default_rng(7)
    t, x = (np.sort(rng.choice(np.linspace(0, end, 120), 90, replace=False)) for end in (2, 5))
    field = np.sin(x[None, :] - t[:, None])
    assert noise_sd(field, (t, x)) < 1e-4
    assert resolved(field, (t, x)).all()
    noisy = field + 0.1 * rng.standard_normal(field.shape)
    assert noise_sd(noisy, (t, x)) == pytest.approx(0.1, rel=0.1)


def spikes(kind: str) -> tuple[np.ndarray, list[np.ndarray]]:
    """A field that is about zero in most places, and its axes."""
    t, x = np.linspace(0.2, 2, 61), np.linspace(-10, 10, 128)
    if kind == "a blob":
        return np.exp(-(x**2) / (1.2 * t[:, None])) / np.sqrt(t[:, None]), [t, x]
    if kind == "a soliton":
        return 2 / np.cosh(x + 6 - 4 * t[:, None]) ** 2, [t, x]
    if kind == "a blob on an uneven grid":
        x = np.sort(np.random.default_rng(5).uniform(-10, 10, 200))
        return np.exp(-(x**2) / (1.2 * t[:, None])) / np.sqrt(t[:, None]), [t, x]
    time = np.linspace(0, 60, 1201)
    return np.exp(-20 * np.sin(time / 2) ** 2), [time]


@pytest.mark.parametrize("kind", ["a blob", "a soliton", "a blob on an uneven grid", "pulses in time"])
@pytest.mark.parametrize("fraction", [0.02, 0.05, 0.15])
def test_white_noise_on_a_spiky_field_is_the_same_everywhere(kind: str, fraction: float) -> None:
    u, points = spikes(kind)
    rms = float(np.sqrt(np.mean(u**2)))
    white, grown = [], []
    for seed in range(20):
        noise = fraction * np.random.default_rng(seed).standard_normal(u.shape)
        for found, values in ((white, u + rms * noise), (grown, u + np.hypot(0.2 * rms, u) * noise)):
            found.append(uneven_noise([(values, points)], noise_sd(values, points)))
    assert sum(white) == 0
    assert sum(grown) == 20


def test_features_expand_by_the_product_rule() -> None:
    terms = {feature.name: feature.terms for feature in columns()}
    assert terms["(u^2)_x"] == {"u*u_x": 2}
    assert terms["(u^2)_xx"] == {"u*u_xx": 2, "u_x^2": 2}
    assert terms["1"] == {"1": 1}
    mixed = Feature(("u", "v"), ("t", "x"), (1, 1), (0, 1))
    assert mixed.terms == {"u*v_x": 1, "u_x*v": 1}


@pytest.mark.parametrize(
    ("value", "error", "rounded"),
    [
        (0.0999731, 0.00072, 0.09997),
        (-1234.5, 33, -1234.0),
        (1.5, 0.0, 1.5),
        (12345.6, 700.0, 12350.0),
        (1.2346e-18, 1e-20, 1.235e-18),
    ],
)
def test_rounding_keeps_two_digits_of_the_error(value: float, error: float, rounded: float) -> None:
    assert round_to_error(value, error) == rounded
