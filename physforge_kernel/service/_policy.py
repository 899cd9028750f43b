"""The policy of a route: who may use it. A route without one fails the tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from ._people import Detour, Person, scope
from ._problems import Refusal
from ._state import Service, service_of

if TYPE_CHECKING:
    from ..workspace._embedded import EmbeddedWorkspace

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Desk:
    """What a route works with: who asks, and the part of the workspace that is theirs."""

    person: Person
    workspace: EmbeddedWorkspace
    service: Service
    still_admitted: Callable[[], Awaitable[bool]]
    """Asks once more who sent the request: whether it would be let in now, as the same person."""

    def insist_on(self, short: str) -> None:
        """Refuse whoever lacks one more scope, which only this request asks for."""
        _insist(self.person, scope(short))


class Anyone:
    """A route for whoever can reach the service."""

    async def __call__(self) -> None:
        return None


class Needs:
    """A route for those who are signed in and hold all of these scopes.

    Args:
        scopes: short names, such as `jobs:read`.
    """

    def __init__(self, *scopes: str) -> None:
        self.scopes = tuple(scope(short) for short in scopes)

    async def __call__(self, request: Request) -> Desk:
        service = service_of(request)
        person = await service.sign_in.person(request)
        if person is None:
            raise Refusal(
                401,
                "The service does not know who asks. Send a token that it admits, as in "
                "'Authorization: Bearer TOKEN'; one that was admitted before may have expired.",
                {"WWW-Authenticate": "Bearer"},
            )
        if person.by_cookie and request.method not in _READING:
            raise Refusal(
                403,
                "A browser's cookie allows to read only. Send a token instead, as in "
                "'Authorization: Bearer TOKEN'.",
            )
        for needed in self.scopes:
            _insist(person, needed)

        async def still_admitted() -> bool:
            try:
                now = await service.sign_in.person(request)
            except Detour:  # it has to sign in anew, or nobody can say
                return False
            return now is not None and now.owner == person.owner and now.scopes.issuperset(self.scopes)

        return Desk(person, service.workspace.acting_for(person.owner), service, still_admitted)


def _insist(person: Person, needed: str) -> None:
    if needed not in person.scopes:
        raise Refusal(
            403,
            f"{person.name or 'This token'} may not do this: it takes the scope {needed}. "
            "Ask whoever runs the lab for a role that has it.",
        )
