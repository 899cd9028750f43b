"""How a delimited text is written: its encoding, its delimiter, its comments and its header."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from .._request import Request

LONGEST_LINE = 2**24
_SNIFFED_LINES = 50
_HEAD = 2**16
_COMMENTS = ("#", "%", "//", "!")
_DELIMITERS = ("\t", ";", ",", "|", None)
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
        while line := stream.readline(LONGEST_LINE):
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
            "variable, separated by commas, tabs, semicolons or spaces."
        )
    return _DELIMITERS[best[1]]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
