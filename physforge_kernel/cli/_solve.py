"""`physforge solve`: a problem in a file goes in, its solution comes out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._console import Report, bullet, facts, print_json, progress, say, show, styled, table
from ._options import AsJson, Dims
from ._pairs import config_of
from ._usage import MisuseError

if TYPE_CHECKING:
    import xarray

    from ..jobs.kinds.pinn import Outcome, PinnConfig
    from ..pinn import Look, Problem, Solution


def solve(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="PROBLEM.yaml [KEY=VALUE]...",
            help="The settings of a job of the kind pinn: a YAML or JSON file, and single ones over it.",
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Measurements that the solution has to agree with."),
    ] = None,
    dims: Dims = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="SOLUTION.safetensors", help="Write the solution here."),
    ] = None,
    field: Annotated[
        Path | None,
        typer.Option("--field", metavar="FIELD.nc", help="Write it on a grid here, with its derivatives."),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="Keep the state here, and go on from it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Solve a differential equation with a network that obeys it, and find its constants from data.

    Prints what the equation leaves, in shares of its terms, and constants with 95 % intervals.
    """
    from ..fields import read
    from ..jobs.kinds.pinn import PinnConfig, carry_out
    from ..jobs.kinds.pinn import pinn as kind

    for path in (output, field, checkpoint):
        if path is not None and not path.absolute().parent.is_dir():
            raise MisuseError(f"{str(path.parent)!r} is not a folder.")
        if path is not None and path.is_dir():
            raise MisuseError(f"{str(path)!r} is a folder; name a file.")
    config = kind.parse(config_of(given))
    assert isinstance(config, PinnConfig)
    if checkpoint is not None and config.seeds > 1:
        raise MisuseError(f"--checkpoint keeps the state of one run, not of {config.seeds}; set seeds=1.")
    measured: xarray.Dataset | None = None
    if data is not None:
        with progress(f"Reading {data.name}"):
            measured = read(data, dims=dims or config.dims)
    with progress("Solving") as report:
        outcome = carry_out(config, measured, partial(_alone, config, checkpoint, report))
    _write(outcome, output, field)
    document = outcome.result | {"file": next((text for text in given if "=" not in text), None)}
    if as_json:
        print_json(document)
        return
    _print(document)
    for path in (output, field):
        if path is not None:
            say(f"  written to {path}", style="dim")


def _alone(
    config: PinnConfig, checkpoint: Path | None, report: Report, problem: Problem, how: dict[str, Any]
) -> Solution:
    from ..pinn import Checkpoint
    from ..pinn import solve as train

    def looked(look: Look) -> None:
        report(look.fraction, str(look))

    keeper = None if checkpoint is None else Checkpoint(checkpoint, seconds=config.checkpoint_seconds)
    return train(problem, seed=config.seed, checkpoint=keeper, callbacks=[looked], **how)


def _write(outcome: Outcome, output: Path | None, field: Path | None) -> None:
    from ..jobs.kinds._field_file import write_field

    if output is not None:
        outcome.solution.save(output)
    if field is not None:
        write_field(outcome.field, field)


def _print(result: Mapping[str, Any]) -> None:
    say()
    show(styled(result["equation"], "bold cyan"), indent=2)
    say()
    missed = {"conditions missed by": f"{result['condition']:.1e}"} if result["condition"] else {}
    facts(
        {
            "residual": f"{result['residual']:.1e} of its terms",
            **missed,
            "seconds": f"{result['seconds']:.0f}",
        }
    )
    if result["parameters"]:
        rows = [
            [name, f"{value:.5g}", "[{:.5g}, {:.5g}]".format(*result["intervals"][name])]
            for name, value in result["parameters"].items()
        ]
        say()
        show(table(["constant", "value", "95 % interval"], rows, right=("value",)), indent=2)
    if result["notes"]:
        say()
        for note in result["notes"]:
            bullet(note)
