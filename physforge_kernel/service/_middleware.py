"""What is around every request: an id, a line in the log, a count, and headers that keep browsers careful."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .._wording import plain
from ._problems import unforeseen
from ._state import Service

_log = logging.getLogger("physforge.service")

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CAREFUL = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Around:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown = Headers(scope=scope).get("x-request-id", "")
        request_id = shown if _ID.fullmatch(shown) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in CAREFUL.items():
                    headers.setdefault(name, value)
                self._note(scope, status, time.monotonic() - began, request_id)
            await send(message)

        self._service.activity.begin()
        try:
            await self._app(scope, self._limited(scope, receive), sending)
        except Exception:
            _log.exception("Request %s failed in a way that was not foreseen", request_id)
            if status:
                raise  # half an answer is out: the connection is closed on it
            await unforeseen(request_id)(scope, receive, sending)
        finally:
            self._service.activity.end()

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Return what a body comes through, up to its limit; a file is counted against what was announced."""
        if scope["method"] == "PUT":
            return receive
        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._service.settings.body_bytes:
                raise HTTPException(413)
            return message

        return receiving

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = getattr(scope.get("route"), "path", "none")
        self._service.metrics.answered(method, route, status, seconds)
        path = plain(scope["path"], keep="")
        _log.info("%s %.300s %d %.0f ms %s", method, path, status, 1000 * seconds, request_id)
