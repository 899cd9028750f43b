"""Is the law chosen again when the data are resampled, wherever that is worked out?"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import physforge_kernel as pf
from physforge_kernel.discovery import Discovery
from physforge_kernel.discovery._cells import FEWEST, MOST, partition, sums
from physforge_kernel.discovery._sketch import sketch
from physforge_kernel.errors import DiscoveryError

from .conftest import plane


@cache
def heat(noise: float) -> Discovery:
    field = pf.catalogue.get("heat").field(x=64, t=41)
    return pf.discover(pf.add_noise(field, noise, seed=0), target="u_t")


def elsewhere(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """What a cluster does: function and items travel as bytes, and come back in any order of working."""
    packed = [pickle.dumps((function, item)) for item in items]
    answers = {}
    for i in reversed(range(len(packed))):
        work, item = pickle.loads(packed[i])
        answers[i] = work(item)
    return [answers[i] for i in range(len(packed))]


@given(
    st.lists(st.sampled_from([0.4, 0.25, 0.125, 0.0625, 0.03, 0.01]), min_size=1, max_size=3),
    st.integers(1, 40),
)
def test_there_are_enough_blocks_and_never_more_than_experiments_need(shares: list[float], experiments: int):
    boxes = partition(shares, experiments)
    assert boxes.size >= FEWEST
    assert boxes.size <= max(MOST, experiments)
    if boxes.apart:
        assert all(1 / count >= 2 * share - 1e-9 for count, share in zip(boxes.counts, shares, strict=True))


def test_blocks_add_up_to_the_normal_equations_and_their_noise():
    found = heat(0.2)
    assert found.evidence is not None
    [side] = found.evidence.sides
    boxes = partition((0.125, 0.125), 1)
    for scale in side.scales[:3]:
        projection = scale.regression.projection
        parts = sums(projection, boxes)
        np.testing.assert_allclose(parts.grams.sum(axis=0), projection.gram, rtol=1e-9)
        np.testing.assert_allclose(
            parts.noises.sum(axis=0), projection.noise, rtol=1e-9, atol=1e-9 * np.abs(projection.noise).max()
        )
        assert parts.counts.sum() == len(projection.matrix)


def test_masked_samples_are_in_no_block():
    field = pf.add_noise(pf.catalogue.get("heat").field(x=64, t=41), 0.1, seed=0)
    holed = field.where(~((field.x > field.x[30]) & (field.x < field.x[36]) & (field.t < field.t[20])))
    found = pf.discover(holed, target="u_t")
    assert found.evidence is not None
    projection = found.evidence.sides[0].scales[0].regression.projection
    parts = sums(projection, partition((0.125, 0.125), 1))
    np.testing.assert_allclose(parts.grams.sum(axis=0), projection.gram, rtol=1e-9)
    assert parts.counts.sum() == len(projection.matrix) < np.prod(projection.blocks[0].weak.shape)


def test_a_sketch_weighs_evidence_as_the_samples_do():
    field = pf.add_noise(pf.catalogue.get("burgers").field(x=64, t=41), 0.1, seed=0)
    found = pf.discover(field, target="u_t")
    assert found.evidence is not None
    [side] = found.evidence.sides
    law = found.best.laws["u_t"]
    drawn = sketch(side, partition((0.125, 0.125), 1), tuple(term.name for term in law.terms), {})
    assert drawn.choice(drawn.scales, drawn.sharp) == law.estimate.fit.support
    compared = 0
    for scale, small in zip(side.scales, drawn.scales, strict=False):
        for best, *others in (scale.path(size) for size in (1, 2, 3) if len(scale.path(size)) > 1):
            exact = scale.regression.advantage(best, others[-1])
            assert small.advantage(best, others[-1]) == pytest.approx(exact, rel=0.3, abs=0.05)
            compared += 1
    assert compared > 10
    assert drawn.sharp is not None
    sharp = side.scales[-1].regression
    np.testing.assert_allclose(drawn.sharp.gram, sharp.gram, atol=1e-2 * np.abs(sharp.gram).max())


def test_a_system_that_is_weighed_together_is_sketched_law_by_law():
    found = pf.discover(pf.add_noise(pf.catalogue.get("lotka_volterra").field(t=201), 0.02, seed=0))
    assert found.evidence is not None
    boxes = partition((0.05,), 1)
    for side in found.evidence.sides:
        law = found.best.laws[side.left]
        drawn = sketch(side, boxes, tuple(term.name for term in law.terms), {})
        assert drawn.sharp is not None
        exact = side.scales[-1].regression.gram
        np.testing.assert_allclose(drawn.sharp.gram, exact, atol=2e-3 * np.abs(exact).max())


def test_a_law_that_the_data_settle_is_chosen_again_and_again():
    stable = heat(0.05).stability(draws=8)
    assert stable.frequency > 0.7
    assert stable.bootstrap.inclusion["u_t"]["u_xx"] == 1.0
    assert stable.libraries.inclusion["u_t"]["u_xx"] == 1.0
    assert stable.bootstrap.laws[0].terms == {"u_t": ("u_xx",)}
    mean, sd = stable.bootstrap.coefficients["u_t"]["u_xx"]
    assert abs(mean - 0.1) < 5 * sd < 0.05
    assert sum(law.share for law in stable.bootstrap.laws) == pytest.approx(1.0)


def test_laws_that_a_single_wave_cannot_tell_apart_share_the_draws():
    x, t = np.arange(48) * 2 * np.pi / 48, np.linspace(0, 2, 41)
    u = np.exp(-t)[:, None] * np.cos(x)  # u_t = -u = u_xx = -u_xxxx
    found = pf.discover(pf.add_noise(plane(t, x, u), 0.05, seed=0), target="u_t")
    drawn = found.stability(draws=10).bootstrap
    assert len(drawn.laws) > 1
    assert max(drawn.inclusion["u_t"].values()) < 1.0 or len(drawn.laws[0].terms["u_t"]) > 1


def test_every_map_gives_the_same_and_the_seed_fixes_it():
    found = heat(0.2)
    here, there = found.stability(draws=2, seed=4), found.stability(draws=2, seed=4, map=elsewhere)
    assert here.to_dict() == there.to_dict()
    assert here.to_dict() != found.stability(draws=2, seed=5).to_dict()


def test_what_is_sent_does_not_grow_with_the_field():
    sizes = []

    def weighing(function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        sizes.append(len(pickle.dumps(function)))
        return list(map(function, items))

    for points in (64, 256):
        field = pf.catalogue.get("heat").field(x=points, t=41)
        pf.discover(pf.add_noise(field, 0.2, seed=0), target="u_t").stability(draws=1, map=weighing)
    assert max(sizes) < 2.5 * min(sizes)


def test_laws_of_systems_and_of_complex_fields_are_resampled():
    lotka = pf.discover(pf.add_noise(pf.catalogue.get("lotka_volterra").field(t=201), 0.01, seed=0))
    stable = lotka.stability(draws=3)
    assert set(stable.best) == {"x_t", "y_t"}
    assert stable.bootstrap.inclusion["y_t"]["x*y"] > 0.5
    x, t = np.arange(48) * 2 * np.pi / 48, np.linspace(0, 2, 41)
    u = sum(np.exp(1j * (k * x[None, :] - 0.5 * k**2 * t[:, None] + k)) / k for k in (1, 2, 3))
    wave = pf.discover(pf.add_noise(plane(t, x, np.asarray(u)), 0.02, seed=0), target="u_t")
    assert wave.stability(draws=2).bootstrap.inclusion["u_t"]["i*u_xx"] == 1.0


def test_it_reads_as_text_html_json_and_a_figure():
    stable = heat(0.05).stability(draws=4)
    assert "u_xx" in str(stable)
    assert "resampled" in str(stable)
    assert "<table>" in stable._repr_html_()
    assert json.loads(json.dumps(stable.to_dict()))["bootstrap"]["draws"] == 4
    [axes] = stable.plot().axes
    assert "u_xx" in [label.get_text() for label in axes.get_yticklabels()]


@pytest.mark.parametrize("draws", [0, -3, 2.5, True])
def test_a_number_of_draws_that_means_nothing_is_refused(draws: Any):
    with pytest.raises(DiscoveryError, match="number of draws"):
        heat(0.05).stability(draws=draws)


def test_a_discovery_without_its_data_says_so():
    found = heat(0.05)
    bare = Discovery(found.candidates, found.verdict, found.notes, found.noise, found.settings, found.seconds)
    with pytest.raises(DiscoveryError, match=r"run pf\.discover"):
        bare.stability()


def test_several_experiments_are_resampled_as_blocks_of_each():
    field = pf.catalogue.get("heat").field(x=64, t=41)
    both: list[xr.Dataset] = [pf.add_noise(field, 0.1, seed=seed) for seed in (0, 1)]
    stable = pf.discover(both, target="u_t").stability(draws=4)
    assert stable.bootstrap.inclusion["u_t"]["u_xx"] == 1.0
