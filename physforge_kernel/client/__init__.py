"""The client: a workspace from the other side of HTTP.

In come the calls of the `Workspace` Protocol; out go requests to a service, and its answers as the records,
paths and errors that an embedded workspace would give. What is downloaded is kept in a private cache, and is
compared with its sha256 each time it is handed out.

It knows nothing of databases: a person's machine needs none to work with a lab's service.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._workspace import HttpWorkspace

__all__ = ["HttpWorkspace"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("._workspace", __name__).HttpWorkspace
