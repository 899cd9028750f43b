"""`pf.symbolic`: formulas from tables and fields, and how sure it is of them."""

from __future__ import annotations

import ast
import pickle
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy
import xarray as xr
from scipy import special
from scipy.special import lambertw

import physforge_kernel as pf
from physforge_kernel.discovery.symbolic import (
    SymbolicRegression,
    _budget,
    _engines,
    _operon,
    _pysr,
    _sample,
    _symbolic,
    _table,
    _verdict,
)
from physforge_kernel.discovery.symbolic._length import Described
from physforge_kernel.discovery.symbolic._pool import SAYABLE, Pool
from physforge_kernel.discovery.symbolic._search import Level, Search
from physforge_kernel.errors import DiscoveryError


@pytest.fixture(autouse=True)
def _own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets in seconds of the processor: what is found does not depend on what else the machine does."""
    monkeypatch.setattr(_budget, "clock", time.process_time)


def inputs(names: str, low: float = 1.0, high: float = 5.0, rows: int = 400) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {name: generator.uniform(low, high, rows) for name in names.split()}


def same(found: SymbolicRegression, true: str) -> bool:
    positive = {v: sympy.Symbol(v, positive=True) for v in found.variables}
    made = found.best.expression.subs({sympy.Symbol(v): s for v, s in positive.items()})
    return sympy.simplify(made - sympy.parse_expr(true, local_dict=positive)) == 0


@pytest.mark.parametrize(
    ("names", "true"),
    [
        ("q r e", "q**2/(4*pi*e*r**2)"),
        ("t s", "exp(-t**2/(2*s**2))/(sqrt(2*pi)*s)"),
        ("c u v", "(u + v)/(1 + u*v/c**2)"),
        ("a b", "a*sin(b) + b"),
        ("a b c d", "sqrt((a - b)**2 + (c - d)**2)"),
    ],
)
def test_a_formula_without_noise_is_recovered_with_its_constants(names: str, true: str):
    X = inputs(names)
    y = sympy.lambdify(list(X), true, "numpy")(*X.values())
    found = pf.symbolic(X, y, seconds=20)
    assert same(found, true), found.best.text
    assert found.verdict.kind == "identified"
    np.testing.assert_allclose(found.predict(X), y, rtol=1e-9)


@pytest.mark.parametrize("true", ["sin(a)*exp(b) + c**2", "5 + sin(3*a)*cos(2*b)"])
def test_sums_and_products_of_fewer_inputs_are_told_apart(true: str):
    names = " ".join(n for n in "abcd" if sympy.Symbol(n) in sympy.sympify(true).free_symbols)
    X = inputs(names)
    found = pf.symbolic(X, sympy.lambdify(list(X), true, "numpy")(*X.values()), seconds=25, seeds=1)
    assert same(found, true), found.best.text
    assert found.verdict.kind == "identified"


def test_an_offset_that_hides_the_variation_does_not_settle_the_search():
    """The mean is within a quarter of the RMS, and yet no law."""
    X = inputs("a b")
    y = 20 + np.sin(7 * X["a"] * X["b"])
    sample = _sample.make(np.column_stack(list(X.values())), y)
    pool = Pool(sample, sample)
    pool.offer(sympy.Float(20.0))
    assert pool.best is not None
    assert not pool.settled(10, 2)
    noisy = _sample.make(sample.X, 20 + np.random.default_rng(0).standard_normal(len(y)))
    pool = Pool(noisy, noisy)
    pool.offer(sympy.Float(20.0))
    assert not pool.settled(10, 2)


def test_a_power_law_is_recovered_under_noise_and_its_constant_fitted():
    X = inputs("m v", rows=2000)
    y = 0.37 * X["m"] * X["v"] ** 2
    y = y + 0.02 * np.sqrt(np.mean(y**2)) * np.random.default_rng(1).standard_normal(len(y))
    found = pf.symbolic(X, y, target="E", seconds=20)
    m, v = sympy.symbols("m v")
    factor = sympy.simplify(found.best.expression / (m * v**2))
    assert factor.is_number
    assert float(factor) == pytest.approx(0.37, rel=5e-3)


def test_noise_alone_is_no_law():
    y = np.random.default_rng(3).standard_normal(300)
    found = pf.symbolic(inputs("a b", rows=300), y, seconds=2, seeds=1)
    assert found.verdict.kind == "not identifiable"


@pytest.mark.parametrize(
    ("true", "noise", "rows", "verdict"),
    [
        ("Max(x, 1.2*z)", 0.0, 60, "ambiguous"),
        ("3*exp(-2.1*exp(-1.6*x))", 0.05, 400, "ambiguous"),
        ("1.5*exp(-1.2*x)", 0.01, 400, "identified"),
        ("x**3 - x", 0.01, 400, "identified"),
    ],
)
def test_a_formula_has_to_tell_the_data_more_briefly_than_a_polynomial(
    true: str, noise: float, rows: int, verdict: str
):
    formula = sympy.sympify(true)
    names = sorted(map(str, formula.free_symbols))
    generator = np.random.default_rng(rows)
    X = generator.uniform(0.1, 3, (rows, len(names)))
    y = sympy.lambdify(names, formula)(*X.T)
    y = y + noise * np.sqrt(np.mean(y**2)) * generator.standard_normal(rows)
    found = pf.symbolic(X, y, variables=names, seconds=4)
    assert found.verdict.kind == verdict, found.verdict
    if verdict == "ambiguous":
        said = ("a polynomial with", "structure in it that is not noise")
        assert any(words in found.verdict.text for words in said) or found.rivals


@pytest.mark.parametrize(
    ("name", "low", "high", "noise"),
    [
        ("gamma", 0.5, 5, 0.01),
        ("gamma", 0.5, 5, 0.03),
        ("j1", 0, 10, 0.03),
        ("zeta", 1.5, 8, 0.03),
        ("erf", -2, 2, 0.03),
        ("erfc", 0, 2.5, 0.01),
    ],
)
def test_a_function_that_no_formula_tells_is_not_identified(name: str, low: float, high: float, noise: float):
    generator = np.random.default_rng(0)
    x = generator.uniform(low, high, 1000)
    y = getattr(special, name)(x)
    y = y + noise * np.sqrt(np.mean(y**2)) * generator.standard_normal(1000)
    found = pf.symbolic({"x": x}, y, seconds=6)
    assert found.verdict.kind != "identified", found


def test_a_formula_is_challenged_by_curves_that_are_nearly_alike():
    generator = np.random.default_rng(0)
    x, m = generator.uniform(0, 3, 400), generator.uniform(0.5, 2, 400)
    y = m * (1 - np.exp(-0.9 * x))  # which m*sin(log(1 + x)) comes near to
    y = y + 0.03 * np.sqrt(np.mean(y**2)) * generator.standard_normal(400)
    found = pf.symbolic({"x": x, "m": m}, y, seconds=8)
    assert found.best.expression.has(sympy.exp), found
    assert found.verdict.kind == "identified", found


@pytest.mark.parametrize("seed", [0, 2])
def test_a_number_is_exact_only_where_the_data_speak_for_it(seed: int):
    generator = np.random.default_rng(seed)
    x = generator.uniform(0, 3, 300)
    y = np.exp(-0.71 * x) + 0.02 * generator.standard_normal(300)
    found = pf.symbolic({"x": x}, y, seconds=4).best.expression
    assert all(n.is_Float or n.is_Integer for n in found.atoms(sympy.Number)), found


def test_an_output_that_depends_on_more_than_is_given_is_not_identified():
    X = inputs("a b hidden")
    y = X["a"] * X["hidden"] ** 2
    found = pf.symbolic({"a": X["a"], "b": X["b"]}, y, seconds=2, seeds=1)
    assert found.verdict.kind != "identified"


def test_the_engine_finds_what_plain_stages_do_not_look_for():
    sample = _sample.make(np.linspace(0.1, 3.0, 200)[:, None], np.linspace(0.1, 3.0, 200) ** 2 + 1.0)
    front = _operon.front(sample, frozenset("+*"), seconds=1, seed=0)
    function = sympy.lambdify(sample.symbols, front[-1], "numpy")
    np.testing.assert_allclose(function(sample.X[:, 0]), sample.y, rtol=1e-3)


def test_formulas_are_told_as_pysr_tells_them():
    X = inputs("a b")
    found = pf.symbolic(pd.DataFrame(X), X["a"] / X["b"] + 2.0, seconds=10)
    table = found.equations_
    assert list(table.columns) == ["complexity", "loss", "score", "equation", "sympy_format"]
    assert table["complexity"].is_monotonic_increasing
    assert table["loss"].is_monotonic_decreasing
    assert "\\frac{a}{b}" in found.latex()
    assert found.latex() in found._repr_html_()
    assert found.to_dict()["verdict"]["kind"] == found.verdict.kind


@pytest.mark.parametrize("form", ["array", "mapping", "frame", "named"])
def test_an_input_that_is_called_as_outputs_are_stays_an_input(form: str):
    x, y = np.random.default_rng(0).uniform(0.5, 3, (2, 300))
    output = x * y
    if form == "array":
        found = pf.symbolic(np.c_[x, y], output, variables=["x", "y"], seconds=5)
    elif form == "mapping":
        found = pf.symbolic({"x": x, "y": y}, output, seconds=5)
    else:
        name = "y" if form == "named" else None
        found = pf.symbolic(pd.DataFrame({"x": x, "y": y}), pd.Series(output, name=name), seconds=5)
    assert (found.best.text, found.verdict.kind) == ("y_ = x*y", "identified")


def test_a_column_of_the_table_may_be_handed_in_as_the_output():
    x = np.random.default_rng(0).uniform(0.5, 3, 200)
    frame = pd.DataFrame({"x": x, "w": 2 * x**2})
    assert pf.symbolic(frame, frame["w"], seconds=5).best.text == "w = 2*x^2"
    with pytest.raises(DiscoveryError, match="both called 'x'"):
        pf.symbolic(frame, 3 * x, target="x")
    with pytest.raises(DiscoveryError, match="'a' twice"):
        pf.symbolic(np.c_[x, x**2], x, variables=["a", "a"])


def test_columns_whose_names_cannot_stand_in_a_formula_are_called_otherwise():
    a, b = inputs("a b", rows=60).values()
    X = pd.DataFrame({"x 1": a, "lambda": b})
    found = pf.symbolic(X, a * b, units={"x 1": "m", "lambda": "s", "y": "m*s"}, seconds=5)
    assert found.best.expression == sympy.Symbol("x_1") * sympy.Symbol("lambda_")
    assert any("'x 1' is called x_1" in note for note in found.notes)
    np.testing.assert_allclose(found.predict(X), a * b)


def test_formulas_that_overflow_are_no_news(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
):
    plain = Search.run

    def overflowing(self: Search) -> None:
        assert np.isinf(np.abs(np.float64(1e200)) / np.float64(1e-300))
        plain(self)

    monkeypatch.setattr(Search, "run", overflowing)
    X = inputs("a", rows=60)
    pf.symbolic(X, X["a"] ** 2, seconds=2, seeds=1)
    assert [str(w.message) for w in recwarn if issubclass(w.category, RuntimeWarning)] == []


def test_units_reduce_a_pendulum_to_its_amplitude():
    X = inputs("l g A", 1.0, 2.0, 200)
    y = 2 * np.pi * np.sqrt(X["l"] / X["g"]) * (1 + X["A"] ** 2 / 16)
    units = {"l": "m", "g": "m/s^2", "A": "1", "T": "s"}
    found = pf.symbolic(X, y, target="T", units=units, seconds=10)
    assert same(found, "2*pi*sqrt(l/g)*(1 + A**2/16)")


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ({"l": "m", "g": "m/s^2", "T": "kg"}, "missing among the inputs"),
        ({"l": "m", "T": "s"}, "no unit for g"),
        ({"l": "furlong", "g": "m/s^2", "T": "s"}, "furlong"),
    ],
)
def test_units_that_cannot_be_are_refused(units: dict[str, str], said: str):
    X = inputs("l g", rows=50)
    with pytest.raises(DiscoveryError, match=said):
        pf.symbolic(X, X["l"], target="T", units=units)


def test_a_field_gives_its_equation():
    x, t = np.linspace(0.0, 2 * np.pi, 64, endpoint=False), np.linspace(0.0, 2.0, 81)
    u = sum(np.exp(-0.5 * k**2 * t)[:, None] * np.cos(k * x + k) for k in (1, 2, 3))
    field = xr.Dataset({"u": (("t", "x"), np.asarray(u))}, coords={"t": t, "x": x})
    found = pf.symbolic(field, target="u_t", inputs=["u", "u_x", "u_xx"], seconds=20, seeds=1)
    assert list(found.equation.terms["u_t"]) == ["u_xx"]
    assert found.equation.terms["u_t"]["u_xx"] == pytest.approx(0.5, rel=1e-2)


def saturating(noise: float, seed: int = 0) -> xr.Dataset:
    """s' = -1.2 s/(0.4 + s) from s = 2, whose solution is s = 0.4 W(5 exp(5 - 3 t))."""
    t = np.linspace(0.0, 8.0, 400)
    s = 0.4 * lambertw(5.0 * np.exp(5.0 - 3.0 * t)).real
    s = s + noise * np.sqrt(np.mean(s**2)) * np.random.default_rng(seed).standard_normal(400)
    return xr.Dataset({"s": ("t", s)}, coords={"t": t})


