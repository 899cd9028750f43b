"""The Jupyter Server half of PhysForge's extension, and the built Lab half beside it.

In come the requests of a Lab page to its own server, under `physforge/api/v1/`; out they go to the person's
service, with the person's token, which no page ever sees. Without a lab, a service for this person alone is
started. Under `physforge/dashboards/` are the dashboards, where Voila is installed.
"""

from __future__ import annotations

from typing import Any

__all__ = ["_jupyter_labextension_paths", "_jupyter_server_extension_points"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "physforge-lab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from ._app import PhysForgeLab

    return [{"module": "physforge_lab", "app": PhysForgeLab}]
