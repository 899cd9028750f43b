"""Where the service is: the lab's, which the environment names, or this person's own, started when needed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from physforge_kernel.errors import PhysForgeError, WorkspaceError

_HOME = "~/.physforge"

# An answer may take long (a large upload is described before it becomes a version), a connection may not.
_PATIENCE = httpx.Timeout(None, connect=10.0)


@dataclass(frozen=True)
class Place:
    """Where a service answers."""

    url: str
    """Without a slash at its end; `/api/v1` follows."""
    token: str = field(repr=False)
    socket: str | None = None


class Service:
    """The service of whoever runs this Jupyter Server."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._client: httpx.AsyncClient | None = None
        self._searching = asyncio.Lock()

    async def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: AsyncIterable[bytes] | None,
    ) -> httpx.Response:
        """Ask the service, and return its answer with the body still to come.

        Args:
            method: such as `GET`.
            target: path and query, such as `/api/v1/jobs?limit=5`, percent-encoded as it came.
            headers: what the service is to see of the request's own headers.
            body: the request's body, taken only as fast as the service reads it.

        Raises:
            WorkspaceError: there is no service, it could not be started, or it does not answer.
        """
        place, client = await self._found()
        try:
            return await _ask(client, place, method, target, headers, body)
        except httpx.ConnectError:
            await self._forget(client)
        # A person's own service ends when nobody needs it; a request that met none has sent no body yet.
        place, client = await self._found()
        try:
            return await _ask(client, place, method, target, headers, body)
        except httpx.ConnectError as error:
            await self._forget(client)
            raise WorkspaceError(
                f"PhysForge's service {_described(place)} does not answer. "
                "Ask whoever runs this lab whether it is up."
            ) from error

    async def close(self) -> None:
        """Close every connection; the next request opens new ones."""
        if self._client is not None:
            await self._forget(self._client)

    async def _found(self) -> tuple[Place, httpx.AsyncClient]:
        async with self._searching:
            if self._place is None or self._client is None:
                self._place = _from_environment() or await asyncio.to_thread(_start_own)
                self._client = httpx.AsyncClient(
                    transport=httpx.AsyncHTTPTransport(
                        uds=self._place.socket, limits=httpx.Limits(max_connections=None)
                    ),
                    timeout=_PATIENCE,
                    trust_env=False,  # the token goes to the service, and through no proxy
                )
            return self._place, self._client

    async def _forget(self, client: httpx.AsyncClient) -> None:
        if client is self._client:
            self._place = self._client = None
        await client.aclose()


async def _ask(
    client: httpx.AsyncClient,
    place: Place,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: AsyncIterable[bytes] | None,
) -> httpx.Response:
    shown = {**headers, "Accept-Encoding": "identity"}
    if place.token:
        shown["Authorization"] = f"Bearer {place.token}"
    request = client.build_request(method, place.url + target, headers=shown, content=body)
    return await client.send(request, stream=True)


def _from_environment() -> Place | None:
    url = os.environ.get("PHYSFORGE_URL", "").strip().rstrip("/")
    if not url:
        return None
    token = os.environ.get("PHYSFORGE_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN") or ""
    if url.startswith("unix:"):
        return Place("http://physforge", token, socket=url.removeprefix("unix:"))
    if not url.startswith(("http://", "https://")):
        raise WorkspaceError(
            "PHYSFORGE_URL names no service: it starts with neither http://, https:// nor unix:. "
            "Correct it where this server is started, or unset it to work on this machine alone."
        )
    return Place(url, token)


def _start_own() -> Place:
    home = Path(os.environ.get("PHYSFORGE_HOME", "").strip() or _HOME).expanduser()
    try:
        from physforge_kernel.service import ensure_service

        address = ensure_service(home)
    except PhysForgeError:
        raise
    except ImportError as error:
        raise WorkspaceError(
            f'PhysForge\'s service is not installed ({error}). Install it: pip install "physforge[service]"'
        ) from error
    except OSError as error:
        raise WorkspaceError(f"PhysForge's service for {home} cannot be started: {error}.") from error
    return Place("http://physforge", address.token, socket=str(address.socket))


def _described(place: Place) -> str:
    if place.socket is not None:
        return f"at the socket {place.socket}"
    return f"at {httpx.URL(place.url).copy_with(userinfo=b'')}"
