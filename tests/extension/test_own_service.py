"""Without a lab, a Jupyter server starts the person's own service, and starts it again when it has gone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tornado.httpclient import HTTPResponse

from physforge_kernel.service import stop_service

from .test_forward import API, refused, said

JSON = {"Content-Type": "application/json"}

Fetch = Callable[..., Awaitable[HTTPResponse]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "home"
    for name in ("PHYSFORGE_URL", "PHYSFORGE_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PHYSFORGE_HOME", str(folder))
    yield folder
    stop_service(folder)


async def test_it_is_started_by_the_first_request_and_again_when_it_has_ended(home: Path, jp_fetch: Fetch):
    first = await jp_fetch(*API, "kinds", request_timeout=60)
    assert "discover" in [kind["name"] for kind in json.loads(first.body)]

    assert stop_service(home)

    again = await jp_fetch(*API, "datasets", request_timeout=60)
    assert json.loads(again.body) == {"items": []}


async def test_a_file_goes_in_and_comes_out(home: Path, jp_fetch: Fetch):
    text = b"t,x,u\n" + b"".join(f"{t},{x},{t + x}\n".encode() for t in range(6) for x in range(6))
    announced = {"files": [{"path": "wake.csv", "size": len(text)}]}
    begun = await jp_fetch(
        *API, "uploads", method="POST", body=json.dumps(announced), headers=dict(JSON), request_timeout=60
    )
    upload = json.loads(begun.body)["id"]

    sent = await jp_fetch(*API, "uploads", upload, "files", "wake.csv", method="PUT", body=text)
    made = await jp_fetch(*API, "uploads", upload, "commit", method="POST", body=b"", request_timeout=60)
    version = json.loads(made.body)
    kept = await jp_fetch(*API, "versions", version["id"], "files", "wake.csv")

    assert sent.code == 204
    assert (version["name"], version["number"]) == ("wake", 1)
    assert kept.body == text


async def test_a_home_that_cannot_be_made_is_a_sentence(
    home: Path, jp_fetch: Fetch, monkeypatch: pytest.MonkeyPatch
):
    (home.parent / "file").write_text("no folder")
    monkeypatch.setenv("PHYSFORGE_HOME", str(home.parent / "file"))

    answer = await refused(jp_fetch(*API, "datasets", request_timeout=60))

    assert answer.code == 503
    assert "file" in said(answer)
    assert said(answer).endswith(".")
