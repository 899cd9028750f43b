"""`pf.symbolic`: formulas from tables and fields, and how sure it is of them."""

from __future__ import annotations

import ast
import pickle
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.discovery.symbolic import (
    SymbolicRegression,
    _budget,
    _engines,
    _operon,
    _pysr,
    _sample,
)
from physforge_kernel.discovery.symbolic._pool import Pool
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