def test_a_rational_right_hand_side_is_found_under_noise_again_and_again():
    """The errors of estimated derivatives hang together; those of integrals over windows need not."""
    found = [pf.symbolic(saturating(0.01), target="s_t", inputs=["s"], seconds=60) for _ in range(2)]
    assert found[0].best.text == found[1].best.text
    s = sympy.Symbol("s")
    made = sympy.lambdify(s, found[0].best.expression, "numpy")(np.linspace(0.01, 2.0, 50))
    np.testing.assert_allclose(
        made, -1.2 * np.linspace(0.01, 2, 50) / (0.4 + np.linspace(0.01, 2, 50)), atol=0.02
    )
    assert found[0].best.expression.is_rational_function(s)
    assert found[0].verdict.kind == "identified"
    assert "windows" in found[0].verdict.text


@pytest.mark.parametrize("text", ["tanh(sin(x))", "sin(x)/sqrt(x)", "log(1 + exp(x))"])
def test_elaborate_formulas_are_never_identified_for_a_derivative(text: str):
    """Functions of functions, and of several kinds, come near to any curve that a derivative takes."""
    data = _table.table(saturating(0.0), None, variables=None, target="s_t", inputs=["s"])
    pool = _symbolic._pool(data, None, 0)
    s = pool.train.symbols[0]
    law = Described(sympy.parse_expr(text, local_dict={"x": s}), 1e-9, 100.0, 3, 0, np.inf)
    plain = Described(sympy.tanh(s), 1e-9, 110.0, 3, 0, np.inf)
    pool.found = {"elaborate": law}
    pool._complete = {str(law.expression): True}
    verdict, _ = _verdict.judge(pool, law)
    assert verdict.kind == "ambiguous"
    assert "functions inside of functions" in verdict.text
    pool.found["plain"] = plain
    assert pool.best == plain


