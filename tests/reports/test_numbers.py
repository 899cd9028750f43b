"""Numbers that claim no more than is known."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from physforge_kernel.reports import law, numbers

VALUES = st.floats(-1e12, 1e12, allow_nan=False)
ERRORS = st.floats(1e-12, 1e12)


def read_back(made: numbers.Measured) -> tuple[Decimal, Decimal]:
    """What a reader takes the printed value and its error for."""
    sign = -1 if made.negative else 1
    scale = Decimal(1).scaleb(made.power)
    return sign * Decimal(made.value) * scale, Decimal(made.spread) * scale


@given(VALUES, ERRORS)
def test_a_value_is_printed_within_its_error_and_with_the_error_s_digits(value, error):
    assume(error > abs(value) * 1e-8)
    made = numbers.measured(value, error)
    printed, spread = read_back(made)
    assert abs(float(printed) - value) <= 0.51 * float(spread)
    assert float(spread) == pytest.approx(error, rel=0.35)
    assert len(made.value.partition(".")[2]) == len(made.spread.partition(".")[2])


@given(VALUES, ERRORS)
def test_the_error_has_one_digit_or_two_if_it_begins_with_1(value, error):
    assume(error > abs(value) * 1e-8)
    _, spread = read_back(numbers.measured(value, error))
    digits = "".join(map(str, spread.normalize().as_tuple().digits))
    assert len(digits) == 1 or (len(digits) == 2 and digits[0] == "1")


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (0.100312, 0.00068, "0.1003 \u00b1 0.0007"),
        (-1.0024, 0.0118, "\u22121.002 \u00b1 0.012"),
        (12345.0, 210.0, "12300 \u00b1 200"),
        (1.234e-7, 3.1e-9, "(1.23 \u00b1 0.03)\u00b710\u207b\u2077"),
        (-2.5e9, 1.2e8, "\u2212(2.50 \u00b1 0.12)\u00b710\u2079"),
        (0.0, 0.05, "0.00 \u00b1 0.05"),
        (0.996, 0.0096, "0.996 \u00b1 0.010"),
        (2.0, None, "2"),
        (2.0, 0.0, "2"),
        (2.0, math.inf, "2"),
    ],
)
def test_values_print_as_a_physicist_would_write_them(value, error, printed):
    assert str(numbers.measured(value, error)) == printed


@given(VALUES, st.floats(1e-6, 1e6))
def test_an_interval_s_ends_are_told_apart(middle, half):
    assume(half > abs(middle) * 1e-8)
    low, high = middle - half, middle + half
    ends = numbers.interval(low, high)[1:-1].split(", ")
    assert len(ends) == 2
    assert ends[0] != ends[1]


@given(st.floats(0, 1e6))
def test_a_duration_is_short(value):
    assert len(numbers.seconds(value)) <= 12


RESULT = {
    "equation": "u_t = -u*u_x + 0.1*u_xx",
    "terms": {"u_t": {"u*u_x": -1.0024, "u_xx": 0.100312}, "v_t": {"1": {"re": 0.0, "im": 0.5}}},
    "standard_errors": {"u_t": {"u*u_x": 0.0118, "u_xx": 0.00068}},
    "intervals": {"u_t": {"u*u_x": [-1.026, -0.979], "u_xx": [0.09897, 0.10165]}},
}


def test_a_law_prints_on_one_line_with_standard_errors():
    first, second = law.sides(RESULT)
    assert law.line(first) == "u_t = \u2212(1.002 \u00b1 0.012) u*u_x + (0.1003 \u00b1 0.0007) u_xx"
    assert law.line(second) == "v_t = (0 + 0.5i)"
    assert [term.interval_text for term in first.terms] == ["[\u22121.026, \u22120.979]", "[0.0990, 0.1016]"]


@pytest.mark.parametrize(
    ("factors", "tex"),
    [
        ("u*u_x", r"u\,u_{x}"),
        ("u^2*u_xx", r"u^{2}\,u_{xx}"),
        ("nu*u_xx", r"\nu\,u_{xx}"),
        ("temp_t", r"\mathrm{temp}_{t}"),
        ("sin(x)*u", r"\sin\left(x\right)\,u"),
        ("1", ""),
    ],
)
def test_terms_become_tex(factors, tex):
    assert law.tex(factors) == tex


def test_every_power_of_ten_in_a_complex_number_becomes_tex():
    assert numbers.typeset("(1·10⁵ − 2·10⁻⁶i)") == r"(1\cdot 10^{5} - 2\cdot 10^{-6}i)"
