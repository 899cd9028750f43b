"""The numbers of a delimited text, block by block in bounded memory; complaints name line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .._names import listed
from .._request import Request
from ._text import LONGEST_LINE, Dialect, is_comment

_PIECE = 2**22
_MARKS = re.compile(r"[#%!/]|\n[ \t]*\n")
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?", ".", "missing"})


@dataclass(frozen=True)
class Block:
    """Some consecutive rows.

    Attributes:
        lines: the number of each row's line in the file.
        columns: the values of each column, float64 or complex128, missing ones NaN.
    """

    lines: Sequence[int]
    columns: Sequence[np.ndarray]


def blocks(request: Request, dialect: Dialect) -> Iterator[Block]:
    """Yield the rows below the header.

    Raises:
        FieldError: a row has more or fewer cells than the header, or a cell is no number.
    """
    for lines, texts in _pieces(request, dialect):
        yield Block(lines, _columns(request, dialect, lines, texts))


def _pieces(request: Request, dialect: Dialect) -> Iterator[tuple[Sequence[int], list[str]]]:
    """Yield a few MiB of lines that hold data at a time, with their numbers."""
    with request.path.open(encoding=dialect.encoding, errors="replace", newline=None) as stream:
        for _ in range(dialect.data_line - 1):
            stream.readline(LONGEST_LINE)
        number = dialect.data_line
        rest = ""
        while True:
            piece = stream.read(_PIECE)
            body, cut, rest = (rest + piece).rpartition("\n") if piece else (rest, "", "")
            if len(rest) > LONGEST_LINE:
                where = f"line {number + body.count(cut) + 1 if cut else number}"
                raise request.error("the line is longer than 16 million characters: this is no table.", where)
            if cut or (body and not piece):
                texts = body.split("\n")
                lines: Sequence[int] = range(number, number + len(texts))
                number += len(texts)
                if _MARKS.search(body) or not texts[0].strip() or not texts[-1].strip():
                    kept = [
                        (n, t) for n, t in zip(lines, texts, strict=True) if t.strip() and not is_comment(t)
                    ]
                    lines, texts = [n for n, _ in kept], [t for _, t in kept]
                if texts:
                    yield lines, texts
            if not piece:
                return


def _columns(
    request: Request, dialect: Dialect, lines: Sequence[int], texts: list[str]
) -> Sequence[np.ndarray]:
    """Return the columns of some rows: at once if all cells are plain numbers, else cell by cell."""
    width = len(dialect.header)
    try:
        table = np.loadtxt(texts, delimiter=dialect.delimiter, comments=None, ndmin=2)
    except ValueError:
        table = np.empty((0, 0))
    if table.shape == (len(texts), width):
        return list(np.ascontiguousarray(table.T))
    cells = [dialect.split(text) for text in texts]
    for line, row in zip(lines, cells, strict=True):
        if len(row) != width:
            names = f"{listed(dialect.header[:6])}{', ...' if width > 6 else ''}"
            raise request.error(
                f"there are {len(row)} values where the header names {width} columns ({names}). Complete or "
                "remove the line.",
                f"line {line}",
            )
    columns = zip(*cells, strict=True)
    return [
        _numbers(request, dialect, column, lines, name)
        for name, column in zip(dialect.header, columns, strict=True)
    ]


def _numbers(
    request: Request, dialect: Dialect, cells: Sequence[str], lines: Sequence[int], column: str
) -> np.ndarray:
    try:
        return np.array(list(map(float, cells)))
    except ValueError:
        pass
    values: list[complex] = []
    for cell, line in zip(cells, lines, strict=True):
        value = _number(cell, decimal_comma=dialect.delimiter != ",")
        if value is None:
            raise request.error(
                f"{cell.strip()[:40]!r} is not a number. Correct it, or leave the cell empty if the value "
                "is missing.",
                f"line {line}, column {column}",
            )
        values.append(value)
    kind = np.complex128 if any(isinstance(value, complex) for value in values) else np.float64
    return np.array(values, dtype=kind)


def _number(cell: str, *, decimal_comma: bool) -> complex | float | None:
    """Read one cell that is not plainly a float: missing, complex, or of another convention."""
    text = cell.strip().strip("\"'").strip()
    if text.lower() in _MISSING:
        return float("nan")
    if decimal_comma and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    # Fortran writes 1.0D-3.
    for candidate in (text, re.sub(r"(?<=[\d.])[dD](?=[+\-]?\d)", "e", text)):
        try:
            return float(candidate)
        except ValueError:
            continue
    try:
        return complex(re.sub(r"[iI]$", "j", text.replace(" ", "").strip("()")))
    except ValueError:
        return None
