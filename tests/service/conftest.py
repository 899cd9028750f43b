"""A real service in a thread, for several people: each has a token, and may do what the token says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from physforge_kernel.jobs import kinds
from physforge_kernel.service import SCOPES, Person, Settings, SignIn, create_app, listen_on_port
from physforge_kernel.service._local import bearer_token
from physforge_kernel.service._serve import Server
from physforge_kernel.workspace import EmbeddedWorkspace

PREFIX = "/services/physforge/"
READING = frozenset(scope for scope in SCOPES if scope.endswith(":read"))
PEOPLE = {
    "ann-token": Person("ann", frozenset(SCOPES)),
    "bob-token": Person("bob", frozenset(SCOPES)),
    "viewer-token": Person("ann", READING),
    "nobody-token": Person("ann", frozenset({"custom:other:admin"})),
}


class TestSignIn:
    """Knows people by their tokens; a cookie `who` signs in as well, as a hub's does."""

    __test__ = False

    async def person(self, request: Request) -> Person | None:
        if token := bearer_token(request):
            return PEOPLE.get(token)
        if known := PEOPLE.get(request.cookies.get("who", "")):
            return Person(known.name, known.scopes, by_cookie=True)
        return None


@dataclass(frozen=True)
class Running:
    """A service that runs: its workspace, the address of its API, and the server itself."""

    workspace: EmbeddedWorkspace
    url: str
    server: Server

    def client(self, token: str = "ann-token") -> httpx.Client:
        """Return a client of somebody; whoever opens it closes it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)


@contextmanager
def running(home: Path, settings: Settings | None = None, sign_in: SignIn | None = None) -> Iterator[Running]:
    """Serve a workspace whose jobs run only as far as a test has them run."""
    workspace = EmbeddedWorkspace(home, kinds=kinds.validators(), on_submit=lambda home: None)
    listener = listen_on_port(0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}{PREFIX}api/v1/"
    server = Server(
        create_app(workspace, sign_in or TestSignIn(), prefix=PREFIX, settings=settings), listener
    )
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        yield Running(workspace, url, server)
    finally:
        server.stop()
        thread.join(30)
        assert not thread.is_alive(), "the service did not stop"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all tests that leave it in peace."""
    with running(tmp_path_factory.mktemp("service") / "home", Settings(body_bytes=200_000)) as one:
        yield one


@pytest.fixture(scope="session")
def ann(service: Running) -> Iterator[httpx.Client]:
    """Somebody who may do everything with what is hers."""
    with service.client("ann-token") as client:
        yield client


@pytest.fixture(scope="session")
def bob(service: Running) -> Iterator[httpx.Client]:
    """Somebody else who may do everything with what is his."""
    with service.client("bob-token") as client:
        yield client


WAVE = "x,t,u\n" + "".join(f"{x},{t},{((3 * x + t) % 7) / 7}\n" for t in range(5) for x in range(8))


def uploaded(client: httpx.Client, name: str, text: str = WAVE) -> dict[str, Any]:
    """Upload a small field in the three steps, and return its version."""
    begun = client.post("uploads", json={"name": name, "files": [{"path": "wave.csv", "size": len(text)}]})
    assert begun.status_code == 201, begun.text
    id = begun.json()["id"]
    assert client.put(f"uploads/{id}/files/wave.csv", content=text.encode()).status_code == 204
    committed = client.post(f"uploads/{id}/commit")
    assert committed.status_code == 201, committed.text
    return committed.json()


def problem(answer: httpx.Response, status: int, error: str | None = None) -> str:
    """Check that an answer is a whole problem document of this status, and return its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said.keys() == {"type", "title", "status", "detail", "error", "request_id"}
    assert said["status"] == status
    assert said["request_id"] == answer.headers["x-request-id"]
    assert error is None or said["error"] == error
    return said["detail"]


def eventually(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)
