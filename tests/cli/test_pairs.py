"""Settings from `k=v` arguments and files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.cli._pairs import config_of, numbers_of
from physforge_kernel.cli._usage import MisuseError

NAMES = st.text(st.characters(categories=["L"]), min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_a_value_that_reads_as_json_is_that(config):
    assert config_of([f"{name}={json.dumps(value)}" for name, value in config.items()]) == config


def test_any_other_value_is_text():
    assert config_of(["target=u_t", "note=a = b"]) == {"target": "u_t", "note": "a = b"}


def test_files_and_pairs_merge_with_the_later_one_winning(tmp_path):
    yaml, other = tmp_path / "a.yaml", tmp_path / "b.json"
    yaml.write_text("seed: 1\ntarget: [u_t, v_t]\n")
    other.write_text('{"seed": 2}')
    assert config_of([str(yaml), str(other)]) == {"seed": 2, "target": ["u_t", "v_t"]}
    assert config_of(["seed=3", str(yaml)]) == {"seed": 1, "target": ["u_t", "v_t"]}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "a: [1", "is not YAML"),
        ("a.yaml", "a: 2026-13-01", "is not YAML"),
        ("a.json", "{", "is not JSON"),
        ("a.json", "[1]", "must hold names and values, not list"),
        ("a.yaml", "!!python/object/apply:os.getcwd []", "is not YAML"),
    ],
)
def test_a_file_that_holds_no_settings_is_refused(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(MisuseError, match=said):
        config_of([str(path)])


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("name: Zürich".encode("latin-1"))
    with pytest.raises(MisuseError, match="is not text in UTF-8"):
        config_of([str(path)])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MisuseError, match="cannot read"):
        config_of([str(tmp_path / "none.yaml")])


@given(st.floats(allow_nan=False))
def test_numbers_come_back_as_they_were(value):
    assert numbers_of([f"nu={value!r}"]) == {"nu": value}