@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_the_true_law_leaves_white_noise_in_windows_and_a_wrong_one_does_not(noise: float):
    for seed in range(3):
        data = _table.table(saturating(noise, seed), None, variables=None, target="s_t", inputs=["s"])
        pool = _symbolic._pool(data, None, 0)
        s = pool.train.symbols[0]
        true, wrong = pool.offer(-1.0 * s / (s + 0.5)), pool.offer(-0.5 * s)
        assert true is not None
        assert pool.complete(true)
        assert pool.train.windows is not None
        assert 0.7 < true.misfit / pool.train.windows.noise < 1.3
        assert wrong is None or not pool.complete(wrong)


def test_rows_of_a_field_are_held_out_by_blocks_whose_means_show_what_is_left():
    x, t = np.linspace(-1.0, 1.0, 60), np.linspace(0.0, 1.0, 60)
    u = np.exp(-t)[:, None] * (2.0 + x)
    u = u + 1e-3 * np.random.default_rng(0).standard_normal(u.shape)
    field = xr.Dataset({"u": (("t", "x"), u)}, coords={"t": t, "x": x})
    data = _table.table(field, None, variables=None, target="u_t", inputs=["u", "x"])
    pool = _symbolic._pool(data, None, 0)
    assert pool.train.blocks is not None
    assert pool.test.blocks is not None
    assert len(set(pool.train.blocks) & set(pool.test.blocks)) <= 1  # one is cut
    assert pool.train.count < 101
    far = Described(-pool.train.symbols[0] + 0.3 * pool.train.symbols[1] ** 2, 0.1, 1.0, 3, 0, np.inf)
    assert pool._structure_between_blocks(far) > 5.0


