"""The service: one workspace over HTTP, for many people.

In come requests, each signed in by a `SignIn` that is handed in: a token of the workspace's own here, the
hub's tokens in a lab. Each acts on what its person owns and on nothing else. Out go the records of the
workspace as JSON, its files as bytes, and what changes as server-sent events.

`create_app` makes the application, `serve` runs one, `ensure_service` finds or starts one that is private to
a workspace's owner.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._app import create_app
    from ._listen import listen_on_port, listen_on_socket
    from ._local import LocalSignIn
    from ._people import SCOPES, Detour, Person, SignIn
    from ._serve import serve
    from ._settings import Settings
    from ._starter import Address, ensure_service, stop_service

__all__ = [
    "SCOPES",
    "Address",
    "Detour",
    "LocalSignIn",
    "Person",
    "Settings",
    "SignIn",
    "create_app",
    "ensure_service",
    "listen_on_port",
    "listen_on_socket",
    "serve",
    "stop_service",
]

_HOMES = {
    "_app": ("create_app",),
    "_listen": ("listen_on_port", "listen_on_socket"),
    "_local": ("LocalSignIn",),
    "_people": ("SCOPES", "Detour", "Person", "SignIn"),
    "_serve": ("serve",),
    "_settings": ("Settings",),
    "_starter": ("Address", "ensure_service", "stop_service"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f".{module}", __name__), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
