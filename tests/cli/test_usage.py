"""How the command is called, and what it says when it is called wrongly."""

from __future__ import annotations

import json

import numpy as np

from physforge_kernel import __version__

COMMANDS = [
    "",
    "discover",
    "symbolic",
    "solve",
    "describe",
    "catalogue list",
    "catalogue show",
    "catalogue sample",
    "dataset upload",
    "dataset list",
    "dataset info",
    "dataset versions",
    "dataset download",
    "dataset delete",
    "job submit",
    "job list",
    "job show",
    "job watch",
    "job log",
    "job result",
    "job cancel",
    "job kinds",
    "job schema",
    "report render",
    "report list",
    "report show",
    "report export",
]


def test_every_command_explains_itself(physforge):
    source = f"""
import sys
from physforge_kernel.cli._app import command
for words in {COMMANDS!r}:
    code = command().main([*words.split(), "--help"], prog_name="physforge", standalone_mode=False)
    assert code == 0, words
heavy = {{"numpy", "scipy", "sympy", "xarray", "pandas", "sqlalchemy", "dask", "pydantic"}} & set(sys.modules)
assert not heavy, heavy
"""
    ran = physforge.python(source)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("Usage: physforge") == len(COMMANDS)


def test_the_version_is_printed_alone(physforge):
    ran = physforge("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"physforge {__version__}\n", "")


def test_no_arguments_show_the_help_and_fail(physforge):
    ran = physforge()
    assert ran.code == 2
    assert "Usage: physforge" in ran.out + ran.err


MISUSES = {
    "'discover'?": ["discver", "x.csv"],
    "missing argument": ["discover"],
    "--sed": ["discover", "x.csv", "--sed", "1"],
    "'queued', 'running', 'succeeded', 'failed', 'cancelled'": ["job", "list", "--state", "done"],
    "'nu' is not of the form NAME=VALUE": ["catalogue", "show", "burgers", "-p", "nu"],
    "nu='thin' is not a number": ["catalogue", "show", "burgers", "-p", "nu=thin"],
    "'y@1' does not say which input it is": ["job", "submit", "discover", "-i", "a=x@1", "-i", "y@1"],
    "'/no/such/folder' is not a folder": ["discover", "x.csv", "-o", "/no/such/folder/r.json"],
}


def test_with_json_an_error_is_one_json_object_on_stderr(physforge):
    missing, misused = physforge.many(["describe", "no.csv", "--json"], ["discover", "--json"])
    assert (missing.code, missing.out) == (3, "")
    assert json.loads(missing.err) == {
        "error": {
            "type": "FieldError",
            "message": "no.csv: there is no such file. Check the path.",
            "exit_code": 3,
        }
    }
    assert (misused.code, misused.out) == (2, "")
    assert json.loads(misused.err)["error"]["type"] == "UsageError"


def test_a_fault_is_one_sentence_whatever_it_says_and_was_asked_for(physforge):
    ran = physforge.python(
        "import sys\n"
        "from physforge_kernel.cli._failures import Failures\n"
        "from physforge_kernel.cli._main import _prepare_streams\n"
        "_prepare_streams()\n"
        "sys.argv = ['physforge', 'n\\udcff']\n"
        "print(Failures(as_json=False).explain(RuntimeError('broken by \\udcff')))"
    )
    assert (ran.code, ran.out) == (0, "70\n"), ran.err
    assert r"PhysForge itself failed (RuntimeError: broken by \udcff)" in ran.err
    [log] = (physforge.home / "logs").iterdir()
    assert log.read_text(encoding="utf-8").startswith(r"physforge n\udcff")


def test_errors_advise_what_holds_on_the_command_line_too(physforge, tmp_path):
    np.savez(tmp_path / "a.npz", u=np.zeros((3, 3)), t=np.arange(3.0), x=np.arange(3.0))
    ran = physforge.many(
        ["describe", tmp_path / "a.npz"],
        ["job", "show", "zzz"],
        ["job", "submit", "discover"],
        ["job", "submit", "zzz"],
        ["report", "show", "zzz"],
    )
    for each, said in zip(
        ran,
        (
            "Name its axes in their order with dims: x,t or t,x.",
            "There is no job 'zzz'. The list of jobs shows those there are.",
            "was given no input. Name a dataset for it, such as wake or wake@3.",
            "There is no job kind 'zzz'. The kinds are: derivatives, discover",
            "There is no report 'zzz'. The list of reports shows those there are.",
        ),
        strict=True,
    ):
        assert each.code not in (0, 70)
        assert said.replace("x,t or t,x", "") in each.err.replace("x,t or t,x", "").replace("t,x or x,t", "")


def test_axes_that_a_file_does_not_tell_are_named_with_dims(physforge, tmp_path):
    square = np.arange(9.0).reshape(3, 3)
    np.savez(tmp_path / "a.npz", u=square, t=np.arange(3.0), x=np.arange(3.0))
    refused, told, kept, again = physforge.many(
        ["describe", tmp_path / "a.npz"],
        ["describe", tmp_path / "a.npz", "--dims", "x,t", "--json"],
        ["dataset", "upload", tmp_path / "a.npz"],
        ["dataset", "upload", tmp_path / "a.npz"],
    )
    assert refused.code == 3
    assert told.json["variables"][0]["dims"] == ["t", "x"]
    assert "uploaded a@1" in kept.out
    assert "with dims" in kept.out
    assert "unchanged a@1" in again.out


def test_misuse_is_one_sentence_on_stderr_and_exits_with_2(physforge):
    for said, ran in zip(MISUSES, physforge.many(*MISUSES.values()), strict=True):
        assert (ran.code, ran.out) == (2, ""), said
        assert ran.err.startswith("error: ")
        assert ran.err.count("\n") == 1
        assert said in ran.err