def test_a_noisy_field_gives_the_plain_law_though_errors_of_its_derivatives_hang_together():
    x, t = np.linspace(0.0, 2 * np.pi, 96, endpoint=False), np.linspace(0.0, 2.0, 81)
    u = np.sum([np.exp(-0.5 * k**2 * t)[:, None] * np.cos(k * x + k) for k in (1, 2, 3)], axis=0)
    u = u + 0.003 * np.std(u) * np.random.default_rng(0).standard_normal(u.shape)
    field = xr.Dataset({"u": (("t", "x"), u)}, coords={"t": t, "x": x})
    found = pf.symbolic(field, target="u_t", inputs=["u", "u_x", "u_xx"], seconds=4, seeds=1)
    assert list(found.equation.terms["u_t"]) == ["u_xx"]
    assert found.equation.terms["u_t"]["u_xx"] == pytest.approx(0.5, rel=1e-2)


def test_what_may_stand_in_a_law_can_be_said_in_an_equation():
    a = inputs("a", rows=60)["a"]
    found = pf.symbolic({"a": a}, a + 0.5, seconds=2, seeds=1)
    for name in SAYABLE:
        law = replace(found.best, expression=getattr(sympy, name)(sympy.Symbol("s")))
        assert replace(found, target="s_t", best=law).equation.terms["s_t"]


