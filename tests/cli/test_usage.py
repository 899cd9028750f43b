"""How the command is called, and what it says when it is called wrongly."""

from __future__ import annotations

from physforge_kernel import __version__

COMMANDS = [
    "",
    "discover",
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


def test_misuse_is_one_sentence_on_stderr_and_exits_with_2(physforge):
    for said, ran in zip(MISUSES, physforge.many(*MISUSES.values()), strict=True):
        assert (ran.code, ran.out) == (2, ""), said
        assert ran.err.startswith("error: ")
        assert ran.err.count("\n") == 1
        assert said in ran.err
