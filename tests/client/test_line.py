"""Lines that break, services that are gone, tokens that are refused: all a sentence, or no matter at all."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from physforge_kernel.client import HttpWorkspace
from physforge_kernel.errors import ConflictError, FieldError, NotFoundError, PhysForgeError, WorkspaceError
from physforge_kernel.service import Settings
from physforge_kernel.workspace import EmbeddedWorkspace, JobTimeoutError

from .conftest import TOKEN, Line, serving


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_service_that_is_not_there_is_a_sentence(tmp_path: Path):
    for url in (f"http://127.0.0.1:{free_port()}/services/physforge", f"unix:{tmp_path}/socket"):
        with closing(HttpWorkspace(url, TOKEN)) as workspace:
            with pytest.raises(WorkspaceError, match=r"does not answer \(.*\)\. Check that it runs") as gone:
                workspace.datasets.list()
            assert url in str(gone.value)


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_token_that_is_refused_is_a_sentence_without_it(port: int, token: str | None):
    with (
        closing(HttpWorkspace(f"http://127.0.0.1:{port}", token)) as workspace,
        pytest.raises(WorkspaceError, match="refused the token") as refused,
    ):
        workspace.person()
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("token", ["secret\nb", "secretä€", "secret\udcff", "secret\0"])
def test_a_token_that_cannot_be_sent_is_a_sentence_without_it(port: int, token: str):
    for given in (token, lambda: {"Authorization": f"token {token}"}):
        with (
            closing(HttpWorkspace(f"http://127.0.0.1:{port}", given)) as workspace,
            pytest.raises(WorkspaceError, match=r"The token holds what no token does") as refused,
        ):
            workspace.person()
        assert "secret" not in str(refused.value)
        assert refused.value.__context__ is None


def test_headers_are_asked_for_each_request(port: int):
    tokens = iter([TOKEN, "expired", TOKEN])
    headers = lambda: {"Authorization": f"token {next(tokens)}"}  # noqa: E731
    with closing(HttpWorkspace(f"http://127.0.0.1:{port}", headers)) as workspace:
        assert workspace.person() == ""
        with pytest.raises(WorkspaceError, match="refused the token"):
            workspace.person()
        assert workspace.person() == ""


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """Answer every request like this, as something does that is no service."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (503, b"<html>Service Unavailable</html>", {}, "does not answer: .* status 503"),
        (404, b"<html>No such page</html>", {}, "does not answer: .* status 404"),
        (500, b"\xff", {}, "does not answer: .* status 500"),
        (302, b"", {"Location": "https://elsewhere.example/login"}, "refused the token"),
        (422, b'{"detail": "No."}', {}, r"^No\.$"),
        (
            500,
            b'{"detail": "Broken.", "error": "InternalError", "request_id": "r1"}',
            {},
            "Broken.*request r1",
        ),
        (422, b'{"detail": "No.", "error": "SystemExit"}', {}, r"^No\.$"),
        (200, b"<html>Welcome</html>", {}, "no service of this version of PhysForge says"),
        (200, b"", {}, "no service of this version"),
        (200, b"[1]", {}, "no service of this version"),
        (200, b'{"person": null}', {}, "no service of this version"),
        (200, b'{"items": [{"name": 1}]}', {}, "no service of this version"),
        (200, b"[" * 100_000, {}, "no service of this version"),
        (200, b"\x1f", {"Content-Encoding": "gzip"}, "no service of this version"),
    ],
)
def test_what_answers_in_its_place_is_a_sentence(
    status: int, body: bytes, headers: dict[str, str], said: str
):
    with (
        answering(status, body, **headers) as url,
        closing(HttpWorkspace(url, TOKEN)) as workspace,
        pytest.raises(WorkspaceError, match=said),
    ):
        workspace.datasets.list()


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[1]", b'{"person": null}', b'{"person": {}}'])
def test_what_is_no_service_says_no_name(body: bytes):
    with (
        answering(200, body) as url,
        closing(HttpWorkspace(url, TOKEN)) as workspace,
        pytest.raises(WorkspaceError, match="Check that the address is right"),
    ):
        workspace.person()


@pytest.mark.parametrize("host", ["a" * 80, f"{'a' * 80}.example", "ä" * 70, "a..b", "exa mple", "x\udcff"])
def test_a_host_that_nothing_can_be_called_is_a_sentence(host: str):
    with pytest.raises(WorkspaceError, match=r"no address|does not answer") as refused:
        HttpWorkspace(f"http://{host}/services/physforge", TOKEN).person()
    assert TOKEN not in str(refused.value)


def test_text_that_is_none_is_a_sentence(workspace: HttpWorkspace):
    for ask in (
        lambda: workspace.jobs.get("job\udcff"),
        lambda: workspace.datasets.list("wake\udcff"),
        lambda: workspace.jobs.submit("anything", {"notebook": "n\udcff"}),
    ):
        with pytest.raises(WorkspaceError, match=r"'\\udcff' is no text"):
            ask()


