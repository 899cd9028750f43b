"""The laws that were weighed: how much each one leaves unexplained, and what it costs in terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._style import ACCENT, MUTED
from .._wording import percent
from ._markup import Html, code, table
from ._sections import missing
from ._svg import Picture, gallery, panel, picture
from .law import settled

if TYPE_CHECKING:
    from ._run import Run

_MOST_ROWS = 8


def candidates(run: Run) -> Html:
    """Show every candidate law: its number of terms against the share that it leaves unexplained."""
    found: Sequence[Mapping[str, Any]] = run.result.get("candidates") or ()
    if len(found) < 2:
        return missing("No other law came close enough to be kept.")
    rows = [
        [code(one["equation"].replace("; ", "\n")), str(one["complexity"]), _words(one)]
        for one in found[:_MOST_ROWS]
    ]
    columns = ["law", "terms", "left unexplained"]
    listed = table(columns, rows, numbers=columns[1:], chosen=0)
    caption = (
        "Each dot is a candidate law. Down is a better fit, left a simpler law; filled is "
        f"{'the law above' if settled(run.result) else 'the best of them'}. "
        "Where the line turns flat, further terms buy nothing."
    )
    return Html(gallery([_front(found)], caption), "The candidates, drawn.") + listed


def _words(one: Mapping[str, Any]) -> str:
    return percent(float(one["unexplained"])) if one["unexplained"] else "noise only"


def _front(found: Sequence[Mapping[str, Any]]) -> Picture:
    points = [(int(one["complexity"]), float(one["unexplained"])) for one in found]
    floor = min((share for _, share in points if share > 0), default=1.0) / 10
    drawn = [(terms, max(share, floor)) for terms, share in points]
    best: dict[int, float] = {}
    for terms, share in drawn:
        best[terms] = min(share, best.get(terms, share))
    with panel() as (figure, axes):
        axes.plot(*zip(*sorted(best.items()), strict=True), color=MUTED, linewidth=0.9, zorder=1)
        axes.scatter(*zip(*drawn, strict=True), s=26, facecolors="none", edgecolors=ACCENT, zorder=2)
        axes.scatter(*drawn[0], s=48, color=ACCENT, zorder=3)
        if any(share <= floor for _, share in drawn):
            axes.axhline(floor, color=MUTED, linewidth=0.7, linestyle=(0, (2, 3)), zorder=0)
            axes.text(min(best), floor / 1.12, "noise only", va="top", ha="left", fontsize=8)
        axes.set_yscale("log")
        axes.set_ylim(bottom=floor / 2)
        axes.set_xticks(range(min(best), max(best) + 1))
        axes.margins(x=0.12)
        axes.set_xlabel("terms")
        axes.set_ylabel("share left unexplained")
        axes.set_title("Simplicity against fit")
        alt = "; ".join(f"{one['complexity']} terms, {_words(one)}" for one in found[:_MOST_ROWS])
        return picture(figure, f"Candidate laws by number of terms and share left unexplained: {alt}.")
