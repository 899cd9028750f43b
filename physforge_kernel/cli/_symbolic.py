"""`physforge symbolic`: a table or a field goes in, a formula comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._console import bullet, print_json, progress, prose, say, show, styled, table
from ._law import VERDICT_STYLES
from ._options import AsJson, Dims, FieldFile
from ._usage import MisuseError

if TYPE_CHECKING:
    from ..discovery.symbolic import SymbolicRegression


def symbolic(
    file: FieldFile,
    target: Annotated[
        str, typer.Option("--target", "-t", help="The column, variable or derivative to explain.")
    ],
    given: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", help="What it may depend on; again for more. Default: every column."),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="NAME=UNIT", help="As in F=kg*m/s^2; for all of them, or none."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to search at most.")] = 60.0,
    engine: Annotated[str, typer.Option(help="auto, operon or pysr.")] = "auto",
    dims: Dims = None,
    seed: Annotated[int, typer.Option("--seed", help="Fixes everything random.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Find the formula that gives one column of a table, or one derivative of a field, from others.

    Prints the formula and a verdict: identified, ambiguous, or not identifiable.
    """
    units = dict(_pair(text) for text in unit) if unit else None
    found = _search(file, target, given, units, seconds, engine, dims, seed)
    document = {**found.to_dict(), "file": str(file)}
    if as_json:
        print_json(document)
        return
    heading = styled(file.name, "bold")
    heading.append("   ")
    heading.append(found.verdict.kind, style=VERDICT_STYLES[found.verdict.kind])
    say()
    show(heading, indent=2)
    say()
    say(f"    {found.best.text}", style="bold cyan")
    say()
    prose(f"{found.verdict.text[0].upper()}{found.verdict.text[1:]}.")
    for note in (*(f"As well: {rival}" for rival in found.rivals), *found.notes):
        bullet(note)
    say()
    rows = [[str(f.complexity), f"{f.loss:.2e}", f.text] for f in found.formulas]
    show(table(["complexity", "loss", "formula"], rows, right=("complexity", "loss")), indent=2)


def _pair(text: str) -> tuple[str, str]:
    name, equals, unit = text.partition("=")
    if not equals:
        raise MisuseError(f"{text!r} is no unit; write NAME=UNIT, as in F=kg*m/s^2.")
    return name.strip(), unit.strip()


def _search(
    file: Path,
    target: str,
    inputs: list[str] | None,
    units: dict[str, str] | None,
    seconds: float,
    engine: Any,
    dims: str | None,
    seed: int,
) -> SymbolicRegression:
    from ..discovery.symbolic import symbolic as search

    with progress(f"Reading {file.name}"):
        data = _table(file, target, inputs) or _field(file, dims, [target, *(inputs or ())])
    with progress(f"Searching in {file.name}") as report:
        return search(
            data,
            target=target,
            inputs=inputs,
            units=units,
            seconds=seconds,
            engine=engine,
            seed=seed,
            progress=report,
        )


def _table(file: Path, target: str, inputs: list[str] | None) -> dict[str, Any] | None:
    """The columns of a text file that has all that is asked for; None for anything else."""
    frame = _frame(file)
    if frame is None:
        return None
    if not {target, *(inputs or ())} <= set(frame.columns):
        return None
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _frame(file: Path) -> Any:
    """A text file as a DataFrame; None for anything else."""
    if file.suffix.lower() not in (".csv", ".tsv", ".txt") or not file.is_file():
        return None
    import pandas as pd

    try:
        return pd.read_csv(file, sep="\t" if file.suffix.lower() == ".tsv" else ",", comment="#")
    except (ValueError, UnicodeDecodeError):
        return None


def _field(file: Path, dims: str | None, wanted: list[str]) -> Any:
    from ..equations import split_derivative
    from ..errors import PhysForgeError
    from ..fields import read

    try:
        return read(file, dims=dims)
    except PhysForgeError:
        frame = _frame(file)
        names = [] if frame is None else [str(name) for name in frame.columns]
        # What is neither a column nor the derivative of one is what went wrong, not the axes.
        strange = [name for name in wanted if name not in names and split_derivative(name, names) is None]
        if not names or not strange:
            raise
        raise MisuseError(f"{file.name} has no column {strange[0]!r}; it has {', '.join(names)}.") from None
