"""Variables that have no law of their own and stand in those of others."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp

import physforge_kernel as pf

from .conftest import reference


@cache
def driven() -> xr.Dataset:
    """`u_t = -0.5*u + 2*f - 0.3*f*u`, driven by two tones."""
    t = np.linspace(0, 20, 500)

    def force(s: np.ndarray | float) -> np.ndarray | float:
        return np.sin(1.7 * s) + 0.5 * np.cos(0.6 * s)

    u = solve_ivp(
        lambda s, y: -0.5 * y + 2 * force(s) - 0.3 * force(s) * y,
        (0, 20),
        [1.0],
        t_eval=t,
        rtol=1e-9,
        atol=1e-9,
    ).y[0]
    return xr.Dataset({"u": ("t", u), "f": ("t", force(t))}, {"t": t})


@cache
def heated() -> xr.Dataset:
    """`u_t = 0.1*u_xx + f*u`, with a forcing that is the same everywhere."""
    t, x = np.linspace(0, 4, 101), np.linspace(0, 2 * np.pi, 64, endpoint=False)
    growth = (1 - np.cos(2 * t)) / 2 + 0.06 * np.sin(5 * t)
    waves = [(1, 1.0, 0.0), (2, -0.8, 1.0), (3, 0.6, 2.0)]
    u = sum(a * np.exp(growth - 0.1 * k**2 * t)[:, None] * np.cos(k * x + p) for k, a, p in waves)
    force = np.sin(2 * t) + 0.3 * np.cos(5 * t)
    return xr.Dataset({"u": (("t", "x"), np.asarray(u)), "f": ("t", force)}, {"t": t, "x": x})


def test_a_driven_law_is_found_in_noise_on_both_variables() -> None:
    found = pf.discover(pf.add_noise(driven(), 0.03, seed=0), controls="f")
    assert found.best.equation.same_terms(pf.Equation("u_t = -0.5*u + 2*f - 0.3*f*u", components="f"))
    assert found.verdict.kind == "identified"
    assert found.best.equation.components == ("f", "u")
    for term, value in {"u": -0.5, "f": 2.0, "f*u": -0.3}.items():
        low, high = found.best.intervals(0.999)["u_t"][term]
        assert low < value < high
    assert found.settings["controls"] == ["f"]


def test_a_control_may_lack_an_axis_and_its_law_can_be_simulated() -> None:
    field = heated()
    noisy = field.assign(u=pf.add_noise(field[["u"]], 0.03, seed=0).u)
    found = pf.discover(noisy, controls=["f"])
    assert found.best.equation.same_terms(pf.Equation("u_t = 0.1*u_xx + f*u", components="f"))
    assert found.verdict.kind == "identified"
    assert not [c for c in found.candidates if "f_x" in c.equation.text]
    again = pf.simulate(pf.Equation("u_t = 0.1*u_xx + f*u", components="f"), field)
    np.testing.assert_allclose(again.u, field.u, atol=1e-5)


def test_noise_that_is_the_same_along_an_axis_is_a_doubt() -> None:
    field = heated()
    noisy = field.assign(f=pf.add_noise(field[["f"]], 0.05, seed=0).f)
    found = pf.discover(noisy, controls=["f"])
    assert found.verdict.kind != "identified"
    assert "the noise on f" in found.verdict.text


@pytest.mark.parametrize(
    ("controls", "target", "sentence"),
    [
        ("g", None, "The control 'g' is no variable of the field, which has u, f"),
        (["u", "f"], None, "All variables are controls"),
        ("f", "f_t", "The target 'f_t' is none of u_t, u_tt"),
        ((), None, "name it among the controls"),
    ],
)
def test_controls_that_cannot_be_are_refused(controls: str, target: str | None, sentence: str) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        pf.discover(heated(), target, controls=controls)


def test_a_law_that_is_sought_alone_knows_the_other_variables() -> None:
    found = pf.discover(reference("lorenz"), "x_t")
    assert found.best.equation.components == ("x", "y")
    assert found.best.equation.axes == ("t",)


def test_a_number_is_no_control() -> None:
    with pytest.raises(pf.PhysForgeError, match="'f' is a single number"):
        pf.discover(
            heated().isel({"t": 0}).f.to_dataset().drop_vars("t").merge(heated()[["u"]]), controls="f"
        )


def test_a_library_of_another_field_is_refused() -> None:
    with pytest.raises(
        pf.PhysForgeError, match="The library is for u, f over t, x and the field has u over t, x"
    ):
        pf.discover(heated()[["u"]], library=pf.library.polynomial(heated()))


def test_a_library_that_serves_no_left_side_is_refused() -> None:
    field = heated()[["u"]]
    library = pf.library.galilean(field)
    with pytest.raises(pf.PhysForgeError, match="no candidate term for every left side"):
        pf.discover(field, "u_tt", library=library)
