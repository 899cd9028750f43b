"""Laws are compared on the same rows: information criteria, held-out error, and orders made of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import physforge_kernel as pf
from physforge_kernel.discovery import Discovery
from physforge_kernel.discovery._blocks import _masks
from physforge_kernel.discovery._ranking import CRITERIA, on_front
from physforge_kernel.errors import DiscoveryError

from .conftest import reference


@cache
def burgers() -> Discovery:
    return pf.discover(pf.add_noise(reference("burgers"), 0.05, seed=0))


@pytest.mark.parametrize("by", ["bic", "ubic", "held_out"])
def test_the_true_law_comes_first(by: str) -> None:
    assert burgers().ranking(by).best.equation.same_terms(pf.catalogue.get("burgers").equation)


def test_a_law_without_a_needed_term_errs_where_it_was_not_fitted() -> None:
    found = burgers()
    short = next(c for c in found.candidates if c.complexity == 1)
    assert short.criteria.held_out > 0.1 > found.best.criteria.held_out
    assert short.criteria.bic > found.best.criteria.bic + 100


def test_criteria_are_the_misfit_and_their_penalties() -> None:
    for candidate in burgers().candidates:
        c = candidate.criteria
        assert c.aic == pytest.approx(c.misfit + 2 * c.terms)
        assert c.bic == pytest.approx(c.misfit + c.terms * np.log(c.rows))
        assert c.aicc > c.aic
        assert c.ubic >= c.bic + np.log(c.rows) * (1 - 1e-9)
        assert c.terms == candidate.complexity


def test_the_misfit_of_the_true_law_is_about_one_per_row() -> None:
    c = burgers().best.criteria
    assert c.whitened
    assert 0.7 < c.misfit / c.rows < 1.3


def test_no_test_function_lies_on_both_sides_of_a_cut() -> None:
    block = burgers().best.laws["u_t"].estimate.scale.regression.projection.blocks[0]
    weight = np.stack([np.abs(m) for m in block.weak.axes[0].matrices]).sum(axis=0) > 0
    rows = np.repeat(np.arange(block.weak.shape[0]), block.weak.shape[1])[block.rows.ravel()]
    for axis_masks in [list(_masks([block], 0))]:
        for train, test in axis_masks:
            seen = weight[np.unique(rows[train])].any(axis=0)
            held = weight[np.unique(rows[test])].any(axis=0)
            assert not np.any(seen & held)
            assert not np.any(train & test)


def test_criteria_are_worked_out_only_when_asked_for() -> None:
    found = pf.discover(pf.catalogue.get("heat").field(x=64, t=41))
    _ = (repr(found), found._repr_html_(), found.to_dict())
    assert not any("criteria" in vars(candidate) for candidate in found.candidates)
    assert found.best.criteria is found.best.criteria


def test_an_order_of_ones_own_changes_no_belief() -> None:
    found = burgers()
    ranking = found.ranking(lambda candidate: -candidate.complexity)
    assert ranking.best.complexity == max(c.complexity for c in found.candidates)
    assert ranking.best is not found.best
    assert found.best is found.candidates[0]
    assert "found.best stays as it is" in ranking.note
    assert ranking.believed is found.best


def test_forecasts_rank_a_law_that_lacks_a_term_last() -> None:
    law = pf.catalogue.get("fisher_kpp")
    found = pf.discover(law.field(x=64, t=61))
    ranking = found.ranking("forecast", field=law.field(x=64, t=61, seed=1), seconds=5)
    errors = {item.candidate.complexity: item.value for item in ranking.laws}
    assert ranking.best.equation.same_terms(law.equation)
    assert max(errors.values()) > 10 * errors[3]
    assert "forecast" in ranking.to_frame().columns


def test_forecasts_run_on_the_discoverys_own_field_by_default() -> None:
    found = pf.discover(pf.add_noise(pf.catalogue.get("heat").field(x=64, t=41) * 1e5, 0.02, seed=0))
    assert found.best.forecast_error() < 0.02


@pytest.mark.parametrize("by", ["sharpness", "BIC"])
def test_an_unknown_criterion_is_refused_by_name(by: str) -> None:
    with pytest.raises(DiscoveryError, match=f"cannot be ranked by '{by}'.*held_out"):
        burgers().ranking(by)


def test_a_criterion_that_gives_no_number_is_refused() -> None:
    with pytest.raises(DiscoveryError, match="has to give a number"):
        burgers().ranking(lambda candidate: "good")  # type: ignore[arg-type, return-value]
    with pytest.raises(DiscoveryError, match="has to give a number"):
        burgers().ranking(lambda candidate: 10**400)
    with pytest.raises(DiscoveryError, match="nan for every law"):
        burgers().ranking(lambda candidate: float("nan"))
    with pytest.raises(DiscoveryError, match="criterion failed for u_t = .*: ZeroDivisionError: "):
        burgers().ranking(lambda candidate: 1 / (candidate.r2 * 0))


def test_a_ranking_is_a_table_in_text_html_and_pandas_and_a_picture() -> None:
    ranking = burgers().ranking("held_out")
    table = ranking.to_frame()
    assert list(table.index) == list(range(1, len(burgers().candidates) + 1))
    assert {"law", "terms", "front", "aic", "aicc", "bic", "ubic", "held_out"} <= set(table.columns)
    assert "by held_out" in str(ranking)
    assert "u_t" in str(ranking)
    assert ranking._repr_html_().count("<tr>") == len(table) + 1
    assert burgers().plot()._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert [law["equation"] for law in ranking.to_dict()["laws"]] == list(table["law"])
    assert set(CRITERIA) >= {ranking.by}


points = st.lists(st.tuples(st.integers(1, 5), st.floats(0, 1, allow_nan=False)), min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(points)
def test_what_is_not_on_the_front_is_beaten_and_what_is_on_it_is_not(laws: list[tuple[int, float]]) -> None:
    sizes, errors = [s for s, _ in laws], [e for _, e in laws]
    front = on_front(sizes, errors)
    assert any(front)
    for (size, error), on in zip(laws, front, strict=True):
        beaten = any(s <= size and e <= error and (s, e) != (size, error) for s, e in laws)
        assert on == (not beaten)
