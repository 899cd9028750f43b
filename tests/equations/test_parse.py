"""What is read as an equation, in which notations, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physforge_kernel.equations import Equation, derivative_name, split_derivative
from physforge_kernel.errors import EquationError

BURGERS = Equation("u_t = -u*u_x + 0.1*u_xx")


@pytest.mark.parametrize(
    "text",
    [
        "u_t + u*u_x = 0.1*u_xx",
        "u_t + u u_x - 0.1 u_{xx}",
        "du/dt = -u du/dx + 0.1 d2u/dx2",
        "du/dt = -u*du/dx + 0.1*d^2u/dx^2",
        "∂u/∂t = −u·∂u/∂x + 0.1·∂²u/∂x²",
        "∂_t u + u ∂_x u = 0.1 ∂_xx u",
        "uₜ = -u uₓ + 0.1 uₓₓ",
        "u_t = -d/dx(u**2)/2 + 0.1 u_xx",
        "u_t = -(u^2/2)_x + 0.1*(u)_{xx}",
        "u_t = -D(u^2, x)/2 + diff(u, x, 2)/10",
        "u_t = -d(u^2)/dx/2 + D(u, x, x)/10",
        "u_t(x, t) = -u(x,t) u_x + 0.1 u_xx(x, t)",
        "u_t = - u u_x + 1e-1 Δu",
        "u_t = - u u_x + .1 ∇²u",
        "u_t = -u*u_x\n      + 0.1*u_xx",
        "10 u_t = -10 u u_x + u_xx",
        r"\frac{\partial u}{\partial t}+u\frac{\partial u}{\partial x}=0.1\frac{\partial^2u}{\partial x^2}",
        r"\frac{\partial u}{\partial t} = -\frac{1}{2}\frac{\partial}{\partial x}\left(u^2\right)+0.1u_{xx}",
        r"\partial_t u = -\tfrac12 \partial_x u^2 + 10^{-1} \partial_{xx} u",
        r"$u_{t} = - u \cdot u_{x} + 0.1 \, \partial_x^2 u$",
        r"\[ \dot{u} = -uu_x + 0.1 \nabla^2 u \]",
        r"\frac{du}{dt} = -u\frac{du}{dx} + \frac{1}{10}\Delta u",
        r"\begin{equation} u_t &= -u u_x + \frac{u_{xx}}{10} \end{equation}",
        r"\frac{\mathrm{d}u}{\mathrm{d}t} = -\frac{\partial (u^2/2)}{\partial x} + 0.1 u_{xx}",
    ],
)
def test_every_notation_of_burgers_is_the_same_equation(text: str) -> None:
    assert Equation(text) == BURGERS


@pytest.mark.parametrize(
    "text", ["u_t = 1,5*u", "u_t = 0,1 u_xx", "1,5 u_t = u", r"u_t = 1,5\,u", "u_t=u+1,5"]
)
def test_a_decimal_comma_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(EquationError, match=r"write a decimal point, as in 1\.5"):
        Equation(text)


def test_a_comma_before_another_equation_separates() -> None:
    assert Equation("u_t = 1, v_t = u") == Equation("u_t = 1; v_t = u")
    assert Equation("u_t = v + 1, 2 v_t = u") == Equation("u_t = v + 1; 2*v_t = u")
    assert Equation("u_t = v,v_t = u") == Equation("u_t = v; v_t = u")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("u_t = -u_xyx", "u_t = -u_xxy"),
        ("∂²u/∂x∂t = sin(u)", "0 = -sin(u) + u_xt"),
        ("u_tt = 4*(u_xx + u_yy) - 0.5 u_t", "u_tt = -0.5*u_t + 4*u_xx + 4*u_yy"),
        ("u_t = (u*u_x)_x", "u_t = u_x^2 + u*u_xx"),
        ("u_t = (sin(u))_xx", "u_t = -sin(u)*u_x^2 + cos(u)*u_xx"),
        ("u_t = D(x^2*u, x)", "u_t = 2*x*u + x^2*u_x"),
        ("u_t = (1 + u)^2 - (1 + u^2)", "u_t = 2*u"),
        ("u_t = u(1 - u)", "u_t = u - u^2"),
        ("u_t = 2u 3v", "u_t = 6*u*v"),
        ("u_t = 3/4 u", "u_t = 0.75*u"),
        ("u_t = -u^2^0.5", "u_t = -u^1.4142135623730951"),
        ("u_t = u^(1/3) + sqrt(4 u)", "u_t = u^(1/3) + 2*sqrt(u)"),
        ("u_t = u/(2 + 4 u)^2", "u_t = 0.0625*u/(u + 0.5)^2"),
        ("u_t = |u - 1| |u|", "u_t = abs(u - 1)*abs(u)"),
        ("u_t = sin^2(u) + tanh(x/2)", "u_t = tanh(0.5*x) + sin(u)^2"),
        ("u_t = (atan(u_x))_x", "u_t = u_xx/(u_x^2 + 1)"),
        ("u_t = exp(1) u + pi", "u_t = 3.141592653589793 + 2.718281828459045*u"),
        ("u_t = sin(2 pi x - pi t/2)", "u_t = -sin(pi/2*t - 2*pi*x)"),
        ("u_t = sign(u) + log(x) + conj(u)", "u_t = log(x) + conj(u) + sign(u)"),
        ("i u_t = -u_xx/2 - |u|^2 u", "u_t = i*conj(u)*u^2 + 0.5*i*u_xx"),
        ("u_t = 0.5i u_xx + i u^2 conj(u)", "u_t = i*conj(u)*u^2 + 0.5*i*u_xx"),
        ("u_t = i |u_x v|^4 + i |u|^3", "u_t = i*abs(u)^3 + i*conj(v)^2*v^2*conj(u_x)^2*u_x^2"),
        ("u_t = u_xx - |u|^2 u", "u_t = -abs(u)^2*u + u_xx"),
        ("u_t = Δ^2 u + u_x + u_y", "u_t = u_x + u_y + u_xxxx + 2*u_xxyy + u_yyyy"),
        ("w_t = -u w_x - v w_y", "w_t = -u*w_x - v*w_y"),
        ("h_t = -(h*q)_x; q_t = -h_x", "h_t = -h*q_x - q*h_x; q_t = -h_x"),
        ("temp_t = 0.5 temp_xx", "temp_t = 0.5*temp_xx"),
        ("α_t = α_xx", "alpha_t = alpha_xx"),
        ("u_x_t = u", "0 = -u + u_xt"),
        (r"\rho_t = -\rho_x", "rho_t = -rho_x"),
        (r"u_t = \sin 2 u - \sqrt[3]{u}", "u_t = -u^(1/3) + sin(2*u)"),
        (
            r"u_t = \left|u\right|^2 u + \overline{u} + \lvert u \rvert",
            "u_t = abs(u) + conj(u) + conj(u)*u^2",
        ),
        (r"u_{tt} = \frac{0.01}{\pi} u_{xx}", "u_tt = 0.0031830988618379067*u_xx"),
        (r"\ddot{u} = -\omega_x \cdot 2", "u_tt = -2*omega_x"),
    ],
)
def test_a_text_gets_its_canonical_form(text: str, canonical: str) -> None:
    assert Equation(text).text == canonical


def test_systems_come_as_a_list_or_separated_texts() -> None:
    lorenz = Equation(["x_t = 10*(y - x)", "y_t = x*(28 - z) - y", "z_t = x*y - 8/3*z"])
    assert lorenz == Equation("x_t = 10 (y-x); y_t = x (28-z) - y; z_t = x y - 8 z/3")
    assert lorenz == Equation("z_t = x*y - 8/3*z\n\ny_t = x*(28 - z) - y,\nx_t = 10*(y - x)\n")
    assert lorenz.components == ("x", "y", "z")
    assert lorenz.axes == ("t",)
    assert lorenz.terms["z_t"] == {"x*y": 1.0, "z": -8 / 3}


def test_declared_names_are_parameters_and_fields() -> None:
    equation = Equation(
        "u_t = D(u_xx) - k_on*u/(K + u) + beta*c", parameters=("D", "k_on", "K", "beta"), components="c"
    )
    assert equation.parameters == ("D", "K", "beta", "k_on")
    assert equation.components == ("c", "u")
    assert str(equation.terms["u_t"]["u_xx"]) == "D"


def test_greek_letters_are_names() -> None:
    spelled = Equation("u_t = nu*u_xx - epsilon*u", parameters=("nu", "epsilon"))
    assert spelled == Equation("u_t = ν u_xx − ε u", parameters=("nu", "epsilon"))
    assert spelled == Equation(r"u_t = \nu u_{xx} - \varepsilon u", parameters=("nu", "epsilon"))


def test_a_component_may_be_called_like_the_imaginary_unit() -> None:
    sir = Equation("S_t = -b*S*I; I_t = b*S*I - g*I", parameters=("b", "g"))
    assert sir.components == ("I", "S")
    assert Equation("I_t = 2 i I").terms == {"I_t": {"I": 2j}}


@pytest.mark.parametrize(
    "written",
    [
        Equation("i u_t + 1/2 u_xx + |u|^2 u = 0"),
        Equation(r"i u_t + \frac{1}{2} u_{xx} + u^2 \bar{u} = 0"),
        Equation.from_terms({"u_t": {"abs(u)^2*u": 1j, "u_xx": 0.5j}}),
        Equation("u_t = p*abs(u)^2*u + 0.5*p*u_xx", parameters="p").substitute(p=1j),
        Equation("abs(u)^n*u_t = abs(u)^(n + 2)*i*u + 0.5i*u_xx*abs(u)^n", parameters="n").substitute(n=1),
    ],
)
def test_a_square_modulus_has_one_form(written: Equation) -> None:
    assert written.terms == {"u_t": {"conj(u)*u^2": 1j, "u_xx": 0.5j}}


def test_the_absolute_value_of_a_complex_field_is_differentiated_as_such() -> None:
    complex_field = Equation("i u_t = (abs(u)^2)_x")
    assert complex_field == Equation("u_t = -i*(conj(u)*u_x + u*conj(u_x))")
    assert Equation("u_t = (abs(u))_x") == Equation("u_t = sign(u) u_x")


def test_the_laplacian_takes_its_axes_from_the_text_or_the_caller() -> None:
    assert Equation("u_t = Δu", axes=("x", "y")) == Equation("u_t = u_xx + u_yy")
    assert Equation("u_t = Δu + u_z") == Equation("u_t = u_zz + u_z")
    with pytest.raises(EquationError, match="Laplacian's axes"):
        Equation("u_t = Δu")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no equation"),
        ("u_t =", "ends here"),
        ("u_t = 2 +", "ends here"),
        ("u_t = (u", "never closed"),
        ("u_t = u)", "closes nothing"),
        ("u_t = (u]", "to close"),
        ("u_t = |u", "never closed"),
        ("u_t = u = v", "second '='"),
        ("u_t = nu*u_xx", r"parameters=\('nu',\)"),
        ("u_t = a*u + b*v", r"parameters=\('a', 'b'\)"),
        ("u_t = u @ v", "'@' has no meaning"),
        ("u_t = 3 4 u", "Two numbers"),
        ("u_t = sin u", "argument in parentheses"),
        ("u_t = e^(-u)", "exp"),
        ("u_t = u/0", "divides by zero"),
        ("u_t = u/(1 - 1)", "divides by zero"),
        ("u_t = 0^(-1)", "divides by zero"),
        ("u_t = log(0) u", "no finite value"),
        ("u_t = exp(1000) u", "no finite value"),
        ("u_t = 1e999 u", "beyond"),
        ("d2u/dx3 = u_t", "order 2 above the bar and 3 below"),
        (r"\frac{\partial^2 u}{\partial x} = u", "order 2 above the bar and 1 below"),
        (r"u_t = \foo u", r"\\foo"),
        ("u_t = (u)_q", "holds only t, x, y and z"),
        ("u_t = " + "u_" + "x" * 13, "highest order"),
        ("u_t = D(u, u)", "was expected here"),
        ("x_t = u_x", "both a component"),
        ("u_t^2 = u_x", "does not occur linearly"),
        ("u_t = u_t", "says nothing"),
        ("3 = 0", "no field"),
        ("u_t = 1; u_t = 2", "contradict"),
        ("u_t = ∂u", "Write a derivative as"),
        ("u_t = ∇u", "only the Laplacian"),
    ],
)
def test_a_wrong_text_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(EquationError, match=message):
        Equation(text)


def test_an_error_points_at_its_place() -> None:
    with pytest.raises(EquationError) as caught:
        Equation("u_t = 1;\nv_t = u + (3*v")
    message, line, caret = str(caught.value).split("\n")
    assert "never closed" in message
    assert line[caret.index("^")] == "("


@pytest.mark.parametrize("declaration", [{"parameters": "x"}, {"parameters": "sin"}, {"components": "a b"}])
def test_names_with_a_meaning_cannot_be_declared(declaration: dict[str, str]) -> None:
    with pytest.raises(EquationError, match="cannot name"):
        Equation("u_t = u", **declaration)


def test_a_differentiated_name_is_no_parameter() -> None:
    with pytest.raises(EquationError, match="differentiates it"):
        Equation("c_t = c_xx", parameters="c")
    with pytest.raises(EquationError, match="depends on nothing"):
        Equation("u_t = c(x)*u_x", parameters="c")


@pytest.mark.parametrize(
    "text",
    [
        "u_t = 9^9^9^9",
        "u_t = (9^9)^(9^9)",
        "u_t = ((2^64)^64)^64",
        "u_t = " + "(" * 10_000 + "u" + ")" * 10_000,
        "u_t = " + "(" * 10_000,
        "u_t = " + "D(" * 45 + "u" + ")" * 45,
        "u_t = " + "D(" * 2_000 + "u, x)",
        "u_t = " + "d(" * 45 + "u" + ")" * 45,
        "u" + "^u" * 5_000,
        "u_t = u^1000000",
        "u_t = u^60*u^60",
        "u_t = ((u^64)^64)^64",
        "u_t = (u + v + w + x + 1)^40",
        "u_t = (((u + 1)^40 + v)^40 + w)^40",
        "u_t = (((((u*v)^2)_xxx*(u*v)^2)_xxx*(u*v)^2)_xxx*u)_xxx",
        "u_t = D(" * 30 + "u" + ", x, 12)" * 30,
        "u_t = 1e99999999999 u",
        "u_t = " + "9" * 15_000 + " u",
        "u_t = D(u, x, 99)",
        "∂_x^99 u = 0",
        "Δ^99 u = u_x",
        "u;" * 9_000,
        "u_t = " + "\\frac{" * 3_000,
        "u_t = " + "u + " * 10_000,
        "\n" * 19_000,
    ],
)
@pytest.mark.timeout(20)
def test_absurd_texts_are_refused(text: str) -> None:
    with pytest.raises(EquationError):
        Equation(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="utxyv_^*/+-()[]{}|=;,. 0123456789eipνd∂Δ∇²\\\nabsincofrqD", max_size=40))
def test_any_text_is_read_or_refused_as_an_equation(text: str) -> None:
    try:
        equation = Equation(text, parameters="nu")
    except EquationError:
        return
    assert Equation(equation.text, parameters="nu", components=equation.components) == equation


@given(
    st.sampled_from(["u", "rho", "u1", "vel_mean", "x"]),
    st.dictionaries(st.sampled_from("txyz"), st.integers(1, 3), min_size=1),
)
def test_derivative_names_split_into_what_they_were_made_of(component: str, orders: dict[str, int]) -> None:
    assert split_derivative(derivative_name(component, orders), [component]) == (component, orders)
    assert split_derivative(derivative_name(component, orders), ["other"]) is None


def test_a_derivative_that_would_grow_out_of_hand_is_refused_and_long_ones_are_not():
    with pytest.raises(EquationError, match="Written out, this derivative is too long: take fewer"):
        Equation("u_t = (sin(u)*cos(u)*exp(u))_xxxxxxxxxxxx")
    assert len(Equation("u_t = (sin(u)*cos(u)*exp(u))_xxxxxx").terms["u_t"]) > 20
    assert "u_xxxxxxxxxxxx" in Equation("u_t = sin(u)_xxxxxxxxxxxx").text
