"""Who asks, and what they may do: the scopes, a person, and the contract of a sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_PREFIX = "custom:physforge:"

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        f"{_PREFIX}datasets:read": "See and download one's datasets.",
        f"{_PREFIX}datasets:write": "Upload and delete one's datasets.",
        f"{_PREFIX}jobs:read": "See one's jobs, their logs and their artifacts.",
        f"{_PREFIX}jobs:submit": "Submit and cancel one's jobs.",
        f"{_PREFIX}reports:read": "Read one's reports.",
        f"{_PREFIX}reports:publish": "Have reports rendered.",
        f"{_PREFIX}audit:read": "Read the audit.",
        f"{_PREFIX}admin": "See how the service itself fares.",
    }
)
"""Scope -> what it allows. The hub's roles are made of these."""


def scope(short: str) -> str:
    """Return a scope's full name.

    >>> scope("jobs:read")
    'custom:physforge:jobs:read'
    """
    full = _PREFIX + short
    if full not in SCOPES:
        raise ValueError(f"There is no scope {full!r}: there are {', '.join(SCOPES)}.")
    return full


def short_names() -> list[str]:
    """Return every scope as it is called here.

    >>> "jobs:read" in short_names()
    True
    """
    return [full.removeprefix(_PREFIX) for full in SCOPES]


@dataclass(frozen=True)
class Person:
    """Whoever sent a request."""

    name: str
    """What they are called; empty for the one person of a laptop."""
    scopes: frozenset[str]
    """Full names, such as `custom:physforge:jobs:read`; those that are not ours mean nothing here."""
    by_cookie: bool = False
    """Whether a browser's cookie signed them in: other pages could use it too, so it allows to read only."""
    owns: str | None = None
    """The owner of what they make and see, where that is not their name."""

    @property
    def owner(self) -> str:
        """The owner of what they make and see."""
        return self.name if self.owns is None else self.owns


class SignIn(Protocol):
    """Finds out who sent a request."""

    async def person(self, request: Request) -> Person | None:
        """Return who sent the request, or None if nobody did that we know.

        It must not block: what waits for a network or a disk is awaited, or runs in a thread.

        Raises:
            Detour: the browser has to go elsewhere first, such as to the hub to sign in.
        """
        ...


class Detour(Exception):  # noqa: N818 (it is an answer, not an error)
    """Raised by a sign-in to answer a request in the route's place, such as with a redirect to sign in."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"an answer of status {response.status_code}")
        self.response = response
