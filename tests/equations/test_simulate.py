"""Forward simulation against the catalogue's reference solutions and closed solutions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.equations import Equation, catalogue, simulate
from physforge_kernel.errors import SimulationError

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(autouse=True)
def no_warnings_leak() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def distance(found: xr.Dataset, expected: xr.Dataset) -> float:
    """The largest error of any variable, relative to that variable's size."""
    return max(
        float(np.abs(found[name].values - expected[name].values).max() / np.abs(expected[name].values).max())
        for name in found
    )


def one(u: Array, t: Array, **axes: Array) -> xr.Dataset:
    return xr.Dataset({"u": (("t", *axes), u)}, coords={"t": t, **axes})


def noisy(field: xr.Dataset, fraction: float) -> xr.Dataset:
    generator = np.random.default_rng(5)
    out = field.copy()
    for name in field:
        values = field[name].values
        size = float(np.sqrt((np.abs(values) ** 2).mean()))
        out[name] = (field[name].dims, values + fraction * size * generator.standard_normal(values.shape))
    return out


SPANS = {
    "heat": 2.0,
    "advection": 2.0,
    "burgers": 3.0,
    "kdv": 0.5,
    "kuramoto_sivashinsky": 2.0,
    "allen_cahn": 1.0,
    "fisher_kpp": 2.0,
    "chafee_infante": 0.5,
    "porous_medium": 0.3,
    "cahn_hilliard": 1.0,
    "wave": 4.0,
    "klein_gordon": 4.0,
    "euler_beam": 4.0,
    "sine_gordon": 2.0,
    "schroedinger": 0.5,
    "lorenz": 10.0,
    "lotka_volterra": 20.0,
    "fitzhugh_nagumo": 50.0,
    "hindmarsh_rose": 50.0,
}


def reference(name: str, **parameters: float) -> tuple[Equation, xr.Dataset]:
    law = catalogue.get(name, **parameters)
    second = ("wave", "klein_gordon", "euler_beam")  # their first rates are read from the times
    count = 161 if name in second else 51 if catalogue.get(name).equation.axes[1:] else 501
    return law.equation, law.field(t=np.linspace(0, SPANS[name], count), seed=1)


@pytest.mark.parametrize("name", SPANS)
def test_the_catalogue_is_reproduced(name: str) -> None:
    equation, field = reference(name)
    found = simulate(equation, field)
    assert distance(found, field) < 1e-6
    assert found.sizes == field.sizes
    assert "x" not in field.dims or found.attrs["periodic"] == "x"


@pytest.mark.parametrize("name", ["lambda_omega", "navier_stokes"])
def test_laws_in_the_plane_are_reproduced(name: str) -> None:
    law = catalogue.get(name)
    field = law.field(x=48, y=48, t=np.linspace(0, 0.3, 13), period=(0, 2 * np.pi))
    found = simulate(law.equation, field)
    assert distance(found, field) < 1e-6
    assert set(found) == {left.rpartition("_")[0] for left in law.equation.left_sides}
    assert found.attrs["periodic"] == "x, y"


@pytest.mark.parametrize(
    ("name", "accuracy"),
    [
        ("heat", 1e-5),
        ("advection", 1e-4),
        ("burgers", 3e-4),
        ("kdv", 1e-3),
        ("allen_cahn", 1e-3),
        ("fisher_kpp", 1e-5),
        ("wave", 1e-4),
        ("chafee_infante", 1e-4),
        ("porous_medium", 1e-3),
        ("cahn_hilliard", 1e-4),
        ("klein_gordon", 1e-5),
        ("euler_beam", 1e-4),
        ("sine_gordon", 1e-5),
        ("schroedinger", 1e-5),
    ],
)
def test_a_part_of_the_domain_is_reproduced_with_its_measured_edges(name: str, accuracy: float) -> None:
    equation, field = reference(name)
    part = field.isel(x=slice(40, 190))
    found = simulate(equation, part)
    assert found.attrs["periodic"] == "none"
    assert "finite differences" in found.attrs["solver"]
    assert distance(found, part) < accuracy


def test_unequal_steps_are_differentiated_as_they_are() -> None:
    law = catalogue.get("heat")
    x = np.linspace(0.5, 4.0, 81) + 0.02 * np.sin(np.linspace(0, 9, 81))
    field = law.field(x=x, t=21)
    assert distance(simulate(law.equation, field), field) < 1e-5


