"""Running an application until it is told to stop, or until nobody has asked anything for long."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._middleware import CAREFUL
from ._problems import unreadable

_log = logging.getLogger("physforge.service")

_LEAVE = 3  # seconds, for requests under way to end after a signal


class Protocol(H11Protocol):
    """Reads HTTP; what is none is answered with a problem document, as all is that is refused."""

    def send_400_response(self, msg: str) -> None:
        request_id = secrets.token_hex(8)
        answer = unreadable(request_id)
        answer.headers.update({**CAREFUL, "X-Request-ID": request_id, "Connection": "close"})
        parts = (
            h11.Response(status_code=400, headers=answer.raw_headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        for part in parts:
            self.transport.write(self.conn.send(part) or b"")
        self.transport.close()


class Server(uvicorn.Server):
    """Serves an application that `create_app` made on one listening socket.

    Args:
        app: the application.
        listener: from `listen_on_port` or `listen_on_socket`; it is closed at the end.
        idle_seconds: stop by itself when there has been no request for so long; None for never.
    """

    def __init__(self, app: FastAPI, listener: socket.socket, idle_seconds: float | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_graceful_shutdown=_LEAVE,
            )
        )
        self._service = app.state.physforge
        self._listener = listener
        self._idle_seconds = idle_seconds
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve_until_stopped(self) -> None:
        """Serve, and return once the service has been stopped and every stream has ended."""
        self.run([self._listener])

    def stop(self) -> None:
        """End all streams and stop; for a signal, or another thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._service.feed.close)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.should_exit:  # it was told to stop before it had begun
            self._service.feed.close()

    async def on_tick(self, counter: int) -> bool:
        if self._idle_seconds is not None and self._service.activity.idle_seconds() > self._idle_seconds:
            _log.info("Nobody asked anything for %g s", self._idle_seconds)
            self.stop()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT, and end as a process that did what it was asked."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.stop()


def serve(app: FastAPI, listener: socket.socket, *, idle_seconds: float | None = None) -> None:
    """Serve an application that `create_app` made until SIGTERM or SIGINT; for a process's main thread.

    Open event streams end at once, and other requests have three seconds. A thread that is still at work
    then, such as one that describes an upload, is left behind: the process ends under it, and what it has
    not recorded is swept later.

    Args:
        app: the application.
        listener: from `listen_on_port` or `listen_on_socket`.
        idle_seconds: stop by itself when there has been no request for so long; None for never.
    """
    Server(app, listener, idle_seconds).serve_until_stopped()
    _log.info("Stopped")
    busy = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and not thread.daemon
    ]
    for thread in busy:
        thread.join(0.5)
    if any(thread.is_alive() for thread in busy):
        logging.shutdown()
        os._exit(0)
