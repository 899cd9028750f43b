"""Bars for the terms of laws: how often they are chosen, and what is lost without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._style import INK
from ._drawing import COLOURS, literal, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_side_by_side(labels: Sequence[str], columns: Mapping[str, Sequence[float]], about: str) -> Figure:
    """One panel: for every label a bar of each column, from the top down."""
    with sheet(6.5, 1.2 + 0.3 * len(labels)) as figure:
        axes = figure.subplots()
        width, places = 0.8 / max(len(columns), 1), np.arange(len(labels))
        for i, (name, values) in enumerate(columns.items()):
            shifted = places + (i - (len(columns) - 1) / 2) * width
            axes.barh(shifted, values, width, label=name, color=COLOURS[i % len(COLOURS)])
        axes.set_yticks(places, [literal(label) for label in labels])
        axes.invert_yaxis()
        axes.set_xlabel(about)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(columns), borderaxespad=0.2)
    return figure


def draw_panels(
    labels: Sequence[str], columns: Mapping[str, Sequence[float]], marks: Sequence[float | None]
) -> Figure:
    """A panel for each column, with a line at its mark."""
    with sheet(7.0, 1.1 + 0.3 * len(labels)) as figure:
        panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        places = np.arange(len(labels))
        for axes, (name, values), mark in zip(panels, columns.items(), marks, strict=True):
            axes.barh(places, values, 0.6, color=COLOURS[0])
            if mark is not None:
                axes.axvline(mark, color=INK, linewidth=0.8)
            axes.set_xlabel(name)
        panels[0].set_yticks(places, [literal(label) for label in labels])
        panels[0].invert_yaxis()
    return figure
