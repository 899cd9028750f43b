"""What people and programs may do: the service's scopes, and the roles that bundle them."""

from __future__ import annotations

from typing import Any

from physforge_kernel.service import SCOPES

from ._names import SERVICE
from ._settings import Settings

ACCESS = f"access:services!service={SERVICE}"
"""The scope that lets somebody in at the service; what they may do there, the others say."""

_SCOPE = "custom:physforge:"
_READ = ("datasets:read", "jobs:read", "reports:read")
_RESEARCH = (*_READ, "datasets:write", "jobs:submit", "reports:publish")
_ALL = tuple(name.removeprefix(_SCOPE) for name in SCOPES)

BUNDLES = {
    "viewer": ("Reads what was found", _READ),
    "researcher": ("Brings data, runs jobs and writes reports", _RESEARCH),
    "steward": ("A researcher who also reads the record of who did what", (*_RESEARCH, "audit:read")),
    "physforge-admin": ("May do everything in PhysForge, and nothing to the hub", _ALL),
}
"""The roles that are given to people: what each is, and its scopes behind `custom:physforge:`."""


def custom_scopes() -> dict[str, dict[str, Any]]:
    """Return the service's scopes in the words of JupyterHub's `custom_scopes`.

    Example:
        >>> custom_scopes()["custom:physforge:reports:read"]["description"]
        "Read one's reports."
    """
    return {name: {"description": description} for name, description in SCOPES.items()}


def reading_scopes() -> list[str]:
    """Return the service's scopes that change nothing.

    Example:
        >>> reading_scopes()[0]
        'custom:physforge:datasets:read'
    """
    return [name for name in SCOPES if name.endswith(":read")]


def roles(settings: Settings) -> list[dict[str, Any]]:
    """Return JupyterHub's `load_roles`: who is what, and what a person's server may do for them.

    Whoever is alone here may do everything with what is theirs; of several, each is a researcher.
    """
    given = "physforge-admin" if len(settings.people) == 1 else "researcher"
    people = [
        {
            "name": name,
            "description": description,
            "scopes": [ACCESS, *(_SCOPE + scope for scope in scopes)],
            "users": list(settings.people) if name == given else [],
        }
        for name, (description, scopes) in BUNDLES.items()
    ]
    # A token never gets a scope that its owner lacks: a server may do what its person may, and no more.
    server = {
        "name": "server",
        "scopes": ["users:activity!user", "access:servers!server", ACCESS, *SCOPES],
    }
    culler = {
        "name": "culler",
        "description": "Stops servers that nobody uses",
        "services": ["culler"] if settings.idle_seconds else [],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
    return [*people, server, culler]
