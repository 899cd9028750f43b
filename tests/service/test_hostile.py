"""Whatever anybody sends to any route: an answer, or a refusal in a sentence, and never a failure."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Running, problem
from .test_policies import POLICIES

HOLES = ("{id}", "{name}", "{number}", "{path:path}", "{name:path}")
NASTY = st.sampled_from(
    [
        *(
            "..",
            "../..",
            "%2e%2e%2f",
            "%00",
            "%0d%0aSet-Cookie:%20a=b",
            "%ff",
            "%ed%a0%80",
            "<b>",
            "'; DROP TABLE",
        ),
        *(
            "a" * 3000,
            "0" * 64,
            "-1",
            "1e9",
            "NaN",
            "latest",
            "changes",
            ".",
            "~",
            "//",
            "%25",
            "wave@1",
            "@",
            "é",
        ),
    ]
)
SEGMENT = st.one_of(NASTY, st.text(max_size=30).filter(lambda text: not set(text) & set("?#")))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), NASTY),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *(
            "kind",
            "config",
            "inputs",
            "name",
            "idempotency_key",
            "priority",
            "max_attempts",
            "job",
            "template",
        ),
        *("title", "description", "tags", "files"),
    ]
)
FILES = st.lists(
    st.fixed_dictionaries({"path": st.one_of(NASTY, st.text(max_size=30)), "size": JSON}), max_size=3
)
BODY = st.one_of(JSON, st.dictionaries(FIELDS, st.one_of(JSON, FILES), max_size=6))


def sent(
    client: httpx.Client, line: str, steps: list[str], query: dict[str, str], body: Any
) -> httpx.Response:
    """Send a request to a route with these steps in its place-holders; a stream is not waited for."""
    method, path = line.split(" ")
    for hole in HOLES:
        path = path.replace(hole, steps.pop() if steps else "x")
    content = None if method == "GET" else json.dumps(body).encode()
    url = str(client.base_url) + "/".join(
        httpx.URL("http://x/" + path.lstrip("/")).raw_path[1:].decode().split()
    )
    return client.request(
        method,
        url,
        params={"wait": "0", **query},
        content=content,
        headers={"Content-Type": "application/json"},
    )


@pytest.mark.parametrize("line", POLICIES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_makes_the_service_fail(
    service: Running, ann: httpx.Client, line: str, data: st.DataObject
):
    steps = data.draw(st.lists(SEGMENT, min_size=2, max_size=2))
    query = data.draw(
        st.dictionaries(st.sampled_from(["search", "state", "limit", "after", "file"]), SEGMENT, max_size=2)
    )
    body = data.draw(BODY) if not line.startswith("GET") else None
    try:
        answer = sent(ann, line, steps, query, body)
    except httpx.InvalidURL:
        return
    assert answer.status_code < 500, answer.text
    assert "set-cookie" not in answer.headers
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert str(service.workspace.home) not in answer.json()["detail"]


@pytest.mark.parametrize("address", [b"jobs/a\0b", b"jobs/a b", b"jobs/\xff", b"jobs\x7f"])
def test_an_address_that_is_none_is_refused_in_a_sentence(ann: httpx.Client, address: bytes):
    with socket.create_connection((ann.base_url.host, ann.base_url.port or 80), timeout=10) as line:
        line.sendall(b"GET /services/physforge/api/v1/" + address + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = http.client.HTTPResponse(line)
        answer.begin()
        said = httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    assert "such as a blank or the character NUL" in problem(said, 400, "HTTPError")
    assert said.headers["x-content-type-options"] == "nosniff"


LINE = st.sampled_from(
    [
        *(b"GET / HTTP/1.1", b"Host: a\r\nHost: b", b"Content-Length: -1", b"Content-Length: 5\r\n\r\nabc"),
        *(b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", b"\x00\xff", b"X: LONG", b"GET  HTTP/9"),
    ]
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.one_of(LINE, st.binary(max_size=50)), min_size=1, max_size=5))
def test_no_bytes_on_the_line_make_the_service_fail(service: Running, ann: httpx.Client, lines: list[bytes]):
    address = (ann.base_url.host, ann.base_url.port)
    answered = b""
    with socket.create_connection(address, timeout=10) as line, suppress(ConnectionError):
        line.sendall(b"\r\n".join(lines).replace(b"LONG", b"a" * 70_000) + b"\r\n\r\n")
        with suppress(OSError):  # it may have hung up already
            line.shutdown(socket.SHUT_WR)
        while block := line.recv(65536):
            answered += block
    assert not answered.startswith(b"HTTP/1.1 5"), answered
    assert ann.get("health/live").status_code == 200
