"""Signing in without a hub: one token, in a file that only the workspace's owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from .._home import private_folder
from ._people import SCOPES, Person

if TYPE_CHECKING:
    from starlette.requests import Request


class LocalSignIn:
    """Admits whoever shows the token, as the one person of this workspace, who may do everything."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def person(self, request: Request) -> Person | None:
        shown = bearer_token(request)
        if shown is None or not secrets.compare_digest(shown.encode(), self._token):
            return None
        return Person("", frozenset(SCOPES))


def bearer_token(request: Request) -> str | None:
    """Return the token that a request carries as `Authorization: Bearer ...` or `token ...`, or None."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() in ("bearer", "token") else None


def service_folder(home: Path) -> Path:
    """Return the folder in which a workspace's service keeps its own files, made where it is missing."""
    return private_folder(private_folder(home) / "service")


def local_token(home: Path) -> str:
    """Return the token of the workspace at `home`, made on first use.

    Raises:
        OSError: the file cannot be written or read.
    """
    path = service_folder(home) / "token"
    if not path.exists():
        fresh = path.with_name(f".token-{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(fresh, path)  # whoever comes first makes the token; it appears whole
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
