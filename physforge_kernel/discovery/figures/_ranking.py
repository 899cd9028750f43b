"""The laws of a discovery drawn: how many terms they have, and what they leave where they were not fitted."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from ..._style import ACCENT, INK, MUTED, SECOND
from ..._wording import percent
from .._regression import NOMINAL_ACCURACY
from ._drawing import literal, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._ranking import Ranked, Ranking
    from .._result import Candidate

#: Most laws that are written out, and most characters of one.
_MOST, _LONGEST = 10, 58


def draw_ranking(ranking: Ranking) -> Figure:
    """The figure: every law a dot, numbered as in the list beside it."""
    shown = [item for item in ranking.laws if np.isfinite(item.criteria.held_out)]
    floor = ranking.floor or NOMINAL_ACCURACY
    with sheet(9.2, max(3.3, 1.2 + 0.34 * min(len(ranking.laws), _MOST))) as figure:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        left, right = figure.subplots(1, 2, width_ratios=[1.15, 1.0])
        heights = [max(item.criteria.held_out, floor) for item in shown]
        left.axhspan(floor / 50, floor, color=MUTED, alpha=0.12, linewidth=0)
        left.axhline(floor, color=MUTED, linewidth=0.7, linestyle=(0, (2, 3)))
        front = sorted(
            (item.candidate.complexity, height)
            for item, height in zip(shown, heights, strict=True)
            if item.front
        )
        if front:
            left.step(*zip(*front, strict=True), where="post", color=ACCENT, linewidth=1.0, zorder=1)
        places = _spread([item.candidate.complexity for item in shown], heights)
        for number, (item, place, height) in enumerate(zip(shown, places, heights, strict=True), 1):
            believed = item.candidate is ranking.believed
            left.scatter(
                [place],
                [height],
                s=70 if believed else 34,
                marker="*" if believed else "o",
                facecolors=SECOND if believed else (ACCENT if item.front else "white"),
                edgecolors=SECOND if believed else ACCENT,
                linewidths=0.9,
                zorder=3,
            )
            if number <= _MOST:
                left.annotate(
                    str(number), (place, height), xytext=(5, 5), textcoords="offset points", fontsize=8
                )
        top = max(heights, default=1.0)
        left.set_yscale("log")
        left.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        left.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
        left.yaxis.set_minor_formatter(NullFormatter())
        left.set_ylim(floor / 3, max(2.5 * top, 10 * floor))
        left.text(
            0.98,
            floor / 1.15,
            "no more than noise hides",
            va="top",
            ha="right",
            fontsize=8,
            transform=left.get_yaxis_transform(),
        )
        sizes = [item.candidate.complexity for item in shown] or [1]
        left.set_xticks(range(min(sizes), max(sizes) + 1))
        left.set_xlim(min(sizes) - 0.6, max(sizes) + 0.6)
        left.set_xlabel("terms")
        left.set_ylabel("left unexplained on held-out blocks")
        left.set_title("Simplicity against held-out error")
        _listed(right, ranking, shown)
    return figure


def _listed(axes: Axes, ranking: Ranking, shown: list[Ranked]) -> None:
    """The laws in words, with the numbers of their dots."""
    axes.set_axis_off()
    axes.set_title(f"by {ranking.by}; the star is found.best")
    rows = shown[:_MOST]
    for number, item in enumerate(rows, 1):
        believed = item.candidate is ranking.believed
        axes.text(
            0.0,
            1 - (number - 0.5) / max(len(rows), 6),
            literal(f"{number}  {_written(item.candidate, ranking.believed)}"),
            va="center",
            fontsize=8.5,
            color=SECOND if believed else INK,
            weight="bold" if believed else "normal",
            transform=axes.transAxes,
        )


def _written(candidate: Candidate, believed: Candidate) -> str:
    """A law; of a system the sides that are not those of the best law, or as much of it as two lines take."""
    sides = candidate.equation.format(3).replace("; ", "\n").split("\n")
    if candidate is not believed and len(sides) > 1:
        other = [
            text
            for text, left in zip(sides, candidate.laws, strict=True)
            if candidate.laws[left] is not believed.laws[left]
        ]
        sides = other or sides
    lines = wrap("; ".join(sides), _LONGEST, max_lines=2, placeholder=" …", break_long_words=False)
    return "\n    ".join(lines)


def _spread(sizes: list[int], heights: list[float]) -> list[float]:
    """Places along the axis of terms; laws that would lie on each other stand side by side."""
    places: list[float] = []
    taken: dict[tuple[int, int], int] = {}
    for size, height in zip(sizes, heights, strict=True):
        key = (size, round(8 * float(np.log10(max(height, 1e-300)))))
        beside = taken.get(key, 0)
        taken[key] = beside + 1
        places.append(size + 0.14 * ((beside + 1) // 2) * (1 if beside % 2 else -1))
    return places
