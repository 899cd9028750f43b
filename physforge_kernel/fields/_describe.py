"""What a file holds, told without loading it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ._description import Description, described
from ._read import request_for
from .formats import identify


def describe(path: str | os.PathLike[str], *, dims: Sequence[str] | None = None) -> Description:
    """Describe a file from its headers: variables, coordinates, ranges, units, spacing, what is missing.

    Only coordinates are loaded; text is streamed in bounded memory. A file that `read` would refuse as
    damaged or unsafe is refused here too, but one that is merely too large for memory is described.

    Args:
        path: the file.
        dims: the axes, where the file does not tell them, as for `read`.

    Returns:
        A description that prints as a table, renders in a notebook, and has `to_dict()`.

    Raises:
        FieldError: the file is no field, is damaged or unsafe.

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
    with kind.contents(request) as layout:
        return described(request, kind.name, layout)