def plane_waves(x: Array, y: Array, t: Array) -> xr.Dataset:
    a, b, s = x[None, :, None], y[None, None, :], t[:, None, None]
    u = np.exp(-0.5 * s) * np.sin(2 * a + b) + np.exp(-0.1 * s) * np.cos(a) + np.exp(-0.9 * s) * np.cos(3 * b)
    return one(u, t, x=x, y=y)


@pytest.mark.parametrize(
    ("x", "periodic"), [(slice(None), "x, y"), (slice(3, 30), "y")], ids=["periodic", "one axis cut"]
)
def test_heat_spreads_in_the_plane(x: slice, periodic: str) -> None:
    axis = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    field = plane_waves(axis, axis, np.linspace(0, 1, 11)).isel(x=x)
    found = simulate(Equation("u_t = 0.1*u_xx + 0.1*u_yy"), field)
    assert found.attrs["periodic"] == periodic
    assert distance(found, field) < 1e-4


def test_mixed_derivatives_in_three_dimensions() -> None:
    axis = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    t = np.linspace(0, 1, 4)
    field = one(
        np.array([np.exp(-0.2 * s) * np.cos(x + 2 * y + z) + np.sin(z) for s in t]), t, x=axis, y=axis, z=axis
    )
    found = simulate(Equation("u_t = 0.1*u_xy + 0*u_z"), field)
    assert distance(found, field) < 1e-10


REACTION = Equation(
    ["u_t = 0.2*u_xx - u*v^2 + 0.04*(1 - u)", "v_t = 0.1*v_xx + u*v^2 - 0.1*v"]  # Gray and Scott
)


def reaction_start(n: int) -> xr.Dataset:
    x = np.linspace(0, 50, n, endpoint=False)
    u = 1 - 0.5 * np.exp(-(((x - 20) / 4) ** 2))
    v = 0.3 * np.exp(-(((x - 22) / 4) ** 2))
    return xr.Dataset({"u": (("t", "x"), u[None]), "v": (("t", "x"), v[None])}, coords={"t": [0.0], "x": x})


def test_two_components_react_and_diffuse_alike_by_both_methods() -> None:
    t = np.linspace(0, 10, 21)
    whole = simulate(REACTION, reaction_start(200), t=t)
    finer = simulate(REACTION, reaction_start(400), t=t)
    assert distance(whole, finer.isel(x=slice(None, None, 2))) < 1e-7
    part = whole.isel(x=slice(40, 170))
    assert distance(simulate(REACTION, part), part) < 1e-5


@pytest.mark.parametrize("part", [slice(None), slice(60, 220)], ids=["periodic", "cut"])
def test_a_complex_soliton_of_the_schrodinger_equation(part: slice) -> None:
    x, t = np.linspace(-10, 10, 256, endpoint=False), np.linspace(0, 1, 21)
    k = 2 * np.pi / 20 * 3
    s = t[:, None]
    u = 1.5 / np.cosh(1.5 * (x - k * s)) * np.exp(1j * (k * x + (1.5**2 - k**2) / 2 * s))
    field = one(u, t, x=x).isel(x=part)
    found = simulate(Equation("u_t = 0.5*i*u_xx + i*abs(u)^2*u"), field)
    assert np.iscomplexobj(found.u.values)
    assert distance(found, field) < 1e-5


def test_the_first_rates_of_a_wave_can_be_given() -> None:
    law = catalogue.get("wave")
    field = law.field(x=64, t=21, initial=(lambda x: np.exp(np.sin(x)), lambda x: np.cos(2 * x)))
    start = field.isel(t=[0]).assign(u_t=(("t", "x"), np.cos(2 * field.x.values)[None]))
    assert distance(simulate(law.equation, start, t=field.t.values), field) < 1e-6
    with pytest.raises(SimulationError, match="needs u_t at the start"):
        simulate(law.equation, field.isel(t=[0]), t=[0.0, 1.0])


def test_a_damped_oscillator_of_second_order() -> None:
    t = np.linspace(0, 6, 200)
    field = one(np.exp(-0.1 * t) * np.cos(np.sqrt(0.99) * t), t)
    assert distance(simulate(Equation("u_tt = -u - 0.2*u_t"), field), field) < 1e-7


def test_coefficients_may_depend_on_place_and_time() -> None:
    x, t = np.linspace(0, 2 * np.pi, 64, endpoint=False), np.linspace(0, 1, 11)
    field = one(np.exp(np.sin(x) * t[:, None] + t[:, None] ** 2), t, x=x)
    assert distance(simulate(Equation("u_t = sin(x)*u + 2*t*u"), field), field) < 1e-6


