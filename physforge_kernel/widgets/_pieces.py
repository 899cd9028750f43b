"""Small widgets that the parts of a page are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from pathlib import Path

import ipywidgets as widgets

from .._wording import one_line

_HERE = Path(__file__).resolve().parent


def markup(text: str = "", *styles: str) -> widgets.HTML:
    """Return a place for HTML of our own making; whatever a person typed has to be escaped before."""
    made = widgets.HTML(text)
    for style in styles:
        made.add_class(style)
    return made


def button(label: str, act: Callable[[], None], *styles: str, tooltip: str = "") -> widgets.Button:
    """Return a button; its label is text, whatever is in it."""
    made = widgets.Button(description=label, tooltip=tooltip)
    for style in styles:
        made.add_class(style)
    made.on_click(lambda _: act())
    return made


def box(children: tuple[widgets.Widget, ...], *styles: str) -> widgets.VBox:
    """Return widgets below each other."""
    made = widgets.VBox(children)
    for style in styles:
        made.add_class(style)
    return made


def show(widget: widgets.DOMWidget, shown: bool) -> None:
    """Show a widget, or take it out of the page."""
    widget.layout.display = None if shown else "none"


def every(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield a widget and all that it shows."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def text(value: object, tag: str = "p", **attributes: str) -> str:
    """Return text as an HTML element; control characters are spelled out, nothing in it is markup."""
    named = "".join(f' {name.rstrip("_")}="{escape(each)}"' for name, each in attributes.items())
    return f"<{tag}{named}>{escape(one_line(value))}</{tag}>"


@cache
def stylesheet() -> str:
    """Return the look of a page of widgets: the reports' own, inside it, and what only widgets need."""
    reports = (_HERE.parent / "reports" / "page" / "page.css").read_text(encoding="utf-8")
    ours = (_HERE / "look.css").read_text(encoding="utf-8")
    return f"<style>@scope (.physforge .pf-part) {{\n{reports}\n}}\n{ours}</style>"


class Notice:
    """The place for a sentence that something went wrong, read out by a screen reader at once."""

    def __init__(self) -> None:
        self.view = markup("", "pf-notice")
        show(self.view, False)

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self.view.value = text(sentence, role="alert")
        show(self.view, True)

    def clear(self) -> None:
        """Take the sentence away."""
        self.view.value = ""
        show(self.view, False)
