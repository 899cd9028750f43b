"""Laws that a search term by term misses, and the choice between orders in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp

import physforge_kernel as pf
from physforge_kernel.discovery import _attempts

from .conftest import plane


def waves(components: str, t: np.ndarray, x: np.ndarray, seed: int = 0) -> xr.Dataset:
    """A start of six random waves for every component, at all times."""
    rng = np.random.default_rng(seed)
    length = len(x) * (x[1] - x[0])
    field = {}
    for name in components:
        phases = rng.uniform(0, 6, 6)
        u = sum(np.cos(2 * np.pi * k * x / length + p) / k**0.7 for k, p in enumerate(phases, start=1))
        field[name] = (("t", "x"), np.tile(u / np.std(u), (len(t), 1)))
    return xr.Dataset(field, {"t": t, "x": x})


@pytest.fixture(scope="module")
def excitable() -> tuple[pf.Equation, xr.Dataset]:
    law = pf.Equation(["u_t = 0.2*u_xx + u - u^3 - v + 0.1", "v_t = 0.08*u - 0.064*v + 0.056"])
    start = waves("uv", np.linspace(0, 15, 101), np.arange(96) * 20 / 96)
    return law, pf.simulate(law, start, periodic=True, denoise=False)


@pytest.mark.parametrize("fraction", [0.0, 0.01])
def test_a_law_none_of_whose_terms_says_much_alone_is_found(
    excitable: tuple[pf.Equation, xr.Dataset], fraction: float
) -> None:
    law, field = excitable
    found = pf.discover(pf.add_noise(field, fraction, seed=1) if fraction else field, target="u_t")
    assert set(found.best.equation.terms["u_t"]) == set(law.terms["u_t"]), found
    assert found.verdict.kind == "identified"


def test_a_law_has_no_terms_left_from_the_search() -> None:
    law = pf.Equation("u_t = 0.1*u_xx - 0.8*u_x + u - u^2")
    start = waves("u", np.linspace(0, 3, 101), np.arange(128) * 15 / 128)
    field = pf.simulate(law, start.assign(u=0.5 + 0.2 * start.u), periodic=True, denoise=False)
    found = pf.discover(field)
    assert found.best.equation.isclose(law, rtol=1e-6), found
    assert found.verdict.kind == "identified"


def test_a_large_law_of_second_order_that_fits_at_one_scale_only_does_not_displace_the_first_order() -> None:
    t, x = np.linspace(0, 5, 121), np.arange(128) * 10 / 128
    k = 2 * np.pi * np.fft.rfftfreq(128, 10 / 128)
    start = np.fft.rfft(waves("u", t[:1], x).u.to_numpy()[0])
    u = np.array([np.fft.irfft(start * np.exp(-0.1 * k**2 * s), 128) for s in t])
    forced = plane(t, x, u + 0.5 * np.sin(2 * t)[:, None])  # u_t = 0.1*u_xx + cos(2*t): no law of the library
    for fraction in (0.01, 0.05):
        found = pf.discover(pf.add_noise(forced, fraction, seed=0))
        assert found.best.equation.left_sides == ("u_t",)
        assert found.verdict.kind == "not identifiable"


def test_a_noisy_wave_is_a_law_of_second_order() -> None:
    law = pf.Equation("u_tt = 4*u_xx - 0.5*u_t - 0.7*u")
    start = waves("u", np.linspace(0, 5, 101), np.arange(128) * 10 / 128)
    field = pf.simulate(law, start, periodic=True, denoise=False)
    found = pf.discover(pf.add_noise(field, 0.3, seed=0))
    assert found.best.equation.same_terms(law), found


def test_a_law_that_leaves_much_is_not_said_to_be_matched_by_anything() -> None:
    law = pf.Equation("u_t = 0.1*u_xx + u - u^5")
    start = waves("u", np.linspace(0, 3, 101), np.arange(128) * 15 / 128)
    field = pf.simulate(law, start.assign(u=0.7 * start.u), periodic=True, denoise=False)
    found = pf.discover(field)
    assert found.verdict.kind != "identified"
    assert "more than noise" in found.verdict.text or "no law" in found.verdict.text
    assert " by 1," not in found.verdict.text  # the constant explains nothing


def test_all_powers_together_are_no_identified_law() -> None:
    t = np.linspace(0, 6, 301)
    u = solve_ivp(lambda _, y: -y / (0.5 + y), (0, 6), [2.0], t_eval=t, rtol=1e-10).y[0]
    field = xr.Dataset({"u": ("t", u)}, {"t": t})
    for seed in range(2):
        assert pf.discover(pf.add_noise(field, 0.01, seed=seed)).verdict.kind == "ambiguous"


def test_an_uneven_grid_without_noise_shows_the_law_exactly() -> None:
    law = pf.Equation("u_t = 0.3*u_xx - u_x + 0.5*u")
    field = pf.simulate(
        law, waves("u", np.linspace(0, 2, 101), np.arange(128) * 10 / 128), periodic=True, denoise=False
    )
    rng = np.random.default_rng(1)
    part = field.isel(x=np.sort(rng.choice(128, 100, False)), t=np.sort(rng.choice(101, 80, False)))
    found = pf.discover(part)
    assert found.best.equation.isclose(law, rtol=1e-3), found
    assert found.verdict.kind == "identified"


def test_a_large_law_of_powers_costs_no_search_among_products(
    excitable: tuple[pf.Equation, xr.Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Products of derivatives, some thirty times as dear as powers, hold no function with a series."""
    libraries: list[tuple[str, ...]] = []
    search = _attempts.searched

    def recorded(samples: Any, targets: Any, terms: Any, *more: Any) -> Any:
        libraries.append(terms.names)
        return search(samples, targets, terms, *more)

    monkeypatch.setattr(_attempts, "searched", recorded)
    law, field = excitable
    found = pf.discover(pf.add_noise(field, 0.01, seed=1), target="u_t")
    assert found.verdict.kind == "identified"
    assert len(found.best.equation.terms["u_t"]) == len(law.terms["u_t"]) > 3
    assert len(libraries) == 1, [set(names) - set(libraries[0]) for names in libraries[1:]]
