"""Where output goes: designed text on stdout, JSON on stdout, progress on stderr when someone watches."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from .._wording import one_line, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

READABLE_WIDTH = 92
"""Prose wider than this is hard to read, whatever the terminal's width."""

_PIPED_WIDTH = 200
"""No terminal, no width: wide enough that a table's row stays one line for `grep`."""


@cache
def stdout() -> Console:
    """The console for results: colour only on a terminal and without NO_COLOR, no markup in anyone's text."""
    return _console(stderr=False)


@cache
def stderr() -> Console:
    """The console for progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    colours = None if os.environ.get("NO_COLOR") else "auto"
    return Console(
        stderr=stderr, markup=False, highlight=False, emoji=False, width=width, color_system=colours
    )


def to_json(document: Any, *, indent: int | None = 2) -> str:
    """Return a JSON document: ASCII, numbers that are not finite as null, so that any parser takes it."""
    return json.dumps(_finite(document), indent=indent, allow_nan=False, default=_spelled_out) + "\n"


def print_json(document: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(to_json(document))


def json_line(document: Any) -> None:
    """Print one JSON document on one line, at once: an element of a stream."""
    sys.stdout.write(to_json(document, indent=None))
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _spelled_out(value: Any) -> Any:
    """Return what JSON has no form for (times, paths, NumPy scalars) as something it has."""
    if isinstance(value, datetime):
        return value.isoformat()
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def say(line: object = "", style: str = "") -> None:
    """Print one line of text as it is, whatever brackets or control characters are in it."""
    from rich.text import Text

    stdout().print(Text(plain(line), style=style), soft_wrap=True)


def show(renderable: Any, *, indent: int = 0, width: int | None = None) -> None:
    """Print a table or another rich renderable, without the blanks that rich leaves at the ends of lines."""
    from rich.padding import Padding

    console = stdout()
    with console.capture() as captured:
        console.print(Padding(renderable, (0, 0, 0, indent), expand=False), width=width)
    sys.stdout.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def prose(text: object, *, indent: int = 2, style: str = "") -> None:
    """Print a paragraph, wrapped for reading."""
    show(styled(text, style), indent=indent, width=min(stdout().width, READABLE_WIDTH))


def bullet(text: object) -> None:
    """Print a paragraph as an item of a list."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(Text("\u2022"), styled(text, ""))
    show(grid, indent=2, width=min(stdout().width, READABLE_WIDTH))


def facts(pairs: Mapping[str, object]) -> None:
    """Print names and values in two aligned columns; empty values are left out."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        if value not in (None, "", (), []):
            grid.add_row(Text(f"  {name}"), value if isinstance(value, Text) else Text(plain(value)))
    show(grid)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> Table:
    """Return a table without frames: dim headings, columns named in `right` aligned right."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row))
    return made


Report = Callable[[float, str], None]


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Show a progress bar on stderr, if that is a terminal; yield the callback that moves it."""
    if not sys.stderr.isatty():
        yield lambda fraction, message="": None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", markup=False, style="dim"),
    )
    with Progress(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task(one_line(title), total=1.0, message="")

        def move(fraction: float, message: str = "") -> None:
            bar.update(task, completed=min(max(fraction, 0.0), 1.0), message=one_line(message))

        yield move


def styled(text: object, style: str) -> Text:
    """Return foreign text, made safe, in a style."""
    from rich.text import Text

    return Text(one_line(text), style=style)
