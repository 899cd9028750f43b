"""What stands beside the hub: the workspace's service, and the culler of idle servers."""

from __future__ import annotations

import os
import sys
from typing import Any

from ._environment import kept
from ._names import SERVICE
from ._roles import ACCESS, reading_scopes
from ._secrets import service_token
from ._settings import Settings

PREFIX = f"/services/{SERVICE}/"


def services(settings: Settings, *, started_by_hub: bool) -> list[dict[str, Any]]:
    """Return JupyterHub's `services`; what the hub, which is this process, starts dies with it.

    Args:
        settings: with every port chosen.
        started_by_hub: whether the hub starts the workspace's service, rather than whoever keeps the lab.
    """
    hub = str(os.getpid())
    service = {
        "name": SERVICE,
        "url": settings.address(settings.service_port),
        # A browser's cookie reads and does nothing else; what acts has a token of its own.
        "oauth_client_allowed_scopes": [ACCESS, *reading_scopes()],
        "oauth_no_confirm": True,
        "display": False,
    }
    if started_by_hub:
        service["command"] = [*service_command(), "--parent", hub]
        service["environment"] = kept() | settings.environment()
    else:
        service["api_token"] = service_token(settings.state)
    if not settings.idle_seconds:
        return [service]
    culler = {
        "name": "culler",
        "command": [
            *(sys.executable, "-P", "-m", "physforge_hub._culler", hub),
            f"--timeout={settings.idle_seconds}",
            f"--cull-every={max(1, min(300, settings.idle_seconds // 2))}",
        ],
        "environment": kept(),
        "display": False,
    }
    return [service, culler]


def service_command() -> list[str]:
    """Return the command that starts the workspace's service."""
    return [sys.executable, "-P", "-m", "physforge_hub.service"]


def service_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a service that the hub did not start: what the hub would have told it."""
    return {
        **kept(),
        **settings.environment(),
        "JUPYTERHUB_API_TOKEN": service_token(settings.state),
        "JUPYTERHUB_API_URL": settings.address(settings.hub_port) + "/hub/api",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": f"service-{SERVICE}",
        "JUPYTERHUB_SERVICE_NAME": SERVICE,
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": settings.address(settings.service_port) + PREFIX,
    }
