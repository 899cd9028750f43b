"""The zoo: that each problem can be posed, and that each reference obeys its equation and its conditions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy
from numpy.polynomial import chebyshev

import physforge_kernel as pf
from physforge_kernel.equations import AXES, split_derivative
from physforge_kernel.pinn import zoo
from physforge_kernel.pinn.zoo import _cavity_flow, _fourier, allen_cahn, burgers, schroedinger
from physforge_kernel.pinn.zoo._entry import Entry

#: Small patches on which references are differentiated: where their middle is, as shares of each axis.
PLACES = {"x": 0.37, "y": 0.61, "t": 0.43}
POSED = [name for name in zoo.names() if name != "poisson_5d" or "x1" in AXES]


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flow and a wave that are good enough to tell a wrong sign, in a fraction of a second."""
    monkeypatch.setattr(schroedinger, "_MODES", 96)
    monkeypatch.setattr("physforge_kernel.pinn.zoo.cavity._POLYNOMIALS", 20)


def patch(entry: Entry, count: int, width: float) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Chebyshev nodes around a place by axis, and the matrices that differentiate by their values."""
    unit = -np.cos(np.pi * np.arange(count) / (count - 1))
    nodes, slopes = {}, {}
    for axis, (low, high) in entry.domain.items():
        nodes[axis] = low + (high - low) * (PLACES.get(axis, 0.3) + width * unit)
        powers = chebyshev.chebvander(unit, count - 1)
        steep = chebyshev.chebval(unit, chebyshev.chebder(np.eye(count))).T
        slopes[axis] = steep @ np.linalg.inv(powers) / (width * (high - low))
    return nodes, slopes


def residuals(entry: Entry, count: int, width: float) -> list[float]:
    """What each equation leaves at the middle of a patch, relative to its largest term."""
    nodes, slopes = patch(entry, count, width)
    fields = entry.reference(**nodes).transpose(*entry.domain)
    equation, found = entry.problem().equation, []

    def value(name: str) -> Any:
        if name in nodes:
            return nodes[name][count // 2]
        if name in entry.truth:
            return entry.truth[name]
        component, orders = split_derivative(name, equation.components) or (name, {})
        array = fields[component].values
        for position, axis in enumerate(entry.domain):
            for _ in range(orders.get(axis, 0)):
                array = np.moveaxis(np.tensordot(slopes[axis], array, (1, position)), 0, position)
        return array[(count // 2,) * array.ndim]

    for left, right in equation.right_sides.items():
        known = {symbol: value(str(symbol)) for symbol in right.free_symbols}
        terms = [
            complex(sympy.lambdify(list(known), term, "numpy")(*known.values()))
            for term in sympy.Add.make_args(right)
        ]
        if not left.startswith("0"):
            terms.append(-value(left))
        found.append(abs(sum(terms)) / max(map(abs, terms)))
    return found


# The waves of Schroedinger's corner are too rough to be differentiated twice: it has a test of its own.
@pytest.mark.parametrize("name", [name for name in POSED if name != "schroedinger"])
def test_a_reference_obeys_its_equation(name: str) -> None:
    entry = zoo.get(name)
    count, width = (7, 0.05) if len(entry.domain) == 5 else (17, 0.02)
    assert max(residuals(entry, count, width)) < (1e-2 if name == "cavity" else 1e-5)


def test_a_plane_wave_obeys_schroedinger() -> None:
    x, t = np.linspace(-5, 5, 11), np.array([0.0, 0.7, 1.5])
    k = 2 * np.pi / 5
    law = replace(schroedinger.law(), start=lambda x: 1.2 * np.exp(1j * k * x))
    turned = k * x[:, None] + (1.2**2 - k**2 / 2) * t
    found = _fourier.evolve(law, x, t, modes=16)
    assert np.abs(found - 1.2 * np.exp(1j * turned)).max() < 1e-11


@pytest.mark.parametrize("name", POSED)
def test_a_reference_meets_its_conditions(name: str) -> None:
    entry = zoo.get(name)
    problem = entry.problem()
    for condition in problem.conditions:
        prescribed = condition.prescribed()
        if prescribed is None:
            continue  # a periodic one, which the series meets by being one
        trace, value = prescribed
        if any(trace.orders):
            continue  # rates are tested with the wave
        nodes = {axis: np.array([trace.at[axis]]) if axis in trace.at else 5 for axis in entry.domain}
        field = entry.reference(**nodes)
        place = {axis: field[axis] for axis in entry.domain}
        told = sympy.lambdify(list(place), value, "numpy")(*place.values())
        assert float(abs(field[trace.component] - told).max()) < 1e-9


def test_the_wave_starts_at_rest() -> None:
    field = zoo.get("wave").reference(x=9, t=[0.0, 1e-6])
    assert float(abs(field.u.diff("t")).max()) < 1e-9


def test_a_number_of_nodes_leaves_out_the_far_end_of_a_periodic_axis() -> None:
    field = zoo.get("advection").reference(x=4, t=3)
    assert field.u.dims == ("t", "x")
    assert field.x.values == pytest.approx([0, np.pi / 2, np.pi, 3 * np.pi / 2])
    assert field.t.values == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ({"z": 3}, "has no axis 'z'; its axes: x, t"),
        ({"t": [2.0]}, "t = 2 lies outside the domain, \\(0, 1\\)"),
        ({"t": [0.5, 0.5]}, "do not increase"),
        ({"t": 0}, "ask for at least one"),
    ],
)
def test_a_grid_that_cannot_be_is_told(at: dict[str, Any], sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        zoo.get("burgers").reference(**at)


def test_an_unknown_name_is_told_with_those_known() -> None:
    with pytest.raises(pf.PhysForgeError, match="no problem 'burger'; its problems: burgers, "):
        zoo.get("burger")


def test_twice_the_quadrature_leaves_burgers_alone() -> None:
    x = np.linspace(-1, 1, 41)
    for t in (1e-9, 0.1, 0.5, 1.0):
        assert np.abs(burgers.exact(x, t) - burgers.exact(x, t, points=200)).max() < 1e-12


def test_twice_the_waves_and_finer_steps_leave_allen_cahn_alone() -> None:
    x, t = np.linspace(-1, 1, 33), np.array([0.0, 0.2])
    one = _fourier.evolve(allen_cahn.law(), x, t, modes=384, tolerance=1e-11, absolute=1e-13)
    two = _fourier.evolve(allen_cahn.law(), x, t, modes=768)
    assert np.abs(one - two).max() < 1e-9 * np.abs(two).max()


def test_a_cavity_of_more_polynomials_is_nearly_the_same() -> None:
    x = np.linspace(0, 1, 21)
    coarse, fine = (_cavity_flow.cavity_flow(100.0, n).at(x, x) for n in (12, 20))
    assert np.linalg.norm(coarse["u"] - fine["u"]) < 1e-3 * np.linalg.norm(fine["u"])


def test_measurements_are_noisy_and_of_their_seed() -> None:
    entry = zoo.get("burgers_inverse")
    assert entry.measurements is not None
    first, again, other = entry.measurements(3), entry.measurements(3), entry.measurements(4)
    assert first.identical(again)
    assert not first.identical(other)
    exact = np.array(
        [burgers.exact(np.array([x]), t)[0] for x, t in zip(first.x.values, first.t.values, strict=True)]
    )
    noise = (first.u.values - exact).std() / exact.std()
    assert noise == pytest.approx(0.01, rel=0.1)
