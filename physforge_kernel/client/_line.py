"""The line to a service: requests with a token, again where that is safe, and errors as sentences."""

from __future__ import annotations

import os
import re
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from ..errors import NotFoundError, WorkspaceError
from ._address import Address
from ._problems import UnreachableError, error_of_answer, strange, unreachable

Headers = Callable[[], Mapping[str, str]]
"""Returns the headers that sign a request in; called for each, so that a token may change."""

T = TypeVar("T")

_FIT_TO_SEND = re.compile(r"[ -~]*")  # what a header may hold, and a token
_PAUSES = (0.1, 0.5, 1.0)  # seconds, before a request is sent again
_WAIT = 120.0  # seconds, for the other side to say or take anything
_PATIENCE = httpx.Timeout(connect=10.0, read=_WAIT, write=_WAIT, pool=None)


class Line:
    """Speaks with one service; for all threads of a process, and anew in each that is forked."""

    def __init__(self, address: Address, headers: Headers) -> None:
        self.address = address
        self._headers = headers
        self._client: tuple[int, httpx.Client] | None = None

    def get(self, shape: TypeAdapter[T], *steps: str, **query: str | float | None) -> T:
        """Return what lies at a path; asked again if the line breaks."""
        return self._read(shape, self._again(lambda: self._answered("GET", steps, query)))

    def text(self, *steps: str) -> str:
        """Return the text that lies at a path."""
        return self._again(lambda: self._answered("GET", steps, {})).text

    def post(
        self,
        shape: TypeAdapter[T],
        *steps: str,
        body: object = None,
        again: bool = False,
        patience: float = _WAIT,
    ) -> T:
        """Post a JSON value, and return the answer.

        Args:
            shape: of the answer.
            again: post it again if the line breaks; only where that does nothing twice.
            patience: how long the answer may take, in seconds.
        """

        timeout = httpx.Timeout(connect=10.0, read=patience, write=_WAIT, pool=None)

        def once() -> httpx.Response:
            return self._answered("POST", steps, {}, json=body, timeout=timeout)

        return self._read(shape, self._again(once) if again else once())

    def put(self, *steps: str, size: int, blocks: Iterable[bytes]) -> None:
        """Send so many bytes to a path."""
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        self._answered("PUT", steps, {}, content=blocks, headers=headers)

    def delete(self, *steps: str) -> None:
        self._answered("DELETE", steps, {})

    @contextmanager
    def stream(
        self, *steps: str, headers: Mapping[str, str] | None = None, **query: str | float | None
    ) -> Iterator[httpx.Response]:
        """Open an answer that is read bit by bit; a line that breaks raises `httpx.TransportError`.

        Raises:
            PhysForgeError: the service refused.
        """
        with self._readable():
            request = self._request("GET", steps, query, headers=headers or {})
            response = self._here().send(request, stream=True)
            try:
                if response.status_code >= 300:
                    response.read()
                    raise error_of_answer(response, self.address.shown)
                yield response
            finally:
                response.close()

    def close(self) -> None:
        """Hang up; the next request connects anew."""
        if self._client is not None and self._client[0] == os.getpid():
            self._client[1].close()
        self._client = None

    def _again(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        for pause in _PAUSES:
            try:
                return ask()
            except UnreachableError:
                time.sleep(pause)
        return ask()

    def _answered(
        self, method: str, steps: tuple[str, ...], query: Mapping[str, str | float | None], **more: Any
    ) -> httpx.Response:
        socket = self.address.socket
        if socket is not None and not socket.exists():
            raise unreachable(self.address.shown, "there is no such socket")
        try:
            with self._readable():
                response = self._here().send(self._request(method, steps, query, **more))
        except httpx.TransportError as error:
            raise unreachable(self.address.shown, error) from error
        if response.status_code >= 300:
            raise error_of_answer(response, self.address.shown)
        return response

    def _request(
        self,
        method: str,
        steps: tuple[str, ...],
        query: Mapping[str, str | float | None],
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Request:
        if strange := [step for step in steps if "/" in step or step in (".", "..")]:
            raise NotFoundError(f"There is nothing called {strange[0]!r:.160}. Take a name from a list.")
        params = {name: value for name, value in query.items() if value is not None}
        signed = {**self._headers(), **(headers or {})}
        if not all(_FIT_TO_SEND.fullmatch(value) for value in signed.values()):  # which must not be shown
            raise WorkspaceError(
                "The token holds what no token does: a line break, or a letter that is not of plain ASCII. "
                "Copy it anew, for instance into PHYSFORGE_TOKEN."
            )
        try:
            path = "/".join(quote(step, safe="") for step in steps)
            return self._here().build_request(
                method, f"{self.address.base}/{path}", params=params, headers=signed, **more
            )
        except UnicodeEncodeError as error:
            raise WorkspaceError(
                f"{error.object[error.start : error.end]!r} is no text, as in file names that are not in "
                "UTF-8, and cannot be sent. Write it in another way."
            ) from None

    def _read(self, shape: TypeAdapter[T], response: httpx.Response) -> T:
        try:
            return shape.validate_json(response.content)
        except ValidationError:
            raise strange(self.address.shown) from None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (httpx.InvalidURL, UnicodeError):  # a host's label is too long, or has what none may have
            raise WorkspaceError(
                f"{self.address.shown!r:.200} is no address that can be asked for: no host is called that. "
                "Check PHYSFORGE_URL."
            ) from None
        except httpx.DecodingError:
            raise strange(self.address.shown) from None

    def _here(self) -> httpx.Client:
        """Return this process's client: no connection is carried across a fork."""
        if self._client is None or self._client[0] != os.getpid():
            socket = self.address.socket
            transport = httpx.HTTPTransport(uds=str(socket), verify=False) if socket is not None else None
            client = httpx.Client(
                transport=transport,
                verify=self.address.base.startswith("https:"),  # else no certificate is ever looked at
                timeout=_PATIENCE,
                trust_env=not self.address.is_local,
                follow_redirects=False,
            )
            self._client = (os.getpid(), client)
            weakref.finalize(self, client.close)
        return self._client[1]
