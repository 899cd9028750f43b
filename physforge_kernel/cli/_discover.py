"""`physforge discover`: a file goes in, its law comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._console import print_json, progress, say, to_json
from ._law import print_law
from ._options import AsJson, Dims, FieldFile
from ._usage import MisuseError

if TYPE_CHECKING:
    import xarray

    from ..discovery import Discovery


def discover(
    file: FieldFile,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", "-t", help="The left side, as in u_t or u_tt; again for a system. Default: found."
        ),
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option("--variable", help="Read only this variable of the file; again for more."),
    ] = None,
    dims: Dims = None,
    seed: Annotated[int, typer.Option("--seed", help="Fixes everything random.")] = 0,
    as_json: AsJson = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="RESULT.json", help="Write the JSON here too."),
    ] = None,
) -> None:
    """Find the differential equation behind a measured field.

    Prints the law with 95 % intervals, and a verdict: identified, ambiguous, or not identifiable.
    """
    from ..fields import read

    if output is not None and not output.absolute().parent.is_dir():
        raise MisuseError(f"{str(output.parent)!r} is not a folder.")
    with progress(f"Reading {file.name}"):
        field = read(file, variables=variable or None, dims=dims)
    found = _search(field, file.name, target, seed)
    document = {**found.to_dict(), "file": str(file), "seed": seed}
    if output is not None:
        output.write_text(to_json(document), encoding="utf-8")
    if as_json:
        print_json(document)
        return
    print_law(document, subject=file.name)
    if output is not None:
        say(f"  written to {output}", style="dim")


def _search(field: xarray.Dataset, name: str, target: list[str] | None, seed: int) -> Discovery:
    from ..discovery import discover as search

    wanted = target[0] if target and len(target) == 1 else target or None
    with progress(f"Discovering in {name}") as report:
        return search(field, target=wanted, seed=seed, progress=report)
