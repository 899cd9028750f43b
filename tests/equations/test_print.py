"""What an equation prints, and that it reads back: text, LaTeX, Python, uncertainties."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from physforge_kernel.equations import Equation
from physforge_kernel.errors import EquationError

PARAMETERS = ("nu", "beta_0", "k_on", "lambda")

numbers = st.one_of(
    st.integers(1, 12).map(str),
    st.floats(1e-5, 1e5).map(repr),
    st.sampled_from(["pi", "2/3", "pi/4", "1e-5"]),
)
names = st.sampled_from(
    ["u", "v", "u_x", "u_xx", "v_xy", "temp_y", "x", "t", "nu", "beta_0", "k_on", "lambda"]
)
functions = st.sampled_from(["sin", "cos", "atan", "tanh", "exp", "abs", "sqrt", "conj", "sign", "log"])


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", "*", " "]), inner).map(
            lambda p: f"({p[0]}{p[1]}{p[2]})"
        ),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})/({p[1]} + 1.5)"),
        st.tuples(inner, st.sampled_from(["2", "3", "-1", "-2", "0.5", "(1/3)", "1.7"])).map(
            lambda p: f"({p[0]})^{p[1]}"
        ),
        st.tuples(functions, inner).map(lambda p: f"{p[0]}({p[1]})"),
        inner.map(lambda p: f"-{p}"),
    )


expressions = st.recursive(st.one_of(names, numbers), _deeper, max_leaves=7)


def _read(text: str) -> Equation:
    try:
        return Equation(text, parameters=PARAMETERS, components="temp")
    except EquationError:
        assume(False)
        raise


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(expressions, min_size=1, max_size=3), st.booleans())
def test_text_and_latex_read_back_as_the_same_equation(terms: list[str], steady: bool) -> None:
    left = "u_xxx" if steady else "u_t"
    equation = _read(f"{left} = {' + '.join(terms)}")
    declared = {"parameters": equation.parameters, "components": ("temp",)}
    assert Equation(equation.text, **declared) == equation
    assert Equation(equation.text, **declared).text == equation.text
    assert Equation(equation.latex, **declared) == equation
    assert Equation.from_terms(equation.terms, **declared) == equation


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(expressions, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_equal_equations_are_equal_in_any_order(terms: list[str], random: np.random.Generator) -> None:
    equation = _read(f"u_t = {' + '.join(terms)}")
    shuffled = list(terms)
    random.shuffle(shuffled)
    other = _read(f"{' + '.join(f'({term})' for term in shuffled)} - u_t")
    assert other == equation
    assert hash(other) == hash(equation)
    assert other.text == equation.text


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(["u", "u^3", "u*u_x", "u_xx", "sin(x)", "1", "u_x^2*x", "v"]),
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200),
            st.complex_numbers(max_magnitude=1e100, allow_nan=False, allow_infinity=False),
        ),
    )
)
def test_terms_survive_to_the_last_bit(terms: dict[str, complex]) -> None:
    equation = Equation.from_terms({"u_t": terms})
    assert equation.terms == {"u_t": {name: value for name, value in terms.items() if value != 0}}
    assert Equation(equation.text, components="v").terms == equation.terms


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("u_t = -u*u_x + 0.1*u_xx", "u_t = -u u_x + 0.1 u_{xx}"),
        ("u_t = 3e-4*u_xx - 2e7*u", r"u_t = -2\times10^{7} u + 3\times10^{-4} u_{xx}"),
        ("u_t = 0.00001*u", "u_t = 10^{-5} u"),
        ("u_t = nu*u_xx - beta_0*u/(1 + u)", r"u_t = -\frac{\beta_0 u}{u + 1} + \nu u_{xx}"),
        ("temp_t = k_on*temp_xx", r"\mathrm{temp}_t = k_{\mathrm{on}} \mathrm{temp}_{xx}"),
        ("a_1_t = a_1_xx", "a_{1,t} = a_{1,xx}"),
        ("i*u_t = -u_xx/2 - abs(u)^2*u", r"u_t = i \left|u\right|^2 u + 0.5 i u_{xx}"),
        ("u_t = sin(pi*x/2)*exp(-t)", r"u_t = \exp\left(-t\right) \sin\left(\pi/2 x\right)"),
        ("u_t = i*conj(u)*u^2 - v", r"u_t = -v + i \left|u\right|^2 u"),
        ("i_t = conj(i)*i^2", r"i_t = \overline{i} i^2"),
        ("u_t = conj(u)^2 + sqrt(u)", r"u_t = \sqrt{u} + {\overline{u}}^2"),
        ("u_t = v; v_t = -u", r"\begin{aligned} u_t &= v \\ v_t &= -u \end{aligned}"),
        ("u_t = 2^u*u^0.5*3", r"u_t = 3 \cdot 2^u \sqrt{u}"),
    ],
)
def test_latex_is_what_a_paper_shows(text: str, latex: str) -> None:
    equation = Equation(text, parameters=PARAMETERS)
    assert equation.latex == latex
    assert equation._repr_latex_() == f"$\\displaystyle {latex}$"
    assert Equation(latex, parameters=PARAMETERS, components=equation.components) == equation


@pytest.mark.parametrize(
    ("coefficient", "error", "text"),
    [
        (0.10029, 0.00068, "u_t = (0.1003 ± 0.0007)*u_xx"),
        (-1.00032, 0.00144, "u_t = -(1.0003 ± 0.0014)*u_xx"),
        (3.2123e-5, 2.1e-6, "u_t = (3.2 ± 0.2)e-5*u_xx"),
        (1234.56, 12.3, "u_t = (1235 ± 12)*u_xx"),
        (1234.56, 345.0, "u_t = (1200 ± 300)*u_xx"),
        (0.001, 2.0, "u_t = (0 ± 2)*u_xx"),
        (0.096, 0.0096, "u_t = (0.096 ± 0.010)*u_xx"),
        (4.2e8, 3e6, "u_t = (4.20 ± 0.03)e8*u_xx"),
        (1.0, 0.03, "u_t = (1.00 ± 0.03)*u_xx"),
        (0.5, 0.0, "u_t = 0.5*u_xx"),
        (0.5, float("inf"), "u_t = (0.5 ± ∞)*u_xx"),
        (0.5j, 0.01j, "u_t = (0.500 ± 0.010)*i*u_xx"),
        (-0.5j, 0.02j, "u_t = -(0.50 ± 0.02)*i*u_xx"),
        (1 - 0.5j, 0.02 + 0.03j, "u_t = ((1.00 ± 0.02) - (0.50 ± 0.03)*i)*u_xx"),
    ],
)
def test_coefficients_are_rounded_to_their_uncertainty(
    coefficient: complex, error: complex, text: str
) -> None:
    equation = Equation.from_terms({"u_t": {"u_xx": coefficient}})
    assert equation.text_with({"u_t": {"u_xx": error}}) == text


def test_latex_carries_uncertainties_too() -> None:
    equation = Equation("u_t = -3.21e-5*u_xx + u")
    assert equation.latex_with({"u_t": {"u_xx": 2e-6}}) == (
        r"u_t = u - \left(3.2 \pm 0.2\right)\times10^{-5} u_{xx}"
    )


def test_digits_shorten_numbers_everywhere() -> None:
    equation = Equation("u_t = 0.123456*u*sin(1.23456*x) + 123456*u_xx")
    assert equation.format(digits=3) == "u_t = 0.123*sin(1.23*x)*u + 1.23e5*u_xx"
    assert equation.format_latex(digits=3) == r"u_t = 0.123 \sin\left(1.23 x\right) u + 123000 u_{xx}"


def test_the_python_source_computes_the_right_sides() -> None:
    equation = Equation("u_t = lambda*u_xx - u*u_x/(1 + u^2) + pi*cos(pi*x)", parameters="lambda")
    namespace: dict[str, object] = {}
    exec(equation.python, namespace)
    u, u_x, u_xx, x = np.random.default_rng(0).uniform(1, 2, (4, 5))
    computed = namespace["right_sides"](x, u, u_x, u_xx, lambda_=0.3)["u_t"]  # type: ignore[operator]
    np.testing.assert_allclose(
        computed, 0.3 * u_xx - u * u_x / (1 + u**2) + np.pi * np.cos(np.pi * x), rtol=1e-14
    )


def test_complex_python_source_agrees_with_sympy() -> None:
    equation = Equation("i*u_t = -u_xx/2 - abs(u)^2*u - (1 + 2i)*conj(u)/u^2")
    namespace: dict[str, object] = {}
    exec(equation.python, namespace)
    right = sympy.lambdify([sympy.Symbol("u"), sympy.Symbol("u_xx")], equation.right_sides["u_t"], "numpy")
    u, u_xx = np.array([1 + 2j, 0.5 - 1j]), np.array([0.3 + 0.1j, 2j])
    np.testing.assert_allclose(namespace["right_sides"](u, u_xx)["u_t"], right(u, u_xx), rtol=1e-14)  # type: ignore[operator]


def test_copies_and_pickles_are_equal() -> None:
    equation = Equation("u_t = nu*u_xx - sin(k_on*x)*u", parameters=PARAMETERS)
    for twin in (pickle.loads(pickle.dumps(equation)), copy.copy(equation), copy.deepcopy(equation)):
        assert twin == equation
        assert twin.text == equation.text
        assert twin.parameters == ("k_on", "nu")
