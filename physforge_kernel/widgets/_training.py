"""How training goes, in a notebook: the residual as a curve, drawn anew every second."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import ipywidgets as widgets

from .._style import ACCENT, MUTED, SECOND, STYLE
from ._pieces import box, markup, text

if TYPE_CHECKING:
    from ..pinn import Look

#: Seconds between two drawings.
_PAUSE = 1.0


@contextmanager
def training_plot(title: str) -> Iterator[Callable[[Look], None]]:
    """Show a plot below the cell, and yield what adds a look to it; the last one stays.

    Args:
        title: what is solved.
    """
    from IPython.display import display

    plot = TrainingPlot(title)
    display(plot.view)
    yield plot.add
    plot.draw()


class TrainingPlot:
    """The residuals of equation and conditions by seconds.

    Attributes:
        view: the widget.
    """

    def __init__(self, title: str) -> None:
        self._looks: list[Look] = []
        self._drawn = 0.0
        self._bar = widgets.FloatProgress(min=0.0, max=1.0, layout={"width": "420px"})
        self._says = markup()
        self._image = widgets.Image(format="png", layout={"width": "420px", "height": "200px"})
        self.view = box((markup(text(title)), self._bar, self._says, self._image))

    def add(self, look: Look) -> None:
        """Take a look, and draw if the last drawing is long enough ago."""
        self._looks.append(look)
        if time.monotonic() - self._drawn > _PAUSE:
            self.draw()

    def draw(self) -> None:
        """Draw all looks."""
        if not self._looks:
            return
        last = self._looks[-1]
        self._bar.value = last.fraction
        low, high = last.between
        stretch = f", from t = {low:.3g} to {high:.3g}" if last.stretch > 1 else ""
        self._says.value = text(f"{last.seconds:.0f} s: {last}{stretch}")
        self._image.value = self._picture()
        self._drawn = time.monotonic()

    def _picture(self) -> bytes:
        import matplotlib as mpl
        from matplotlib.figure import Figure

        seconds = [look.seconds for look in self._looks]
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(4.2, 2.0), dpi=200)
            axes = figure.subplots()
            axes.semilogy(seconds, [look.residual for look in self._looks], color=ACCENT, label="equation")
            if any(look.condition for look in self._looks):
                missed = [max(look.condition, 1e-16) for look in self._looks]
                axes.semilogy(seconds, missed, color=SECOND, label="conditions")
                axes.legend(loc="best")
            for before, after in zip(self._looks, self._looks[1:], strict=False):
                if before.between != after.between:
                    axes.axvline(after.seconds, color=MUTED, linewidth=0.5)
            axes.set(xlabel="seconds", title="What is left of equation and conditions, as a share")
            written = io.BytesIO()
            figure.savefig(written, format="png")
        return written.getvalue()