@pytest.mark.parametrize(
    ("X", "y", "said"),
    [
        (np.ones((50, 2)), np.arange(50.0), "inputs are constant"),
        (np.random.default_rng(0).random((50, 2)), np.ones(50), "constant"),
        (np.random.default_rng(0).random((5, 2)), np.arange(5.0), "5 rows"),
        (np.full((50, 2), np.nan), np.arange(50.0), "0 rows"),
        (np.ones((50, 2)) * 1j, np.arange(50.0), "not real"),
        (np.ones((50, 2)), np.arange(40.0), r"\(n, d\)"),
        (np.ones((50, 2)), None, "no output"),
    ],
)
def test_bad_tables_are_refused_in_a_sentence(X: np.ndarray, y: np.ndarray | None, said: str):
    with pytest.raises(DiscoveryError, match=said):
        pf.symbolic(X, y)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"operators": ["+", "gamma"]}, "gamma"),
        ({"engine": "gplearn"}, "gplearn"),
        ({"seconds": 0}, "positive"),
        ({"noise": -1.0}, "zero or more"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(settings: dict, said: str):
    X = inputs("a", rows=30)
    with pytest.raises(DiscoveryError, match=said):
        pf.symbolic(X, X["a"] ** 2, **settings)


def test_pysr_without_julia_is_refused_before_anything_is_imported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DiscoveryError, match="Julia"):
        _engines.choose("pysr")
    assert "pysr" not in sys.modules
    assert "juliacall" not in sys.modules


def test_pysr_is_made_with_parameters_that_it_has():
    found = find_spec("pysr")  # finds without importing, which would start Julia
    assert found is not None
    assert found.origin is not None
    tree = ast.parse((Path(found.origin).parent / "sr.py").read_text(encoding="utf-8"))
    [machine] = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "PySRRegressor"]
    methods = {n.name: n for n in machine.body if isinstance(n, ast.FunctionDef)}
    made = {a.arg for a in methods["__init__"].args.kwonlyargs}
    fitted = {a.arg for a in [*methods["fit"].args.args, *methods["fit"].args.kwonlyargs]}
    wanted = _pysr.settings(frozenset("+*"), seconds=1.0, seed=0)
    assert {*wanted, "tempdir", "output_directory"} <= made
    assert "variable_names" in fitted


def test_the_engine_runs_where_the_map_takes_it():
    """Runs travel to another process as bytes, several at a time, and what they find is judged here."""
    rounds = []

    def elsewhere(function, items):
        every = list(items)
        rounds.append([seed for _, seed in every])
        return [pickle.loads(pickle.dumps(function))(pickle.loads(pickle.dumps(item))) for item in every]

    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 2.0, (300, 1))
    sample = _sample.make(x, np.tanh(3 * x[:, 0]) * np.sin(5 * x[:, 0]) + rng.normal(0, 0.05, 300))
    pool = Pool(sample, sample)
    search = Search(
        pool, frozenset("+*"), _budget.now() + 60, lambda fraction, message: None, map=elsewhere, workers=3
    )
    search.levels = [Level(sample, lambda e: e, 0)]
    search.evolve(_engines.Engine("oracle", _oracle, lambda: None), range(4))
    assert rounds == [[0, 1, 2], [3]]
    assert pool.offered == 4


def _oracle(sample, operators, *, seconds, seed):
    """An engine that knows nothing but its seed."""
    return [sample.symbols[0] ** (seed + 1)]
