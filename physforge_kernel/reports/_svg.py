"""Figures and formulas as pictures inside a page: vector, no fonts, no network, for light and dark."""

from __future__ import annotations

import base64
import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from .._style import INK, STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What `INK`, the one colour that turns light on a dark page, becomes there.
INK_ON_DARK = "#dde3e8"

_STYLE: dict[Any, Any] = {
    **STYLE,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "image.cmap": "viridis",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "path",
    "mathtext.fontset": "stix",
}

_WIDE = "grid-column:1/-1;min-width:0;overflow-x:auto"


@dataclass(frozen=True)
class Picture:
    """One panel: an SVG document and the words for those who cannot see it."""

    svg: str
    alt: str
    wide: bool = False
    """Whether it takes a page's whole width."""

    def html(self) -> str:
        # A wide picture scrolls on a phone rather than shrinking its labels out of sight.
        style = f"width:100%;min-width:{'540px' if self.wide else '0'};height:auto;display:block"
        return f'<img src="{_data_uri(self.svg)}" alt="{escape(self.alt)}" style="{style}">'


@contextmanager
def panel(width: float = 4.3, height: float = 3.0) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure and its axes in the report's style, without pyplot's global state.

    Args:
        width: In inches; a page shows a panel at about this size, and one wider than 5 over its whole width.
        height: In inches.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height))
        yield figure, figure.add_subplot()


def picture(figure: Figure, alt: str) -> Picture:
    """Draw a figure made in `panel`; call this inside it."""
    _plain_ticks(figure)
    out = io.StringIO()
    figure.savefig(out, format="svg", dpi=220, metadata={"Date": None, "Creator": None})
    return Picture(_for_both_schemes(out.getvalue()), alt, wide=figure.get_figwidth() > 5)


def _plain_ticks(figure: Figure) -> None:
    """Set ticks as text; only the power of ten beside them is a formula, which takes much longer to set."""
    from matplotlib.ticker import ScalarFormatter

    class Plain(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return super().__call__(x, pos).removeprefix(r"$\mathdefault{").removesuffix("}$")

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(Plain())


def formula(tex: str, alt: str, *, size: float = 1.0) -> str:
    """Return TeX as an inline picture that sits on the text's baseline, as HTML.

    Args:
        tex: What stands between the dollars; Matplotlib's mathtext must know it.
        alt: The same in plain text; shown instead where the TeX cannot be drawn.
        size: In ems.
    """
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import math_to_image

    points = 20.0
    out = io.StringIO()
    try:
        with mpl.rc_context(_STYLE):
            depth = math_to_image(
                f"${tex}$", out, prop=FontProperties(size=points), dpi=72, format="svg", color=INK
            )
    except ValueError:
        return f'<span class="pf-formula">{escape(alt)}</span>'
    svg = _for_both_schemes(out.getvalue())
    wide, high = (float(value) for value in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())  # pyright: ignore[reportOptionalMemberAccess]
    em = size / points
    style = f"width:{wide * em:.3f}em;height:{high * em:.3f}em;vertical-align:{-depth * em:.3f}em"
    return f'<img class="pf-formula" src="{_data_uri(svg)}" alt="{escape(alt)}" style="{style}">'


def gallery(pictures: Sequence[Picture], caption: str = "") -> str:
    """Return panels side by side where there is room, below each other on a phone, with one caption."""
    cells = "".join(
        f'<div style="{_WIDE if one.wide else "min-width:0"}">{one.html()}</div>' for one in pictures
    )
    note = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    columns = "grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))"
    return (
        f'<figure class="pf-figure" style="background:#fff;color:{INK};margin:0;padding:8px">'
        f'<div class="pf-panels" style="display:grid;{columns};gap:14px 22px">{cells}</div>{note}</figure>'
    )


def _for_both_schemes(svg: str) -> str:
    """Cut Matplotlib's metadata away and let the ink follow the page's colour scheme."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    on_dark = f"@media screen and (prefers-color-scheme:dark){{svg{{color:{INK_ON_DARK}}}}}"
    style = f"<style>svg{{color:{INK}}}{on_dark}</style>"
    head, _, body = svg.partition(">")
    return f"{head}>{style}{body.replace(INK, 'currentColor')}"


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def label(name: Any, units: Any = None) -> str:
    """Return an axis label: `x [mm]`, or the name alone where there are no units."""
    return literal(f"{name} [{units}]" if units not in (None, "", "1") else name)


def literal(text: Any) -> str:
    """Return text for a figure with its dollars as dollars: what a file calls a variable is no TeX."""
    return str(text).replace("$", r"\$")
