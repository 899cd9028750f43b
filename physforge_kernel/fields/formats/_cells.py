"""MATLAB's cell arrays as fields: the custom of WSINDy's data sets, and cells of equal arrays in general.

WSINDy (Messenger and Bortz 2021) keeps a solution's components in a cell array `U_exact`, and in `xs` the
coordinates of its axes in the arrays' own order, time last. That order settles even square arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .._entries import Entry
from .._request import Request

_COMPONENTS = ("u", "v", "w")
_PAIRS = (("U_exact", "xs"), ("U_obs", "xs_obs"), ("U_obs", "xs"))


def from_cells(
    request: Request, arrays: Sequence[Entry], cells: Mapping[str, Sequence[Entry]]
) -> tuple[list[Entry], list[str], list[str]]:
    """Turn a MAT file's arrays and cell arrays into entries.

    Args:
        arrays: those outside cells.
        cells: the arrays in each cell array, called `name{1}`, `name{2}`, ... as MATLAB does.

    Returns:
        The entries, notes on what was decided, and names left out.
    """
    wanted = set(request.variables or ())
    for solution, axes in _PAIRS:
        asked = solution in wanted or not wanted & set(cells)
        if axes in cells and solution in cells and asked:
            found = _with_axes(cells[solution], cells[axes])
            if found is not None:
                note = f"The axes of {solution} are in the order of {axes}, time last."
                lost = [name for name in cells if name not in (solution, axes)]
                return found, [note], lost + [entry.name for entry in arrays if entry.size > 1]
    entries = list(arrays)
    left_out = []
    for name, inside in cells.items():
        fields = [entry for entry in inside if entry.is_numeric]
        if not fields or len(fields) < len(inside) or len({entry.shape for entry in fields}) > 1:
            left_out.append(name)
        elif len(fields) == 1:
            entries.append(replace(fields[0], name=name))
        else:
            entries += [replace(entry, called=f"{name}{i + 1}") for i, entry in enumerate(fields)]
    return entries, [], left_out


def _with_axes(fields: Sequence[Entry], vectors: Sequence[Entry]) -> list[Entry] | None:
    """Return components and axes as entries that know their axes, or None if they do not fit each other."""
    shape = tuple(vector.length for vector in vectors)
    if not all(vector.is_vector and vector.is_numeric for vector in vectors) or len(vectors) > 4:
        return None
    if not fields or any(entry.shape != shape or not entry.is_numeric for entry in fields):
        return None
    dims = (*("x", "y", "z")[: len(vectors) - 1], "t")
    labels = (
        _COMPONENTS if len(fields) <= len(_COMPONENTS) else tuple(f"u{i + 1}" for i in range(len(fields)))
    )
    coordinates = [
        replace(vector, shape=(vector.length,), load=vector.vector, dims=(dim,), called=dim)
        for vector, dim in zip(vectors, dims, strict=True)
    ]
    components = [
        replace(entry, dims=dims, called=label) for entry, label in zip(fields, labels, strict=False)
    ]
    return coordinates + components
