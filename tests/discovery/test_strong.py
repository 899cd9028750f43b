"""PySINDy's optimisers choose terms; coefficients, intervals and verdict are the weak form's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import Feature
from physforge_kernel.discovery._prepare import prepare
from physforge_kernel.discovery._target import Target
from physforge_kernel.discovery.strong import Strong, methods
from physforge_kernel.discovery.strong._table import label, table

from .conftest import plane, reference


def _global_randomness() -> list[int]:
    """Where NumPy's global generator is."""
    return np.random.get_state(legacy=False)["state"]["key"].tolist()


def heat() -> xr.Dataset:
    """Heat of diffusivity 0.3 at a noise that derivatives bear."""
    t, x = np.linspace(0, 2, 61), np.linspace(0, 2 * np.pi, 64, endpoint=False)
    waves = [(1, 1.0, 0.0), (2, 0.8, 1.0), (3, 0.5, 2.0)]
    u = sum(a * np.exp(-0.3 * k**2 * t[:, None]) * np.cos(k * x + p) for k, a, p in waves)
    return pf.add_noise(plane(t, x, np.asarray(u)), 0.005, seed=0)


OPTIONS: dict[str, dict[str, Any]] = {
    "pysindy:ssr": {"kappa": 1.0},
    "pysindy:frols": {"max_iter": 1, "kappa": 1e-6},
    "pysindy:constrained": {"constraints": [({("u_t", "u_xx"): 1.0}, 0.3)]},
}


@pytest.mark.parametrize("method", methods())
def test_every_optimiser_gives_the_one_type_of_result(method: str) -> None:
    field = heat()
    library = pf.library.polynomial(field, degree=2, order=2)
    options = OPTIONS.get(method, {}) | ({"derivatives": "savgol"} if method != "pysindy:weak" else {})
    found = pf.discover(field, "u_t", library=library, method=method, options=options)
    assert list(found.best.equation.terms["u_t"]) == ["u_xx"]
    low, high = found.best.intervals(0.999)["u_t"]["u_xx"]
    assert low < 0.3 < high
    assert found.verdict.kind == "identified"
    assert found.verdict.text.startswith(f"{method} takes these terms; in the weak form, ")
    assert found.notes[0].startswith(f"{method} itself has u_t = 0.")
    assert found.to_dict()["settings"]["method"] == method


def test_stlsq_finds_lorenz() -> None:
    found = pf.discover(
        reference("lorenz"), method="pysindy:stlsq", options={"derivatives": "finite", "threshold": 0.2}
    )
    assert found.best.equation.same_terms(pf.catalogue.get("lorenz").equation)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": 0.5}, "pysindy:stlsq keeps no term of u_t"),
        ({"threshold": 0.0, "alpha": 0.0}, "more than test functions can tell apart"),
    ],
)
def test_an_optimiser_that_takes_nothing_or_everything_identifies_no_law(
    options: dict[str, Any], sentence: str
) -> None:
    field = heat()
    found = pf.discover(field, "u_t", method="pysindy:stlsq", options={**options, "derivatives": "savgol"})
    assert found.verdict.kind == "not identifiable"
    assert sentence in found.verdict.text


def test_a_needless_term_is_not_taken_on_trust() -> None:
    field = heat()
    library = pf.library.terms(field, "u_xx", "u")
    found = pf.discover(
        field, "u_t", library=library, method="pysindy:stlsq",
        options={"threshold": 0.0, "derivatives": "savgol"},
    )  # fmt: skip
    assert set(found.best.equation.terms["u_t"]) == {"u", "u_xx"}
    assert found.verdict.kind == "ambiguous"


def test_a_complex_field_has_one_law_with_complex_coefficients() -> None:
    field = pf.catalogue.get("schroedinger").field(x=128, t=101)
    library = pf.library.phase_symmetric("u", ("t", "x"))
    options = {"derivatives": "finite", "threshold": 0.2}
    found = pf.discover(field, library=library, method="pysindy:stlsq", options=options)
    assert found.best.equation.same_terms(pf.catalogue.get("schroedinger").equation)