def test_a_coefficient_that_does_not_repeat_makes_the_axis_open() -> None:
    x, t = np.linspace(0, 2 * np.pi, 64, endpoint=False), np.linspace(0, 0.2, 11)
    field = one(np.sin(x * np.exp(-t[:, None])), t, x=x)
    equation = Equation("u_t = -x*u_x")
    found = simulate(equation, field)
    assert found.attrs["periodic"] == "none"
    assert distance(found, field) < 1e-4
    with pytest.raises(SimulationError, match="do not repeat"):
        simulate(equation, field, periodic=True)


def test_a_measured_component_without_an_equation_is_given() -> None:
    _, field = reference("burgers")
    both = field.assign(v=field.u)
    carried = Equation("u_t = -v*u_x + 0.1*u_xx")
    found = simulate(carried, both)
    assert list(found) == ["u"]
    assert distance(found, field) < 1e-4
    part = both.isel(x=slice(40, 190))
    assert distance(simulate(carried, part), part) < 1e-3


def test_a_repeated_end_point_is_recognised_and_returned() -> None:
    law = catalogue.get("burgers")
    field = law.field(x=np.linspace(-8, 8, 129), t=np.linspace(0, 1, 11))
    found = simulate(law.equation, field)
    assert found.attrs["periodic"] == "x"
    assert found.sizes == field.sizes
    assert distance(found, field) < 1e-6


def test_other_times_and_parameters_can_be_asked_for() -> None:
    field = catalogue.get("heat", alpha=0.2).field(x=32, t=[0.0, 0.3, 5.0])
    equation = Equation("u_t = alpha*u_xx", parameters="alpha")
    found = simulate(equation, field.isel(t=[0]), t=[0.3, 5.0], parameters={"alpha": 0.2})
    assert np.allclose(found.u.values, field.u.values[1:], atol=1e-9)


def test_units_and_other_attributes_of_the_start_are_kept() -> None:
    equation, field = reference("heat")
    field.x.attrs["units"], field.u.attrs["units"] = "m", "K"
    found = simulate(equation, field.isel(t=slice(0, 3)))
    assert (found.x.attrs["units"], found.u.attrs["units"]) == ("m", "K")
    assert found.attrs["source"] == "simulation"


@pytest.mark.parametrize(("name", "bound"), [("heat", 0.03), ("burgers", 0.12), ("kdv", 0.15)])
def test_a_noisy_start_is_smoothed_before_it_is_followed(name: str, bound: float) -> None:
    equation, field = reference(name)
    found = simulate(equation, noisy(field, 0.2))
    assert "denoised" in found.attrs
    assert distance(found, field) < bound
    assert distance(found.isel(t=[0]), field.isel(t=[0])) < bound


def test_a_noisy_schrodinger_field_is_followed_on_its_circle() -> None:
    law = catalogue.get("schroedinger")
    field = law.field()
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(field.u.shape) + 1j * rng.standard_normal(field.u.shape)
    found = simulate(law.equation, field.assign(u=field.u + 0.1 * noise), t=field.t.values[:30])
    assert found.attrs["periodic"] == "x"
    assert distance(found, field.isel(t=slice(0, 30))) < 0.12


def test_a_smooth_start_is_not_smoothed_and_smoothing_can_be_refused() -> None:
    equation, field = reference("heat")
    assert "denoised" not in simulate(equation, field).attrs
    rough = noisy(field, 0.1)
    found = simulate(equation, rough, denoise=False)
    assert "denoised" not in found.attrs
    assert np.abs(found.u.values[0] - rough.u.values[0]).max() < 0.05


def test_coefficients_slightly_off_still_give_a_field_nearby() -> None:
    _, field = reference("kdv")
    off = Equation("u_t = -5.9*u*u_x - 1.01*u_xxx + 0.002*u_xx")
    assert 1e-4 < distance(simulate(off, field), field) < 0.1


def test_a_porous_medium_diffuses_as_barenblatt_says() -> None:
    # The self-similar solution of u_t = (u^2)_xx, where it is positive.
    x, t = np.linspace(-1.5, 1.5, 121), np.linspace(1.0, 1.5, 21)
    s = t[:, None]
    field = one(s ** (-1 / 3) * (1 - (x / s ** (1 / 3)) ** 2 / 12), t, x=x)
    found = simulate(Equation("u_t = 2*u*u_xx + 2*u_x^2"), field)
    assert distance(found, field) < 1e-6


