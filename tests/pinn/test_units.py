"""Units of a problem: what agrees, what does not, and what carries them on."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.pinn import Ball, Problem, Settings, Solution

LINE = {"x": (-1, 1), "t": (0, 1)}
BURGERS = "u_t + u*u_x = 0.1*u_xx"
ENOUGH = ["u(x, 0) = -sin(pi*x)", "u(-1, t) = 0", "u(1, t) = 0"]
SI = {"u": "m/s", "x": "m", "t": "s"}


@pytest.mark.parametrize(
    ("equation", "conditions", "units"),
    [
        (BURGERS, ENOUGH, SI),
        (BURGERS, ENOUGH, {"u": "cm/s", "x": "cm", "t": "s"}),
        (BURGERS, ENOUGH, {"u": "m"}),  # the others might be anything
        (BURGERS, ["u(x, 0) = 0.3*x + 2", *ENOUGH[1:]], SI),
        (BURGERS, [ENOUGH[0], "periodic in x"], SI),
        (BURGERS, [*ENOUGH[:2], "u_x(1, t) + 2*u(1, t) = 1"], SI),
        ("u_t = 0.1*u_xx + 3*sin(u)", ENOUGH, {"u": "rad", "x": "m", "t": "s"}),
        ("u_t = 0.1*u_xx - 2*u/(3 + u)", ENOUGH, {"u": "mol/L", "x": "m", "t": "h"}),
        ("u_t + sqrt(u**2)*u_x = 0.1*u_xx", ENOUGH, SI),
    ],
)
def test_units_that_match_pass(equation: str, conditions: list[str], units: dict[str, str]) -> None:
    assert Problem(equation, LINE, conditions, units=units).units.given == units


@pytest.mark.parametrize(
    ("equation", "conditions", "units", "sentence"),
    [
        (
            "u_t + u_x = 0.1*u_xx",
            ENOUGH,
            SI,
            "u_t is in m s\\^-2, and u_x is in s\\^-1; a number other than one",
        ),
        ("u_t = 0.1*u_xx - u", ENOUGH, {"u": "K", "t": "s"}, "the equation .* do not match: u.* is in K"),
        ("u_t = 0.1*u_xx + sin(u)", ENOUGH, {"u": "m", "t": "s"}, "sin is given u, which is in m"),
        ("u_t = 0.1*u_xx + sin(u)", ENOUGH, {"u": "1", "t": "s"}, "is in s\\^-1, and .* is in pure numbers"),
        ("u_t = 0.1*u_xx + 3*u**u", ENOUGH, {"u": "m"}, "the exponent is u, which is in m"),
        (BURGERS, ["u(x, 0) = x", *ENOUGH[1:]], SI, "'u\\(x, 0\\) = x' the units do not match"),
        (BURGERS, ["u(x, 0) = -sin(x)", *ENOUGH[1:]], SI, "sin is given x, which is in m"),
        (BURGERS, [*ENOUGH[:2], "u_x(1, t) + u(1, t) = 1"], SI, "u_x is in s\\^-1, and u is in m s\\^-1"),
        (BURGERS, ENOUGH, {"u": "furlong"}, "The unit 'furlong' of u is not understood"),
        (BURGERS, ENOUGH, {"w": "m"}, "units names 'w'; the problem has u, x, t"),
        (BURGERS, ENOUGH, {"u": 3}, "The unit of u is 3; give a text"),
        (BURGERS, ENOUGH, "m/s", "units is 'm/s'; give them by name"),
    ],
)
def test_units_that_do_not_match_are_told(
    equation: str, conditions: list[str], units: object, sentence: str
) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        Problem(equation, LINE, conditions, units=cast(Any, units))


def test_a_flux_through_a_shape_has_the_unit_of_a_slope() -> None:
    ball, units = {"x, y": Ball((0, 0), 1)}, {"u": "K", "x": "m", "y": "m"}
    Problem("u_xx + u_yy = 0", ball, ["u_n + 2*u = 1 on boundary"], units=units)
    with pytest.raises(pf.PhysForgeError, match=r"n_x\*u_x is in m\^-1 K"):
        Problem("u_xx + u_yy = 0", ball, ["u_n + u = 1 on boundary"], units=units)


def test_a_constant_has_the_unit_that_it_is_given() -> None:
    field = xr.Dataset({"u": (("x", "t"), np.ones((3, 3)))}, {"x": [-1, 0, 1], "t": [0, 0.5, 1]})

    def pose(**units: str) -> Problem:
        return Problem("u_t = nu*u_xx", LINE, ENOUGH, field, {"nu": (0.01, 1)}, units={**SI, **units})

    pose()
    assert pose(nu="m^2/s").units.of("nu") == "m^2/s"
    with pytest.raises(pf.PhysForgeError, match="nu\\*u_xx"):
        pose(nu="m/s")


@pytest.mark.parametrize(("theirs", "alike"), [("m/s", True), ("m s-1", True), ("km/s", False), ("K", False)])
def test_measurements_in_other_units_are_told(theirs: str, alike: bool) -> None:
    field = xr.Dataset({"u": (("x", "t"), np.ones((3, 3)))}, {"x": [-1, 0, 1], "t": [0, 0.5, 1]})
    field.u.attrs["units"] = theirs
    if alike:
        Problem(BURGERS, LINE, ENOUGH, field, units=SI)
    else:
        with pytest.raises(pf.PhysForgeError, match=f"have u in '{theirs}' and the problem in 'm/s'"):
            Problem(BURGERS, LINE, ENOUGH, field, units=SI)


def test_a_solution_carries_units_into_fields_and_files(tmp_path: Any) -> None:
    problem = Problem(BURGERS, LINE, ENOUGH, units=SI)
    solution = Solution.load(pf.solve(problem, settings=Settings(steps=2)).save(tmp_path / "solution"))
    found = solution.derivatives("u", "u_xx", x=5, t=5)
    told = {str(name): each.attrs.get("units") for name, each in found.variables.items()}
    assert told == {"u": "m/s", "u_xx": "m/s/m^2", "x": "m", "t": "s"}


def test_a_job_with_units_that_do_not_match_is_refused() -> None:
    from pydantic import ValidationError

    from physforge_kernel.jobs.kinds.pinn import PinnConfig

    given: dict[str, Any] = {"equation": [BURGERS], "domain": LINE, "conditions": ENOUGH}
    PinnConfig(**given, units=SI)
    with pytest.raises(ValidationError, match="units do not match"):
        PinnConfig(**given, units=SI | {"u": "m"})
