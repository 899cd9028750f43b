"""A real service, a client on the other side of it, and a line between them that tests cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from physforge_kernel.client import HttpWorkspace
from physforge_kernel.service import LocalSignIn, Settings, create_app, listen_on_port
from physforge_kernel.service._serve import Server
from physforge_kernel.workspace import EmbeddedWorkspace

TOKEN = "the-token-of-the-tests"


class Line:
    """Passes bytes between clients and a service, and breaks off after so many from the service.

    Attributes:
        cuts: for the next connections, after how many bytes each is cut; those that follow stay whole.
        connections: how many there were.
    """

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts: list[int] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut every connection that is open."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no connection any more, and cut those that are open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(self._to)
            self._open += [near, far]
            limit = self.cuts.pop(0) if self.cuts else None
            threading.Thread(target=self._pass, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, limit), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        with suppress(OSError), source:
            while block := source.recv(4096):
                if limit is not None and len(block) >= limit:
                    sink.sendall(block[:limit])
                    break
                limit = None if limit is None else limit - len(block)
                sink.sendall(block)
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="session")
def behind(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedWorkspace:
    """The workspace of the service; its jobs run only as far as a test has them run."""
    return EmbeddedWorkspace(tmp_path_factory.mktemp("client") / "home", on_submit=lambda home: None)


@contextmanager
def serving(behind: EmbeddedWorkspace, settings: Settings | None = None) -> Iterator[int]:
    """Serve a workspace on a port."""
    listener = listen_on_port(0)
    server = Server(create_app(behind, LocalSignIn(TOKEN), settings=settings), listener)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    yield listener.getsockname()[1]
    server.stop()
    thread.join(30)
    assert not thread.is_alive(), "the service did not stop"


@pytest.fixture(scope="session")
def port(behind: EmbeddedWorkspace) -> Iterator[int]:
    """The port of the service."""
    with serving(behind) as one:
        yield one


@pytest.fixture
def line(port: int) -> Iterator[Line]:
    """The line between."""
    with closing(Line(port)) as one:
        yield one


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where downloads are kept."""
    return tmp_path / "cache"


@pytest.fixture
def workspace(line: Line, cache: Path) -> Iterator[HttpWorkspace]:
    """The workspace at the end of the line."""
    with closing(HttpWorkspace(f"http://127.0.0.1:{line.port}", TOKEN, cache=cache)) as one:
        yield one


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field of some 100 kB."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    rows = (f"{x},{t},{(x * 7 + t * 13) % 101 / 101:.6f}" for t in range(50) for x in range(150))
    path.write_text("x,t,u\n" + "\n".join(rows) + "\n")
    return path
