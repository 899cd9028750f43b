"""`physforge describe`: what is in a file, without loading its data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._console import print_json, say


def describe(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, HDF5, NetCDF, NumPy, VTK, JSON or MATLAB.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what a file holds: variables, coordinates, ranges, spacing, what is missing."""
    from ..fields import describe as inspect

    description = inspect(file)
    if as_json:
        print_json(description.to_dict())
    else:
        say(description)
