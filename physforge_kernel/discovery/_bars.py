"""Horizontal bars, one for each term, as pandas draws them where matplotlib is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DiscoveryError

if TYPE_CHECKING:
    import pandas as pd


def bars(labels: Sequence[str], columns: Mapping[str, Sequence[float]], *, panels: bool) -> np.ndarray:
    """Bars from the top down, side by side in one panel, or a panel for each column.

    Returns:
        The axes `(panels,)` that were drawn.

    Raises:
        DiscoveryError: if matplotlib is not installed.
    """
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame(dict(columns), index=list(labels))
    rows = len(labels) * (1 if panels else 2)
    settings: dict[str, Any] = {"subplots": panels, "sharey": True, "legend": not panels}
    if panels:
        settings |= {"layout": (1, len(columns)), "title": list(columns)}
    try:
        drawn = frame.iloc[::-1].plot.barh(figsize=(7.0, 1.2 + 0.25 * rows), **settings)
    except ImportError as error:
        raise DiscoveryError(
            'Plots need matplotlib, which is not installed; pip install "physforge[lab]" brings it.'
        ) from error
    return np.atleast_1d(np.asarray(drawn, dtype=object)).ravel()
