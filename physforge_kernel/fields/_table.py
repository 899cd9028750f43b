"""From columns to axes and variables: which columns are axes, and do their values form a grid?

A column named like an axis (`t`, `x`, `time`, ...) is an axis if the rows form a grid over these columns,
complete or with gaps. If instead every row has its own time, in order, the table is a time series and all
other columns are its variables (`t,x,y,z` of an orbit). Where rows with a time and a place fill no grid, they
are scattered samples, one after another. Anything else is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ._counts import count
from ._entries import Entry
from ._layout import Axis, Layout, Variable, finished
from ._names import AXES, SAMPLE, axis_of, identifier, in_axis_order, is_solution, listed, weak_axis_of
from ._order import decreases, increases
from ._request import Request

#: Below this share of its points a table is scattered rather than a grid with gaps.
_LEAST_FILL = 0.05


@dataclass(frozen=True)
class Column:
    """What there is to know of a column without keeping it.

    Attributes:
        distinct: its different values, sorted; None if there are too many, or if nobody asked.
        increasing: each value is greater than the one before.
        decreasing: each value is less than the one before.
        missing: how many of its cells are empty or not a number.
        infinite: how many are infinite, or too large for a number.
        first_gap: where the first missing cell is, in words; "" if there is none.
    """

    name: str
    units: str | None
    dtype: np.dtype
    rows: int
    missing: int = 0
    infinite: int = 0
    first_gap: str = ""
    distinct: np.ndarray | None = None
    increasing: bool = False
    decreasing: bool = False

    @property
    def count(self) -> int:
        """How many different values there are; all rows if nobody counted."""
        return self.rows if self.distinct is None else self.distinct.size

    @property
    def is_ordered(self) -> bool:
        return self.increasing or self.decreasing


@dataclass(frozen=True)
class Decision:
    """Which columns are axes.

    Attributes:
        axes: `(column index, axis name, values)`, in the order t, x, y, z.
        kind: `"grid"`, `"series"` or `"samples"`.
        places: of scattered samples, the columns that say where they are, `{column index: name}`; their one
            axis is no column.
    """

    kind: str
    axes: tuple[tuple[int, str, np.ndarray], ...]
    notes: tuple[str, ...]
    places: Mapping[int, str] = field(default_factory=dict)

    @property
    def taken(self) -> tuple[int, ...]:
        """The columns that are axes."""
        return () if self.kind == "samples" else tuple(index for index, _, _ in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(values.size for _, _, values in self.axes)


def column_of(name: str, units: str | None, values: np.ndarray) -> Column:
    """Summarise a column that is in memory."""
    missing, infinite = count(values)
    if values.dtype.kind == "c":
        return Column(name, units, values.dtype, values.size, missing, infinite)
    gaps = np.isnan(values.astype(np.float64, copy=False))
    return Column(
        name, units, values.dtype, values.size, missing, infinite,
        f"row {int(np.argmax(gaps)) + 1}" if gaps.any() else "",
        np.unique(values[~gaps]), increases(values), decreases(values),
    )  # fmt: skip


def candidates(names: Sequence[str], dims: Sequence[str] | None) -> list[dict[int, str]]:
    """Return the readings of column names as axes, `{column index: axis}`, most likely first.

    Example:
        >>> candidates(["x", "Time", "u"], None)
        [{0: 'x', 1: 't'}]
    """
    if dims is not None:
        chosen: dict[int, str] = {}
        for dim in dims:
            exact = [i for i, name in enumerate(names) if name == dim]
            alike = [i for i, name in enumerate(names) if axis_of(name) == dim]
            if exact or len(alike) == 1:
                chosen[(exact or alike)[0]] = dim
        return [chosen] if len(chosen) == len(dims) else []
    strong: dict[int, str] = {}
    for index, name in enumerate(names):
        axis = axis_of(name)
        if axis is None or (name != axis and axis in names):
            continue
        if axis not in strong.values():
            strong[index] = axis
    weak = dict(strong)
    for index, name in enumerate(names):
        axis = weak_axis_of(name)
        if axis is not None and axis not in weak.values():
            weak[index] = axis
    readings = [reading for reading in (strong, weak) if reading]
    if not strong:
        readings += [{i: identifier(names[i]) for i in range(k)} for k in range(1, min(len(names), 5))]
    return [reading for i, reading in enumerate(readings) if reading not in readings[:i]]


def decide(request: Request, columns: Sequence[Column], *, dims: Sequence[str] | None = None) -> Decision:
    """Decide which columns are axes.

    Args:
        dims: the axes if they are known; else the caller's `dims`, else they are found.

    Raises:
        FieldError: the rows form no grid and no time series.
    """
    dims = dims if dims is not None else request.dims
    names = [column.name for column in columns]
    if len(columns) < 2:
        raise request.error(
            f"there is only one column ({listed(names)}): a field needs a coordinate and a variable."
        )
    readings = candidates(names, dims)
    if not readings:
        raise request.error(
            f"dims must be names of columns, not {listed(dims or ())}; the columns are {listed(names)}."
        )
    named = dims is not None or any(axis_of(name) for name in names)
    for reading in readings:
        found = _series(columns, reading, given=dims is not None) or _grid(
            columns, reading, complete=not named or reading is not readings[0], alone=len(readings) == 1
        )
        if found is not None:
            if not named:
                first = listed(names[index] for index in reading)
                found = replace(
                    found, notes=(f"No column is named like an axis: {first} was taken.", *found.notes)
                )
            for index, name, values in found.axes:
                if columns[index].missing:
                    raise request.error(
                        f"the coordinate {name} is missing in {columns[index].missing} of "
                        f"{columns[index].rows} rows, and a row without it has no place in the field. Fill "
                        "it in, or drop these rows.",
                        columns[index].first_gap,
                    )
                if not np.isfinite(values).all():
                    raise request.error(
                        f"the coordinate {name} takes the value {values[~np.isfinite(values)][0]}: a "
                        "coordinate must be finite. Correct it, or drop these rows."
                    )
            return found
    found = _samples(request, columns, readings[0])
    if found is not None:
        return found
    raise _scattered(request, columns, readings[0], named)


def _series(columns: Sequence[Column], reading: dict[int, str], *, given: bool) -> Decision | None:
    """Read a table of functions of one coordinate, or return None."""
    variables = len(columns) > len(reading)
    for name in in_axis_order(reading.values()):
        index = next(i for i, axis in reading.items() if axis == name)
        column = columns[index]
        others = [columns[i] for i in reading if i != index]
        if not column.is_ordered or column.distinct is None or (not others and not variables):
            continue
        own_time = name == "t" and any(other.count > 1 for other in others)
        if (others and variables and not own_time) or (given and others):
            continue
        notes = ()
        if others:
            notes = (
                f"Every row has its own {name}, so {listed(o.name for o in others)} "
                f"{'is a variable' if len(others) == 1 else 'are variables'}, not "
                f"{'an axis' if len(others) == 1 else 'axes'}.",
            )
        values = column.distinct if column.increasing else column.distinct[::-1]
        return Decision("series", ((index, name, values),), notes)
    return None


def _grid(
    columns: Sequence[Column], reading: dict[int, str], *, complete: bool, alone: bool
) -> Decision | None:
    """Read a table over a grid of coordinates, or return None.

    Args:
        complete: only a grid without gaps will do.
        alone: there is no other reading, so that repeated rows are an error rather than a sign against this
            one.
    """
    if len(columns) == len(reading) or any(columns[i].distinct is None for i in reading):
        return None
    if complete and len(reading) == 1:
        return None
    rows = columns[0].rows
    order = sorted(reading, key=lambda index: in_axis_order(reading.values()).index(reading[index]))
    values = [columns[i].distinct for i in order]
    grid = [v for v in values if v is not None]
    notes: list[str] = []
    if math.prod(v.size for v in grid) != rows:
        snapped = [_snapped(v) for v in grid]
        if math.prod(v.size for v in snapped) == rows and all(v.size for v in snapped):
            grid = snapped
            notes.append("Coordinates that differ by rounding only were taken as equal.")
    points = math.prod(v.size for v in grid)
    fill = rows / points if points else 0.0
    shared = all(rows >= 2 * v.size for v in grid)
    if complete and fill != 1:
        return None
    if fill > 1 and not alone:
        return None
    if fill >= 0.5 or (fill >= _LEAST_FILL and shared):
        if fill < 1:
            notes.append(
                f"{points - rows} of the {points} points of the grid have no row: they are missing values."
            )
        return Decision(
            "grid", tuple((i, reading[i], v) for i, v in zip(order, grid, strict=True)), tuple(notes)
        )
    return None


def _samples(request: Request, columns: Sequence[Column], reading: dict[int, str]) -> Decision | None:
    """Read rows that fill no grid as samples at scattered times and places, or return None."""
    names = set(reading.values())
    if "t" not in names or len(names) < 2 or not names <= set(AXES) or len(columns) == len(reading):
        return None
    for index in reading:
        column = columns[index]
        if column.missing or column.infinite:
            raise request.error(
                f"{column.name} is missing or infinite in {column.missing + column.infinite} of "
                f"{column.rows} rows, and a scattered sample without it has no place. Fill it in, or drop "
                "these rows.",
                column.first_gap,
            )
    counts = listed(f"{columns[i].count} of {name}" for i, name in reading.items())
    note = (
        f"Its {columns[0].rows} rows are scattered: with {counts} they fill no grid. They are one sample "
        "after another, as discovery takes them."
    )
    return Decision(
        "samples", ((-1, SAMPLE, np.arange(columns[0].rows, dtype=np.float64)),), (note,), reading
    )


def _snapped(values: np.ndarray) -> np.ndarray:
    """Merge values that differ by less than 1e-9 of their span."""
    if values.size < 2:
        return values
    with np.errstate(over="ignore"):
        return values[np.concatenate(([True], np.diff(values) > 1e-9 * (values[-1] - values[0])))]


def _scattered(
    request: Request, columns: Sequence[Column], reading: dict[int, str], named: bool
) -> Exception:
    if not named:
        return request.error(
            f"none of the columns {listed(c.name for c in columns)} is named like an axis, and the first "
            "ones form no grid. Name the axes t, x, y or z in the header, or say which columns they are "
            "with dims, as in x,t."
        )
    counts = listed(f"{columns[i].count} of {name}" for i, name in reading.items())
    return request.error(
        f"its {columns[0].rows} rows are scattered: with {counts} they fill no grid. Interpolate them to "
        "one, or, if some of these columns are not axes, name the axes with dims; for a time series that is "
        "t alone. Samples at scattered places need a column t for their times."
    )


def place(decision: Decision, columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return the flat position in the grid of each row.

    Args:
        columns: the axis columns, `(rows,)` each, in the decision's order.
    """
    if decision.kind == "samples":
        return np.arange(decision.shape[0], dtype=np.int64)
    flat = np.zeros(columns[0].shape, dtype=np.int64)
    for (_, _, values), column in zip(decision.axes, columns, strict=True):
        increasing = values.size < 2 or values[0] < values[-1]
        ordered = values if increasing else values[::-1]
        # Nearest from below or above: columns may differ from the axis by rounding.
        index = np.clip(np.searchsorted(ordered, column), 0, ordered.size - 1)
        below = np.clip(index - 1, 0, ordered.size - 1)
        with np.errstate(over="ignore"):
            nearer_below = np.abs(ordered[below] - column) < np.abs(ordered[index] - column)
        index = np.where(nearer_below, below, index)
        flat = flat * ordered.size + (index if increasing else ordered.size - 1 - index)
    return flat


