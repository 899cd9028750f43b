"""What cannot be used is refused in a sentence that says what to do."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.errors import DiscoveryError

from .conftest import numbers, plane, reference

T, X = np.linspace(0, 1, 32), np.linspace(0, 1, 32)
DATES = np.datetime64("2024-02-28T23:00:00") + 600 * np.arange(32) * np.timedelta64(1, "s")
SMOOTH = np.sin(3 * X)[None, :] * np.exp(-T)[:, None]


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (plane(T, X, np.full((32, 32), 2.0)), "'u' is constant, at 2"),
        (plane(T, X, SMOOTH).assign(v=plane(T, X, 0 * SMOOTH - 1).u), "'v' is constant, at -1"),
        (plane(T, X, np.full((32, 32), np.nan)), "no finite value"),
        (plane(T, X, np.full((32, 32), np.inf)), "no finite value"),
        (plane(T, X, np.where(np.arange(1024).reshape(32, 32) == 77, 1.0, np.nan)), "one finite value"),
        (plane(T, X, SMOOTH > 0.5), "true or false"),
        (plane(T, X, SMOOTH + 1j), "imaginary part of u' is constant"),
        ([plane(T, X, SMOOTH), plane(T, X, 0 * SMOOTH)], "Experiment 2: Variable 'u' is constant"),
        ([plane(T, X, SMOOTH), plane(T[:0], X, SMOOTH[:0])], "Experiment 2 has no samples along 't'"),
        (plane(T, X, SMOOTH).where(plane(T, X, SMOOTH).t < 0.2), "too many are missing"),
        (plane(T, X, 1j * SMOOTH), "field.u.imag"),
        (plane(T, X, SMOOTH.astype(str)), "holds text"),
        (plane(T, X, SMOOTH.astype(object)), "holds object"),
        (plane(T[:8], X, SMOOTH[:8]), "8 samples"),
        (plane(T, X, SMOOTH * 1j + SMOOTH).assign(v=plane(T, X, SMOOTH).u), "complex"),
        (plane(T, X, SMOOTH).isel(t=0, drop=True), "no axis is called 't'"),
        (plane(T, X, SMOOTH).isel(t=0, x=0, drop=True), "no dimensions"),
        (plane(T, np.r_[X[:31], X[7]], SMOOTH), "the value 0.225806 more than once"),
        (plane(T, np.r_[X[:31], np.nan], SMOOTH), "nan at index 31"),
        (plane(np.r_[T[:31], np.inf], X, SMOOTH), "inf at index 31"),
        (plane(T, X.astype(str), SMOOTH), "'x' holds text"),
        (plane(T, DATES, SMOOTH), "'x' holds dates"),
        (plane(np.r_[DATES[:31], [np.datetime64("NaT")]], X, SMOOTH), "no date at index 31"),
        (plane(T, X[np.r_[0:10, 20:32, 10:20]], SMOOTH), "turns back at index 21"),
        (plane(T, X, SMOOTH).rename(t="time"), r"field.rename\(time='t'\)"),
        (plane(T, X, SMOOTH).rename(x="r"), r"field.rename\(r='x'\)"),
        (plane(T, X, SMOOTH).drop_vars("x"), "no coordinate values"),
        (plane(T, X, SMOOTH).drop_vars("u"), "no variables"),
        (plane(T, X, SMOOTH).rename(u="u (m)"), "cannot stand in an equation"),
        (plane(T, X, SMOOTH).assign(v=("t", T)), "dimensions"),
        (plane(T, X, SMOOTH).rename(u="pi"), "meaning of its own"),
        (plane(T, X, SMOOTH).rename(u="ρ"), "letters, digits and _"),
        (plane(T, X, SMOOTH).u.to_numpy(), "xarray.Dataset"),
        (None, "not NoneType"),
        ("field.nc", "pf.read"),
        ([], "no field"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused(field: xr.Dataset, sentence: str) -> None:
    with pytest.raises(DiscoveryError, match=sentence):
        pf.discover(field)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [("v_t", "none of u_t, u_tt"), ("u_x", "none of"), ([], "empty"), (["u_t", "u_tt"], "mix")],
)
def test_a_target_that_cannot_be_met_is_refused(target: str | list[str], sentence: str) -> None:
    with pytest.raises(DiscoveryError, match=sentence):
        pf.discover(plane(T, X, SMOOTH), target=target)


def test_a_library_that_is_none_is_refused() -> None:
    with pytest.raises(DiscoveryError, match="library is 'u_xx'"):
        pf.discover(plane(T, X, SMOOTH), library="u_xx")  # pyright: ignore[reportArgumentType]


def test_dates_are_seconds_since_the_first_of_all_experiments() -> None:
    field = reference("heat")
    steps = (1000 * field.t.values).astype("timedelta64[s]")
    plain = pf.discover(field.assign_coords(t=steps.astype(float)))
    dated = field.assign_coords(t=np.datetime64("2024-02-28T23:00:00") + steps)
    found = pf.discover(dated)
    assert found.best.equation == plain.best.equation
    assert found.notes[0] == "Time counts in seconds since 2024-02-28 23:00:00."
    later = dated.assign_coords(t=dated.t + np.timedelta64(1, "D"))
    fit = pf.discover([later, dated]).best.fit
    assert float(fit.t[0]) >= 86400.0


def test_durations_are_seconds() -> None:
    field = reference("heat")
    durations = field.assign_coords(t=(1000 * field.t.values).astype("timedelta64[s]"))
    [left] = pf.discover(durations).best.equation.terms.values()
    assert complex(left["u_xx"]).real == pytest.approx(1e-4, rel=1e-6)


@pytest.mark.parametrize("how", ["integers", "single precision", "infinite", "in blocks", "no name"])
def test_what_holds_the_same_numbers_gives_the_same_law(how: str) -> None:
    field = reference("heat")
    given: dict[str, xr.Dataset | xr.DataArray] = {
        "integers": (field * 10_000).round().astype(np.int16),
        "single precision": field.astype(np.float32),
        "infinite": field.where((field.x != field.x[5]) | (field.t != field.t[7]), np.inf),
        "in blocks": field.chunk(t=17),
        "no name": field.u.rename(None),
    }
    found = pf.discover(given[how])
    assert found.verdict.kind == "identified"
    assert numbers(found.best.equation)["u_t"] == {"u_xx": pytest.approx(0.1, rel=1e-3)}


@pytest.mark.parametrize("seed", [-1, "a", 1.5])
def test_a_seed_that_is_no_count_is_refused(seed: int) -> None:
    with pytest.raises(DiscoveryError, match="whole number"):
        pf.discover(plane(T, X, SMOOTH), seed=seed)


def test_a_target_that_is_no_name_is_refused() -> None:
    with pytest.raises(DiscoveryError, match="give a name"):
        pf.discover(plane(T, X, SMOOTH), target=3)  # pyright: ignore[reportArgumentType]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("power", [-100, 60])
@pytest.mark.parametrize("what", ["u", "x", "t"])
def test_no_unit_is_too_small_or_too_large(what: str, power: int) -> None:
    field = pf.add_noise(reference("burgers"), 0.05, seed=0)
    scaled = field.assign({what: field.u * 10.0**power}) if what == "u" else field
    scaled = scaled.assign_coords({what: field[what] * 10.0**power}) if what != "u" else scaled
    plain, found = pf.discover(field), pf.discover(scaled)
    assert found.verdict.kind == plain.verdict.kind
    powers = {"u": (-power, 0), "x": (power, 2 * power), "t": (-power, -power)}[what]
    for term, factor in zip(("u*u_x", "u_xx"), powers, strict=True):
        wanted = np.array(plain.best.intervals()["u_t"][term]) * 10.0**factor
        np.testing.assert_allclose(found.best.intervals()["u_t"][term], wanted, rtol=1e-6)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("power", [-305, 305])
def test_units_in_which_no_number_holds_the_law_are_refused(power: int) -> None:
    field = reference("burgers")
    with pytest.raises(DiscoveryError, match="unit"):
        pf.discover(field.assign(u=field.u * 10.0**power))


@pytest.mark.parametrize("name", ["p", "velocity_x", "theta", "t2"])
def test_variables_keep_their_names_in_the_law(name: str) -> None:
    found = pf.discover(reference("burgers").rename(u=name))
    assert found.best.equation.left_sides == (f"{name}_t",)
    assert set(found.best.equation.terms[f"{name}_t"]) == {f"{name}*{name}_x", f"{name}_xx"}


def test_experiments_of_different_variables_are_refused() -> None:
    one = plane(T, X, SMOOTH)
    with pytest.raises(DiscoveryError, match="differ"):
        pf.discover([one, one.rename(u="v")])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("axis", ["t", "x"])
def test_an_empty_field_is_refused_without_a_warning(axis: str) -> None:
    with pytest.raises(DiscoveryError, match=f"no samples along '{axis}'"):
        pf.discover(plane(T, X, SMOOTH).isel({axis: slice(0, 0)}))


def test_text_among_scattered_samples_is_called_so() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"t": rng.uniform(size=300), "x": rng.uniform(size=300), "u": 1.0, "site": "a"})
    with pytest.raises(DiscoveryError, match="'site' holds text; .* Convert it, or drop it"):
        pf.discover(table)


def test_experiments_may_have_their_variables_in_any_order() -> None:
    field = reference("lotka_volterra")
    parts = [field.isel(t=slice(0, 220)), field.isel(t=slice(180, None))]
    turned = [parts[0], parts[1][["y", "x"]]]
    assert pf.discover(turned).best.equation == pf.discover(parts).best.equation


def test_a_field_stored_backwards_gives_the_same_law() -> None:
    field = reference("burgers")
    forward, backward = (
        pf.discover(field),
        pf.discover(field.isel(t=slice(None, None, -1), x=slice(None, None, -1))),
    )
    assert forward.best.equation == backward.best.equation


def test_a_level_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(DiscoveryError, match="between 0 and 1"):
        pf.discover(reference("heat")).best.intervals(95)


def test_the_result_is_json_and_repeats_the_law() -> None:
    found = pf.discover(pf.add_noise(reference("heat"), 0.05, seed=0))
    data = json.loads(json.dumps(found.to_dict()))
    assert data["verdict"] == {"kind": found.verdict.kind, "text": found.verdict.text}
    assert pf.Equation(data["equation"]) == found.best.equation
    low, high = data["intervals"]["u_t"]["u_xx"]
    assert low < data["terms"]["u_t"]["u_xx"] < high
    assert data["seconds"] > 0


def test_wider_levels_give_wider_intervals() -> None:
    best = pf.discover(pf.add_noise(reference("heat"), 0.05, seed=0)).best
    narrow, wide = best.intervals(0.5)["u_t"]["u_xx"], best.intervals(0.99)["u_t"]["u_xx"]
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    with pytest.raises(DiscoveryError, match="between 0 and 1, as in 0.95; it was 'high'"):
        best.intervals("high")  # type: ignore[arg-type]


def test_the_fit_is_a_field_whose_parts_add_up() -> None:
    fit = pf.discover(pf.add_noise(reference("burgers"), 0.05, seed=0)).best.fit
    assert set(fit.data_vars) == {"observed", "predicted", "residual"}
    assert fit.observed.dims == ("left_side", "t", "x")
    np.testing.assert_allclose(fit.observed - fit.predicted, fit.residual)
    assert float((fit.residual**2).mean()) < 0.05 * float((fit.observed**2).mean())


def test_progress_runs_from_nothing_to_done() -> None:
    told: list[float] = []
    pf.discover(reference("wave"), progress=lambda fraction, message: told.append(fraction))
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert told == sorted(told)
