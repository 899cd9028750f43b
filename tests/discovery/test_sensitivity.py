"""What a law hangs on: its terms, the noise, the sampling, the candidates."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.discovery import Sensitivity
from physforge_kernel.discovery._variations import Change, changes, repeating

from .conftest import plane


def nowhere(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """A map that works nothing out, for what does not depend on repetitions."""
    pickle.dumps(function)
    return []


def sparing(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """A map that works out one repetition of each kind."""
    wanted = {"20% noise added", "every second sample in x", "candidates up to degree 2"}
    return [function(item) for item in items if str(item) in wanted]


@cache
def burgers() -> Sensitivity:
    field = pf.catalogue.get("burgers").field(x=64, t=41)
    return pf.discover(pf.add_noise(field, 0.05, seed=0), target="u_t").sensitivity(map=sparing)


def test_without_a_term_the_law_fits_worse_and_the_forecast_is_off():
    found = burgers()
    effects = {one.term: one for one in found.terms}
    assert set(effects) == {"u*u_x", "u_xx"}
    assert found.forecast is not None
    assert found.forecast < 0.05
    for one in effects.values():
        assert one.unexplained > 5 * max(found.unexplained["u_t"], 0.01)
        assert one.evidence > 5
        assert one.forecast is None or one.forecast > 2 * found.forecast
    transport = effects["u*u_x"]
    assert transport.coefficient.real == pytest.approx(-1.0, rel=0.05)
    assert transport.forecast is not None


def test_one_standard_error_moves_the_forecast_little():
    for one in burgers().terms:
        assert one.forecast_moved is not None
        assert 0.0 < one.forecast_moved < 0.05
        assert one.unexplained_moved < one.unexplained


def test_forecasts_start_from_the_state_that_the_first_samples_tell_together():
    t = np.linspace(0, 12, 200)
    turns = {"p": ("t", np.exp(-0.1 * t) * np.cos(1.5 * t)), "q": ("t", np.exp(-0.1 * t) * np.sin(1.5 * t))}
    field = pf.add_noise(xr.Dataset(turns, {"t": t}), 0.1, seed=0)
    first = np.hypot(field.p[0] - 1, field.q[0]) / np.sqrt(np.mean(field.p**2))
    found = pf.discover(field, library=pf.library.polynomial(field, degree=1)).sensitivity(map=nowhere)
    assert found.forecast is not None
    assert found.forecast < 0.05 < first


def test_a_field_with_missing_samples_can_be_forecast():
    field = pf.add_noise(pf.catalogue.get("heat").field(x=64, t=41), 0.05, seed=0)
    gaps = np.random.default_rng(0).random(field.u.shape) < 0.02
    gaps[0, 5] = True
    found = pf.discover(field.where(xr.DataArray(~gaps, dims=field.u.dims)), "u_t").sensitivity(map=nowhere)
    assert found.forecast is not None
    assert found.forecast < 0.03
    assert found.terms[0].forecast_moved is not None


def test_a_control_that_is_the_same_everywhere_stops_neither_forecast_nor_validation():
    t, x = np.linspace(0, 4, 81), np.linspace(0, 2 * np.pi, 48, endpoint=False)
    growth = np.exp((1 - np.cos(2 * t)) / 2)[:, None]
    u = growth * sum(np.exp(-0.1 * k**2 * t)[:, None] * np.cos(k * x + k) for k in (1, 2, 3))
    field = xr.Dataset({"u": (("t", "x"), u), "f": ("t", np.sin(2 * t))}, {"t": t, "x": x})
    library = pf.library.terms(field, "f*u", "u_xx", "u")
    law = pf.discover(field, "u_t", controls="f", library=library)
    found = law.sensitivity(map=nowhere)
    assert found.forecast is not None
    assert found.forecast < 0.01
    assert law.validate(0.7 * field.assign(f=field.f / 0.7)).kind == "predicts"
    assert law.best.forecast_error() < 0.01


def test_the_search_is_repeated_with_noise_fewer_samples_and_other_candidates():
    reruns = burgers().reruns
    assert len(reruns) == 3
    assert sum(one.same for one in reruns) >= 2
    assert all(one.shift is not None and one.shift < 6 for one in reruns if one.same)


def test_what_can_be_changed_depends_on_the_field_and_on_its_candidates():
    field = pf.add_noise(pf.catalogue.get("heat").field(x=64, t=30), 0.05, seed=0)
    standard, own = (
        pf.discover(field, target="u_t", library=library)
        for library in (None, pf.library.polynomial(field, degree=1))
    )
    assert standard.evidence is not None
    assert own.evidence is not None
    possible = {str(change) for change in changes(standard.evidence)}
    assert {"10% noise added", "every second sample in x", "candidates up to order 5"} <= possible
    assert "every second sample in t" not in possible  # 15 samples are too few
    assert not any("candidates" in str(change) for change in changes(own.evidence))


def test_a_repetition_says_whether_it_found_the_same_law():
    t, x = np.linspace(0, 2, 41), np.linspace(0, 2 * np.pi, 48, endpoint=False)
    u = sum(np.exp(-0.1 * k**2 * t)[:, None] * np.sin(k * x + k) / k for k in (1, 2, 3))
    found = pf.discover(pf.add_noise(plane(t, x, np.asarray(u)), 0.2, seed=0), target="u_t")
    assert found.evidence is not None
    repeat = repeating(found.evidence, found.best)
    again, hidden = repeat(Change("noise", 0.01)), repeat(Change("noise", 5.0))
    assert again.same
    assert again.shift is not None
    assert again.shift < 3
    assert not hidden.same
    assert hidden.shift is None
    assert hidden.equation != found.best.equation.text


def test_a_term_whose_loss_makes_waves_grow_is_said_to_end_the_forecast():
    x, t = np.arange(96) * 2 * np.pi / 96, np.linspace(0, 0.5, 81)
    # u_t = -u_xx - 0.05 u_xxxx grows slowly in long waves alone; without u_xxxx every wave grows.
    u = sum(np.exp((k**2 - 0.05 * k**4) * t)[:, None] * np.cos(k * x + k) for k in (1, 2, 3, 4))
    found = pf.discover(plane(t, x, np.asarray(u)), target="u_t")
    assert set(found.best.equation.terms["u_t"]) == {"u_xx", "u_xxxx"}
    hung = found.sensitivity(map=nowhere)
    [effect] = [one for one in hung.terms if one.term == "u_xxxx"]
    assert effect.forecast is None
    assert any("could not be simulated" in note for note in hung.notes)


def test_a_complex_law_hangs_on_its_one_term():
    x, t = np.arange(48) * 2 * np.pi / 48, np.linspace(0, 2, 41)
    u = sum(np.exp(1j * (k * x[None, :] - 0.5 * k**2 * t[:, None] + k)) / k for k in (1, 2, 3))
    found = pf.discover(pf.add_noise(plane(t, x, np.asarray(u)), 0.02, seed=0), target="u_t")
    [effect] = found.sensitivity(map=nowhere).terms
    assert effect.term == "i*u_xx"
    assert effect.coefficient.real == pytest.approx(0.5, rel=0.05)


def test_it_reads_as_text_html_json_and_a_figure():
    found = burgers()
    assert "u*u_x" in str(found)
    assert "same terms" in str(found)
    assert found._repr_html_().count("<table>") == 2
    document = json.loads(json.dumps(found.to_dict()))
    assert document["terms"][0]["dropped"]["unexplained"] > 0
    assert len(found.plot().axes) == 2
