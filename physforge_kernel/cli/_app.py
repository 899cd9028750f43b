"""The command tree. Sub-commands live in one module each and import the library only when they run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import (
    _catalogue,
    _dashboard,
    _dataset,
    _describe,
    _discover,
    _job,
    _notebook,
    _report,
    _solve,
    _symbolic,
)

GROUPS = {
    "catalogue": _catalogue.app,
    "dataset": _dataset.app,
    "job": _job.app,
    "notebook": _notebook.app,
    "report": _report.app,
}
# A group whose `--help` is not given has Typer import pydantic to make that a bool. Told outright that it is
# False, `physforge discover --help` takes a third less time.
_NO_HELP = {"help": False}

app = typer.Typer(
    name="physforge",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "default_map": {**_NO_HELP, **dict.fromkeys(GROUPS, _NO_HELP)},
    },
    epilog="The workspace is the folder in PHYSFORGE_HOME (default: ~/.physforge).",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"physforge {__version__}")
        raise typer.Exit


@app.callback()
def physforge(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """From measured fields to the law behind them."""


app.command("discover")(_discover.discover)
app.command("symbolic")(_symbolic.symbolic)
app.command("solve")(_solve.solve)
app.command("describe")(_describe.describe)
app.command("dashboard")(_dashboard.dashboard)
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


def command() -> Any:
    """Build the command that `physforge` runs."""
    return typer.main.get_command(app)
