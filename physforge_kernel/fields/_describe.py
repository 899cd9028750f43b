"""What a file holds, told without keeping it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..errors import AxesError, NoFieldError
from ._description import Description, described
from ._read import request_for
from .formats import identify


def describe(path: str | os.PathLike[str], *, dims: str | Sequence[str] | None = None) -> Description:
    """Describe a file from its headers: variables, coordinates, ranges, units, spacing, what is missing.

    Text is streamed in bounded memory; of other formats the coordinates are loaded, and of files up to 134 MB
    also the variables, one by one, to count what is missing and what is infinite. A file that `read` would
    refuse as damaged or unsafe is refused here too, but one that is merely too large for memory is described,
    and so is a library of candidate terms.

    Args:
        path: the file.
        dims: the axes, where the file does not tell them, as for `read`.

    Returns:
        A description that prints as a table, renders in a notebook, and has `to_dict()`.

    Raises:
        FieldError: the file is no field, is damaged or unsafe.
        AxesError: the file does not tell its axes, and `dims` did not say them.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "wave.csv"
        >>> _ = path.write_text("x,t,u\\n0,0,1\\n1,0,2\\n0,1,3\\n1,1,4\\n")
        >>> description = describe(path)
        >>> description.variables[0].shape, description.variables[0].missing
        ((2, 2), 0)
    """
    request = request_for(path, variables=None, dims=dims, max_bytes=None, values=False)
    kind = identify(request)
    try:
        with kind.contents(request) as layout:
            return described(request, kind.name, layout)
    except NoFieldError as found:
        size = request.path.stat().st_size
        return Description(request.path.name, "candidate terms", size, (), (), found.notes, (), {})


def undecided(path: str | os.PathLike[str], reason: AxesError) -> Description:
    """Describe a file of which only that is known: that `dims` has to name its axes, as `reason` says."""
    request = request_for(path, variables=None, dims=None, max_bytes=None, values=False)
    size = request.path.stat().st_size
    kind = identify(request)
    return Description(request.path.name, kind.name, size, (), (), (str(reason),), (), {}, reason.ways)
