"""Products that are no derivatives, such as `u_x^2`, from smoothed samples without the bias of noise."""

from __future__ import annotations

from operator import add
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.derivatives import Feature, term
from physforge_kernel.discovery._prepare import prepare
from physforge_kernel.discovery._projection import Projection, project
from physforge_kernel.discovery._sample import Sample

X = np.linspace(0, 2 * np.pi, 128, endpoint=False)
T = np.linspace(0, 2, 81)
SCALE = (0.25, 0.1)


def field(values: np.ndarray, x: np.ndarray = X, t: np.ndarray = T) -> xr.Dataset:
    return xr.Dataset({"u": (("t", "x"), values)}, coords={"t": t, "x": x})


WAVES = field(np.sin(X[None, :] - T[:, None]) + 0.5 * np.cos(2 * X[None, :] + T[:, None]))


def surface(law: str, x: np.ndarray = X, t: np.ndarray = T) -> xr.Dataset:
    """A surface that grows by a law from one with a few waves."""
    phase = 2 * np.pi * (x - x[0]) / (len(x) * (x[1] - x[0]))
    start = 1.5 + np.sin(phase) + 0.5 * np.cos(2 * phase + 1) + 0.3 * np.sin(3 * phase + 2)
    return pf.simulate(pf.Equation(law), field(np.broadcast_to(start, (len(t), len(x))).copy(), x, t))


def columns(*texts: str) -> list[Feature]:
    return [feature for text in texts for feature in term(text, ("u",), ("t", "x")).features]


def seen(dataset: xr.Dataset, features: list[Feature]) -> tuple[Projection, Sample]:
    [sample] = prepare([dataset])
    sample = sample.knowing(features)
    found = project([sample], features, SCALE)
    assert found is not None
    return found, sample


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("u_x^2", {"u_x^2": 1.0}),
        ("u*u_xx", {"(u^2)_xx": 0.5, "u_x^2": -1.0}),
        ("u_x*u_xx", {"(u_x^2)_x": 0.5}),
        ("u*u_xxxx", {"(u^2)_xxxx": 0.5, "(u_x^2)_xx": -2.0, "u_xx^2": 1.0}),
        ("sin(u)*u_xx", {"(cos(u))_xx": -1.0, "cos(u)*u_x^2": -1.0}),
        ("x*u*u_x", {"(x*u^2)_x": 0.5, "u^2": -0.5}),
        ("u_xx/(1+u_x^2)", {"(atan(u_x))_x": 1.0}),
        ("u_xx/(1+u_x^4)", {"1/(u_x^4 + 1)*u_xx": 1.0}),
    ],
)
def test_as_few_derivatives_as_can_be_stay_inside(text: str, parts: dict[str, float]) -> None:
    found = {feature.name: weight for feature, weight in term(text, ("u",), ("t", "x")).parts[0]}
    assert found == pytest.approx(parts)


def test_products_of_several_variables_are_integrated_by_parts_as_far_as_that_goes() -> None:
    found = {
        text: {f.name: weight for f, weight in term(text, ("u", "v"), ("t", "x", "y")).parts[0]}
        for text in ("v*u_y", "u_x*u_xy", "v*u_xy", "u_x*v_y")
    }
    assert found == {
        "v*u_y": {"u_y*v": 1.0},
        "u_x*u_xy": {"(u_x^2)_y": 0.5},
        "v*u_xy": {"(u_y*v)_x": 1.0, "u_y*v_x": -1.0},
        "u_x*v_y": {"u_x*v_y": 1.0},
    }


@pytest.mark.parametrize("text", ["u_x^2", "u*u_x^2", "u_xx^2", "u_xx/(1+u_x^2)"])
def test_a_change_of_the_samples_moves_a_product_as_its_slopes_say(text: str) -> None:
    features = columns(text)
    before, sample = seen(WAVES, features)
    change = 1e-5 * np.cos(3 * X[None, :] + 2 * T[:, None])
    after, _ = seen(field(WAVES.u.to_numpy() + change), features)
    assert sample.units is not None
    scaled = change * 2.0 ** -sample.units.components[0]
    block, ones = before.blocks[0], (1, 1)
    for j, feature in enumerate(features):
        parts = [
            block.weak.project(slope * scaled, tuple(map(add, feature.orders, orders)))
            for orders, slope in sample.slopes(feature.function, 0, ones).items()
        ]
        expected = np.sum(parts, axis=0)
        moved = after.matrix[:, j] - before.matrix[:, j]
        assert moved == pytest.approx(expected[block.rows], abs=2e-3 * np.abs(moved).max())


def test_noise_neither_biases_products_nor_scatters_them_more_than_said() -> None:
    features = columns("u_x^2", "u*u_x^2", "u_xx^2")
    clean, _ = seen(WAVES, features)
    drawn = [seen(pf.add_noise(WAVES, 0.1, seed=seed), features) for seed in range(30)]
    apart = np.stack([found.matrix - clean.matrix for found, _ in drawn])
    mean = apart.mean(axis=1)
    assert np.abs(mean.mean(axis=0)) == pytest.approx(0, abs=4 * mean.std(axis=0).max() / np.sqrt(len(drawn)))
    said = np.diag(np.mean([found.noise for found, _ in drawn], axis=0))
    assert said == pytest.approx((apart**2).sum(axis=1).mean(axis=0), rel=0.35)
    remaining = drawn[0][1].smooth.remaining
    assert remaining is not None
    left = np.diag(remaining)[1:]  # what would be there without correction
    assert left[0] > 10 * np.abs(mean.mean(axis=0))[0]


