"""Which names are accepted, whatever people or adversaries type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel.errors import WorkspaceError
from physforge_kernel.workspace._names import (
    Ref,
    check_about,
    check_file_path,
    check_name,
    check_words,
    named_after,
    parse_ref,
)

PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(st.text(max_size=200) | st.text(sorted(PLAIN), max_size=140))
def test_a_name_is_plain_or_refused_with_a_sentence(text: str):
    plain = 1 <= len(text) <= 128 and set(text) <= PLAIN and text[0] not in "-_."
    if plain and not (len(text) == 64 and set(text) <= set("0123456789abcdef")):
        assert check_name(text) == text
    else:
        with pytest.raises(WorkspaceError, match=r"\.$"):
            check_name(text)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../wake",
        "a/b",
        "a\\b",
        "wake ",
        "wаke",
        "ｗake",
        "wake\u200b",
        "wake\n",
        "-rf",
        "wake@1",
        "a" * 129,
        "0" * 64,
    ],
)
def test_names_that_trick_the_eye_or_the_file_system_are_refused(name: str):
    with pytest.raises(WorkspaceError, match="cannot name a dataset"):
        check_name(name)


@pytest.mark.parametrize("bad", ["\x1b[31m", "\x00", "\u202e", "\u2066", "\u200b", "\u2028", "\r", "\ud800"])
def test_words_that_cannot_be_seen_or_turn_others_around_are_refused(bad: str):
    for check in (
        lambda words: check_words(words, "a job's name"),
        lambda words: check_about(words, ()),
        lambda words: check_about("", ["fine", words]),
    ):
        with pytest.raises(WorkspaceError, match="cannot be a") as refused:
            check(f"run {bad} 7")
        assert str(refused.value).isprintable()


def test_only_a_description_may_have_several_lines():
    assert check_about("Первый 実験 📈\n\tat dusk", "demo") == ("demo",)
    for call in (lambda: check_words("first\nlook", "a job's name"), lambda: check_about("", "a\nb")):
        with pytest.raises(WorkspaceError, match=r"'\\n' in it .* line breaks too\.$"):
            call()


@given(st.text(max_size=200))
def test_every_file_has_a_usable_name_and_description(stem: str):
    if len(stem) == 64 and set(stem) <= set("0123456789abcdef"):
        return
    name, description = named_after(f"{stem}.csv", stem, "")
    assert check_name(name) == name
    assert check_about(description, ()) == ()


def test_files_in_other_alphabets_keep_their_own_names_as_descriptions():
    names = set()
    for called in ("данные.csv", "данные 7.csv", "опыт 7.csv", "測定-2026.csv"):
        name, description = named_after(called, called.removesuffix(".csv"), "")
        names.add(name)
        assert re.fullmatch("data-[0-9a-f]{8}", name)
        assert description == called
    assert len(names) == 4
    assert named_after("данные.csv", "данные", "Hot wire")[1] == "Hot wire"
    composed, decomposed = "й", "и\N{COMBINING BREVE}"
    assert named_after(composed, composed, "")[0] == named_after(decomposed, decomposed, "")[0]
    assert named_after("2026.csv", "2026", "") == ("2026", "")


@given(st.text(max_size=80) | st.from_regex(r"[a-z./]{1,20}", fullmatch=True))
def test_an_accepted_path_stays_inside(text: str):
    try:
        path = check_file_path(text)
    except WorkspaceError:
        return
    root = Path("/home/of/objects")
    inside = (root / path).resolve()
    assert inside.is_relative_to(root)
    assert inside != root


def test_references_name_the_newest_one_number_or_one_id():
    assert parse_ref("wake") == Ref(name="wake")
    assert parse_ref("wake@12") == Ref(name="wake", number=12)
    assert parse_ref("ab" * 32) == Ref(manifest="ab" * 32)


@pytest.mark.parametrize(
    "ref", ["wake@", "wake@0", "wake@-1", "wake@1.0", "wake@١", "wake@1@2", "@1", "wake@latest"]
)
def test_a_reference_that_names_no_version_is_refused(ref: str):
    with pytest.raises(WorkspaceError):
        parse_ref(ref)
