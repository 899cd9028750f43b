"""A Jupyter server with PhysForge's half in it, and a service behind it that shows what reaches it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]
from pytest_jupyter.pytest_tornasync import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]
from tornado import web
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket

TOKEN = "the-token-of-the-person"


class Behind:
    """What the service behind saw, and when it may go on."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.first_chunk = asyncio.Event()
        self.gone = asyncio.Event()
        self.go_on = asyncio.Event()


class _Handler(web.RequestHandler):
    def initialize(self, behind: Behind) -> None:
        self.behind = behind

    def prepare(self) -> None:
        request = self.request
        self.behind.seen.append(
            {
                "method": request.method,
                "uri": request.uri,
                "headers": {name.lower(): value for name, value in request.headers.get_all()},
            }
        )

    def compute_etag(self) -> None:
        return None


class Echo(_Handler):
    """Answers with what it was asked, and with headers that no page may see."""

    def get(self) -> None:
        self.set_header("Set-Cookie", "service=secret")
        self.set_header("WWW-Authenticate", "Bearer")
        self.set_header("X-Request-ID", "r-1")
        body = self.request.body
        self.write({**self.behind.seen[-1], "size": len(body), "sha256": hashlib.sha256(body).hexdigest()})

    head = post = put = delete = get


class Events(_Handler):
    """One event at once, the next when it may go on; it notices when its listener goes."""

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.write("data: 1\n\n")
        await self.flush()
        await self.behind.go_on.wait()
        self.write("data: 2\n\n")

    def on_connection_close(self) -> None:
        self.behind.gone.set()


@web.stream_request_body
class Sink(_Handler):
    """Takes a body piece by piece."""

    size = 0

    def data_received(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.behind.first_chunk.set()

    def put(self) -> None:
        self.write({"size": self.size})

    def on_connection_close(self) -> None:
        self.behind.gone.set()


@web.stream_request_body
class Strict(_Handler):
    """Refuses a body before it has read it."""

    def prepare(self) -> None:
        self.set_status(413)
        self.set_header("Content-Type", "application/problem+json")
        self.finish('{"detail": "The file is larger than this service takes."}')

    def data_received(self, chunk: bytes) -> None:
        pass


class Ranges(_Handler):
    """Bytes, or a part of them, or word that nothing has changed."""

    def get(self) -> None:
        self.set_header("ETag", '"abc"')
        if self.request.headers.get("If-None-Match") == '"abc"':
            self.set_status(304)
        elif self.request.headers.get("Range") == "bytes=2-4":
            self.set_status(206)
            self.set_header("Content-Range", "bytes 2-4/10")
            self.write(b"234")
        else:
            self.write(b"0123456789")

    head = get


class Page(_Handler):
    """A page that somebody wrote; with a policy of its own if it is asked for one."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/html")
        if policy := self.get_argument("policy", ""):
            self.set_header("Content-Security-Policy", policy)
        self.write("<script>alert(1)</script>")


class Broken(_Handler):
    """Promises ten bytes, and dies after three."""

    async def get(self) -> None:
        self.set_header("Content-Length", "10")
        self.write(b"123")
        await self.flush()
        assert isinstance(self.request.connection, HTTP1Connection)
        self.request.connection.close()


class Elsewhere(_Handler):
    """Sends to sign in, as a hub does with whom it does not know."""

    def get(self) -> None:
        self.redirect("/hub/login")


_ROUTES = {
    "echo": Echo,
    "events": Events,
    "sink": Sink,
    "strict": Strict,
    "ranges": Ranges,
    "page": Page,
    "broken": Broken,
    "elsewhere": Elsewhere,
}


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"physforge_lab": True}}}


@pytest.fixture
def behind(
    jp_asyncio_loop: asyncio.AbstractEventLoop,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Behind]:
    """A service on a unix socket, which the environment names."""
    socket = Path(tmp_path_factory.mktemp("s")) / "socket"

    async def start() -> tuple[Behind, HTTPServer]:
        seen = Behind()
        routes = [
            (rf"/api/v1/{name}(?:/.*)?", handler, {"behind": seen}) for name, handler in _ROUTES.items()
        ]
        server = HTTPServer(web.Application(routes), max_body_size=1 << 40)
        server.add_socket(bind_unix_socket(str(socket)))
        return seen, server

    seen, server = jp_asyncio_loop.run_until_complete(start())
    monkeypatch.setenv("PHYSFORGE_URL", f"unix:{socket}")
    monkeypatch.setenv("PHYSFORGE_TOKEN", TOKEN)
    yield seen
    server.stop()
    jp_asyncio_loop.run_until_complete(server.close_all_connections())


async def pieces(size: int, each: int = 1 << 16) -> AsyncIterator[bytes]:
    """So many bytes, in pieces."""
    for start in range(0, size, each):
        yield b"x" * min(each, size - start)
