"""What the hub starts and keeps beside itself: the workspace's service, and the culler of idle servers."""

from __future__ import annotations

import os
import sys
from typing import Any

from ._environment import KEPT
from ._names import SERVICE
from ._roles import ACCESS, reading_scopes
from ._settings import Settings


def services(settings: Settings) -> list[dict[str, Any]]:
    """Return JupyterHub's `services`; each dies with the hub that asks for it, which is this process."""
    hub = str(os.getpid())
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in (*KEPT, "HOME", "USER") or name.startswith("PHYSFORGE_RUNNER_")
    }
    environment = kept | settings.environment()
    service = {
        "name": SERVICE,
        "url": settings.address(settings.service_port),
        "command": [sys.executable, "-P", "-m", "physforge_hub.service", "--parent", hub],
        "environment": environment,
        # A browser's cookie reads and does nothing else; what acts has a token of its own.
        "oauth_client_allowed_scopes": [ACCESS, *reading_scopes()],
        "oauth_no_confirm": True,
        "display": False,
    }
    if not settings.idle_seconds:
        return [service]
    culler = {
        "name": "culler",
        "command": [
            *(sys.executable, "-P", "-m", "physforge_hub._culler", hub),
            f"--timeout={settings.idle_seconds}",
            f"--cull-every={max(1, min(300, settings.idle_seconds // 2))}",
        ],
        "environment": environment,
        "display": False,
    }
    return [service, culler]