@pytest.mark.parametrize(
    ("law", "terms"),
    [
        ("u_t = 0.1*u_xx + 0.5*u_x^2", {"u_xx": 0.1, "u_x^2": 0.5}),
        ("u_t = 0.2*u_xx - 0.3*u*u_x^2", {"u_xx": 0.2, "u*u_x^2": -0.3}),
    ],
)
def test_laws_with_squares_of_slopes_are_found_without_being_asked_for(
    law: str, terms: dict[str, float]
) -> None:
    found = pf.discover(pf.add_noise(surface(law), 0.02, seed=1))
    assert found.verdict.kind == "identified"
    assert set(found.best.equation.terms["u_t"]) == set(terms)
    intervals = found.best.intervals(0.999)["u_t"]
    for name, value in terms.items():
        low, high = intervals[name]
        assert low < value < high
        assert high - low < 0.2 * abs(value)


def test_a_coefficient_made_of_several_terms_adds_them_in_the_same_units() -> None:
    x, t = 0.013 * np.arange(128), np.linspace(0, 2e-4, 81)
    law = "u_t = 0.5*u*u_xx + 0.25*u_x^2"
    solved = surface(law, x, t)
    library = pf.library.polynomial(solved) + pf.library.products(solved)
    found = pf.discover(solved, library=library)
    assert found.best.equation.terms["u_t"] == pytest.approx({"u*u_xx": 0.5, "u_x^2": 0.25}, rel=1e-3)
    for name, (low, high) in found.best.intervals(0.95)["u_t"].items():
        assert 0 < high - low < 1e-2 * abs(found.best.equation.terms["u_t"][name])


def test_what_one_variable_carries_of_another_is_found() -> None:
    y = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    t = np.linspace(0, 1.2, 49)
    a, b = y[None, :, None], y[None, None, :]
    zero = np.zeros((len(t), len(y), len(y)))
    start = xr.Dataset(
        {
            "u": (("t", "x", "y"), zero + np.sin(a) * np.cos(b) + 0.4 * np.cos(a + 1) + 0.2),
            "v": (("t", "x", "y"), zero + np.cos(a + 0.5) * np.sin(b) + 0.4 * np.sin(2 * b) - 0.3),
        },
        coords={"t": t, "x": y, "y": y},
    )
    law = pf.Equation("u_t = 0.1*u_xx + 0.1*u_yy - u*u_x - v*u_y; v_t = 0.1*v_xx + 0.1*v_yy - u*v_x - v*v_y")
    found = pf.discover(pf.add_noise(pf.simulate(law, start), 0.02, seed=0))
    assert found.best.equation.same_terms(law)
    assert found.verdict.kind == "identified"


def test_a_law_of_the_second_order_is_doubted_where_one_of_the_first_explains_as_much() -> None:
    law = pf.Equation("u_t = u_xx/(1 + u_x^2)")
    phase = X[None, :]
    start = np.broadcast_to(1.5 * np.sin(phase) + 0.6 * np.cos(2 * phase + 1), (101, len(X))).copy()
    curves = pf.simulate(law, field(start, t=np.linspace(0, 1, 101)))
    assert pf.discover(pf.add_noise(curves, 0.05, seed=3)).verdict.kind != "identified"
    own = pf.library.polynomial(curves) + pf.library.terms(curves, "u_xx/(1+u_x^2)")
    found = pf.discover(pf.add_noise(curves, 0.02, seed=0), library=own)
    assert found.best.equation.same_terms(law)


def test_units_reflections_and_files_know_derivatives_in_products(tmp_path: Path) -> None:
    flow = pf.catalogue.get("burgers").field(x=32, t=21)
    flow["u"].attrs["units"], flow["x"].attrs["units"], flow["t"].attrs["units"] = "m/s", "m", "s"
    library = pf.library.products(flow) + pf.library.terms(flow, "u_x*u_xx", "u_xx/(1+u_x^4)")
    tau = pf.library.dimensional(flow, library, constants={"tau": "s"})
    assert [term.name for term in tau.serving("u_t")] == ["u*u_x^2"]
    even = pf.library.parity(flow, library, odd="u")
    assert [term.name for term in even.serving("u_t")] == ["u*u_x^2", "u_x*u_xx", "(u_x^4 + 1)^-1*u_xx"]
    mirrored = pf.library.parity(flow, library)
    assert [term.name for term in mirrored.serving("u_t")] == ["u_x^2", "u*u_x^2", "(u_x^4 + 1)^-1*u_xx"]
    assert pf.library.load(library.save(tmp_path / "candidates.json")) == library


def test_a_derivative_inside_a_product_can_be_too_high() -> None:
    library = pf.library.terms(WAVES, "u_xxxxx^2", "u_xx")
    with pytest.raises(pf.PhysForgeError, match="u_xxxxx inside a product"):
        pf.discover(WAVES, library=library)
