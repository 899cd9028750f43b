"""`physforge catalogue`: named equations, and sample fields made by their reference solvers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import facts, print_json, prose, say, show, styled, table
from ._options import AsJson
from ._pairs import numbers_of

if TYPE_CHECKING:
    from rich.text import Text

app = typer.Typer(no_args_is_help=True, help="Named equations, and sample fields that obey them.")

Parameters = Annotated[
    list[str] | None,
    typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Set a parameter; again for more."),
]


@app.command("list")
def list_laws(as_json: AsJson = False) -> None:
    """List the named equations."""
    from ..equations import catalogue

    laws = [catalogue.get(name) for name in catalogue.names()]
    if as_json:
        print_json([{"name": law.name, "title": law.title, "equation": str(law.equation)} for law in laws])
        return
    show(
        table(
            ["name", "title", "equation"],
            [[styled(law.name, "bold"), law.title, _lines(law.equation)] for law in laws],
        )
    )


def _lines(equation: object) -> Text:
    from rich.text import Text

    return Text(str(equation).replace("; ", "\n"))


@app.command("show")
def show_law(name: str, parameter: Parameters = None, as_json: AsJson = False) -> None:
    """Show one named equation: its form, parameters and source."""
    from ..equations import catalogue

    law = catalogue.get(name, **numbers_of(parameter))
    document = {
        "name": law.name,
        "title": law.title,
        "equation": str(law.equation),
        "latex": law.latex,
        "parameters": dict(law.parameters),
        "citation": law.citation,
    }
    if as_json:
        print_json(document)
        return
    say()
    say(f"  {law.title}", style="bold")
    say()
    for line in str(law.equation).split("; "):
        say(f"    {line}", style="bold cyan")
    say()
    facts(
        {
            "name": law.name,
            "parameters": ", ".join(f"{key} = {value}" for key, value in law.parameters.items()),
        }
    )
    prose(law.citation, style="dim")


@app.command("sample")
def sample(
    name: str,
    output: Annotated[
        Path, typer.Argument(metavar="OUT.csv", help="Where to write: .csv, .nc, .h5 or .npz.")
    ],
    noise: Annotated[float, typer.Option(help="Gaussian noise, as a fraction of each variable's RMS.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Fixes the initial state and the noise.")] = 0,
    parameter: Parameters = None,
    as_json: AsJson = False,
) -> None:
    """Write a field that obeys a named equation, made by its reference solver."""
    from ..equations import catalogue
    from ..fields import add_noise, write

    law = catalogue.get(name, **numbers_of(parameter))
    field = law.field(seed=seed)
    if noise:
        field = add_noise(field, noise, seed=seed)
    write(field, output)
    shape = {str(axis): int(count) for axis, count in field.sizes.items()}
    if as_json:
        print_json(
            {"path": str(output), "equation": str(law.equation), "noise": noise, "seed": seed, "shape": shape}
        )
        return
    sizes = " \u00d7 ".join(f"{axis} {count}" for axis, count in shape.items())
    say(f"wrote {output}: {law.equation}, {sizes}, {noise:g} noise, seed {seed}")