def repeated(request: Request, decision: Decision, flat: int) -> Exception:
    """Return the error for a grid point that two rows claim."""
    point = np.unravel_index(flat, decision.shape)
    where = ", ".join(
        f"{name} = {values[i]:g}" for (_, name, values), i in zip(decision.axes, point, strict=True)
    )
    return request.error(
        f"two rows give values at {where}: keep one of them, or average them. If another column tells them "
        "apart (a run, a sensor), name it in dims too."
    )


def arrange_columns(
    request: Request, table: Sequence[tuple[str, str | None, np.ndarray]], *, notes: Sequence[str] = ()
) -> Layout:
    """Lay columns that are in memory out on a grid.

    Args:
        table: name, units and values `(rows,)` of each column.
    """
    columns = [column_of(*column) for column in table]
    decision = decide(request, columns)
    taken = decision.taken
    flat = place(decision, [table[index][2] for index in taken])
    points = math.prod(decision.shape)
    request.check_bytes(points * 8 * (len(table) - len(taken)), "the grid")
    seen = np.bincount(flat, minlength=points) if points < 2**31 else np.ones(1)
    if seen.max() > 1:
        raise repeated(request, decision, int(np.argmax(seen > 1)))
    entries = [
        Entry(
            column.name,
            decision.shape,
            column.dtype,
            _spread(decision.shape, flat, values),
            units=column.units,
        )
        for index, (column, (_, _, values)) in enumerate(zip(columns, table, strict=True))
        if index not in taken
    ]
    missing = [c.missing + points - c.rows for i, c in enumerate(columns) if i not in taken]
    return layout_of(request, columns, decision, entries, missing, notes=notes)


