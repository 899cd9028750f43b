"""What passes between a page and the service: all they need, in both directions at once, and no secret."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse
from tornado.httputil import HTTPHeaders

from physforge_kernel.widgets import MOST_BYTES_OF_A_MESSAGE

from .conftest import TOKEN, Behind

Fetch = Callable[..., Awaitable[HTTPResponse]]

API = ("physforge", "api", "v1")


async def refused(answer: Awaitable[HTTPResponse]) -> HTTPResponse:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.response is not None
    return caught.value.response


def said(response: HTTPResponse) -> str:
    assert response.headers["Content-Type"] == "application/problem+json"
    return json.loads(response.body)["detail"]


def head_of(method: str, path: str, token: str, *more: str) -> bytes:
    """What a client sends before a body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: token {token}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_server_takes_what_a_dashboards_page_may_send(jp_serverapp: Any):
    assert jp_serverapp.web_app.settings["websocket_max_message_size"] == MOST_BYTES_OF_A_MESSAGE


async def test_the_service_gets_the_persons_token_and_none_of_the_pages_secrets(
    behind: Behind, jp_fetch: Fetch, jp_serverapp: Any
):
    headers = {
        "Cookie": "session=abc",
        "X-Forwarded-User": "eve",
        "Accept": "application/json",
        "Range": "bytes=0-1",
    }

    params = {"limit": "5", "token": jp_serverapp.identity_provider.token, "_xsrf": "x"}

    answer = await jp_fetch(*API, "echo", "a b", params=params, headers=headers)

    seen = json.loads(answer.body)
    assert seen["uri"] == "/api/v1/echo/a%20b?limit=5"
    assert seen["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert seen["headers"]["range"] == "bytes=0-1"
    assert set(seen["headers"]) <= {
        "host",
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "range",
        "user-agent",
    }


async def test_the_page_gets_no_cookie_and_no_challenge_of_the_service(behind: Behind, jp_fetch: Fetch):
    answer = await jp_fetch(*API, "echo")

    assert answer.headers["X-Request-ID"] == "r-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "WWW-Authenticate" not in answer.headers
    assert "service=secret" not in str(answer.headers)
    assert TOKEN not in str(answer.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_writes_pass_with_their_bodies(behind: Behind, jp_fetch: Fetch, method: str):
    body = b"\x00measured" * 100_000

    answer = await jp_fetch(*API, "echo", method=method, body=body, allow_nonstandard_methods=True)

    seen = json.loads(answer.body)
    assert (seen["method"], seen["size"]) == (method, len(body))
    assert seen["sha256"] == hashlib.sha256(body).hexdigest()
    assert seen["headers"]["content-length"] == str(len(body))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_nobody_passes_who_is_not_signed_in(behind: Behind, jp_fetch: Fetch, method: str):
    wrong = {"Authorization": "token wrong"}

    answer = await refused(
        jp_fetch(
            *API,
            "echo",
            method=method,
            headers=wrong,
            body=None if method == "GET" else b"{}",
            allow_nonstandard_methods=True,
        )
    )

    assert answer.code == 403
    assert said(answer).endswith(".")
    assert behind.seen == []


@pytest.fixture
def signed_in(
    jp_asyncio_loop: asyncio.AbstractEventLoop, jp_fetch: Fetch, jp_serverapp: Any
) -> dict[str, str]:
    """What a browser sends after it has signed in: cookies, and no token."""
    token = {"token": jp_serverapp.identity_provider.token}

    async def sign_in() -> HTTPResponse:
        return await jp_fetch("api", "status", params=token, headers={"Authorization": ""})

    answer = jp_asyncio_loop.run_until_complete(sign_in())
    cookies = [cookie.split(";")[0] for cookie in answer.headers.get_list("Set-Cookie")]
    return {"Authorization": "", "Cookie": "; ".join([*cookies, "_xsrf=1234"])}


async def test_a_page_of_another_site_passes_nothing(
    behind: Behind, jp_fetch: Fetch, signed_in: dict[str, str]
):
    answer = await refused(jp_fetch(*API, "echo", headers=signed_in | {"Origin": "https://evil.example"}))

    assert answer.code == 403
    assert said(answer) == "This request comes from another site's page, and is refused."
    assert behind.seen == []


async def test_a_cookie_alone_reads_and_writes_only_with_the_pages_own_xsrf_token(
    behind: Behind, jp_fetch: Fetch, signed_in: dict[str, str]
):
    assert (await jp_fetch(*API, "echo", headers=dict(signed_in))).code == 200
    answer = await refused(jp_fetch(*API, "echo", method="POST", body=b"{}", headers=dict(signed_in)))
    assert answer.code == 403
    assert said(answer) == "This page and its server have lost each other: reload the page, and try again."
    with_xsrf = signed_in | {"X-XSRFToken": "1234"}
    assert (await jp_fetch(*API, "echo", method="POST", body=b"{}", headers=with_xsrf)).code == 200
    assert [each["method"] for each in behind.seen] == ["GET", "POST"]


async def test_events_pass_as_they_happen(behind: Behind, jp_fetch: Fetch):
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    over = asyncio.ensure_future(jp_fetch(*API, "events", streaming_callback=heard.put_nowait))

    assert await asyncio.wait_for(heard.get(), 10) == b"data: 1\n\n"
    behind.go_on.set()
    assert await asyncio.wait_for(heard.get(), 10) == b"data: 2\n\n"
    assert (await over).headers["Content-Type"].startswith("text/event-stream")


async def test_the_service_hears_that_a_listener_has_gone(
    behind: Behind, jp_serverapp: Any, jp_http_port: int, jp_base_url: str, http_server: object
):
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    token = jp_serverapp.identity_provider.token
    writer.write(head_of("GET", f"{jp_base_url}physforge/api/v1/events", token))
    assert b"200" in await reader.readline()
    await reader.readuntil(b"data: 1")

    writer.close()

    await asyncio.wait_for(behind.gone.wait(), 10)


async def test_an_upload_streams_no_faster_than_the_service_takes_it(behind: Behind, jp_fetch: Fetch):
    sent = 0

    async def produce(write: Callable[[bytes], Awaitable[None]]) -> None:
        nonlocal sent
        for _ in range(64):
            await write(b"x" * (1 << 16))
            sent += 1 << 16
            if sent == 1 << 17:  # the service has the first piece before the page has sent the last
                await asyncio.wait_for(behind.first_chunk.wait(), 10)

    headers = {"Content-Length": str(64 << 16)}
    answer = await jp_fetch(*API, "sink", method="PUT", body_producer=produce, headers=headers)

    assert json.loads(answer.body)["size"] == sent == 64 << 16


async def test_an_upload_may_be_larger_than_jupyter_lets_bodies_be(
    behind: Behind, jp_fetch: Fetch, http_server: Any
):
    http_server.conn_params.max_body_size = 1 << 20
    body = b"x" * (3 << 20)

    answer = await jp_fetch(*API, "sink", method="PUT", body=body)

    assert json.loads(answer.body)["size"] == len(body)


async def test_the_service_hears_that_an_upload_broke_off(
    behind: Behind, jp_serverapp: Any, jp_http_port: int, jp_base_url: str, http_server: object
):
    _, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    token = jp_serverapp.identity_provider.token
    head = head_of("PUT", f"{jp_base_url}physforge/api/v1/sink", token, "Content-Length: 1000000")
    writer.write(head + b"x" * 100_000)
    await asyncio.wait_for(behind.first_chunk.wait(), 10)

    writer.close()

    await asyncio.wait_for(behind.gone.wait(), 10)


async def test_the_sentence_of_a_refusal_reaches_a_page_that_still_sends(behind: Behind, jp_fetch: Fetch):
    answer = await refused(jp_fetch(*API, "strict", method="PUT", body=b"x" * (4 << 20)))

    assert answer.code == 413
    assert said(answer) == "The file is larger than this service takes."


async def test_parts_of_files_and_word_that_nothing_changed_pass(behind: Behind, jp_fetch: Fetch):
    part = await jp_fetch(*API, "ranges", headers={"Range": "bytes=2-4"})
    assert (part.code, part.body, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert part.headers["ETag"] == '"abc"'

    head = await jp_fetch(*API, "ranges", method="HEAD")
    assert (head.code, head.body, head.headers["Content-Length"]) == (200, b"", "10")

    same = await refused(jp_fetch(*API, "ranges", headers={"If-None-Match": '"abc"'}))
    assert (same.code, same.body) == (304, b"")


def policies(headers: HTTPHeaders) -> list[str]:
    return headers.get_list("Content-Security-Policy")


async def test_whatever_comes_through_is_in_a_sandbox(behind: Behind, jp_fetch: Fetch):
    bare = await jp_fetch(*API, "page")
    assert "sandbox" in policies(bare.headers)

    loose = await jp_fetch(*API, "page", params={"policy": "default-src 'self'"})
    assert "default-src 'self'; sandbox" in policies(loose.headers)

    own = await jp_fetch(*API, "page", params={"policy": "sandbox allow-popups"})
    assert "sandbox allow-popups" in policies(own.headers)
    assert any("frame-ancestors 'self'" in policy for policy in policies(own.headers))


async def test_lab_may_frame_a_report_also_where_a_hub_forbids_frames(
    behind: Behind, jp_fetch: Fetch, jp_serverapp: Any
):
    jp_serverapp.web_app.settings["headers"] = {"Content-Security-Policy": "frame-ancestors 'none'"}

    answer = await jp_fetch(*API, "page")

    assert policies(answer.headers) == ["frame-ancestors 'self'", "sandbox"]


async def test_an_answer_that_breaks_off_does_not_look_complete(behind: Behind, jp_fetch: Fetch):
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch(*API, "broken")

    assert caught.value.code == 599


async def test_a_token_that_the_hub_no_longer_takes_is_a_sentence_not_a_detour(
    behind: Behind, jp_fetch: Fetch
):
    answer = await refused(jp_fetch(*API, "elsewhere", follow_redirects=False))

    assert answer.code == 502
    assert "did not accept this server's token" in said(answer)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("way_out", ["..%2F..%2Fhub", "%2e%2e/admin", "a/../../admin", "%252e%252e/admin"])
async def test_no_address_leads_out_of_the_services_api(
    behind: Behind, http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str, way_out: str
):
    url = f"{jp_base_url}physforge/api/v1/{way_out}"

    answer = await refused(http_server_client.fetch(url, headers=jp_auth_header))

    assert answer.code == 404
    assert behind.seen == []


async def test_a_service_that_is_not_there_is_a_sentence(
    behind: Behind, jp_fetch: Fetch, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PHYSFORGE_URL", "http://ann:secret@127.0.0.1:9/services/physforge")

    answer = await refused(jp_fetch(*API, "echo"))

    assert answer.code == 503
    assert "http://127.0.0.1:9/services/physforge does not answer" in said(answer)
    assert "secret" not in said(answer)


async def test_a_place_that_is_no_address_is_a_sentence(
    behind: Behind, jp_fetch: Fetch, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PHYSFORGE_URL", "ftp://lab")

    answer = await refused(jp_fetch(*API, "echo"))

    assert answer.code == 503
    assert said(answer).startswith("PHYSFORGE_URL names no service")
