"""A law is held against data it was not found in: forecasts, their misfit, and what is said of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.discovery import Discovery, Validation
from physforge_kernel.errors import DiscoveryError

from .conftest import plane, reference

HEAT: dict[str, Any] = {"x": 64, "t": 61}
WAVE: dict[str, Any] = {"x": 64, "t": 61}


@cache
def heat(noise: float, seed: int) -> xr.Dataset:
    field = pf.catalogue.get("heat").field(seed=seed, **HEAT)
    return pf.add_noise(field, noise, seed=seed + 10) if noise else field


@cache
def found_heat() -> Discovery:
    return pf.discover(heat(0.02, 0))


@cache
def held_heat() -> Validation:
    return found_heat().validate(heat(0.05, 1))


def test_a_right_law_predicts_a_noisy_field_from_another_start_to_within_its_noise() -> None:
    held = held_heat()
    assert held.kind == "predicts", held
    assert held.holds
    (trial,) = held.trials
    assert trial.misfits[0].explained > 0.98
    assert trial.holds_until == trial.times[-1]
    assert 0.5 < float(np.nanmean(trial.over_time["chi2"])) < 1.3


def test_the_noise_of_the_other_field_is_measured_on_it() -> None:
    field = heat(0.05, 1)
    true = 0.05 * float(np.sqrt((heat(0.0, 1).u ** 2).mean()))
    assert held_heat().trials[0].misfits[0].sigma == pytest.approx(true, rel=0.1)
    assert float(field.u.std()) > true


def test_coefficients_fitted_to_the_other_field_agree_with_those_found() -> None:
    weak = held_heat().trials[0].weak
    assert weak is not None
    assert weak.agrees
    assert weak.unexplained["u_t"] == 0.0
    assert [row.term for row in weak.refit] == ["u_xx"]


def test_a_field_under_another_coefficient_is_not_predicted_and_the_refit_says_by_how_much() -> None:
    other = pf.catalogue.get("heat", alpha=0.13).field(seed=1, **HEAT)
    held = found_heat().validate(pf.add_noise(other, 0.01, seed=3))
    assert held.kind == "does not predict"
    assert not held.holds
    weak = held.trials[0].weak
    assert weak is not None
    assert not weak.agrees
    assert weak.refit[0].again == pytest.approx(0.13, rel=0.05)


def test_a_law_without_a_needed_term_fails_in_both_measures() -> None:
    law = pf.catalogue.get("fisher_kpp")
    field = law.field(x=64, t=61)
    found = pf.discover(field, target="u_t", library=pf.library.terms(field, "u", "u_xx"))
    held = found.validate(law.field(x=64, t=61, seed=1))
    assert held.kind == "does not predict"
    assert held.trials[0].error > 0.02
    weak = held.trials[0].weak
    assert weak is not None
    assert weak.unexplained["u_t"] > 0.05


def test_a_law_that_cannot_run_forwards_is_a_result_and_no_error() -> None:
    field = heat(0.0, 0)
    backwards = field.isel(t=slice(None, None, -1)).assign_coords(t=field.t.values)
    found = pf.discover(backwards, target="u_t", library=pf.library.terms(backwards, "u_xx"))
    held = found.validate(backwards)
    assert held.kind == "does not predict"
    assert "ill-posed" in held.text
    assert np.isnan(held.forecast.u.values[-1]).all()
    assert held.to_dict()["kind"] == "does not predict"


def test_a_law_of_second_order_starts_from_noisy_values_and_rates() -> None:
    law = pf.catalogue.get("wave")
    found = pf.discover(pf.add_noise(law.field(**WAVE), 0.02, seed=0), target="u_tt")
    held = found.validate(pf.add_noise(law.field(seed=1, **WAVE), 0.05, seed=1))
    assert held.holds, held
    assert held.trials[0].misfits[0].explained > 0.9


def test_the_forecast_of_a_chaotic_law_holds_for_some_lyapunov_times() -> None:
    law = pf.catalogue.get("lorenz")
    times = np.linspace(0, 8, 321)
    found = pf.discover(pf.add_noise(law.field(t=times), 0.01, seed=0))
    held = found.validate(pf.add_noise(law.field(t=times, seed=1), 0.01, seed=1))
    (trial,) = held.trials
    assert held.kind == "predicts for a time", held
    assert trial.growth == pytest.approx(0.9, abs=0.35)
    assert trial.lyapunov_times is not None
    assert 1 < trial.lyapunov_times < 8 * 1.25
    assert "Lyapunov" in held.text
    assert trial.useful_until < times[-1]


def test_a_field_in_which_nothing_happens_cannot_tell() -> None:
    field = heat(0.0, 0)
    still = field.copy(data={"u": 1 + 0.01 * np.random.default_rng(0).standard_normal(field.u.shape)})
    assert found_heat().validate(still).kind == "undecided"


@pytest.mark.parametrize("level", [0.0, 1.0, 1e6])
def test_a_field_that_stands_still_without_noise_cannot_tell(level: float) -> None:
    heat = pf.catalogue.get("heat").field(x=64, t=61)
    tried = pf.discover(pf.add_noise(heat, 0.02, seed=0)).validate(0 * heat + level)
    assert tried.kind == "undecided", tried


def test_of_several_fields_the_worst_counts_and_each_has_its_own_forecast() -> None:
    wrong = pf.catalogue.get("heat", alpha=0.2).field(seed=2, **HEAT)
    held = found_heat().validate([heat(0.05, 1), wrong], seconds=30)
    assert [trial.kind for trial in held.trials] == ["predicts", "does not predict"]
    assert held.kind == "does not predict"
    assert held.text.startswith("Field 1: It predicts")


def test_missing_samples_after_the_start_are_left_out_of_the_comparison() -> None:
    field = heat(0.02, 1).copy(deep=True)
    field.u.values[20:26, 10:20] = np.nan
    field.u.values[np.random.default_rng(0).random(field.u.shape) < 0.02] = np.nan
    held = found_heat().validate(field)
    assert held.kind == "predicts", held
    assert np.isnan(held.trials[0].observed.u.values[22, 15])


def test_values_along_the_edges_are_the_datas_where_an_axis_is_not_periodic() -> None:
    cut = heat(0.02, 1).isel(x=slice(10, 45))
    held = found_heat().validate(cut)
    assert held.kind == "predicts", held
    assert any("edges of x" in note for note in held.trials[0].notes)


def test_a_forecast_is_a_field_with_its_scatter() -> None:
    forecast = held_heat().forecast
    assert forecast.u.dims == ("t", "x")
    scatter = forecast.u_sd.values
    assert scatter.min() >= 0
    assert 0 < scatter.mean() < 0.05
    assert held_heat().trials[0].draws >= 2


def test_a_validation_shows_itself_as_text_html_and_picture() -> None:
    held = held_heat()
    assert "It predicts the new field" in str(held)
    assert "fitted to this field" in held._repr_html_()
    picture = held.plot()._repr_png_()  # type: ignore[attr-defined]
    assert picture.startswith(b"\x89PNG")
    with pytest.raises(DiscoveryError, match="There is no field 1"):
        held.plot(1)


def test_progress_is_told() -> None:
    told: list[float] = []
    found_heat().validate(heat(0.0, 1), progress=lambda fraction, message: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.rename(u="w"), "rename its variables"),
        (lambda f: f.rename(x="y"), "give it these, by name"),
        (lambda f: f.isel(t=[0]), "needs a later one"),
        (lambda f: f.u.values, "not ndarray"),
        (lambda f: f.where(f.t > f.t[3]), "has a hole at its first time"),
        (lambda f: f * np.nan, "every sample is missing"),
        (lambda f: [], "was given no field"),
    ],
)
def test_data_that_cannot_be_used_are_refused_in_a_sentence(spoil, words: str) -> None:
    with pytest.raises(DiscoveryError, match=words):
        found_heat().validate(spoil(heat(0.0, 1)))


def test_a_short_field_is_judged_by_its_forecast_alone() -> None:
    held = found_heat().validate(heat(0.0, 1).isel(t=slice(0, 12)))
    assert held.kind == "predicts"
    assert held.trials[0].weak is None
    assert any("weak form" in note for note in held.trials[0].notes)


def test_drawn_fields_of_an_unseen_law_are_not_called_predicted() -> None:
    t, x = np.linspace(0, 1, 40), np.linspace(0, 2 * np.pi, 48, endpoint=False)
    travelling = plane(t, x, np.sin(x[None, :] - 3 * t[:, None]))
    assert found_heat().validate(travelling).kind == "does not predict"


def test_reference_fields_of_other_rooms_are_left_unchanged() -> None:
    field = reference("heat")
    before = field.u.values.copy()
    found_heat().validate(field)
    assert np.array_equal(field.u.values, before)
