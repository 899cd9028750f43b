"""A dataset in memory: files come in, fields go out.

A field is an `xarray.Dataset` with increasing numeric coordinates (`t`, `x`, `y`, `z` first), real or complex
variables, units in `attrs["units"]` and its origin in `attrs`. `read` loads one from any format in `formats`,
`describe` tells what a file holds without loading it, `validate` checks a Dataset from elsewhere, `write`
stores one, and `add_noise` disturbs one. Files are never trusted: nothing in them runs, and nothing outside
them is opened.
"""

from ._describe import describe, undecided
from ._description import AxisDescription, Description, VariableDescription
from ._noise import add_noise
from ._read import read
from ._validate import validate
from ._write import write

__all__ = [
    "AxisDescription",
    "Description",
    "VariableDescription",
    "add_noise",
    "describe",
    "read",
    "undecided",
    "validate",
    "write",
]
