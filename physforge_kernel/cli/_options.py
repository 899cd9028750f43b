"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Dims = Annotated[
    str | None,
    typer.Option(
        "--dims", metavar="AXES", help="Its axes in their order, as in x,t, where the file tells none."
    ),
]
FieldFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, HDF5, NetCDF, NumPy, VTK, JSON or MATLAB.")
]

FieldFiles = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", help="CSV, HDF5, NetCDF, NumPy, VTK, JSON or MATLAB; several are experiments."
    ),
]
