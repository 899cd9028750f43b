"""`physforge discover`: a file goes in, its law comes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._console import print_json, progress, say, to_json
from ._law import print_law
from ._options import AsJson, Dims, FieldFiles
from ._pairs import config_of
from ._usage import MisuseError

if TYPE_CHECKING:
    import xarray

    from ..discovery import Discovery


@dataclass(frozen=True)
class Candidates:
    """What was asked for of the candidate terms."""

    terms: list[str]
    degree: int | None
    order: int | None
    library: Path | None


@dataclass(frozen=True)
class Chooser:
    """What chooses among them, and which variables have no law."""

    controls: list[str]
    method: str
    options: dict[str, Any]


def discover(
    files: FieldFiles,
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
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="TERM", help="One more candidate, as in sin(u); again for more."),
    ] = None,
    degree: Annotated[
        int | None,
        typer.Option("--degree", min=1, max=5, help="Highest degree of the powers tried. Default: 3."),
    ] = None,
    order: Annotated[
        int | None,
        typer.Option(
            "--order", min=0, max=6, help="Highest order of their derivatives. Default: 4, or 2 in a plane."
        ),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library", metavar="LIBRARY.json", help="The candidates, as library.save wrote them, for these."
        ),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option("--control", metavar="VARIABLE", help="It has no law of its own; again for more."),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="What chooses the terms: weak, or as in pysindy:stlsq.")
    ] = "weak",
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME=VALUE|FILE", help="Of PySINDy's optimiser, as in threshold=0.05."
        ),
    ] = None,
    draws: Annotated[
        int,
        typer.Option("--draws", min=0, help="Repeat the search on so many resamplings: is it stable?"),
    ] = 0,
    dims: Dims = None,
    seed: Annotated[int, typer.Option("--seed", help="Fixes everything random.")] = 0,
    as_json: AsJson = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="RESULT.json", help="Write the JSON here too."),
    ] = None,
) -> None:
    """Find the differential equation behind a measured field, or behind several experiments together.

    Prints the law with 95 % intervals, and a verdict: identified, ambiguous, or not identifiable.
    """
    from ..discovery import check_method
    from ..fields import read

    chooser = Chooser(control or [], method, config_of(option))
    check_method(chooser.method, chooser.options)
    if output is not None and not output.absolute().parent.is_dir():
        raise MisuseError(f"{str(output.parent)!r} is not a folder.")
    subject = ", ".join(file.name for file in files)
    fields = []
    for file in files:
        with progress(f"Reading {file.name}"):
            fields.append(read(file, variables=variable or None, dims=dims))
    asked = Candidates(term or [], degree, order, library)
    found = _search(fields, subject, target, seed, asked, chooser)
    document = {**found.to_dict(), "file": str(files[0]), "seed": seed}
    if len(files) > 1:
        document["files"] = [str(file) for file in files]
    if draws:
        with progress(f"Resampling {subject}") as report:
            document["stability"] = found.stability(draws=draws, seed=seed, progress=report).to_dict()
    if output is not None:
        output.write_text(to_json(document), encoding="utf-8")
    if as_json:
        print_json(document)
        return
    print_law(document, subject=subject)
    if output is not None:
        say(f"  written to {output}", style="dim")


def _search(
    fields: list[xarray.Dataset],
    name: str,
    target: list[str] | None,
    seed: int,
    asked: Candidates,
    chooser: Chooser,
) -> Discovery:
    from ..derivatives.library import load
    from ..discovery import candidates
    from ..discovery import discover as search

    wanted = target[0] if target and len(target) == 1 else target or None
    library = candidates(
        fields[0],
        asked.terms,
        degree=asked.degree,
        order=asked.order,
        target=wanted,
        library=load(asked.library) if asked.library is not None else None,
    )
    with progress(f"Discovering in {name}") as report:
        return search(
            fields,
            target=wanted,
            seed=seed,
            progress=report,
            library=library,
            controls=chooser.controls,
            method=chooser.method,
            options=chooser.options,
        )
