"""How records look: aligned tables in a terminal, HTML tables in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import TypeVar

from .._wording import plain

T = TypeVar("T")

Columns = Mapping[str, Callable[[T], str]]

_CELL = "text-align:left;padding:0.25em 1em 0.25em 0"
_STATE_COLOURS = {
    "queued": "#6e7781",
    "running": "#0969da",
    "succeeded": "#1a7f37",
    "failed": "#cf222e",
    "cancelled": "#9a6700",
}


class Listing(list[T]):
    """A list that prints as a table."""

    def __init__(self, items: Iterable[T], columns: Columns[T], empty: str) -> None:
        super().__init__(items)
        self._columns = columns
        self._empty = empty

    def __repr__(self) -> str:
        if not self:
            return self._empty
        rows = [
            list(self._columns),
            *([plain(cell(item), keep="") for cell in self._columns.values()] for item in self),
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self._columns))]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{escape(self._empty)}</p>"
        head = "".join(f'<th style="{_CELL}">{escape(title)}</th>' for title in self._columns)
        body = "".join(
            "<tr>"
            + "".join(f'<td style="{_CELL}">{_cell(cell(item))}</td>' for cell in self._columns.values())
            + "</tr>"
            for item in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts_html(title: str, facts: Mapping[str, str]) -> str:
    """Return one record as a small table under its title; empty facts are left out."""
    rows = "".join(
        f'<tr><th style="{_CELL}">{escape(key)}</th><td style="{_CELL}">{_cell(value)}</td></tr>'
        for key, value in facts.items()
        if value
    )
    return f"<div><strong>{escape(title)}</strong><table><tbody>{rows}</tbody></table></div>"


def short(text: str, width: int = 60) -> str:
    """Return the first line of a text, cut to `width` characters."""
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= width else line[: width - 1] + "…"


def _cell(text: str) -> str:
    colour = _STATE_COLOURS.get(text.split(" ", 1)[0])
    return f'<span style="color:{colour}">{escape(text)}</span>' if colour else escape(text)
