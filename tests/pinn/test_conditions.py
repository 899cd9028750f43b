"""Conditions as texts, what they mean, and what is wrong with those that mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import sympy
import torch

import physforge_kernel as pf
from physforge_kernel.pinn import Problem
from physforge_kernel.pinn._conditions import read_conditions
from physforge_kernel.pinn._domain import Domain
from physforge_kernel.pinn._posed import pose
from physforge_kernel.pinn._trial import trial
from physforge_kernel.pinn.networks import MLP

LINE = {"x": (-1, 1), "t": (0, 1)}
BURGERS = "u_t + u*u_x = (0.01/pi)*u_xx"
ENOUGH = ["u(x, 0) = -sin(pi*x)", "u(-1, t) = 0", "u(1, t) = 0"]


def read(text: str) -> Any:
    return read_conditions([text], Domain.of(LINE), ["u"], [])[0]


def test_a_trace_names_a_derivative_at_a_place() -> None:
    condition = read("u_x(1, t) + 2*u(1, t) = cos(t)")
    assert {(t.component, t.orders, t.at["x"]) for t in condition.traces.values()} == {
        ("u", (1, 0), 1.0),
        ("u", (0, 0), 1.0),
    }
    assert condition.prescribed() is None


def test_a_prescribed_value_is_solved_for() -> None:
    trace, value = read("0 = 2*u(x, 0) - 4*sin(x)").prescribed()
    assert (trace.at, value) == ({"t": 0.0}, 2 * sympy.sin(sympy.Symbol("x")))


@pytest.mark.parametrize("text", ["u(-1, t) = u(1, t)", "u(1, t) - u(-1, t)", "periodic in x"])
def test_ends_that_are_alike_are_periodic(text: str) -> None:
    assert read(text).periodic(Domain.of(LINE)) == "x"
    assert read("u(-1, t) = -u(1, t)").periodic(Domain.of(LINE)) is None


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        (ENOUGH[1:], "needs an initial condition for u, and has 0; add 'u\\(x, 0\\) = ...'"),
        (ENOUGH[:2], "needs conditions at both ends of x for u, and has 1"),
        ([*ENOUGH, "u(1, t) = 1"], "contradict each other"),
        ([*ENOUGH, "u(x, 2) = 0"], "outside the domain's \\(0, 1\\)"),
        ([*ENOUGH, "u(0, x) = 0"], "'x' in the place of t"),
        ([*ENOUGH, "v(x, 0) = 0"], "names no field at a place"),
        ([*ENOUGH, "u(x, 0) = t"], "its other side depends on t"),
        ([*ENOUGH, "u(0) = 1"], "gives u 1 coordinates; the domain has 2, x, t"),
        ([*ENOUGH, "u(x, t) = 1"], "holds no coordinate"),
        ([*ENOUGH, "u(x, 0) = nu"], "cannot be read: 'nu'"),
        ([*ENOUGH, "u_y(x, 0) = 1"], "differentiated by y, which the domain does not have"),
        ([*ENOUGH, "periodic in q"], "Nothing can be periodic in 'q'"),
        ([*ENOUGH, 3], "neither a text such as"),
    ],
)
def test_conditions_that_cannot_hold_are_told(conditions: list[object], sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        Problem(BURGERS, LINE, conditions)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Problem("u_t = nu*u_xx", LINE, ENOUGH), "'nu' has no derivative and no value"),
        (
            lambda: Problem(BURGERS, {"x": (1, -1), "t": (0, 1)}, ENOUGH),
            "x is \\(1, -1\\); give its two ends, the lower one first",
        ),
        (
            lambda: Problem(BURGERS, {"x": (-1, 1)}, ENOUGH),
            "depends on t, for which the domain gives no interval",
        ),
        (lambda: Problem(BURGERS, {"x": (-1, 1), "q": (0, 1)}, ENOUGH), "'q' is no coordinate"),
        (lambda: Problem(BURGERS, cast(Any, {"x": 1, "t": (0, 1)}), ENOUGH), "give its two ends"),
        (lambda: Problem("u_tt = u_xx", LINE, ENOUGH), "2 conditions at its start \\(value and rate\\)"),
        (lambda: Problem(BURGERS, LINE, ENOUGH, parameters={"nu": (0, 1)}), "occurs neither in the equation"),
        (lambda: Problem("u_t = nu*u_xx", LINE, ENOUGH, parameters={"nu": (1, 0)}), "give two bounds"),
        (
            lambda: Problem("u_t = nu*u_xx", LINE, ENOUGH, parameters={"nu": (0, 1)}),
            "Without data nothing tells nu",
        ),
    ],
)
def test_problems_that_cannot_be_posed_are_told(make: Callable[[], Problem], sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        make()


def test_the_same_condition_twice_is_one() -> None:
    assert len(Problem(BURGERS, LINE, [*ENOUGH, "u(1, t) = 0*t"]).conditions) == 3


def test_a_trial_function_meets_values_and_rates_whatever_the_network() -> None:
    problem = Problem(
        "u_tt = 4*u_xx",
        {"x": (0, 2), "t": (1, 3)},
        ["u(x, 1) = sin(pi*x) + x", "u_t(x, 1) = x*(2 - x)", "u(0, t) = 0", "u(2, t) = 2"],
    )
    posed = pose(problem, MLP(width=5, depth=1))
    assert [rows.kind for rows in posed.rows] == ["equation"]
    weights = posed.approximation.initial(torch.Generator().manual_seed(0))
    from physforge_kernel.pinn._orders import Orders

    def at(x: float, t: float) -> tuple[float, float]:
        place = torch.tensor([[x, t]], dtype=torch.float64)
        jet = posed.approximation.field(weights, place, Orders.closed(("x", "t"), [(0, 1)]))
        return jet[(0, 0)].item(), jet[(0, 1)].item()

    assert at(0.3, 1.0) == pytest.approx((np.sin(0.3 * np.pi) + 0.3, 0.51), abs=1e-12)
    assert at(0.0, 2.2)[0] == pytest.approx(0.0, abs=1e-12)
    assert at(2.0, 2.2)[0] == pytest.approx(2.0, abs=1e-12)
    assert at(1.0, 2.2)[0] != pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("conditions", "periodic", "met", "note"),
    [
        (ENOUGH, {}, 3, ""),
        (["u(x, 0) = x^2*cos(pi*x)"], {"x": 2}, 0, "is not periodic in x"),
        (["u(x, 0) = cos(pi*x)"], {"x": 3}, 1, ""),
        (["u(x, 0) = abs(x)", "u(1, t) = 1", "u(-1, t) = 1"], {}, 2, "has a corner or a jump"),
        (["u(x, 0) = 1", "u(1, t) = 0", "u(-1, t) = 0"], {}, 2, "disagrees with other conditions"),
    ],
)
def test_conditions_that_would_do_harm_are_left_to_training(
    conditions: list[str], periodic: dict[str, int], met: int, note: str
) -> None:
    box = Domain.of(LINE)
    found = trial("u", read_conditions(conditions, box, ["u"], []), box, periodic)
    assert len(found.met) == met
    assert note in " ".join(found.notes)
    assert bool(found.notes) == bool(note)