def test_a_shock_without_viscosity_is_carried_and_said_to_be_unresolved() -> None:
    x = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    start = one((1 + 0.5 * np.sin(x))[None], np.array([0.0]), x=x)
    found = simulate(Equation("u_t = -u*u_x"), start, t=[0.0, 1.0, 2.5], seconds=60)
    assert "not resolved" in found.attrs["warning"]
    before = np.ones_like(x)
    for _ in range(60):  # along the characteristics, until the shock at t = 2
        before = 1 + 0.5 * np.sin(x - before * 1.0)
    assert np.abs(found.u.values[1] - before).max() < 1e-6
    assert np.abs(found.u.values[2]).max() < 1.7


def heat_start() -> xr.Dataset:
    return catalogue.get("heat").field(x=128, t=41)


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("u_t = -0.1*u_xx", "ill-posed forward in time: a wave of length"),
        ("u_t = -u^2*u_xx", "ill-posed"),
        ("u_t = u_xx + u_xxxx", "ill-posed"),
        ("u_t = 0.1*u_xx + u^3 + 1", r"grew without bound or became singular near t = \d"),
        ("u_xx + u = 0", "steady"),
        ("u_t = u_x + u_xxt", "u_xxt, a time derivative as high"),
        ("u_t = -v_x", "about 'v', and the field holds only u"),
        ("u_t = u_yy", "no axis 'y'"),
    ],
)
@pytest.mark.parametrize("part", [slice(None), slice(10, 90)], ids=["periodic", "cut"])
def test_what_cannot_be_simulated_is_said_in_a_sentence(equation: str, words: str, part: slice) -> None:
    with pytest.raises(SimulationError, match=words):
        simulate(Equation(equation), heat_start().isel(x=part))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda f: simulate(Equation("u_t = nu*u_xx", parameters="nu"), f), "the parameter 'nu'"),
        (lambda f: simulate(Equation("u_t = u_xx"), f, parameters={"k": 1.0}), "no parameter 'k'"),
        (lambda f: simulate(Equation("u_t = u_xx"), f, periodic={"y": True}), "axis 'y'"),
        (lambda f: simulate(Equation("u_t = u_xx"), f, t=[-1.0, 0.0]), "before the start"),
        (lambda f: simulate(Equation("u_t = u_xx"), f, t=[0.0, 2.0, 1.0]), "increasing order"),
        (lambda f: simulate(Equation("u_t = u_xx"), f, t=[0.0, 9.0], periodic=False), "known up to t = 2"),
        (lambda f: simulate(Equation("u_t = u_xx"), f.isel(x=slice(0, 4))), "at least 5"),
        (lambda f: simulate(Equation("u_t = u_xx"), f.where(f.x > 1)), "missing or infinite"),
        (lambda f: simulate(Equation("u_t = u_xx"), f.rename(x="r")), "none of t, x, y and z"),
        (lambda f: simulate(Equation("u_t = u_xx"), f.isel(t=0, drop=True)), "has no times"),
        (lambda f: simulate(Equation("u_t = -u*u_x"), f, seconds=0.0), "ran out of time"),
        (
            lambda f: simulate(Equation("u_t = u_xx"), f.isel(x=[0, 1, 2, 4, 8, 16, 32]), periodic=True),
            "cannot be periodic",
        ),
    ],
)
def test_what_is_asked_wrongly_is_said_in_a_sentence(call: Callable[[xr.Dataset], Any], words: str) -> None:
    with pytest.raises(SimulationError, match=words):
        call(heat_start())


def test_an_ordinary_equation_that_is_stiff_is_carried_through() -> None:
    start = xr.Dataset({"x": ("t", [2.0]), "y": ("t", [1.0])}, coords={"t": [0.0]})
    found = simulate(Equation(["x_t = -1000000*(x - y)", "y_t = x - y^2 - y"]), start, t=[0.0, 1.0, 30.0])
    assert abs(float(found.x[-1])) < 0.05
    assert np.all(np.isfinite(found.y))


def test_a_finite_time_singularity_is_dated() -> None:
    start = xr.Dataset({"u": ("t", [1.0])}, coords={"t": [0.0]})
    with pytest.raises(SimulationError, match=r"near t = (1|0\.999)"):
        simulate(Equation("u_t = u^2"), start, t=[0.0, 2.0])


def test_progress_is_reported_up_to_the_end() -> None:
    seen: list[float] = []
    equation, field = reference("heat")
    simulate(equation, field, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
