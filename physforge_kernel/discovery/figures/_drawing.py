"""How figures of discovery look: quiet axes, few colours; Matplotlib is loaded when one is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._style import ACCENT, SECOND, STYLE
from ...errors import DiscoveryError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Figure
else:
    Figure = Any

COLOURS = (ACCENT, SECOND, "#4a8f5a", "#8a5aa0", "#a08a2c", "#5a6a78")

_STYLE: dict[Any, Any] = {**STYLE, "figure.facecolor": "white", "axes.facecolor": "white"}


@contextmanager
def sheet(width: float, height: float) -> Iterator[Figure]:
    """A figure of some inches in this style, without pyplot's global state.

    Raises:
        DiscoveryError: if Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise DiscoveryError(
            "A figure needs Matplotlib, which is not installed; install physforge[lab], or matplotlib."
        ) from error
    with mpl.rc_context(_STYLE):
        yield _shown_by_notebooks()(figsize=(width, height))


@cache
def _shown_by_notebooks() -> type[Figure]:
    """Figures that a notebook shows whether or not it has loaded pyplot."""
    from matplotlib.figure import Figure

    class Drawn(Figure):
        def _repr_png_(self) -> bytes:
            out = BytesIO()
            self.savefig(out, format="png", dpi=110)
            return out.getvalue()

    return Drawn


def label(name: str, units: Any = None) -> str:
    """An axis label: `x [mm]`, or the name alone; a dollar in it is no TeX."""
    return literal(f"{name} [{units}]" if units not in (None, "", "1") else name)


def literal(text: str) -> str:
    """Text whose dollars are dollars."""
    return text.replace("$", r"\$")


def image(
    figure: Figure,
    axes: Axes,
    across: np.ndarray,
    up: np.ndarray,
    values: np.ndarray,
    limits: tuple[float, float],
    *,
    diverging: bool = False,
    bar: bool = True,
) -> None:
    """A map of values `(up, across)` with a colour bar."""
    low, high = limits
    drawn = axes.pcolormesh(
        across,
        up,
        np.ma.masked_invalid(values),
        cmap="RdBu_r" if diverging else "viridis",
        vmin=low,
        vmax=high if high > low else low + 1.0,
        shading="nearest",
        rasterized=True,
    )
    if bar:
        figure.colorbar(drawn, ax=axes, pad=0.02, aspect=24).outline.set_visible(False)
