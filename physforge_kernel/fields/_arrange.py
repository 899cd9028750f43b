"""From the arrays of a file to axes and variables, by rules that are the same for every format.

1. What the file itself says (dimension scales, netCDF dimensions, meshgrids) holds.
2. Vectors named like an axis (`t`, `time`, `x`, ...) are axes; `dims=(...)` of the caller names them
   otherwise.
3. An array's axes are told apart by their lengths. Spatial axes of equal length stand in the order x, y, z;
   where time is as long as a space axis the array's orientation is undecidable, and `dims` has to say it.
4. An array axis without coordinates is counted 0, 1, 2, ...; arrays that fit no axis are left out.
5. If all arrays are vectors of one length, the file is a table (see `_table`).

Each decision is kept as a sentence, which ends up in `field.attrs["layout"]`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ._entries import Entry, from_array, partition
from ._layout import Axis, Layout, Variable, check_axis, finished
from ._match import assignments, keeping_space_in_order, partial
from ._names import AXES, axis_of, identifier, is_solution, listed, weak_axis_of
from ._order import decreases, increases
from ._request import Request
from ._table import arrange_columns

#: An axis without coordinates and of at most so many points holds components, where all other axes are known.
_MOST_COMPONENTS = 3


@dataclass
class _Plan:
    """What has been decided so far."""

    request: Request
    notes: list[str]
    left_out: list[str]
    axes: dict[str, Entry] = field(default_factory=dict)
    placed: list[tuple[Entry, tuple[str, ...]]] = field(default_factory=list)

    @property
    def lengths(self) -> dict[str, int]:
        return {name: entry.length for name, entry in self.axes.items()}

    def count(self, name: str, length: int) -> None:
        """Make an axis of indices."""
        self.axes[name] = from_array(name, np.arange(length, dtype=np.float64))
        self.notes.append(
            f"The file has no coordinates for the axis {name}: it is counted 0 to {length - 1}."
        )


def arrange(
    request: Request,
    entries: Sequence[Entry],
    *,
    notes: Sequence[str] = (),
    left_out: Sequence[str] = (),
    attrs: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Layout:
    """Lay the arrays of a file out on axes.

    Args:
        entries: the arrays, those with `dims` as the file declares them.
        notes: sentences on what the format's reader decided already.
        left_out: names that the format's reader could not offer.

    Raises:
        FieldError: no array is a field, or the file does not tell its axes.
    """
    numeric, others = partition(entries)
    plan = _Plan(request, list(notes), [*left_out, *others])
    plan.left_out += [entry.name for entry in numeric if entry.dims == ()]
    declared = [entry for entry in numeric if entry.dims]
    free = [entry for entry in numeric if entry.dims is None]
    vectors = [entry for entry in free if entry.size > 1]
    if not declared and _is_table(vectors):
        table = [(entry.name, entry.units, entry.vector()) for entry in vectors]
        columns = arrange_columns(request, table, notes=notes)
        lost = (*plan.left_out, *(entry.name for entry in free if entry.size == 1), *columns.left_out)
        return replace(columns, left_out=lost, attrs=attrs or {}, details=details or {})
    if declared:
        _take_declared(plan, declared)
    free = _take_named_axes(plan, free)
    _place(plan, free, must=not declared)
    unused = tuple(name for name in plan.left_out if name not in plan.axes)
    layout = Layout(*_built(plan), tuple(plan.notes), unused, attrs or {}, details or {})
    return finished(request, layout)


def _is_table(entries: Sequence[Entry]) -> bool:
    return (
        len(entries) > 1
        and all(entry.is_vector for entry in entries)
        and len({entry.length for entry in entries}) == 1
        and entries[0].length > 1
    )


def _take_declared(plan: _Plan, entries: Sequence[Entry]) -> None:
    """Take arrays whose axes the file itself names."""
    coordinates = {name: entry for entry in entries if entry.dims == ((name := entry.called or entry.name),)}
    arrays = [entry for entry in entries if entry not in coordinates.values()]
    dims = {
        dim: length
        for entry in (*arrays, *coordinates.values())
        for dim, length in zip(entry.dims or (), entry.shape, strict=True)
    }
    wanted = plan.request.dims
    if wanted is not None and set(wanted) - {*dims, *(axis_of(dim) for dim in dims)}:
        raise plan.request.error(
            f"the file itself names its axes {listed(dims)}, so they cannot be {listed(wanted)}: leave "
            "dims out."
        )
    names = _axis_names([*dims], taken={entry.called or entry.name for entry in arrays})
    for dim, length in dims.items():
        if dim in coordinates:
            plan.axes[names[dim]] = coordinates[dim]
        elif any(dim in (entry.dims or ()) for entry in arrays):
            plan.count(names[dim], length)
    plan.placed += [(entry, tuple(names[dim] for dim in entry.dims or ())) for entry in arrays]


def _axis_names(dims: Sequence[str], taken: set[str]) -> dict[str, str]:
    """Return the field's name of each declared axis: t for time and so on, where only one can be meant."""
    meant: dict[str, list[str]] = {}
    for dim in dims:
        axis = axis_of(dim) or weak_axis_of(dim)
        if axis is not None:
            meant.setdefault(axis, []).append(dim)
    names = {dim: identifier(dim) for dim in dims}
    for axis, spellings in meant.items():
        if len(spellings) == 1 and axis not in taken:
            names[spellings[0]] = axis
    return names


