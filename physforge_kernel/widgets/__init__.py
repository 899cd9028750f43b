"""Widgets: pages for people who do not code, and how a long training goes, below a notebook's cell.

Notebooks in `dashboards/` show the pages, and Voila serves those.

In comes a Workspace, embedded or a service's; out comes one ipywidgets widget. The room looks at nothing but
the Workspace's Protocol and draws what reports draw. `serve` is what `physforge dashboard` runs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._discovery import DiscoveryPage, discovery
    from ._serve import MOST_BYTES_OF_A_MESSAGE, names, serve
    from ._training import training_plot

__all__ = ["MOST_BYTES_OF_A_MESSAGE", "DiscoveryPage", "discovery", "names", "serve", "training_plot"]

_HOMES = {
    "MOST_BYTES_OF_A_MESSAGE": "._serve",
    "DiscoveryPage": "._discovery",
    "discovery": "._discovery",
    "names": "._serve",
    "serve": "._serve",
    "training_plot": "._training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