def test_an_ensemble_says_how_many_models_took_a_term_and_leaves_randomness_as_it_was() -> None:
    field = heat()
    library = pf.library.polynomial(field, degree=1, order=2)
    options = {"derivatives": "savgol", "n_models": 5}
    before = _global_randomness()
    first, second = (
        pf.discover(field, "u_t", library=library, method="pysindy:ensemble", options=options) for _ in "ab"
    )
    assert _global_randomness() == before
    assert "Of its models, so many took these terms: u_xx 100%" in first.notes[0]
    assert first.notes == second.notes


def test_constraints_tie_coefficients_across_left_sides() -> None:
    t = np.linspace(0, 10, 400)
    field = xr.Dataset({"p": ("t", np.cos(t)), "q": ("t", -np.sin(t))}, {"t": t})
    library = pf.library.polynomial(field, degree=1)
    samples = prepare([field])
    targets = [
        Target(name, (Feature(("p", "q"), ("t",), powers, (1,)),))
        for name, powers in (("p_t", (1, 0)), ("q_t", (0, 1)))
    ]
    tie = [({("p_t", "q"): 1.0, ("q_t", "p"): 1.0}, 0.5), ({("p_t", "1"): 1.0}, 0.25)]
    strong = Strong([field], "pysindy:constrained", {"constraints": tie, "derivatives": "finite"}, 0)
    picked = strong.pick(samples, targets, library)
    sum_of_both = picked["p_t"].coefficients["q"] + picked["q_t"].coefficients["p"]
    assert sum_of_both == pytest.approx(0.5, abs=0.02)
    assert picked["p_t"].coefficients["1"] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("options", [{}, {"constraints": []}])
def test_the_constrained_optimiser_needs_no_constraints(options: dict[str, Any]) -> None:
    found = pf.discover(reference("lotka_volterra"), method="pysindy:constrained", options=options)
    assert found.best.equation.isclose(pf.catalogue.get("lotka_volterra").equation, rtol=0.01)


def test_terms_are_evaluated_as_they_are_written() -> None:
    t, x = np.linspace(0, 1, 60), np.linspace(0, 3, 90)
    u = np.sin(x)[None, :] * np.exp(-t)[:, None]
    field = plane(t, x, u)
    library = pf.library.polynomial(field, degree=2, order=2) + pf.library.terms(field, "x*u_x", "cos(u)*t")
    target = Target("u_t", (Feature(("u",), ("t", "x"), (1,), (1, 0)),))
    made = table([field], prepare([field]), [target], library.terms, np.random.default_rng(0), "finite")
    u_x = np.cos(x)[None, :] * np.exp(-t)[:, None]
    true = {
        "1": 1 + 0 * u, "u": u, "u^2": u**2, "u_x": u_x, "u*u_x": u * u_x, "u_xx": -u,
        "(u^2)_xx": 2 * u_x**2 - 2 * u**2, "u_x*x": x * u_x, "cos(u)*t": np.cos(u) * t[:, None],
    }  # fmt: skip
    assert {label(term) for term in library} == set(true)
    for column, term in zip(made.terms.T, library, strict=True):
        np.testing.assert_allclose(column, true[label(term)].ravel(), atol=1e-3)
    np.testing.assert_allclose(made.lefts[:, 0], -u.ravel(), atol=1e-3)