def _take_named_axes(plan: _Plan, entries: list[Entry]) -> list[Entry]:
    """Take vectors and meshgrids that are named like an axis; return the other arrays."""
    claims: dict[str, list[Entry]] = {}
    lengths = {n for entry in entries if not entry.is_vector for n in entry.shape}
    for entry in entries:
        axis = entry.name if entry.name in (plan.request.dims or ()) else axis_of(entry.name)
        if axis is not None and axis not in plan.axes and entry.dtype.kind != "c":
            claims.setdefault(axis, []).append(entry)
    for entry in entries:
        axis = weak_axis_of(entry.name)
        if axis is None or axis in claims or axis in plan.axes or entry.dtype.kind == "c":
            continue
        # A capital is an axis only if other arrays stand on it.
        if (entry.is_vector and entry.length in lengths and entry.length > 1) or _mesh(
            plan, entry
        ) is not None:
            claims[axis] = [entry]
    taken: list[Entry] = []
    for axis, claimants in claims.items():
        claimants.sort(key=lambda entry: (entry.name != axis, len(entry.name), entry.name))
        for entry in claimants:
            vector = entry if entry.is_vector else None
            if vector is None and (mesh := _mesh(plan, entry)) is not None:
                vector = mesh
                plan.notes.append(
                    f"{entry.name} is a mesh that changes along one axis only: it is the axis {axis}."
                )
            if vector is None:
                continue
            taken.append(entry)
            if axis in plan.axes:
                plan.left_out.append(entry.name)
            else:
                plan.axes[axis] = vector
    return [entry for entry in entries if entry not in taken]


def _mesh(plan: _Plan, entry: Entry) -> Entry | None:
    """Return the axis in a meshgrid array, or None if the array is none."""
    if entry.is_vector:
        return None
    plan.request.check_shape(entry.shape, entry.dtype, entry.name)
    values = np.asarray(entry.load())
    for position, length in enumerate(values.shape):
        line = np.moveaxis(values, position, -1).reshape(-1, length)
        if length > 1 and (line == line[0]).all():
            return from_array(
                entry.name, line[0].copy(), units=entry.units, attrs={"mesh": (values.shape, position)}
            )
    return None


def _place(plan: _Plan, entries: list[Entry], *, must: bool) -> None:
    """Find the axes of each array; if no array of two axes finds them, the largest gets new ones."""
    plan.left_out += [entry.name for entry in entries if entry.size == 1]
    entries = [entry for entry in entries if entry.size > 1]
    fits = {entry.name: _fitting(plan, entry) for entry in entries}
    lost = [entry for entry in entries if fits[entry.name] is None]
    wanted = plan.request.variables or ()
    main = max(entries, key=lambda entry: (entry.name in wanted, entry.size), default=None)
    if must and main in lost and all(fit is None or len(fit[0]) < 2 for fit in fits.values()):
        vectors = [entry for entry in entries if entry.is_vector and entry.dtype.kind != "c"]
        dims = _dims_with_new_axes(plan, main.squeezed(), vectors)
        for entry in lost:
            if entry.squeezed().shape == main.squeezed().shape:
                fits[entry.name] = dims, [entry.squeezed()]
    taken = [axis.name for axis in plan.axes.values()]
    for entry in entries:
        fit = fits[entry.name]
        if entry.name in taken:
            continue
        if fit is None:
            plan.left_out.append(entry.name)
        else:
            plan.placed += [(part, fit[0]) for part in fit[1]]


def _fitting(plan: _Plan, entry: Entry) -> tuple[tuple[str, ...], list[Entry]] | None:
    """Return the axes of an array and its components, or None if it does not stand on the known axes."""
    for shaped in dict.fromkeys((entry.shape, entry.squeezed().shape)):
        candidate = entry if shaped == entry.shape else entry.squeezed()
        dims = _dims_of(plan, candidate)
        if dims is not None:
            return dims, [candidate]
    named = {name: n for name, n in plan.lengths.items() if n > 1}
    shape = entry.squeezed().shape
    ways = partial(shape, named) if named and plan.request.dims is None else []
    if len(ways) == 1 and len(shape) == len(named) + 1:
        position = ways[0].index(None)
        if shape[position] <= _MOST_COMPONENTS:
            plan.notes.append(f"The axis of {shape[position]} points of {entry.name} holds its components.")
            return tuple(dim for dim in ways[0] if dim is not None), entry.squeezed().split(position)
    return None