def _spread(shape: tuple[int, ...], flat: np.ndarray, values: np.ndarray) -> Callable[[], np.ndarray]:
    def load() -> np.ndarray:
        dtype = np.complex128 if values.dtype.kind == "c" else np.float64
        grid = np.full(math.prod(shape), np.nan, dtype=dtype)
        grid[flat] = values
        return grid.reshape(shape)

    return load


def layout_of(
    request: Request,
    columns: Sequence[Column],
    decision: Decision,
    entries: Sequence[Entry],
    missing: Sequence[int | None],
    *,
    notes: Sequence[str] = (),
    details: dict[str, object] | None = None,
    exact: bool = False,
) -> Layout:
    """Return the layout of a table whose axes are decided.

    Args:
        entries: one for each variable, on the grid.
        missing: the missing values of each.
        exact: the file itself says what its columns are, so that no name is changed.
    """
    axes = tuple(
        Axis(name, values, columns[index].units, columns[index].name) if index >= 0 else Axis(name, values)
        for index, name, values in decision.axes
    )
    dims = tuple(axis.name for axis in axes)
    named = {columns[index].name: name for index, name in decision.places.items()}
    alone = len(entries) - len(named) == 1 and not exact
    variables = tuple(
        Variable(
            named.get(entry.name)
            or ("u" if alone and is_solution(entry.name) else identifier(entry.name)),
            dims, entry.shape, entry.dtype, entry.load,
            units=entry.units, original_name=entry.name, missing=gaps,
            infinite=next(c.infinite for c in columns if c.name == entry.name),
        )
        for entry, gaps in zip(entries, missing, strict=True)
    )  # fmt: skip
    return finished(request, Layout(axes, variables, (*notes, *decision.notes), details=details or {}))
