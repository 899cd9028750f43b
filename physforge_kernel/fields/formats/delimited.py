"""Delimited text: long tables (`x,t,u`), time series (`t,x,y,z`) and wide ones (first column t, header x)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from .._entries import Entry
from .._layout import Axis, Layout, Variable, check_axis, finished
from .._names import axis_of, split_units
from .._order import decreases, increases
from .._request import Request
from .._table import Column, Decision, candidates, decide, layout_of, place, repeated
from ._text import Dialect, sniff
from ._text_blocks import blocks

#: A column with more different values than this is no axis, except an increasing one.
_MOST_DISTINCT = 2**23
#: Grids with more points than this are described without counting their gaps one by one.
_MOST_COUNTED = 2**27
_AXES_COMMENT = re.compile(r"^axes\s*:\s*(?P<names>.+)$", re.IGNORECASE)
_LABELLED = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>\S+)$")


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a text file, in memory that does not grow with it unless its values are wanted."""
    dialect = sniff(request)
    heads = _wide_header(dialect)
    yield _wide(request, dialect, heads) if heads is not None else _long(request, dialect)


@dataclass
class _Tally:
    """A column as it streams by."""

    name: str
    units: str | None
    counts: bool
    keeps: bool
    rows: int = 0
    missing: int = 0
    infinite: int = 0
    first_gap: str = ""
    is_complex: bool = False
    increasing: bool = True
    decreasing: bool = True
    overflown: bool = False
    last: float = math.nan
    distinct: np.ndarray = field(default_factory=lambda: np.empty(0))
    pending: list[np.ndarray] = field(default_factory=list)
    kept: list[np.ndarray] = field(default_factory=list)

    def add(self, values: np.ndarray, lines: Sequence[int]) -> None:
        gaps = np.isnan(values)
        self.infinite += int(np.isinf(values).sum())
        if gaps.any():
            self.first_gap = self.first_gap or f"line {lines[int(np.argmax(gaps))]}"
            self.missing += int(gaps.sum())
        self.is_complex |= values.dtype.kind == "c"
        if self.keeps:
            self.kept.append(values)
        if self.counts and not self.is_complex:
            chain = np.concatenate(([self.last], values)) if self.rows else values
            self.increasing &= increases(chain)
            self.decreasing &= decreases(chain)
            self.last = values[-1]
            if not self.overflown:
                self.pending.append(np.unique(values[~gaps]))
                if sum(block.size for block in self.pending) > max(self.distinct.size, 2**16):
                    self.merge()
        self.rows += values.size

    def merge(self) -> None:
        self.distinct = np.unique(np.concatenate([self.distinct, *self.pending]))
        self.pending = []
        self.overflown = self.distinct.size > _MOST_DISTINCT

    def column(self) -> Column:
        counted = self.counts and not self.is_complex
        if counted:
            self.merge()
        distinct = self.distinct if counted and not self.overflown else None
        return Column(
            self.name, self.units, np.dtype(np.complex128 if self.is_complex else np.float64), self.rows,
            self.missing, self.infinite, self.first_gap, distinct,
            counted and self.increasing, counted and self.decreasing,
        )  # fmt: skip

    def values(self) -> np.ndarray:
        return np.concatenate(self.kept)


def _long(request: Request, dialect: Dialect) -> Layout:
    heads = [split_units(cell) for cell in dialect.header]
    said = next((m["names"] for c in dialect.comments if (m := _AXES_COMMENT.match(c))), None)
    dims = request.dims or (tuple(re.split(r"[\s,]+", said.strip())) if said else None)
    unnamed = [i for i, (name, _) in enumerate(heads) if not name]
    if unnamed and unnamed != [0]:
        raise request.error(
            "a column has no name: name every column in the header.", f"line {dialect.data_line - 1}"
        )
    names = [name for name, _ in heads]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise request.error(f"two columns are called {twice!r}: rename one.", f"line {dialect.data_line - 1}")
    possible = {i for reading in candidates(names, dims) for i in reading}
    tallies = [
        _Tally(name, units, counts=i in possible or i in unnamed, keeps=request.values)
        for i, (name, units) in enumerate(heads)
    ]
    for block in blocks(request, dialect):
        for tally, column in zip(tallies, block.columns, strict=True):
            tally.add(column, block.lines)
        if request.values:
            request.check_bytes(8 * len(tallies) * tallies[0].rows, "the table")
    if not tallies[0].rows:
        raise request.error("there is a header but no row of data below it.", f"line {dialect.data_line}")
    left_out: tuple[str, ...] = ()
    skip = 0
    if unnamed:
        index = tallies[0].column()
        if index.distinct is None or not np.array_equal(index.distinct, np.arange(index.rows)):
            raise request.error("the first column has no name, and is no row index: name it in the header.")
        skip, left_out = 1, ("the unnamed row index",)
    tallies = tallies[skip:]
    columns = [tally.column() for tally in tallies]
    decision = decide(request, columns, dims=dims)
    if said and request.dims is None:
        decision = _with_usual_names(decision, names)
    taken = decision.taken
    points = math.prod(decision.shape)
    kept = [i for i in range(len(columns)) if i not in taken]
    if request.values:
        request.check_bytes(points * 8 * len(kept), "the grid")
        flat = place(decision, [tallies[i].values() for i in taken])
        _check_unique(request, decision, flat, points)
        extra: int | None = points - columns[0].rows
    else:
        flat = np.empty(0, dtype=np.int64)
        extra = _absent(request, dialect, decision, skip, points) if decision.kind == "grid" else 0
    entries = [
        Entry(columns[i].name, decision.shape, columns[i].dtype, _grid(tallies[i], flat, decision.shape),
              units=columns[i].units) for i in kept
    ]  # fmt: skip
    missing = [None if extra is None else columns[i].missing + extra for i in kept]
    details = {
        **_details(dialect),
        "layout": "long" if decision.kind == "grid" else decision.kind,
        "rows": columns[0].rows,
    }
    layout = layout_of(request, columns, decision, entries, missing, details=details, exact=bool(said))
    return replace(layout, left_out=layout.left_out + left_out)


