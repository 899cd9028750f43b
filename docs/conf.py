"""How Sphinx builds the documentation: `make docs`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

project = "PhysForge"
author = "PhysForge maintainers"
copyright = "PhysForge maintainers"  # the name is Sphinx's
version = release = installed_version("physforge")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"PhysForge {version}"
html_static_path: list[str] = []

CLI_PAGE = Path(__file__).parent / "reference" / "cli.md"
HELP_TIMES = Path(__file__).parents[1] / "benchmarks" / "results" / "cli_help.json"


def write_cli_page(_: Any) -> None:
    """Write the reference of every command from the commands themselves, so that it cannot grow stale."""
    from physforge_kernel.cli._app import command

    intro = (
        "# The command line\n\n"
        "`physforge` prints text for people, and with `--json` exactly one JSON document on standard output. "
        "Progress and errors go to standard error; an error is one sentence, and its exit code says of which "
        "kind it is: see [errors](api.md#errors). `NO_COLOR` and pipes are respected.\n\n"
    )
    page = intro + help_times() + "".join(cli_section(command(), "physforge", level=2))
    if not CLI_PAGE.exists() or CLI_PAGE.read_text() != page:
        CLI_PAGE.write_text(page)


def help_times() -> str:
    """Return a paragraph on how long help takes, as it was measured."""
    found = json.loads(HELP_TIMES.read_text())
    medians, busy = ([each[key] for each in found["seconds"].values()] for key in ("median", "processor"))
    worst, slowest = max((each["worst"], name) for name, each in found["seconds"].items())
    return (
        f"Held to one core, a fresh `physforge ... --help` took {min(medians):.2f} to "
        f"{max(medians):.2f} s (the medians of {len(medians)} commands, {found['runs']} runs each), of which "
        f"{min(busy):.2f} to {max(busy):.2f} s were processor time, and {worst:.2f} s at the worst "
        f"(`{slowest} --help`), with Python {found['python']} on a machine whose load was {found['load']}. "
        "`taskset -c 0 python benchmarks/cli/help_time.py` measures it.\n\n"
    )


def cli_section(command: Any, path: str, level: int) -> Iterator[str]:
    """Yield one command's part of the page, then its subcommands'."""
    children = getattr(command, "commands", {})
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    named = " ".join(each.metavar or each.name.upper() for each in arguments)
    usage = f"{path} {'COMMAND' if children else named} [OPTIONS]".replace("  ", " ")
    yield f"{'#' * level} `{path}`\n\n{(command.help or '').strip()}\n\n```console\n$ {usage}\n```\n\n"
    rows = [(f"`{each.metavar or each.name.upper()}`", each) for each in arguments]
    rows += [(", ".join(f"`{name}`" for name in each.opts), each) for each in options]
    if rows:
        yield "| | |\n|---|---|\n"
        for name, parameter in rows:
            yield f"| {name} | {(getattr(parameter, 'help', None) or '').replace('|', chr(92) + '|')} |\n"
        yield "\n"
    for name, child in children.items():
        yield from cli_section(child, f"{path} {name}", min(level + 1, 4))


def mark_code(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Docstrings put code in single backticks, as Markdown does; Sphinx wants two."""
    lines[:] = [re.sub(r"(?<![`:\w])`([^`]+)`(?!`)", r"``\1``", line) for line in lines]


def setup(app: Any) -> None:
    """Sphinx calls this once."""
    app.connect("builder-inited", write_cli_page)
    app.connect("autodoc-process-docstring", mark_code, priority=100)  # before Google-style sections are read
