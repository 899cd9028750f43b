"""Small pieces of HTML, in which nothing that a person typed is ever taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Html:
    """A piece of a page: what a notebook shows for a cell's value.

    Args:
        markup: The HTML.
        text: The same for where there is no HTML.
    """

    markup: str
    text: str = ""

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return self.text or "(shown as HTML)"

    def __add__(self, other: Html) -> Html:
        return Html(self.markup + other.markup, "\n\n".join(filter(None, (self.text, other.text))))


def paragraph(text: object, style: str = "") -> Html:
    """Return a paragraph of text."""
    css = f' class="{style}"' if style else ""
    return Html(f"<p{css}>{escape(str(text))}</p>", str(text))


def bullets(items: Iterable[object]) -> Html:
    """Return a list of sentences; nothing where there are none."""
    sentences = [str(item) for item in items]
    if not sentences:
        return Html("")
    markup = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return Html(f'<ul class="pf-notes">{markup}</ul>', "\n".join(f"- {sentence}" for sentence in sentences))


def facts(pairs: Mapping[str, object]) -> Html:
    """Return names and values; empty values are left out, an `Html` value is taken as it is."""
    kept = {name: value for name, value in pairs.items() if value not in (None, "", (), [], {})}
    markup = "".join(f"<dt>{escape(name)}</dt><dd>{_cell(value)}</dd>" for name, value in kept.items())
    return Html(
        f'<dl class="pf-facts">{markup}</dl>', "\n".join(f"{name}: {value}" for name, value in kept.items())
    )


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    numbers: Iterable[str] = (),
    chosen: int | None = None,
) -> Html:
    """Return a table that scrolls by itself where a screen is too narrow for it.

    Args:
        columns: The headings.
        rows: The cells; an `Html` cell is taken as it is.
        numbers: The headings of columns that are aligned right.
        chosen: The row that stands out.
    """
    right = set(numbers)
    style = [' class="number"' if name in right else "" for name in columns]
    head = "".join(
        f'<th scope="col"{css}>{escape(name)}</th>' for name, css in zip(columns, style, strict=True)
    )
    body = ""
    for index, row in enumerate(rows):
        cells = "".join(f"<td{css}>{_cell(cell)}</td>" for cell, css in zip(row, style, strict=True))
        body += f'<tr class="chosen">{cells}</tr>' if index == chosen else f"<tr>{cells}</tr>"
    markup = f'<table class="pf-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    text = "\n".join("  ".join(str(cell) for cell in row) for row in [columns, *rows])
    return Html(f'<div class="pf-scroll">{markup}</div>', text)


def code(text: object) -> Html:
    """Return text as it would be typed."""
    return Html(f"<code>{escape(str(text))}</code>", str(text))


def _cell(value: object) -> str:
    return value.markup if isinstance(value, Html) else escape(str(value))