@pytest.mark.parametrize("dims", [("t",), ("t", "x"), ("t", "x", "y")])
def test_pysindys_weak_form_integrates_terms_against_its_test_functions(dims: tuple[str, ...]) -> None:
    axes = {name: np.linspace(0, size, n) for name, size, n in (("t", 2, 81), ("x", 3, 61), ("y", 2, 41))}
    grids = dict(zip(dims, np.meshgrid(*(axes[name] for name in dims), indexing="ij"), strict=True))
    u = np.exp(-0.5 * sum(grids.values())) + 1.0
    field = xr.Dataset({"u": (dims, u)}, {name: axes[name] for name in dims})
    letters = [name for name in dims if name != "t"]
    texts = ["u", "u^2", "cos(u)*t", *(f"u_{a}" for a in letters), *(f"u*u_{a}" for a in letters)]
    library = pf.library.terms(field, *texts)
    order = (1, *(0 for _ in letters))
    target = Target("u_t", (Feature(("u",), dims, (1,), order),))
    pieces = ({"K": 12, "H_xt": [0.4] * len(dims), "p": 3}, 1)
    made = table([field], prepare([field]), [target], library.terms, np.random.default_rng(0), pieces=pieces)
    assert made.terms.shape == (12, len(texts))
    columns = dict(zip(map(label, library), made.terms.T, strict=True))
    # Every derivative of this field is a half of what it is above one, and so are their means.
    slope = -0.5 * (columns["u"] - 1)
    for name in letters:
        np.testing.assert_allclose(columns[f"u_{name}"], slope, rtol=5e-3)
        np.testing.assert_allclose(columns[f"u*u_{name}"], -0.5 * (columns["u^2"] - columns["u"]), rtol=5e-3)
    np.testing.assert_allclose(made.lefts[:, 0], slope, rtol=5e-3)


def test_the_pieces_of_pysindys_weak_form_are_drawn_by_the_seed_and_can_be_chosen() -> None:
    field = heat()
    library = pf.library.polynomial(field, degree=1, order=2)
    options = {"K": 60, "H_xt": [0.9, 0.3], "p": 5}
    before = _global_randomness()
    notes = [
        pf.discover(field, "u_t", seed, library=library, method="pysindy:weak", options=options).notes[0]
        for seed in (1, 1, 2)
    ]
    assert _global_randomness() == before
    assert notes[0] == notes[1] != notes[2]
    with pytest.raises(pf.PhysForgeError, match="PySINDy's weak form cannot do this: .*larger than"):
        pf.discover(field, "u_t", method="pysindy:weak", options={"H_xt": 5.0})


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("pysindy:lasso", {}, "none of weak, pysindy:stlsq"),
        ("strong", {}, "none of weak, pysindy:stlsq"),
        ("pysindy:stlsq", {"treshold": 0.1}, "'treshold' is none of pysindy:stlsq's: alpha, .*threshold"),
        ("pysindy:stlsq", {"alpha": -1.0}, "PySINDy's STLSQ cannot do this: alpha cannot be negative"),
        ("pysindy:stlsq", {"constraints": []}, "'constraints' is none"),
        ("pysindy:stlsq", {"threshold": "a"}, "'threshold' of pysindy:stlsq is 'a'; give a number"),
        ("pysindy:stlsq", {"threshold": None}, "is None; give a number"),
        ("pysindy:stlsq", {"max_iter": 2.5}, "is 2.5; give a whole number"),
        ("pysindy:stlsq", {"ridge_kw": 3}, "is 3; give a mapping"),
        ("pysindy:stlsq", {"normalize_columns": "no"}, "is 'no'; give True or False"),
        ("pysindy:frols", {"kappa": "x"}, "is 'x'; give a number"),
        ("pysindy:ensemble", {"n_models": "x"}, "is 'x'; give a whole number"),
        ("pysindy:weak", {"H_xt": "x"}, "is 'x'; give a number"),
        ("pysindy:sr3", {"regularizer": 3}, "is 3; give a text"),
        ("pysindy:sr3", {"regularizer": "L7"}, "PySINDy's SR3 cannot do this: .*l0, l1"),
        ("pysindy:constrained", {"constraints": [({("u_t", "w"): 1.0}, 0.0)]}, "names 'w' in 'u_t'"),
        ("pysindy:constrained", {"constraints": ["u_xx = 1"]}, "cannot be read; write weights"),
        ("weak", {"threshold": 0.1}, "The weak form has no options, and threshold was given"),
    ],
)
def test_what_cannot_be_done_is_said(method: str, options: dict[str, Any], sentence: str) -> None:
    options = options if "weak" in method else {"derivatives": "savgol", **options}
    with pytest.raises(pf.PhysForgeError, match=sentence):
        pf.discover(heat(), "u_t", method=method, options=options)