def _with_usual_names(decision: Decision, names: Sequence[str]) -> Decision:
    """Call an axis t that the file calls time, and so on, where nothing else is called so."""
    axes = []
    for index, name, values in decision.axes:
        usual = axis_of(name) or name
        alike = [other for other in names if axis_of(other) == usual]
        axes.append((index, usual if alike == [name] else name, values))
    return replace(decision, axes=tuple(axes))


def _grid(tally: _Tally, flat: np.ndarray, shape: tuple[int, ...]) -> Callable[[], np.ndarray]:
    def load() -> np.ndarray:
        grid = np.full(math.prod(shape), np.nan, dtype=np.complex128 if tally.is_complex else np.float64)
        grid[flat] = tally.values()
        return grid.reshape(shape)

    return load


def _check_unique(request: Request, decision: Decision, flat: np.ndarray, points: int) -> None:
    seen = np.zeros(points, dtype=bool)
    seen[flat] = True
    if int(seen.sum()) < flat.size:
        ordered = np.sort(flat)
        raise repeated(request, decision, int(ordered[1:][np.diff(ordered) == 0][0]))


def _absent(request: Request, dialect: Dialect, decision: Decision, skip: int, points: int) -> int | None:
    """Count the points of a grid that have no row, in a second pass; None for a grid too large for that."""
    if points > _MOST_COUNTED:
        return None
    seen = np.zeros(points, dtype=bool)
    rows = 0
    for block in blocks(request, dialect):
        flat = place(decision, [block.columns[index + skip] for index, _, _ in decision.axes])
        rows += flat.size
        again = np.sort(flat)
        twice = np.concatenate([flat[seen[flat]], again[1:][np.diff(again) == 0]])
        if twice.size:
            raise repeated(request, decision, int(twice[0]))
        seen[flat] = True
    return points - rows


def _details(dialect: Dialect) -> dict[str, object]:
    encoding = dialect.encoding.replace("utf-8-sig", "utf-8")
    return {"delimiter": dialect.delimiter_name, "encoding": encoding}


def _wide_header(dialect: Dialect) -> tuple[str, str, np.ndarray] | None:
    """Return the corner, the axis along the header and its values, or None if the table is long."""
    corner, *rest = dialect.header
    labels = [_LABELLED.match(cell) for cell in rest]
    across = ""
    if all(labels):
        names = {match["name"] for match in labels if match}
        if len(names) != 1:
            return None
        across = names.pop()
        rest = [match["value"] for match in labels if match]
    try:
        values = np.array([float(cell) for cell in rest])
    except ValueError:
        return None
    down, *named = re.split(r"[\\/|]", corner, maxsplit=1)
    across = across or (split_units(named[0].strip())[0] if named else "")
    return down.strip(), across, values


def _wide(request: Request, dialect: Dialect, heads: tuple[str, str, np.ndarray]) -> Layout:
    """Read a table whose header holds the coordinates of the other axis."""
    corner, across, across_values = heads
    down, units = split_units(corner)
    original = down
    notes: list[str] = []
    if request.dims is not None:
        if len(request.dims) != 2:
            raise request.error("a wide table has two axes, down and across: name both with dims, as in t,x.")
        down, across = request.dims
    if not down:
        raise request.undecided(
            "the header holds coordinates, but its first cell does not name the axis of the first column. "
            "Write t, x "
            r"or t\x there, or name the axes down and across with dims, as in t,x.",
            place=f"line {dialect.data_line - 1}",
        )
    down = axis_of(down) or down
    if not across:
        across = "x" if down == "t" else "t"
        notes.append(f"The first column is {down}; the header's numbers were taken as the axis {across}.")
    across = axis_of(across) or across
    if across == down:
        raise request.error(
            f"both axes of the table are called {down}: write t\\x in the first cell of the header."
        )
    coordinates: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    missing = infinite = 0
    kind = np.dtype(np.float64)
    width = across_values.size
    for block in blocks(request, dialect):
        coordinates.append(block.columns[0])
        values = np.stack(block.columns[1:], axis=1)
        kind = np.promote_types(kind, values.dtype)
        missing += int(np.isnan(values).sum())
        infinite += int(np.isinf(values).sum())
        if request.values:
            rows.append(values)
            request.check_bytes(sum(each.nbytes for each in rows), "the table")
    if not coordinates:
        raise request.error("there is a header but no row of data below it.", f"line {dialect.data_line}")
    axis = check_axis(request, down, np.concatenate(coordinates))
    whole: Callable[[], np.ndarray] = cache(lambda: np.concatenate(rows))
    layout = Layout(
        (Axis(down, axis, units, original), Axis(across, check_axis(request, across, across_values))),
        (Variable("u", (down, across), (axis.size, width), kind, whole, missing=missing, infinite=infinite),),
        tuple(notes),
        details={**_details(dialect), "layout": "wide", "rows": axis.size},
    )
    return finished(request, layout)