def _dims_of(plan: _Plan, entry: Entry) -> tuple[str, ...] | None:
    """Return an array's axes among the known ones, or None if it does not fit them."""
    request, lengths = plan.request, plan.lengths
    if request.dims is not None and len(request.dims) == len(entry.shape):
        pairs = list(zip(request.dims, entry.shape, strict=True))
        if any(lengths.get(name, length) != length for name, length in pairs):
            return None
        for name, length in pairs:
            if name not in lengths:
                plan.count(name, length)
        return request.dims
    meshes = {name: axis.attrs["mesh"] for name, axis in plan.axes.items() if "mesh" in axis.attrs}
    if len(meshes) == len(entry.shape) and all(shape == entry.shape for shape, _ in meshes.values()):
        return tuple(sorted(meshes, key=lambda name: meshes[name][1]))
    candidates = assignments(entry.shape, lengths)
    if not candidates:
        return None
    if len(candidates) > 1:
        if len(entry.shape) == 1:
            plan.notes.append(
                f"{entry.name} fits {listed(sorted(c[0] for c in candidates))} alike: it is left out."
            )
            return None
        chosen = keeping_space_in_order(candidates)
        if len(chosen) != 1:
            ways = " or ".join(",".join(dims) for dims in candidates[:4])
            raise request.undecided(
                f"{entry.name} has the shape {entry.shape}, and "
                f"{listed(sorted({d for c in candidates for d in c}))} have equally many points, so the "
                f"file does not tell which axis is which. Name its axes in their order with dims: {ways}.",
                candidates,
            )
        candidates = chosen
        plan.notes.append(
            f"{entry.name} {entry.shape}: axes of equal length are taken in the order "
            f"{listed(candidates[0])}; name them with dims if they are not."
        )
    elif len(entry.shape) > 1:
        plan.notes.append(
            f"{entry.name} {entry.shape} is ({', '.join(candidates[0])}) by the lengths of its axes."
        )
    return candidates[0]


def _dims_with_new_axes(plan: _Plan, entry: Entry, vectors: list[Entry]) -> tuple[str, ...]:
    """Return the axes of the file's main array where some of them have no name yet."""
    request = plan.request
    if request.dims is not None:
        raise request.error(
            f"{entry.name} has the shape {entry.shape}, which the dims {','.join(request.dims)} do not fit "
            f"({_points(plan.lengths) or 'no axis is known'}). Name one axis for each of its "
            f"{len(entry.shape)} axes."
        )
    named = {name: n for name, n in plan.lengths.items() if n > 1}
    ways = partial(entry.shape, named)
    if len(ways) > 1:
        ways = [
            way for way in ways if tuple(d for d in way if d) in keeping_space_in_order([tuple(named)])
        ] or ways
    if len(ways) != 1:
        hint = "so the file does not tell which axis is which" if ways else "so they cannot be its axes"
        sentence = (
            f"{entry.name} has the shape {entry.shape} and the coordinates are {_points(named)}, {hint}. "
            "Write coordinates of matching lengths, or name the array's axes in their order with dims, as in "
            "x,t."
        )
        raise request.undecided(sentence) if ways else request.error(sentence)
    dims = list(ways[0])
    for position, length in enumerate(entry.shape):
        if dims[position] is not None:
            continue
        fitting = [
            v for v in vectors if v.length == length and _is_monotonic(v) and v not in plan.axes.values()
        ]
        if len(fitting) == 1:
            name = identifier(fitting[0].name)
            plan.axes[name] = fitting[0]
            plan.notes.append(
                f"{fitting[0].name} has as many values as {entry.name} along one axis: it is that axis."
            )
        else:
            name = next((axis for axis in AXES if axis not in plan.axes), f"axis_{position}")
            plan.count(name, length)
        dims[position] = name
    if not named:
        plan.notes.append(
            f"The axes of {entry.name} {entry.shape} were taken as ({', '.join(map(str, dims))}) by custom; "
            "name them with dims if they are others."
        )
    return tuple(str(dim) for dim in dims)


def _is_monotonic(entry: Entry) -> bool:
    return increases(entry.vector()) or decreases(entry.vector())


def _points(lengths: Mapping[str, int]) -> str:
    return listed(f"{name} with {length} points" for name, length in lengths.items()) if lengths else ""


def _built(plan: _Plan) -> tuple[tuple[Axis, ...], tuple[Variable, ...]]:
    """Turn the plan into axes, their values loaded, and variables, theirs not."""
    used = {dim for _, dims in plan.placed for dim in dims}
    axes = []
    for name, entry in plan.axes.items():
        if name not in used:
            continue
        plan.request.check_shape(entry.shape, entry.dtype, f"the coordinate {entry.name}")
        values = check_axis(plan.request, entry.name, entry.vector())
        attrs = {key: value for key, value in entry.attrs.items() if key != "mesh"}
        axes.append(Axis(name, values, entry.units, entry.name, attrs))
    alone = len(plan.placed) == 1
    variables = []
    for entry, dims in plan.placed:
        renamed = alone and entry.dims is None and is_solution(entry.name) and "u" not in plan.axes
        name = "u" if renamed else identifier(entry.called or entry.name)
        variables.append(
            Variable(
                name, dims, entry.shape, entry.dtype, entry.load,
                units=entry.units, original_name=entry.name, attrs=entry.attrs, storage=entry.storage,
                loaded=entry.loaded,
            )
        )  # fmt: skip
    return tuple(axes), tuple(variables)
