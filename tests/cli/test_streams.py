"""Terminals and pipes, colour, interruptions, faults: what a command does with where it runs."""

from __future__ import annotations

import re
import subprocess
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physforge_kernel._wording import one_line, plain

from .conftest import SCRIPT

ESCAPE = "\x1b"

BOOM = """
from physforge_kernel.cli import _app, main

@_app.app.command("boom")
def boom():
    {body}

main(["boom"])
"""


def test_a_terminal_gets_colour_and_a_progress_bar(physforge, sample):
    ran = physforge.on_terminal("discover", sample)
    assert ran.code == 0
    assert f"{ESCAPE}[" in ran.out
    assert "Discovering in wake.csv" in ran.out


def test_no_color_leaves_no_escape_in_the_results(physforge):
    ran = physforge.on_terminal("catalogue", "list", NO_COLOR="1")
    assert ran.code == 0
    assert ESCAPE not in ran.out


def test_a_pipe_gets_neither_colour_nor_progress(physforge, sample):
    ran = physforge("discover", sample)
    assert ESCAPE not in ran.out
    assert ran.err == ""


def test_a_fault_is_a_sentence_and_its_traceback_is_kept_in_the_home(physforge):
    ran = physforge.python(BOOM.format(body='raise RuntimeError("the [red]flux\\x1b[31m is odd")'))
    assert (ran.code, ran.out) == (70, "")
    assert ran.err.startswith("error: PhysForge itself failed (RuntimeError: the [red]flux\\x1b[31m is odd)")
    assert "Traceback" not in ran.err
    (kept,) = (physforge.home / "logs").glob("cli-*.log")
    assert re.findall(r"details are in (\S+),", ran.err) == [str(kept)]
    assert "RuntimeError: the [red]flux" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_an_interruption_exits_with_130_and_no_traceback(physforge):
    # A shell that starts the tests in the background leaves SIGINT ignored: undo that first.
    heed = "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    ran = physforge.python(BOOM.format(body=f"{heed}; os.kill(os.getpid(), signal.SIGINT)"))
    assert ran.code == 130
    assert "Traceback" not in ran.err


def test_a_file_that_cannot_be_written_is_a_sentence(physforge, sample):
    ran = physforge.python(BOOM.format(body='open("/no/such/file", "w")'))
    assert (ran.code, ran.err) == (74, "error: cannot use '/no/such/file': No such file or directory.\n")


def test_a_reader_that_goes_away_is_no_error(physforge):
    process = subprocess.Popen(
        [SCRIPT, "catalogue", "list", "--json"],
        env=physforge.environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) in (0, 1)
    process.stderr.close()


@given(st.text())
def test_plain_text_holds_no_control_characters_but_lines_and_tabs(text):
    unsafe = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [one for one in plain(text) if one not in "\n\t" and category(one) in unsafe]


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_keeps_what_is_harmless(text):
    assert plain(text) == text


@given(st.text())
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2028", "\x9b", "\x1b", "\r", "\ud800"])
def test_hidden_characters_are_spelled_out(hidden):
    assert plain(f"a{hidden}b") == f"a{hidden.encode('unicode_escape', 'surrogatepass').decode()}b"
