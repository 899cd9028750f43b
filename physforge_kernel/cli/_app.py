"""The command tree. Sub-commands live in one module each and import the library only when they run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import _catalogue, _dataset, _describe, _discover, _job, _report

EPILOG = "The workspace is the folder in PHYSFORGE_HOME (default: ~/.physforge)."

app = typer.Typer(
    name="physforge",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
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
app.command("describe")(_describe.describe)
app.add_typer(_catalogue.app, name="catalogue")
app.add_typer(_dataset.app, name="dataset")
app.add_typer(_job.app, name="job")
app.add_typer(_report.app, name="report")


def command() -> Any:
    """Build the command that `physforge` runs."""
    return typer.main.get_command(app)
