"""The hub: a whole lab on one machine, from the proxy to the kernels.

In comes the environment (`Settings`); out goes the configuration of JupyterHub (`configure`, which the
checkout's `jupyterhub_config.py` calls). `python -m physforge_hub.up` starts the lab and keeps it,
`python -m physforge_hub.service` is the workspace over HTTP for the people who sign in to the hub, and
`python -m physforge_hub.demo` tells the story without a browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._configure import configure
    from ._settings import Settings

__all__ = ["Settings", "configure"]


def __getattr__(name: str) -> Any:
    """Import what takes a while only for whoever asks for it."""
    if name == "Settings":
        from ._settings import Settings

        return Settings
    if name == "configure":
        from ._configure import configure

        return configure
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
