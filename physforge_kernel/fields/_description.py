"""A description of a file: facts, and how they print."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .._wording import size as human_bytes
from ._counts import counted
from ._layout import Layout
from ._names import in_axis_order, listed
from ._request import Request


@dataclass(frozen=True)
class AxisDescription:
    """One coordinate axis.

    Attributes:
        start, stop: its least and greatest value, in its units.
        step: the spacing if it is uniform, else None.
        largest_step: the widest spacing; None for a single point.
    """

    name: str
    size: int
    start: float
    stop: float
    units: str | None
    uniform: bool
    step: float | None
    smallest_step: float | None
    largest_step: float | None
    original_name: str


@dataclass(frozen=True)
class VariableDescription:
    """One variable.

    Attributes:
        shape: its points along `dims`, as `read` returns it.
        dtype: as the file stores it; `read` returns float64 or complex128.
        missing: how many values are missing; None when they were not counted, as in a large file.
        infinite: how many are infinite, or were too large for a number (1e400); None when not counted.
        storage: chunks, compression and the like.
    """

    name: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    units: str | None
    missing: int | None
    original_name: str
    storage: Mapping[str, Any] = field(default_factory=dict)
    infinite: int | None = None


@dataclass(frozen=True)
class Description:
    """What a file holds.

    Attributes:
        source: the file's name.
        size: of the file, in bytes.
        notes: sentences on what had to be decided about the layout.
        left_out: names in the file that are not part of the field.
        details: facts of the format.
        ways: where the file does not tell its axes, the readings between which `dims` has to decide.
    """

    source: str
    format: str
    size: int
    axes: tuple[AxisDescription, ...]
    variables: tuple[VariableDescription, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    details: Mapping[str, Any]
    ways: tuple[tuple[str, ...], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-able data."""
        return _plain(asdict(self))

    def __str__(self) -> str:
        head = f"{self.source}: {self.format}, {human_bytes(self.size)}"
        if facts := self._facts():
            head += f"\n{facts}"
        tables = ((_AXIS_HEAD, self._axis_rows()), (_VARIABLE_HEAD, self._variable_rows()))
        parts = [head, *(_table(heads, rows) for heads, rows in tables if rows)]
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        if self.left_out:
            parts.append(f"Left out: {listed(self.left_out)}.")
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        facts = self._facts()
        extra = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        if self.left_out:
            extra += f"<li>Left out: {html.escape(listed(self.left_out))}.</li>"
        return (
            f"<div><p><b>{html.escape(self.source)}</b>: {html.escape(self.format)}, {human_bytes(self.size)}"
            f"{'<br>' + html.escape(facts) if facts else ''}</p>"
            f"{_html_table(_AXIS_HEAD, self._axis_rows())}"
            f"{_html_table(_VARIABLE_HEAD, self._variable_rows())}"
            f"{'<ul>' + extra + '</ul>' if extra else ''}</div>"
        )

    def _facts(self) -> str:
        return ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in self.details.items())

    def _axis_rows(self) -> list[list[str]]:
        return [
            [
                _name(axis.name, axis.original_name), str(axis.size), f"{axis.start:.6g}", f"{axis.stop:.6g}",
                _spacing(axis), axis.units or "",
            ]
            for axis in self.axes
        ]  # fmt: skip

    def _variable_rows(self) -> list[list[str]]:
        return [
            [
                _name(v.name, v.original_name), f"({', '.join(v.dims)})", _short(v.shape), v.dtype,
                "not counted" if v.missing is None else str(v.missing), str(v.infinite or ""),
                v.units or "",
                ", ".join(f"{key} {_short(value)}" for key, value in v.storage.items()),
            ]
            for v in self.variables
        ]  # fmt: skip


_AXIS_HEAD = ("axis", "points", "from", "to", "spacing", "units")
_VARIABLE_HEAD = ("variable", "axes", "shape", "type", "missing", "infinite", "units", "storage")


def described(request: Request, format_name: str, layout: Layout) -> Description:
    """Describe a layout."""
    sizes = {axis.name: axis.values.size for axis in layout.axes}
    counts = counted(request, layout.variables)
    variables = []
    for v in layout.variables:
        missing, infinite = counts[v.name]
        dims = in_axis_order(v.dims)
        shape = tuple(sizes[dim] for dim in dims)
        variables.append(
            VariableDescription(
                v.name,
                dims,
                shape,
                v.dtype.name,
                v.units,
                missing,
                v.original_name or v.name,
                dict(v.storage),
                infinite,
            )
        )
    axes = tuple(
        _axis(axis.name, np.sort(axis.values), axis.units, axis.original_name or axis.name)
        for axis in layout.axes
    )
    return Description(
        request.path.name,
        format_name,
        request.path.stat().st_size,
        axes,
        tuple(variables),
        layout.notes,
        layout.left_out,
        dict(layout.details),
    )


def _axis(name: str, values: np.ndarray, units: str | None, original: str) -> AxisDescription:
    with np.errstate(over="ignore"):
        steps = np.diff(values)
    start, stop = float(values[0]), float(values[-1])
    if not steps.size:
        return AxisDescription(name, 1, start, stop, units, True, None, None, None, original)
    # Coordinates written with few digits, or in single precision, still mean a uniform grid.
    # Halves, because the ends of float64 lie further apart than its greatest number.
    mean = 2 * ((stop / 2 - start / 2) / steps.size)
    uniform = bool(np.isfinite(mean) and steps.max() - steps.min() <= 1e-4 * mean)
    step = mean if uniform else None
    return AxisDescription(
        name, values.size, start, stop, units, uniform, step, float(steps.min()), float(steps.max()), original
    )


def _spacing(axis: AxisDescription) -> str:
    if axis.step is not None:
        return f"uniform, {axis.step:.6g}"
    if axis.smallest_step is None or axis.largest_step is None:
        return "one point"
    return f"{axis.smallest_step:.4g} to {axis.largest_step:.4g}"


def _name(name: str, original: str) -> str:
    return name if name == original else f"{name} (in the file: {original})"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " x ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Return plain lists, dicts and numbers of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align a table, without the columns that are empty throughout."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    table = [[line[i] for i in kept] for line in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    numeric = [head[i] in ("points", "from", "to", "missing", "infinite") for i in kept]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in table
    )


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    titles = "".join(f"<th>{head[i]}</th>" for i in kept)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(row[i])}</td>' for i in kept)}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
