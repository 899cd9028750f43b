"""What an Equation knows: terms, left sides, names, orders; and how two of them compare."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import sympy
import xarray as xr

from physforge_kernel.equations import Equation
from physforge_kernel.errors import EquationError


def test_the_highest_time_derivative_stands_on_the_left() -> None:
    assert Equation("u_tt + 0.2*u_t = u_xx").terms == {"u_tt": {"u_t": -0.2, "u_xx": 1.0}}
    assert Equation("2*u_t - u_xx").terms == {"u_t": {"u_xx": 0.5}}
    assert Equation("u*u_t = u_xx").text == "u_t = u_xx/u"
    assert Equation("(1 + u)*u_t = u_xx").terms == {"u_t": {"(u + 1)^-1*u_xx": 1.0}}


def test_coupled_time_derivatives_are_solved_for() -> None:
    coupled = Equation("u_t + v_t = u; u_t - v_t = 3*v")
    assert coupled.terms == {"u_t": {"u": 0.5, "v": 1.5}, "v_t": {"u": 0.5, "v": -1.5}}
    by_parameters = Equation("a*u_t + b*v_t = u; b*u_t - a*v_t = v", parameters=("a", "b"))
    solved = by_parameters.substitute(a=1, b=1)
    assert solved == Equation("u_t = u/2 + v/2; v_t = u/2 - v/2")
    varying = Equation("(1 + u)*u_t + v*v_t = u; v_t + u*u_t = v")
    assert varying.left_sides == ("u_t", "v_t")
    symbols = sympy.symbols("u v")
    u_t, v_t = (
        varying.right_sides[name].subs(dict(zip(symbols, (0.3, 0.7), strict=True))) for name in ("u_t", "v_t")
    )
    assert float(1.3 * u_t + 0.7 * v_t) == pytest.approx(0.3, rel=1e-12)
    assert float(v_t + 0.3 * u_t) == pytest.approx(0.7, rel=1e-12)


def test_a_written_left_side_is_kept_where_fewer_equations_than_derivatives_are_given() -> None:
    assert Equation("v_t = u_t + u").terms == {"v_t": {"u": 1.0, "u_t": 1.0}}
    assert Equation("u_t = v_t^2").terms == {"u_t": {"v_t^2": 1.0}}


def test_steady_equations_are_scaled_alike() -> None:
    poisson = Equation("u_xx + u_yy = 2*sin(x)")
    assert poisson.terms == {"0": {"u_xx": 1.0, "u_yy": 1.0, "sin(x)": -2.0}}
    assert poisson == Equation("sin(x) = 0.5*u_xx + u_yy/2")
    assert Equation("3*i*u_xx = u") == Equation("u_xx + i*u/3 = 0")
    assert Equation("nu*u_xx = u", parameters="nu").text == "0 = -u/nu + u_xx"


def test_a_system_may_hold_constraints() -> None:
    flow = Equation("u_t = -p_x; v_t = -p_y; 2*v_y = -2*u_x")
    assert flow.left_sides == ("u_t", "v_t", "0")
    assert flow.components == ("p", "u", "v")
    cauchy_riemann = Equation("u_y = -v_x; u_x = v_y")
    assert cauchy_riemann.left_sides == ("0", "0_2")
    assert cauchy_riemann == Equation("2*u_x = 2*v_y; v_x + u_y")
    assert Equation.from_terms(cauchy_riemann.terms) == cauchy_riemann


def test_terms_are_named_by_their_sorted_factors() -> None:
    terms = Equation("u_t = v*u_y + x*u_x + u*u_x*3 + u^2*u_x - abs(u)^2*u + 5").terms["u_t"]
    assert terms == {"u_y*v": 1.0, "u_x*x": 1.0, "u*u_x": 3.0, "u^2*u_x": 1.0, "abs(u)^2*u": -1.0, "1": 5.0}


def test_right_sides_are_plain_sympy() -> None:
    right = Equation("u_t = -u*u_x + nu*u_xx + 0.5*x", parameters="nu").right_sides["u_t"]
    u, u_x, u_xx, nu, x = sympy.symbols("u u_x u_xx nu x")
    assert sympy.simplify(right - (-u * u_x + nu * u_xx + 0.5 * x)) == 0


def test_constants_stay_within_exponentials() -> None:
    equation = Equation("u_t = 0.1*exp(-x^2 - 2500.5 + 100*x)", parameters="a")
    right = sympy.lambdify(sympy.Symbol("x"), equation.right_sides["u_t"], "numpy")
    assert right(50.0) == pytest.approx(0.1 * np.exp(-0.5), rel=1e-12)
    parametric = Equation("u_t = exp(a + 1.5)*u", parameters="a")
    assert Equation.from_terms(parametric.terms, parameters="a") == parametric


def test_axes_and_orders() -> None:
    equation = Equation("u_tt = u_xx + u_yyyy + sin(z)")
    assert equation.axes == ("t", "x", "y", "z")
    assert [equation.order(axis) for axis in equation.axes] == [2, 2, 4, 0]
    with pytest.raises(EquationError, match="is no axis"):
        equation.order("q")


def test_axes_are_numbered_where_there_are_many() -> None:
    equation = Equation("u_x1x1 + u_x2x2 + u_x5x5 = x2*u_x1x2")
    assert equation.axes == ("x1", "x2", "x5")
    assert equation.order("x5") == 2
    assert Equation(equation.latex) == equation
    assert Equation("u_t = lap(u)", axes=("x1", "x2")) == Equation("u_t = u_x1x1 + u_x2x2")


def test_numbered_names_are_what_else_they_may_be() -> None:
    assert Equation("x1_t = x2; x2_t = -x1").components == ("x1", "x2")
    assert Equation("u_t = k_x1*u", parameters="k_x1").parameters == ("k_x1",)
    with pytest.raises(EquationError, match="'x1' has no derivative and no value here"):
        Equation("u_t = x1*u")


def test_denominators_have_one_form() -> None:
    assert Equation("u_t = 1/(2*u*v + 2*u)") == Equation("u_t = 0.5/(u*(1 + v))")
    assert Equation("u_t = u/(u^2 + 2*u + 1)") == Equation("u_t = u/(1 + u)^2")
    assert Equation("u_t = (u^2 - 1)/(u + 1)^2*(u + 1)") == Equation("u_t = u^2/(u + 1) - 1/(u + 1)")
    parametric = Equation("u_t = a*u/(a - b) - b*u/(a - b)", parameters=("a", "b"))
    assert parametric == Equation("u_t = u")


def test_rounding_does_not_depend_on_how_an_equation_is_written() -> None:
    assert Equation("u_t = 0.1*u + 0.2*u") == Equation("u_t = 0.3*u")
    assert Equation("3*u_t = u + 0.3*u_xx") == Equation("u_t = u/3 + 0.1*u_xx")


def test_comparisons() -> None:
    one, close, far = (Equation(f"u_t = {c}*u_xx - u*u_x") for c in ("0.1", "0.1000000000001", "0.3"))
    assert one != close
    assert one.isclose(close)
    assert not one.isclose(far)
    assert one.same_terms(far)
    assert not one.same_terms(Equation("u_t = u_xx"))
    assert one != "u_t = -u*u_x + 0.1*u_xx"
    symbolic = Equation("u_t = 2*nu*u_xx", parameters="nu")
    assert symbolic.isclose(Equation("u_t = 2.0000000000001*nu*u_xx", parameters="nu"))
    assert not symbolic.isclose(Equation("u_t = 2*u_xx"))
    assert symbolic != Equation("u_t = 2*mu*u_xx", parameters="mu")


def test_parameters_take_values() -> None:
    equation = Equation("u_t = nu*u_xx + sin(k*x)*u/(K + u)", parameters=("nu", "k", "K"))
    partly = equation.substitute(nu=0.1)
    assert partly.parameters == ("K", "k")
    assert partly.substitute({"k": 2, "K": 0.5}) == Equation("u_t = 0.1*u_xx + sin(2*x)*u/(u + 0.5)")
    with pytest.raises(EquationError, match="is no parameter"):
        equation.substitute(mu=1.0)
    with pytest.raises(EquationError, match="needs a number"):
        equation.substitute(nu="0.1")  # type: ignore[arg-type]
    with pytest.raises(EquationError, match="no finite value"):
        Equation("u_t = u/nu", parameters="nu").substitute(nu=0)


def test_terms_take_any_number() -> None:
    nu = sympy.Symbol("nu")
    equation = Equation.from_terms(
        {"u_t": {"u_xx": 0.5 * nu, "u": np.float64(2.5), "u^2": np.complex128(1j), "v": 3, "u_x": 0.0}},
        parameters="nu",
    )
    assert equation.terms["u_t"] == {"u_xx": 0.5 * nu, "u": 2.5, "u^2": 1j, "v": 3.0}
    assert Equation.from_terms({"u_t": {}}).text == "u_t = 0"


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"u_t": {"u_xx": float("nan")}}, "not finite"),
        ({"u_t": {"u_xx": "much"}}, "is no number"),
        ({"u_t": {"u_xx": sympy.Symbol("nu")}}, "declare it"),
        ({"u_t": {"u_xx = u": 1.0}}, "not one term"),
        ({"u_t": {"u +": 1.0}}, "ends here"),
        ({"u_t": {"c": 1.0}}, "'c' has no derivative"),
        ({}, "says nothing"),
    ],
)
def test_wrong_terms_are_refused(terms: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(EquationError, match=message):
        Equation.from_terms(terms)  # type: ignore[arg-type]


def test_an_equation_does_not_change() -> None:
    equation = Equation("u_t = u_xx")
    with pytest.raises(AttributeError, match="does not change"):
        equation.text = "u_t = 0"
    equation.terms["u_t"]["u_xx"] = 7.0
    assert equation.terms == {"u_t": {"u_xx": 1.0}}


def test_an_equation_is_read_from_another_or_from_text_only() -> None:
    equation = Equation("u_t = nu*u_xx", parameters="nu")
    assert Equation(equation) == equation
    with pytest.raises(EquationError, match="read from"):
        Equation(3)  # type: ignore[arg-type]
    with pytest.raises(EquationError, match="read from"):
        Equation([b"u_t = u"])  # type: ignore[list-item]


def test_an_equation_simulates_itself() -> None:
    x, t = 2 * np.pi * np.arange(32) / 32, np.linspace(0, 0.5, 6)
    start = xr.Dataset({"u": (("t", "x"), np.tile(np.sin(x), (6, 1)))}, {"t": t, "x": x})
    field = Equation("u_t = nu*u_xx", parameters="nu").simulate(
        start, t=t, parameters={"nu": 2.0}, periodic=True
    )
    exact = np.exp(-2.0 * t)[:, None] * np.sin(x)
    np.testing.assert_allclose(field["u"].transpose("t", "x").values, exact, atol=1e-5)


def test_the_room_opens_without_sympy() -> None:
    code = (
        "import sys, physforge_kernel.equations; sys.exit('sympy' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
