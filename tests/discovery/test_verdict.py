"""Where the data cannot show a law, discovery says so; it is never certain of a wrong one."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp

import physforge_kernel as pf

from .conftest import numbers, plane, reference


def test_one_fourier_mode_cannot_tell_diffusion_from_decay() -> None:
    t, x = np.linspace(0, 1, 81), np.arange(128) / 128
    found = pf.discover(plane(t, x, np.exp(-t)[:, None] * np.sin(2 * np.pi * x)))
    assert found.verdict.kind == "ambiguous"
    laws = {tuple(c.equation.terms["u_t"]) for c in found.candidates}
    assert ("u",) in laws
    assert ("u_xx",) in laws


@pytest.mark.parametrize("fraction", [0.0, 0.01])
def test_one_soliton_cannot_tell_korteweg_de_vries_from_advection(fraction: float) -> None:
    t, x = np.linspace(0, 4, 121), np.linspace(-10, 14, 256)
    soliton = 0.5 / np.cosh(0.5 * (x[None, :] - t[:, None])) ** 2
    field = plane(t, x, soliton)
    found = pf.discover(pf.add_noise(field, fraction, seed=0) if fraction else field)
    assert found.verdict.kind == "ambiguous"


@pytest.mark.parametrize("fraction", [0.0, 0.02, 0.1])
def test_a_single_wave_cannot_tell_advection_from_dispersion(fraction: float) -> None:
    t, x = np.linspace(0, 6, 81), np.linspace(0, 2 * np.pi, 96)
    field = plane(t, x, np.sin(x[None, :] - t[:, None]))
    for seed in range(2):
        found = pf.discover(pf.add_noise(field, fraction, seed=seed) if fraction else field)
        assert found.verdict.kind == "ambiguous", found


def test_noise_that_grows_with_the_field_is_noticed() -> None:
    field = reference("burgers")
    factor = 1 + 0.05 * np.random.default_rng(0).standard_normal(field.u.shape)
    found = pf.discover(field * factor)
    assert found.verdict.kind != "identified"
    assert any("larger where" in note for note in found.notes)
    assert not any("larger where" in note for note in pf.discover(pf.add_noise(field, 0.05, seed=0)).notes)


def test_what_the_noise_hides_is_said() -> None:
    found = pf.discover(pf.add_noise(reference("burgers"), 0.1, seed=0))
    assert "which would hide" in found.verdict.text


def test_noise_alone_shows_no_law(noise: np.random.Generator) -> None:
    t, x = np.linspace(0, 1, 64), np.linspace(0, 1, 64)
    found = pf.discover(plane(t, x, noise.standard_normal((64, 64))))
    assert found.verdict.kind == "not identifiable"
    assert found.best.equation.left_sides
    assert str(found).startswith("not identifiable: ")
    assert found._repr_html_().startswith("<div><p><b>not identifiable</b>")
    assert (found.to_dict()["candidates"][0]["r2"] or 0.0) < 0.9


def test_a_law_outside_the_library_is_not_called_identified() -> None:
    t = np.linspace(0, 30, 1501)
    force = np.tanh
    swing = solve_ivp(lambda _, y: [y[1], -force(y[0])], (0, 30), [2.5, 0], t_eval=t, rtol=1e-11, atol=1e-12)
    found = pf.discover(xr.Dataset({"u": ("t", swing.y[0])}, {"t": t}))
    assert found.verdict.kind != "identified", found


def test_a_stationary_field_shows_no_law(noise: np.random.Generator) -> None:
    t, x = np.linspace(0, 1, 64), np.linspace(0, 1, 64)
    still = np.tile(np.sin(7 * x), (64, 1)) + 0.05 * noise.standard_normal((64, 64))
    assert pf.discover(plane(t, x, still)).verdict.kind == "not identifiable"


def test_a_finite_difference_scheme_is_named_as_numerics() -> None:
    x, dt, nu = np.linspace(0, 1, 51), 1e-3, 0.05
    dx = x[1] - x[0]
    u = np.sin(np.pi * x) + 0.5 * np.sin(3 * np.pi * x) + 0.3 * np.sin(4 * np.pi * x)
    rows = []
    for step in range(1001):
        if step % 20 == 0:
            rows.append(u.copy())
        u[1:-1] += nu * dt / dx**2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    found = pf.discover(plane(np.arange(51) * 0.02, x, np.array(rows)))
    assert set(found.best.equation.terms["u_t"]) == {"u_xx"}
    assert found.best.equation.terms["u_t"]["u_xx"] == pytest.approx(nu, rel=0.01)
    assert any("numerics" in note for note in found.notes), found.notes


def test_unresolved_fronts_are_left_out_and_mentioned() -> None:
    t, x = np.linspace(0, 2, 81), np.linspace(-1, 1, 128)
    u = np.empty((81, 128))
    for i, time in enumerate(t):  # a rarefaction that meets a jump which the grid cannot resolve
        u[i] = np.where(x < 0.4 * time - 0.5, 0.4, np.clip((x + 0.9) / (time + 1.0), -1, 1) * 0.4)
        u[i] = np.where(x > 0.6, -0.8, u[i])
    found = pf.discover(plane(t, x, u))
    assert any("does not resolve" in note for note in found.notes)


def test_what_no_law_explains_is_laid_to_few_samples_only_where_these_are_few() -> None:
    burgers, kdv = reference("burgers"), reference("kdv").isel(t=slice(0, 30), x=slice(0, 30))
    few = pf.discover(burgers, library=pf.library.terms(burgers, "u*u_x", "u"), target="u_t")
    assert few.verdict.text.startswith("no law made of the 2 candidate terms"), few
    texts = ("u", "u^2", "u^3", "1", "x", "t", "x*u", "t*u", "u_xx")
    tried = pf.discover(kdv, library=pf.library.terms(kdv, *texts), target="u_t")
    assert tried.verdict.text.startswith("the samples carry laws of at most 6 terms"), tried


@pytest.mark.parametrize("seed", range(3))
def test_heavy_noise_gives_doubt_before_it_gives_a_wrong_law(seed: int) -> None:
    found = pf.discover(pf.add_noise(reference("burgers"), 1.0, seed=seed))
    if not found.best.equation.same_terms(pf.catalogue.get("burgers").equation):
        assert found.verdict.kind != "identified", found


def test_coefficients_are_printed_no_finer_than_they_are_known() -> None:
    found = pf.discover(pf.add_noise(reference("burgers"), 0.1, seed=0))
    for term, value in numbers(found.best.equation)["u_t"].items():
        sd = found.best.standard_errors["u_t"][term]
        digits = len(f"{value!r}".split(".")[1])
        assert 10.0**-digits > sd / 100


def test_a_field_that_only_moves_may_obey_whatever_its_profile_obeys() -> None:
    t, x = np.linspace(0, 10, 101)[:, None], np.linspace(-20, 40, 256)
    front = (1 + np.exp((x - 5 / np.sqrt(6) * t) / np.sqrt(6))) ** -2  # of u_t = u_xx + u - u^2
    field = xr.Dataset({"u": (("t", "x"), front)}, {"t": t[:, 0], "x": x})
    found = pf.discover(pf.add_noise(field, 0.02, seed=1))
    assert found.verdict.kind == "ambiguous"
    assert "u + u^2 + u_xx" in found.verdict.text


def test_a_field_of_rich_shape_that_only_moves_is_advected() -> None:
    t, x = np.linspace(0, 4, 101)[:, None], np.linspace(-10, 10, 256)
    humps = np.exp(-((x - 1.3 * t) ** 2)) + 0.6 * np.exp(-2 * (x - 1.3 * t + 4) ** 2)
    field = xr.Dataset({"u": (("t", "x"), humps)}, {"t": t[:, 0], "x": x})
    found = pf.discover(pf.add_noise(field, 0.1, seed=1))
    assert found.verdict.kind == "identified"
    assert set(numbers(found.best.equation)["u_t"]) == {"u_x"}
