"""`physforge describe`: what is in a file, without loading its data."""

from __future__ import annotations

from ._console import print_json, say
from ._options import AsJson, Dims, FieldFile


def describe(file: FieldFile, dims: Dims = None, as_json: AsJson = False) -> None:
    """Say what a file holds: variables, coordinates, ranges, spacing, what is missing."""
    from ..fields import describe as inspect

    description = inspect(file, dims=dims)
    if as_json:
        print_json(description.to_dict())
    else:
        say(description)
