"""Fields of any shape become panels with words; nothing that a file calls itself becomes markup."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.reports import _fields, _markup
from physforge_kernel.reports._svg import formula, gallery


def field(**sizes: int) -> xr.Dataset:
    coords = {name: np.linspace(0.0, 1.0, size) for name, size in sizes.items()}
    values = np.random.default_rng(0).standard_normal(tuple(sizes.values()))
    return xr.Dataset({"u": (tuple(sizes), values)}, coords)


@pytest.mark.parametrize(
    ("given_field", "panels", "words"),
    [
        (field(t=30), 1, "Time series of u"),
        (field(t=6, x=5), 1, "Heat map of u over t and x"),
        (field(x=6, y=5), 1, "Heat map of u over x and y"),
        (field(t=5, x=6, y=4), 3, "at t = 0.5 over x and y"),
        (field(t=3, x=4, y=5, z=6), 3, "z = 0.6"),
        (field(t=900, x=1000), 1, "Heat map"),
        (field(t=6, x=5) * (1 + 1j), 1, "Heat map of |u|"),
        (field(t=6, x=5) * np.nan, 1, "Heat map"),
        (field(t=6, x=5).rename(u="p $q$ <b>"), 1, "Heat map of p $q$ <b>"),
    ],
)
def test_every_shape_of_field_is_drawn_and_described(given_field, panels, words):
    drawn = _fields.pictures(given_field)
    assert len(drawn) == panels
    assert any(words in one.alt for one in drawn)
    for one in drawn:
        assert ElementTree.fromstring(one.svg).tag.endswith("svg")
        assert len(one.svg) < 2_000_000


def test_pictures_load_nothing_and_follow_the_colour_scheme():
    (one,) = _fields.pictures(field(t=6, x=5))
    assert "prefers-color-scheme" in one.svg
    assert "currentColor" in one.svg
    references = re.findall(r'href="([^"]*)"', one.svg)
    assert all(reference.startswith(("#", "data:image/png")) for reference in references)


def test_a_gallery_escapes_captions_and_words():
    drawn = _fields.pictures(field(t=6, x=5).rename(u='"><script>'))
    markup = gallery(drawn, "<i>caption</i>")
    assert "<script" not in markup
    assert "&lt;i&gt;caption" in markup


def test_a_formula_sits_on_the_baseline_and_has_words():
    markup = formula(r"u_{xx}", "u_xx")
    assert 'alt="u_xx"' in markup
    assert re.search(r"vertical-align:-0\.\d+em", markup)
    (encoded,) = re.findall(r"base64,([^\"]+)", markup)
    assert ElementTree.fromstring(base64.b64decode(encoded)).tag.endswith("svg")


def test_tex_that_cannot_be_drawn_is_shown_as_text():
    assert formula(r"\nosuchcommand{", "a < b") == '<span class="pf-formula">a &lt; b</span>'


@given(st.text(), st.text(), st.text())
def test_cells_facts_and_bullets_are_escaped(one, two, three):
    pieces = _markup.table([one], [[two]]) + _markup.facts({one: three}) + _markup.bullets([two])
    allowed = re.sub(
        r"</?(div|table|thead|tbody|tr|th|td|dl|dt|dd|ul|li)( [a-z]+=\"[^\"<>]*\")*>", "", pieces.markup
    )
    assert "<" not in allowed
    assert ">" not in allowed
