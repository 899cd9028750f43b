"""Refusals of a service as the errors of the family that they were on the other side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .. import errors
from ..errors import ConflictError, NotFoundError, PhysForgeError, UnreachableError, WorkspaceError

if TYPE_CHECKING:
    from httpx import Response

_PASSING = frozenset({502, 503, 504})  # what a proxy says while the service behind it starts
_BUSY = 429
_BY_STATUS: dict[int, type[PhysForgeError]] = {404: NotFoundError, 409: ConflictError}


class BusyError(WorkspaceError):
    """The service refuses for the moment, because of how much is asked of it already."""


def error_of(document: dict[str, Any]) -> PhysForgeError:
    """Return a problem document as the error that it was: the same class where we know it, the same sentence.

    >>> error_of({"error": "JobError", "detail": "No.", "status": 422})
    JobError('No.')
    """
    family = getattr(errors, str(document.get("error")), None)
    if not (isinstance(family, type) and issubclass(family, PhysForgeError)):
        family = _BY_STATUS.get(document.get("status", 0), WorkspaceError)
    return family(str(document.get("detail") or "The service refused this, and did not say why."))


def error_of_answer(response: Response, shown: str) -> PhysForgeError:
    """Return the error that an answer of status 300 or more means; its body has been read."""
    if response.is_redirect or response.status_code == 401:
        return WorkspaceError(
            f"The service at {shown} refused the token. Pass one that it admits, for instance in "
            "PHYSFORGE_TOKEN; on the hub, start your server anew."
        )
    try:
        document = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict) or "detail" not in document:
        family = UnreachableError if response.status_code in _PASSING else WorkspaceError
        return family(
            f"The service at {shown} does not answer: what answered in its place is of status "
            f"{response.status_code}. Check that it runs, and that the address is right."
        )
    if response.status_code == _BUSY:
        return BusyError(str(document["detail"]))
    if document.get("error") == "InternalError":
        return WorkspaceError(f"{document['detail']} (request {document.get('request_id')})")
    return error_of(document)


def strange(shown: str) -> WorkspaceError:
    """Return the error for an answer that is none of a service's."""
    return WorkspaceError(
        f"The service at {shown} does not answer: what answered in its place said something that no service "
        "of this version of PhysForge says. Check that the address is right."
    )


def unreachable(shown: str, reason: object) -> UnreachableError:
    """Return the error for a service that cannot be reached."""
    said = str(reason).rstrip(".") or type(reason).__name__
    return UnreachableError(
        f"The service at {shown} does not answer ({said}). Check that it runs; without PHYSFORGE_URL, the "
        "workspace of this machine is used."
    )
