"""The probability of a law: high where it is settled, shared where others fit, none where nothing is seen."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import physforge_kernel as pf
from physforge_kernel.discovery import Candidate, Discovery

from .conftest import plane


@cache
def rod(noise: float) -> Discovery:
    field = pf.catalogue.get("heat").field(x=64, t=61)
    return pf.discover(pf.add_noise(field, noise, seed=0), target="u_t")


@cache
def single_wave() -> Discovery:
    x, t = np.arange(64) * 2 * np.pi / 64, np.linspace(0, 2, 61)
    u = np.exp(-t)[:, None] * np.cos(x)  # u_t = -u = u_xx = -u_xxxx
    return pf.discover(pf.add_noise(plane(t, x, u), 0.05, seed=0), target="u_t")


def probability(candidate: Candidate) -> float:
    assert candidate.probability is not None
    return candidate.probability


def test_a_law_that_the_data_settle_is_probable():
    best = rod(0.05).best
    assert probability(best) > 0.8
    assert best.inclusion is not None
    assert best.inclusion["u_t"]["u_xx"] > 0.99
    assert all(p < 0.2 for term, p in best.inclusion["u_t"].items() if term != "u_xx")


#: Sizes at which the laws of the catalogue are identified; others are identified at 64 places and 61 times.
SIZES: dict[str, dict[str, Any]] = {
    "heat": {"x": 32, "t": 31},
    "kdv": {"x": 96, "t": 81},
    **{name: {} for name in ("lorenz", "lotka_volterra", "fitzhugh_nagumo")},
}

#: Those of the others.
SMALL: dict[str, Any] = {"x": 64, "t": 61}

#: Not identified at a size that is quick to search.
LARGER = {"kuramoto_sivashinsky", "lambda_omega", "navier_stokes", "hindmarsh_rose"}


@pytest.mark.parametrize("name", sorted(set(pf.catalogue.names()) - LARGER))
def test_a_law_that_is_identified_without_noise_is_probable(name: str):
    found = pf.discover(pf.catalogue.get(name).field(**SIZES.get(name, SMALL)))
    assert found.verdict.kind == "identified", found.verdict.text
    assert probability(found.best) > 0.7


@pytest.mark.parametrize("noise", [1e-6, 1e-4])
def test_what_lies_below_the_assumed_accuracy_makes_no_law_improbable(noise: float):
    field = pf.catalogue.get("heat").field(x=32, t=31)
    for seed in range(3):
        assert probability(pf.discover(pf.add_noise(field, noise, seed=seed), target="u_t").best) > 0.9


def test_laws_that_fit_alike_share_the_probability():
    found = single_wave()
    assert found.verdict.kind == "ambiguous"
    assert probability(found.best) < 0.6
    assert found.best.inclusion is not None
    like = [found.best.inclusion["u_t"][term] for term in ("u", "u_xx", "u_xxxx")]
    assert max(like) < 0.8
    assert sum(p > 0.05 for p in like) > 1


@pytest.mark.parametrize("which", ["clear", "noisy", "alike"])
def test_probabilities_of_one_side_add_up_to_no_more_than_one(which: str):
    found = {"clear": lambda: rod(0.05), "noisy": lambda: rod(0.5), "alike": single_wave}[which]()
    stated = [probability(candidate) for candidate in found.candidates]
    assert all(0.0 <= p <= 1.0 for p in stated)
    assert sum(stated) <= 1.0 + 1e-9
    assert found.best.odds is not None
    assert sum(found.best.odds.sides["u_t"].weights.values()) == pytest.approx(1.0)


def test_noise_lowers_the_probability():
    assert probability(rod(0.5).best) < probability(rod(0.05).best)


def test_a_term_that_is_hinted_at_is_neither_in_nor_out():
    field = pf.catalogue.get("fisher_kpp").field(x=64, t=61)
    found = pf.discover(pf.add_noise(field, 0.3, seed=2), target="u_t")
    assert found.verdict.kind == "ambiguous"
    assert probability(found.best) < 0.9
    assert found.best.inclusion is not None
    assert any(0.02 < p < 0.98 for p in found.best.inclusion["u_t"].values())


def test_where_no_law_is_seen_there_is_no_probability():
    noise = np.random.default_rng(1).standard_normal((40, 50))
    found = pf.discover(plane(np.linspace(0, 1, 40), np.linspace(0, 1, 50), noise), target="u_t")
    assert found.verdict.kind == "not identifiable"
    assert found.best.probability is None
    assert found.best.inclusion is None
    assert found.best.odds is not None
    assert found.best.odds.reason
    assert json.loads(json.dumps(found.to_dict()))["probability"] is None


def test_a_system_is_as_probable_as_its_sides_together():
    found = pf.discover(pf.add_noise(pf.catalogue.get("lotka_volterra").field(), 0.01, seed=0))
    assert found.best.odds is not None
    each = [side.of(found.best.laws[left]) for left, side in found.best.odds.sides.items()]
    assert len(each) == 2
    assert probability(found.best) == pytest.approx(each[0] * each[1])


def test_the_table_and_the_json_state_it():
    found = rod(0.05)
    assert "probability" in str(found)
    assert "&lt; 0.1 %</td>" in found._repr_html_()
    document = json.loads(json.dumps(found.to_dict()))
    assert document["probability"] == pytest.approx(probability(found.best))
    assert document["candidates"][0]["probability"] == document["probability"]
    assert document["inclusion"]["u_t"]["u_xx"] > 0.99
