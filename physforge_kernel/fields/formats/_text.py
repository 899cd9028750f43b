"""Delimited text in bounded memory: its dialect, its header, and its numbers in blocks of rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

import numpy as np

from .._names import listed
from .._request import Request

#: Rows in a block.
BLOCK = 32_768
_LONGEST_LINE = 2**24
_SNIFFED_LINES = 50
_HEAD = 2**16
_COMMENTS = ("#", "%", "//", "!")
_DELIMITERS = ("\t", ";", ",", "|", None)
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?", ".", "missing"})
_GROUPS = re.compile(r"[^\s\[(]+(?:\s*[\[(][^\])]*[\])])?")
_NAMES = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", None: "white space"}


@dataclass(frozen=True)
class Dialect:
    """How a text file is written.

    Attributes:
        delimiter: None for runs of white space.
        header: the names of the columns, as they stand.
        data_line: the number of the line after the header.
        comments: the comment lines before the header, without their marks.
    """

    encoding: str
    delimiter: str | None
    header: tuple[str, ...]
    data_line: int
    comments: tuple[str, ...]

    @property
    def delimiter_name(self) -> str:
        return _NAMES[self.delimiter]

    def split(self, line: str) -> list[str]:
        if self.delimiter is None:
            return line.split()
        if '"' in line:
            return next(csv.reader([line], delimiter=self.delimiter, skipinitialspace=True))
        return line.split(self.delimiter)


def is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENTS)


def lines(request: Request, stream: TextIO, start: int = 1) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines that hold data, none of them longer than 16 MiB."""
    number = start - 1
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        if len(line) >= _LONGEST_LINE:
            raise request.error(
                "the line is longer than 16 million characters: this is no table.", f"line {number}"
            )
        text = line.strip("\r\n")
        if text.strip() and not (text[0] in "#%!/ \t" and is_comment(text)):
            yield number, text


def sniff(request: Request) -> Dialect:
    """Find the encoding, the delimiter and the header of a text file.

    Raises:
        FieldError: the file is empty, binary, or has no header.
    """
    encoding = _encoding(request)
    with request.path.open(encoding=encoding, errors="replace", newline=None) as stream:
        comments: list[tuple[int, str]] = []
        position = 0
        sample: list[tuple[int, str]] = []
        while line := stream.readline(_LONGEST_LINE):
            position += 1
            text = line.strip("\r\n")
            if not text.strip():
                continue
            if is_comment(text):
                if not sample:
                    comments.append((position, text.strip().lstrip("#%!/").strip()))
            else:
                sample.append((position, text))
            if len(sample) >= _SNIFFED_LINES:
                break
    if not sample:
        raise request.error("the file holds no data: it is empty or has comments only.")
    delimiter = _delimiter(request, [text for _, text in sample])
    first = Dialect(encoding, delimiter, (), sample[0][0], ())
    header = _header_cells(first, sample[0][1])
    texts = tuple(text for _, text in comments)
    if all(_is_number(cell) for cell in header):
        named = _header_cells(first, texts[-1]) if texts else []
        if len(named) != len(header) or any(_is_number(cell) for cell in named):
            raise request.error(
                "the file has no header: its first line holds numbers only. Add a line that names the "
                f"{len(header)} columns, for example "
                f"{','.join(['t', 'x', 'u', 'v'][: max(len(header), 2)])}.",
                f"line {sample[0][0]}",
            )
        return Dialect(encoding, delimiter, tuple(named), sample[0][0], texts[:-1])
    return Dialect(encoding, delimiter, tuple(header), sample[0][0] + 1, texts)


def _encoding(request: Request) -> str:
    with request.path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\x00" in head:
        raise request.error("the file holds binary data, not text: give it the ending of its true format.")
    try:
        # The last characters of the head may be cut in two.
        head[:-4].decode() if len(head) == _HEAD else head.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _header_cells(dialect: Dialect, text: str) -> list[str]:
    cells = _GROUPS.findall(text) if dialect.delimiter is None else dialect.split(text)
    return [cell.strip().strip("\"'").strip() for cell in cells]


def _delimiter(request: Request, sample: list[str]) -> str | None:
    best: tuple[float, int] | None = None
    for rank, delimiter in enumerate(_DELIMITERS):
        dialect = Dialect("", delimiter, (), 0, ())
        head = len(_header_cells(dialect, sample[0]))
        if head < 2:
            continue
        rows = sample[1:] or sample
        agreeing = sum(len(dialect.split(line)) == head for line in rows) / len(rows)
        if best is None or agreeing > best[0]:
            best = (agreeing, rank)
    if best is None:
        raise request.error(
            f"the first line ({sample[0][:60]!r}) is a single column: a field needs a coordinate and a "
            "variable, "
            "separated by commas, tabs, semicolons or spaces."
        )
    return _DELIMITERS[best[1]]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def blocks(request: Request, dialect: Dialect) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Yield the line numbers and the cells of at most `BLOCK` rows at a time.

    Raises:
        FieldError: a row has more or fewer cells than the header.
    """
    width = len(dialect.header)
    with request.path.open(encoding=dialect.encoding, errors="replace", newline=None) as stream:
        numbered = lines(request, stream)
        kept = (item for item in numbered if item[0] >= dialect.data_line)
        rows = max(1, min(BLOCK, 4_000_000 // width))
        while chunk := list(islice(kept, rows)):
            cells = [dialect.split(text) for _, text in chunk]
            for (number, _), row in zip(chunk, cells, strict=True):
                if len(row) != width:
                    raise request.error(
                        f"there are {len(row)} values where the header names {width} columns "
                        f"({listed(dialect.header[:6])}{', ...' if width > 6 else ''}). Complete or remove "
                        "the line.",
                        f"line {number}",
                    )
            yield [number for number, _ in chunk], cells


def numbers(request: Request, cells: list[str], rows: list[int], column: str) -> np.ndarray:
    """Return the cells of a column as float64 or complex128, missing ones as NaN.

    Raises:
        FieldError: a cell is no number; the message names its line and column.
    """
    try:
        return np.array(list(map(float, cells)))
    except ValueError:
        pass
    values: list[complex] = []
    for cell, row in zip(cells, rows, strict=True):
        value = _number(cell)
        if value is None:
            raise request.error(
                f"{cell.strip()[:40]!r} is not a number. Correct it, or leave the cell empty if the value is "
                "missing.",
                f"line {row}, column {column}",
            )
        values.append(value)
    if any(isinstance(value, complex) for value in values):
        return np.array(values, dtype=np.complex128)
    return np.array(values, dtype=np.float64)


def _number(cell: str) -> complex | float | None:
    """Read one cell that is not plainly a float: missing, complex, or of another convention."""
    text = cell.strip().strip("\"'").strip()
    if text.lower() in _MISSING:
        return float("nan")
    for candidate in (text, text.replace(",", "."), re.sub(r"(?<=\d)[dD](?=[+\-]?\d)", "e", text)):
        try:
            return float(candidate)
        except ValueError:
            continue
    try:
        return complex(re.sub(r"[iI]$", "j", text.replace(" ", "").strip("()")))
    except ValueError:
        return None
