"""One request of a page, passed on to the service while it comes in, and its answer while it comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http.client import responses
from typing import Any

import httpx
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError

from physforge_kernel.errors import PhysForgeError

from . import _headers
from ._service import Service

_UNLIMITED = 1 << 60  # the service says what is too large


@web.stream_request_body
class ForwardHandler(JupyterHandler):
    """Passes a request of a signed-in person on to that person's service, and streams in both directions."""

    _asking: asyncio.Task[httpx.Response] | None = None
    _passing: asyncio.Task[None] | None = None

    def initialize(self, service: Service) -> None:
        """Take the service to ask."""
        self._service = service
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)

    async def prepare(self) -> None:  # type: ignore[override]
        """Let nobody in who is not signed in, before a byte of a body is read; then begin to ask."""
        await super().prepare(_redirect_to_login=False)
        reads = self.request.method in ("GET", "HEAD")
        if self.current_user is None:
            raise web.HTTPError(403, "Sign in to this Jupyter server first.")
        if not self.check_origin():
            raise web.HTTPError(403, "This request comes from another site's page, and is refused.")
        action = "read" if reads else "write"
        if not await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, action, "physforge")
        ):
            raise web.HTTPError(403, f"You may not {action} PhysForge's workspace from this server.")
        target = _headers.target(self.request.path, self.request.query)
        if target is None:
            raise web.HTTPError(404, "There is no such address in PhysForge's service.")
        self._connection.set_max_body_size(_UNLIMITED)
        self._asking = asyncio.create_task(
            self._service.send(
                self.request.method or "GET",
                target,
                _headers.to_service(self.request.headers),
                None if reads else self._body(),
            )
        )

    async def data_received(self, chunk: bytes) -> None:
        """Hand a piece of the body on; the next is read when the service has taken this one."""
        await self._hand_on(chunk)

    @web.authenticated
    async def get(self, path: str) -> None:
        """Read."""
        await self._answer()

    head = post = put = delete = get

    def on_connection_close(self) -> None:
        """Let go of the service when the page has gone: an event stream would otherwise never end."""
        for task in (self._asking, self._passing):
            if task is not None:
                task.cancel()
        super().on_connection_close()

    def compute_etag(self) -> None:
        """Leave entity tags to the service."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a problem (RFC 9457) whose detail is a sentence."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        detail = str(error) if isinstance(error, PhysForgeError) else _sentence(status_code, error)
        self.set_header("Content-Type", "application/problem+json")
        self.finish(
            json.dumps(
                {
                    "type": "about:blank",
                    "title": responses.get(status_code, "Error"),
                    "status": status_code,
                    "detail": detail,
                    "error": type(error).__name__,
                }
            )
        )

    @property
    def content_security_policy(self) -> str:
        """Let this server's own pages frame an answer: Lab shows reports so, and a hub would forbid it."""
        return "frame-ancestors 'self'"

    @property
    def _connection(self) -> HTTP1Connection:
        assert isinstance(self.request.connection, HTTP1Connection)
        return self.request.connection

    async def _body(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def _hand_on(self, chunk: bytes | None) -> None:
        """Wait until there is room for a chunk, or an early answer has made it unwanted."""
        if self._asking is None or self._asking.done():
            return
        putting = asyncio.ensure_future(self._chunks.put(chunk))
        await asyncio.wait({putting, self._asking}, return_when=asyncio.FIRST_COMPLETED)
        putting.cancel()

    async def _answer(self) -> None:
        assert self._asking is not None
        await self._hand_on(None)
        await asyncio.wait({self._asking})
        if self._asking.cancelled():
            return
        try:
            response = self._asking.result()
        except (PhysForgeError, httpx.HTTPError) as error:
            self._refuse(error)
            return
        self._passing = asyncio.create_task(self._pass_on(response))
        await asyncio.wait({self._passing})
        if not self._passing.cancelled():
            self._passing.result()

    def _refuse(self, error: Exception) -> None:
        self.log.warning("PhysForge: %s %s: %s", self.request.method, self.request.path, error)
        down = isinstance(error, PhysForgeError)
        self.set_status(503 if down else 502)
        self.write_error(503 if down else 502, exc_info=(type(error), error, None))

    async def _pass_on(self, response: httpx.Response) -> None:
        try:
            if response.has_redirect_location:
                raise web.HTTPError(
                    502,
                    "PhysForge's service did not accept this server's token. "
                    "Restart your server, and sign in again.",
                )
            self.set_status(response.status_code)
            for name, value in _headers.to_page(response.headers).items():
                self.set_header(name, value)
            self.add_header("Content-Security-Policy", _headers.policy(response.headers))
            await self.flush()
            if self.request.method != "HEAD":
                async for chunk in response.aiter_raw():
                    self.write(chunk)
                    await self.flush()
            self.finish()
        except StreamClosedError:
            pass  # the page has gone
        except httpx.HTTPError as error:
            self.log.warning("PhysForge: the service broke an answer off: %s", error)
            self._connection.close()  # a normal end would look complete
        finally:
            await response.aclose()


def _sentence(status_code: int, error: BaseException | None) -> str:
    if isinstance(error, web.HTTPError) and error.log_message:
        said = error.log_message % error.args if error.args else error.log_message
        if "_xsrf" in said or "XSRF" in said:
            return "This page and its server have lost each other: reload the page, and try again."
        return said
    if isinstance(error, httpx.HTTPError):
        return "PhysForge's service broke the connection off before it answered. Try again."
    if status_code == 403:
        return "Sign in to this Jupyter server first."
    return f"This Jupyter server could not pass the request on ({responses.get(status_code, status_code)})."
