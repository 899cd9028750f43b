"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FieldFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, HDF5, NetCDF, NumPy, VTK, JSON or MATLAB.")
]
