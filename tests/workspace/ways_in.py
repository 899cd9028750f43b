"""The ways through a service: a real server in a thread, and a client on the other side of it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import AF_UNIX, socket

from physforge_kernel.client import HttpWorkspace
from physforge_kernel.service import LocalSignIn, create_app, listen_on_port, listen_on_socket
from physforge_kernel.service._serve import Server
from physforge_kernel.workspace import EmbeddedWorkspace, Workspace

TOKEN = "the-token-of-the-tests"


@contextmanager
def over_tcp(behind: EmbeddedWorkspace) -> Iterator[Workspace]:
    """Lead to a workspace through a port of this machine, below a prefix as on the hub."""
    with served(behind, listen_on_port(0), "/services/physforge/") as url, _client(url) as workspace:
        yield workspace


@contextmanager
def over_a_socket(behind: EmbeddedWorkspace) -> Iterator[Workspace]:
    """Lead to a workspace through a private socket."""
    with tempfile.TemporaryDirectory(prefix="pf-") as folder:  # short, as a socket's path has to be
        listener = listen_on_socket(Path(folder) / "socket")
        with served(behind, listener, "/") as url, _client(url) as workspace:
            yield workspace


@contextmanager
def served(behind: EmbeddedWorkspace, listener: socket, prefix: str) -> Iterator[str]:
    """Serve a workspace from a thread, and give the address."""
    name = listener.getsockname()
    url = f"unix:{name}" if listener.family == AF_UNIX else f"http://127.0.0.1:{name[1]}{prefix}"
    server = Server(create_app(behind, LocalSignIn(TOKEN), prefix=prefix), listener)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        yield url
    finally:
        server.stop()
        thread.join(30)
        assert not thread.is_alive(), "the service did not stop"


@contextmanager
def _client(url: str) -> Iterator[Workspace]:
    with (
        tempfile.TemporaryDirectory(prefix="pf-cache-") as folder,
        closing(HttpWorkspace(url, TOKEN, cache=folder)) as workspace,
    ):
        yield workspace
