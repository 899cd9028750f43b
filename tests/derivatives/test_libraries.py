"""Libraries that a symmetry or units narrow, held against the group they are named for, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import QQ, ring

import physforge_kernel as pf
from physforge_kernel.derivatives import Library, Term

#: Exact polynomials in x, y and t stand for fields.
_, X, Y, T = ring("x,y,t", QQ)
AXES = {"x": X, "y": Y, "t": T}
HERE = {X: QQ(2, 7), Y: QQ(-3, 5), T: QQ(1, 3)}


def at(function: Any, place: dict[Any, Any]) -> Any:
    return function.evaluate(list(place.items()))


def moved(function: Any, exchange: dict[Any, Any]) -> Any:
    return function.compose(list(exchange.items()))


def grid(*names: str, space: str = "xy") -> xr.Dataset:
    sizes = {"t": 20, **dict.fromkeys(space, 20)}
    shape, rng = tuple(sizes.values()), np.random.default_rng(0)
    return xr.Dataset(
        {name: (tuple(sizes), rng.standard_normal(shape)) for name in names},
        {axis: np.linspace(0, 1, n) for axis, n in sizes.items()},
    )


def value(term: Term, functions: dict[str, Any], place: dict[Any, Any]) -> Any:
    """A term, from its features, of polynomials at a place."""
    total = QQ(0)
    for feature, weight in term.parts[0]:
        inside = X**0
        for c, q in zip(feature.components, feature.exponents, strict=True):
            inside *= functions[c] ** q
        for axis, order in zip(feature.axes, feature.orders, strict=True):
            for _ in range(order):
                inside = inside.diff(AXES[axis])
        total += QQ(int(weight)) * at(inside, place)
    return total


#: A stream function, so that `u = p_y, v = -p_x` is free of divergence, and a scalar.
STREAM = X**3 * Y**2 - 2 * X * Y**4 + X**2 * Y + T * X * Y**2 + X**5
SCALAR = X**2 * Y - 3 * Y**3 * X + X**4 + T * Y


def test_moving_observers_see_the_same_terms() -> None:
    flow = {"u": STREAM.diff(Y), "v": -STREAM.diff(X), "q": SCALAR}
    library = pf.library.galilean(grid("u", "v", "q"), velocity=("u", "v"), degree=2)
    speed = {"u": QQ(3, 2), "v": QQ(-1, 4), "q": 0}
    shift = {X: X - speed["u"] * T, Y: Y - speed["v"] * T}
    moving = {name: moved(f, shift) + speed[name] for name, f in flow.items()}
    there = {X: HERE[X] - speed["u"] * HERE[T], Y: HERE[Y] - speed["v"] * HERE[T], T: HERE[T]}
    for name, field in flow.items():
        carried = speed["u"] * field.diff(X) + speed["v"] * field.diff(Y)
        flux = {"u": "(u^2)_x + (u*v)_y", "v": "(u*v)_x + (v^2)_y", "q": "(u*q)_x + (v*q)_y"}[name]
        terms = library.serving(f"{name}_t")
        assert flux in [term.name for term in terms]
        assert not library.serving(f"{name}_tt")
        for term in terms:
            gained = value(term, moving, HERE) - value(term, flow, there)
            assert gained == (at(carried, there) if term.name == flux else 0), term.name


def test_turned_space_shows_the_same_scalar_terms() -> None:
    library = pf.library.rotational(grid("p", "q"))
    fields = {"p": SCALAR, "q": STREAM}
    turn = {X: QQ(3, 5) * X - QQ(4, 5) * Y, Y: QQ(4, 5) * X + QQ(3, 5) * Y}
    turned = {name: moved(f, turn) for name, f in fields.items()}
    there = {X: at(turn[X], HERE), Y: at(turn[Y], HERE), T: HERE[T]}
    assert "p_xxxx + 2*p_xxyy + p_yyyy" in library.names
    for term in library:
        assert value(term, turned, HERE) == value(term, fields, there), term.name


def test_turned_space_turns_the_terms_of_a_vector() -> None:
    library = pf.library.rotational(grid("u", "v", "q"), vector=("u", "v"), degree=2)
    fields = {"u": STREAM + X**2, "v": SCALAR * Y, "q": SCALAR}
    cos, sin = QQ(3, 5), QQ(4, 5)
    turn = {X: cos * X - sin * Y, Y: sin * X + cos * Y}
    seen = {name: moved(f, turn) for name, f in fields.items()}
    turned = {"u": cos * seen["u"] + sin * seen["v"], "v": -sin * seen["u"] + cos * seen["v"], "q": seen["q"]}
    there = {X: at(turn[X], HERE), Y: at(turn[Y], HERE), T: HERE[T]}
    for term in library.serving("q_t"):
        assert value(term, turned, HERE) == value(term, fields, there), term.name
    second = [(value(b, fields, there), value(b, turned, HERE)) for b in library.serving("v_t")]
    for term in library.serving("u_t"):
        a, after = value(term, fields, there), value(term, turned, HERE)
        partners = [
            sign
            for b, b_after in second
            for sign in (1, -1)
            if after == cos * a + sin * sign * b and sign * b_after == -sin * a + cos * sign * b
        ]
        assert partners, term.name


@given(st.lists(st.sampled_from(["u", "v"]), unique=True), st.sampled_from(["x", "y", "xy"]))
@settings(max_examples=8, deadline=None)
def test_a_mirror_keeps_what_parity_keeps_and_nothing_else(odd: list[str], axes: str) -> None:
    field = grid("u", "v")
    every = pf.library.polynomial(field, degree=2)
    kept = pf.library.parity(field, every, odd=odd, axes=list(axes))
    mirror = {AXES[axis]: -AXES[axis] for axis in axes}
    fields = {"u": STREAM, "v": SCALAR + X}
    signs = {name: -1 if name in odd else 1 for name in fields}
    mirrored = {n: signs[n] * moved(f, mirror) for n, f in fields.items()}
    there = {symbol: at(mirror.get(symbol, symbol), HERE) for symbol in (X, Y, T)}
    for left in ("u", "v"):
        names = [term.name for term in kept.serving(f"{left}_t")]
        for term in every:
            here, before = value(term, mirrored, HERE), value(term, fields, there)
            if before != 0:
                assert (here == signs[left] * before) == (term.name in names), term.name


def test_parity_knows_functions() -> None:
    field = grid("u", space="x")
    library = pf.library.terms(field, "sin(u)", "cos(u)", "exp(u)", "x*u")
    kept = pf.library.parity(field, library, odd="u")
    assert kept.names == ("sin(u)",)


@given(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), st.booleans())
@settings(max_examples=15, deadline=None)
def test_terms_stand_other_units_exactly_where_dimensions_agree(
    unit: tuple[int, int], given_nu: bool
) -> None:
    field = grid("u", space="x")
    field["u"].attrs["units"] = f"m^{unit[0]}*s^{unit[1]}"
    field["x"].attrs["units"], field["t"].attrs["units"] = "mm", "ms"
    every = pf.library.polynomial(field)
    constants = {"nu": "m^2/s"} if given_nu else None
    kept = pf.library.dimensional(field, every, constants=constants)
    # With nu given, units that leave nu as it is are the ones that count.
    metre, second = (3.0, 9.0) if given_nu else (3.0, 5.0)
    size = metre ** unit[0] * second ** unit[1]
    for order, left in ((1, "u_t"), (2, "u_tt")):
        names = [term.name for term in kept.serving(left)]
        for term in every:
            [(feature, _)] = term.parts[0]
            ratio = size ** (1 - feature.degree) * second**-order * metre ** sum(feature.orders)
            assert (abs(np.log(ratio)) < 1e-9) == (term.name in names), (left, term.name)


def test_functions_of_what_has_units_are_left_out() -> None:
    field = grid("u", space="x")
    for name, unit in {"u": "1", "x": "m", "t": "s"}.items():
        field[name].attrs["units"] = unit
    library = pf.library.terms(field, "sin(u)", "sin(x)*u", "x*u_x")
    assert pf.library.dimensional(field, library, constants={"rate": "1/s"}).names == ("sin(u)", "u_x*x")


@pytest.mark.parametrize("time", ["hours", "weeks", "year"])
def test_units_may_be_words(time: str) -> None:
    field = grid("u", space="x")
    for name, unit in {"u": "metres/second", "x": "km", "t": time}.items():
        field[name].attrs["units"] = unit
    assert pf.library.dimensional(field).names == ("(u^2)_x", "(u^3)_xx")


@pytest.mark.parametrize(
    ("here", "there"),
    [("m s-1", "m/s"), ("kg m-2", "kg/m^2"), ("m2 s-2", "m**2/s**2"), ("1 s-1", "Hz"), ("degC", "K")],
)
def test_units_may_be_written_as_in_netcdf_files(here: str, there: str) -> None:
    names = []
    for unit in (here, there):
        field = grid("u", space="x")
        field["u"].attrs["units"], field["x"].attrs["units"], field["t"].attrs["units"] = unit, "m", "s"
        names.append(pf.library.dimensional(field, constants={"c": unit, "nu": "m^2/s"}).names)
    assert names[0] == names[1]
    assert names[0]


@pytest.mark.parametrize("wrong", [{"degree": -1}, {"order": -2}, {"degree": 2.5}, {"order": "2"}])
def test_a_library_has_whole_degrees_that_are_not_negative(wrong: dict[str, Any]) -> None:
    with pytest.raises(pf.PhysForgeError, match="make no library"):
        pf.library.polynomial(grid("u"), **wrong)


def test_units_that_are_missing_are_asked_for() -> None:
    with pytest.raises(pf.PhysForgeError, match="u has no units; set them"):
        pf.library.dimensional(grid("u"))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda f: pf.library.galilean(f), "one variable for each of the axes x, y"),
        (lambda f: pf.library.rotational(f, vector=("u",)), "one variable for each of the axes x, y"),
        (lambda f: pf.library.rotational(f.isel(y=0)), "needs two axes"),
        (lambda f: pf.library.parity(f, odd="w"), "no variable 'w' to reflect"),
        (lambda f: pf.library.polynomial(f) + pf.library.polynomial(f.isel(y=0)), "for the same field"),
    ],
)
def test_a_library_that_cannot_be_made_says_why(make: Any, sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        make(grid("u", "v"))


def test_terms_serve_the_left_sides_of_both_libraries_that_are_added() -> None:
    field = grid("u", "v")
    both = pf.library.parity(field, odd="u") + pf.library.parity(field, odd="v")
    assert set(both.names) == set(pf.library.polynomial(field).names)
    assert next(t for t in both if t.name == "u").lefts == {"u_t", "u_tt"}
    flow = pf.library.galilean(field, velocity=("u", "v"))
    both = flow + pf.library.polynomial(field)
    assert next(t for t in both if t.name == "u_xx").lefts is None


# ------------------------------------------------------------------------------------------------ files

LIBRARIES = {
    "powers": lambda: pf.library.polynomial(grid("u", "v")),
    "functions": lambda: pf.library.terms(grid("u", space="x"), "sin(u)", "x*u_xx", "exp(-t)*u"),
    "flow": lambda: pf.library.galilean(grid("u", "v"), velocity=("u", "v")),
    "turned": lambda: pf.library.rotational(grid("u", "v"), vector=("u", "v")),
    "complex": lambda: pf.library.phase_symmetric("psi", ("t", "x"), time_order=2),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    library = LIBRARIES[name]()
    again = pf.library.load(library.save(tmp_path / "library.json"))
    assert again == library
    assert [dict(term.expansion) for term in again] == [dict(term.expansion) for term in library]
    assert Library.from_dict(json.loads(json.dumps(library.to_dict()))) == library


@pytest.mark.parametrize(
    ("place", "harm", "sentence"),
    [
        (("format",), "csv", "no library"),
        (("components",), ["u", "u"], "different names"),
        (("components",), ["u; import os"], "different names"),
        (("axes",), ["x", "t"], "axes of a library"),
        (("terms",), [], "a list of one"),
        (("terms", 0, "name"), "<script>alert(1)</script>", "no text of a term"),
        (("terms", 0, "name"), "u" * 1000, "no text of a term"),
        (("terms", 0, "sum", 0, "weight"), "1", "no number"),
        (("terms", 0, "sum", 0, "weight"), float("nan"), "no number"),
        (("terms", 0, "sum", 0, "exponents"), [10**9], "whole numbers"),
        (("terms", 0, "sum", 0, "exponents"), [1, 1], "whole numbers"),
        (("terms", 0, "sum", 0, "orders"), [0, -1], "whole numbers"),
        (("terms", 0, "sum", 0, "orders"), [0, True], "whole numbers"),
        (("terms", 0, "sum", 0, "factor"), "__import__('os').system('true')", "no text of a term"),
        (("terms", 0, "sum", 0, "factor"), "__import__(os)", "cannot be used"),
        (("terms", 0, "sum", 0, "factor"), "exit()", "cannot be used"),
        (("terms", 0, "sum", 0, "factor"), "w*u", "cannot be used"),
        (("terms", 0, "sum"), [], "a list of one"),
        (("terms", 0), "u", "cannot be used"),
        (("terms", 0, "lefts"), ["u_t", 3], "different names"),
        (("terms", 0, "phase"), {}, "missing"),
    ],
)
def test_a_file_made_to_do_harm_is_refused(place: tuple, harm: Any, sentence: str, tmp_path: Path) -> None:
    data = pf.library.terms(grid("u", space="x"), "sin(u)").to_dict()
    inner: Any = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = harm
    path = tmp_path / "library.json"
    path.write_text(json.dumps(data))
    with pytest.raises(pf.PhysForgeError, match=sentence):
        pf.library.load(path)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", '{"format": "physforge library"}'])
def test_what_is_no_library_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "library.json"
    path.write_text(text)
    with pytest.raises(pf.PhysForgeError):
        pf.library.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(pf.PhysForgeError, match="nowhere.json cannot be read: No such file"):
        pf.library.load(tmp_path / "nowhere.json")


def test_a_library_is_described_and_no_field(tmp_path: Path) -> None:
    path = pf.library.polynomial(grid("u", "v")).save(tmp_path / "library.json")
    described = pf.describe(path)
    assert described.format == "candidate terms"
    assert (
        "30 candidate terms for the laws of u, v" in str(described) or "candidate terms" in described.notes[0]
    )
    with pytest.raises(pf.PhysForgeError, match="no field: load it with pf.library.load"):
        pf.read(path)
    damaged = json.loads(path.read_text()) | {"terms": [{"name": "<b>"}]}
    path.write_text(json.dumps(damaged))
    with pytest.raises(pf.PhysForgeError, match="without proper names"):
        pf.describe(path)
