"""Candidate terms of one's own: read, integrated by parts, and found in data; complex fields among them."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import Feature
from physforge_kernel.discovery._expressions import Expressions
from physforge_kernel.discovery._functions import Covariance, NoisyFunctions

from .conftest import reference

X = np.linspace(0, 2 * np.pi, 96, endpoint=False)
T = np.linspace(0, 2, 81)


def field(values: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"u": (("t", "x"), values)}, coords={"t": T, "x": X})


WAVES = field(np.sin(X[None, :] - T[:, None]) + 0.5 * np.cos(2 * X[None, :] + T[:, None]))


@pytest.mark.parametrize(
    "text",
    [
        "sin(u)",
        "x*u_x",
        "u*u_x",
        "exp(-t)*u_xx",
        "cos(2*u)*u_x",
        "x^2*sin(x)*u",
        "t*x^2*u_xxx",
        "x + t^2",
        "u*u_xxx",
    ],
)
def test_a_term_is_its_features_added_up(text: str) -> None:
    [term] = pf.library.terms(WAVES, text)
    total: dict[str, float] = {}
    for feature, weight in term.parts[0]:
        for name, count in feature.terms.items():
            total[name] = total.get(name, 0.0) + weight * count
    wanted = pf.Equation(f"u_t = {text}").terms["u_t"]
    assert {name: round(count, 12) for name, count in total.items() if abs(count) > 1e-12} == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a*u", "cannot be read"),
        ("u_x*", "cannot be read"),
        ("i*u", "complex numbers"),
    ],
)
def test_a_term_that_cannot_be_used_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        pf.library.terms(WAVES, text)


def test_a_term_that_cannot_be_read_is_told_without_an_equation_that_nobody_wrote() -> None:
    with pytest.raises(pf.PhysForgeError) as refused:
        pf.library.terms(WAVES, "foo(u)")
    assert str(refused.value) == (
        "The term 'foo(u)' cannot be read: 'foo' has no derivative and no value here. Terms are made of "
        "numbers, u, t, x, derivatives such as u_x, and functions such as sin and exp."
    )


@pytest.mark.parametrize("text", ["foo(x)", "foo(x)*u", "foo(t)*u_x"])
def test_a_term_with_a_function_of_unknown_values_is_refused(text: str) -> None:
    with pytest.raises(pf.PhysForgeError, match="holds foo, of which no values are known"):
        pf.library.terms(WAVES, text)


def test_a_function_that_is_infinite_on_the_samples_is_refused() -> None:
    with pytest.raises(pf.PhysForgeError, match=r"The factor log\(u\) is not finite on all samples"):
        pf.discover(WAVES, library=pf.library.terms(WAVES, "log(u)", "u_x"))


@pytest.mark.parametrize("text", ["u*sin(2*u)", "exp(u)", "cos(u)*x", "u^2*cos(u)"])
def test_noise_does_not_bias_functions(text: str) -> None:
    rng, sigma, samples = np.random.default_rng(0), 0.3, 400_000
    truth = 0.7
    values = truth + sigma * rng.standard_normal(samples)
    expressions = Expressions(("u",), ("x",), (sigma,))
    functions = NoisyFunctions(expressions, (values,), (sigma,), (np.full(samples, 1.3),))
    known = {"sin": np.sin, "cos": np.cos, "exp": np.exp, "u": truth, "x": 1.3}
    wanted = eval(text.replace("^", "**"), {"__builtins__": {}}, known)
    found = functions.product(((0,), text))
    assert found.mean() == pytest.approx(wanted, abs=4 * found.std() / np.sqrt(samples))
    assert (
        abs(eval(text.replace("^", "**"), {"__builtins__": {}}, {**known, "u": values}).mean() - wanted)
        > 0.01
    )
    [[key, factor]] = functions.covariance(((0,), text), ((1,), "")).items()
    product = factor * functions.product(key)
    covariance = np.cov(found, functions.product(((1,), "")))[0, 1]
    assert product.mean() == pytest.approx(covariance, rel=0.05)


def test_the_noise_of_powers_is_the_same_either_way() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(50)
    functions = NoisyFunctions(Expressions(("u",), ("x",), (0.4,)), (values,), (0.4,), (np.arange(50.0),))
    plain = functions.covariance(((2,), ""), ((3,), ""))
    exact = sum(weight * functions.product(key) for key, weight in plain.items())
    np.testing.assert_allclose(
        functions.product(Covariance(((2,), ""), ((3,), ""))), exact, rtol=1e-9, atol=1e-12
    )


def test_a_coefficient_that_varies_in_space_is_found() -> None:
    from scipy.integrate import solve_ivp

    waves = np.fft.rfftfreq(96, 1 / 96)
    rng = np.random.default_rng(0)
    start = sum(rng.normal() * np.cos(m * X + rng.uniform(0, 6)) for m in range(1, 6))

    def rate(_: float, u: np.ndarray) -> np.ndarray:
        return 0.1 * (1 + 0.5 * np.sin(X)) * np.fft.irfft(-(waves**2) * np.fft.rfft(u))

    solved = field(solve_ivp(rate, (0, 2), start, t_eval=T, rtol=1e-8, atol=1e-9, method="BDF").y.T)
    library = pf.library.polynomial(solved) + pf.library.terms(
        solved, "sin(x)*u_xx", "cos(x)*u_xx", "sin(x)*u"
    )
    found = pf.discover(pf.add_noise(solved, 0.02, seed=0), library=library)
    assert found.best.equation.same_terms(pf.Equation("u_t = u_xx + sin(x)*u_xx"))
    for term, value in {"u_xx": 0.1, "sin(x)*u_xx": 0.05}.items():
        assert found.best.equation.terms["u_t"][term] == pytest.approx(value, rel=0.05)


def test_a_pendulum_is_found_among_powers_and_sines() -> None:
    from scipy.integrate import solve_ivp

    times = np.linspace(0, 30, 900)
    solved = solve_ivp(
        lambda _, s: [s[1], -np.sin(s[0]) - 0.1 * s[1]],
        (0, 30),
        [2.5, 0.0],
        t_eval=times,
        rtol=1e-9,
        atol=1e-11,
    )
    swing = xr.Dataset({"q": ("t", solved.y[0]), "w": ("t", solved.y[1])}, coords={"t": times})
    library = pf.library.polynomial(swing, degree=2) + pf.library.terms(swing, "sin(q)", "cos(q)", "sin(w)")
    found = pf.discover(pf.add_noise(swing, 0.02, seed=0), library=library)
    assert found.best.equation.same_terms(pf.Equation(["q_t = w", "w_t = -sin(q) - 0.1*w"]))


def breather(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Two bound solitons of `i u_t + u_xx / 2 + |u|^2 u = 0`, from `2 sech(x)` (Satsuma and Yajima 1974)."""
    x, t = x[None, :], t[:, None]
    above = np.cosh(3 * x) + 3 * np.exp(4j * t) * np.cosh(x)
    return 4 * np.exp(0.5j * t) * above / (np.cosh(4 * x) + 4 * np.cosh(2 * x) + 3 * np.cos(4 * t))


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_complex_field_has_a_complex_law(noise: float) -> None:
    x, t = np.linspace(-5, 5, 128), np.linspace(0, np.pi, 101)
    wave = xr.Dataset({"u": (("t", "x"), breather(x, t))}, coords={"t": t, "x": x})
    found = pf.discover(pf.add_noise(wave, noise, seed=0) if noise else wave)
    law = pf.Equation("u_t = 0.5*i*u_xx + i*u^2*conj(u)")
    assert found.best.equation.same_terms(law)
    assert found.verdict.kind == "identified"
    intervals = found.best.intervals(0.999)["u_t"]
    for term, (low, high) in intervals.items():
        true = complex(law.terms["u_t"][term])
        assert low.imag - 1e-3 <= true.imag <= high.imag + 1e-3
        assert low.real == high.real == 0.0
    assert found.best.fit.left_side.values.tolist() == ["u_re_t", "u_im_t"]
    assert found.to_dict()["terms"]["u_t"]["u_xx"]["im"] == pytest.approx(0.5, rel=0.1)


def test_a_feature_with_a_factor_writes_itself() -> None:
    feature = Feature(("u",), ("t", "x"), (1,), (0, 2), "x")
    assert feature.name == "(x*u)_xx"
    assert feature.terms == {"u_x": 2.0, "u_xx*x": 1.0}


def test_a_library_without_terms_is_refused_and_not_replaced() -> None:
    empty = pf.library.terms(WAVES, "u").without(lambda term: True)
    with pytest.raises(pf.PhysForgeError, match="The library has no candidate term"):
        pf.discover(WAVES, library=empty)


def test_a_left_side_is_no_candidate_for_itself() -> None:
    heat = pf.add_noise(reference("heat"), 0.02, seed=0)
    terms = pf.library.terms(heat, "u_t", "u_xx", "u")
    assert set(pf.discover(heat, library=terms).best.equation.terms["u_t"]) == {"u_xx"}
    with pytest.raises(pf.PhysForgeError, match="left sides aside"):
        pf.discover(heat, target="u_t", library=pf.library.terms(heat, "u_t"))