def test_errors_are_of_the_class_that_they_were(workspace: HttpWorkspace, tmp_path: Path):
    there = workspace.jobs.submit("anything").cancel().id
    cases: list[tuple[type[PhysForgeError], object]] = [
        (NotFoundError, lambda: workspace.datasets.get("none")),
        (NotFoundError, lambda: workspace.jobs.get("../datasets")),
        (NotFoundError, lambda: workspace.jobs.get("changes")),
        (NotFoundError, lambda: workspace.jobs.get("")),
        (NotFoundError, lambda: workspace.jobs.get("..")),
        (NotFoundError, lambda: workspace.jobs.get(f"{there}/artifacts")),
        (NotFoundError, lambda: workspace.reports.get("?x=1#y")),
        (NotFoundError, lambda: workspace.datasets.delete("a/versions/1")),
        (WorkspaceError, lambda: workspace.datasets.get("no name")),
    ]
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01")
    cases.append((FieldError, lambda: workspace.datasets.upload(tmp_path / "bad.csv")))
    for family, act in cases:
        with pytest.raises(PhysForgeError) as refused:
            act()  # type: ignore[operator]
        assert type(refused.value) is family


def test_a_question_is_asked_again_when_the_line_breaks(workspace: HttpWorkspace, line: Line):
    line.cuts = [0, 40]
    assert workspace.datasets.list("no such name") == []
    assert line.connections == 3


def test_a_job_is_submitted_once_though_the_line_breaks(workspace: HttpWorkspace, line: Line):
    line.cuts = [0, 60]
    job = workspace.jobs.submit("anything", {"n": 1}, name="once-only")
    assert line.connections == 3
    assert [one.id for one in workspace.jobs.list() if one.name == "once-only"] == [job.id]
    job.cancel()


def test_a_download_goes_on_where_the_line_broke(
    workspace: HttpWorkspace, line: Line, large: Path, behind: EmbeddedWorkspace
):
    behind.datasets.upload(large, "large")
    version = workspace.datasets.get("large")
    workspace.close()
    before = line.connections
    line.cuts = [40_000, 30_000]
    assert workspace.datasets.path(version).read_bytes() == large.read_bytes()
    assert line.connections - before >= 3, "the line was not cut"


def test_a_story_is_followed_over_lines_that_break(
    workspace: HttpWorkspace, line: Line, behind: EmbeddedWorkspace
):
    job = workspace.jobs.submit("anything")
    claim = behind.records.claim("test", 60)
    while claim is not None and claim.job.id != job.id:
        claim = behind.records.claim("test", 60)
    assert claim is not None
    seen: list[int] = []
    for event in job.watch(timeout=60):
        seen.append(event.seq)
        if event.seq < 6:
            line.cut()
            behind.records.append_event(job.id, claim.fence, "log", {"text": str(event.seq)})
        elif event.seq == 6:
            behind.records.finish(job.id, claim.fence, "succeeded")
    assert seen == list(range(1, len(seen) + 1)), "an event was lost or came twice"
    assert job.state == "succeeded"
    assert line.connections > 3


def test_a_story_is_asked_for_by_and_by_where_the_service_has_no_stream_left(
    behind: EmbeddedWorkspace, cache: Path
):
    with (
        serving(behind, Settings(open_streams=1)) as port,
        closing(HttpWorkspace(f"http://127.0.0.1:{port}", TOKEN, cache=cache)) as workspace,
        httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as other,
        other.stream("GET", f"http://127.0.0.1:{port}/api/v1/jobs/changes") as taken,
    ):
        assert taken.status_code == 200
        job = workspace.jobs.submit("anything")
        told: list[str] = []
        for event in job.watch(timeout=60):
            told.append(event.type)
            if event.type == "queued":
                job.cancel()
        assert told == ["queued", "cancelled"]
        assert workspace.jobs.wait(job.id, timeout=60).state == "cancelled"


def test_patience_counts_while_the_service_is_gone(workspace: HttpWorkspace, line: Line):
    job = workspace.jobs.submit("anything")
    with pytest.raises(JobTimeoutError, match=r"still queued after 0\.2 s"):
        job.wait(timeout=0.2)
    job.cancel()
    line.close()
    workspace.close()
    with pytest.raises(WorkspaceError, match="does not answer"):
        job.refresh()


def test_a_refused_upload_leaves_nothing_on_the_other_side(
    workspace: HttpWorkspace, behind: EmbeddedWorkspace, large: Path, tmp_path: Path
):
    def give_up(done: float, said: str) -> None:
        if said.startswith("Copying"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.datasets.upload(large, "given-up", progress=give_up)
    assert not list((behind.home / "incoming").glob("upload-*"))
    (tmp_path / "copy.csv").write_text("mine")
    behind.datasets.upload(large, "there")
    with pytest.raises(ConflictError, match="exists already"):
        workspace.datasets.download("there", tmp_path / "copy.csv")
