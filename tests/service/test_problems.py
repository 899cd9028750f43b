"""Refusals, headers and health: what everybody gets, whatever they ask."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse

from physforge_kernel.service import Detour, Person

from .conftest import Running, problem, running, uploaded


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"kind": "\xff"}', 400),
        (b'{"kind": "discover", "surplus": 1}', 422),
        (b'{"kind": 7}', 422),
        (b'{"kind": "discover", "config": {"seed": NaN}}', 422),
        (b'{"kind": "discover", "config": {"seed": 1e999}}', 422),
        (b'{"kind": "discover", "config": {"target": "\\ud800"}}', 422),
        (b'{"kind": "\\ud800"}', 422),
        (b'{"kind": "a\\u0000b"}', 422),
        (b'{"kind": "discover", "priority": 100000000000000000000}', 422),
        (b'{"kind": "discover", "max_attempts": 0, "inputs": {"field": "x"}}', 422),
        (b'{"kind": "discover", "inputs": {"field": "../x"}}', 400),
        (b'{"kind": "discover", "inputs": {"field": "x"}}', 404),
        (b'{"kind": "discover", "config": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", 400),
        (b'{"kind": "nothing"}', 404),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_in_a_sentence(ann: httpx.Client, body: bytes, status: int):
    answer = ann.post("jobs", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer, status).endswith((".", "?"))
    assert ann.get("jobs").status_code == 200


def test_the_settings_of_a_kind_are_checked_before_anything_is_queued(ann: httpx.Client):
    answer = ann.post("jobs", json={"kind": "discover", "config": {"sed": 1}, "inputs": {"field": "x"}})
    assert "no setting 'sed'" in problem(answer, 422, "JobError")


def test_too_large_a_body_is_refused(service: Running, ann: httpx.Client):
    large = {"kind": "discover", "config": {"target": "x" * 300_000}}
    said = problem(ann.post("jobs", json=large), 413)
    assert "larger than the service takes: 200.0 kB" in said
    assert "clear the outputs of a notebook" in said
    unannounced = iter([b'{"kind": "', *[b"x" * 1000] * 300, b'"}'])
    answer = ann.post("jobs", content=unannounced, headers={"Content-Type": "application/json"})
    problem(answer, 413)


def test_addresses_and_methods_that_do_not_exist_are_refused(ann: httpx.Client):
    for path in ("nothing", "datasets/", "jobs/x/y", "versions//files/", "..%2f..%2fetc"):
        problem(ann.get(path), 404)
    problem(ann.patch("jobs"), 405)
    problem(ann.get("jobs?limit=0"), 422)
    problem(ann.get("jobs?state=done"), 422)
    problem(ann.get("datasets/x/versions/zero"), 404, "NotFoundError")
    problem(ann.get("versions/zero"), 404, "NotFoundError")


def test_a_request_keeps_its_id_if_that_is_harmless(ann: httpx.Client):
    assert ann.get("", headers={"X-Request-ID": "lab-42.7_abc"}).headers["x-request-id"] == "lab-42.7_abc"
    for hostile in ("a b", "x" * 65, "<b>", "short"):
        assert ann.get("", headers={"X-Request-ID": hostile}).headers["x-request-id"] != hostile


def test_every_answer_keeps_browsers_careful(ann: httpx.Client):
    for path in ("", "datasets", "nothing", "health/live", "openapi.json"):
        headers = ann.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_what_is_not_foreseen_tells_nothing_and_the_service_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def burn(self: object, *_: object) -> None:
        raise RuntimeError("the secret of the house")

    with running(tmp_path / "home") as service, service.client() as ann:
        monkeypatch.setattr("physforge_kernel.workspace._jobs.EmbeddedJobs.records", burn)
        answer = ann.get("jobs")
        assert "not foreseen" in problem(answer, 500, "InternalError")
        assert "secret" not in answer.text
        assert ann.get("datasets").status_code == 200
    assert "the secret of the house" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_no_answer_names_the_folders_of_the_machine(tmp_path: Path):
    with running(tmp_path / "home") as service, service.client() as ann:
        (service.workspace.home / "workspace.db").unlink()
        (service.workspace.home / "workspace.db").mkdir()
        said = problem(ann.get("jobs"), 400, "WorkspaceError")
        assert "the workspace's folder/workspace.db could not be used" in said
        assert str(tmp_path) not in said
        ready = ann.get("health/ready")
        assert (ready.status_code, ready.json()["parts"]) == (503, {"database": "unavailable", "store": "ok"})
        assert ann.get("health/live").json() == {"status": "ok", "parts": {}}


def test_health_needs_nobody_and_metrics_count_by_route(service: Running, ann: httpx.Client):
    with service.client("") as stranger:
        assert stranger.get("health/ready").json() == {
            "status": "ok",
            "parts": {"database": "ok", "store": "ok"},
        }
    ann.get("jobs/job-one")
    ann.get("jobs/job-two")
    text = ann.get("metrics").text
    assert 'physforge_requests_total{method="GET",route="/jobs/{id}",status="404"}' in text
    assert "job-one" not in text
    assert 'physforge_jobs{state="queued"}' in text


def test_the_api_describes_itself(ann: httpx.Client):
    described = ann.get("openapi.json").json()
    assert described["openapi"].startswith("3.")
    record = described["components"]["schemas"]["JobRecord"]["properties"]
    assert {"id", "kind", "state", "progress", "inputs", "owner", "last_event"} <= record.keys()
    kinds = {kind["name"]: kind for kind in ann.get("kinds").json()}
    assert kinds["discover"]["inputs"] == ["field"]
    assert kinds["discover"]["schema"]["properties"]["seed"]["minimum"] == 0
    json.dumps(kinds)


def test_a_retried_submission_is_one_job(ann: httpx.Client):
    uploaded(ann, "retried")
    asked = {"kind": "discover", "inputs": {"field": "retried"}, "idempotency_key": "once"}
    first, again = ann.post("jobs", json=asked), ann.post("jobs", json=asked)
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["location"].endswith(f"/api/v1/jobs/{first.json()['id']}")
    problem(ann.post("jobs", json={**asked, "config": {"seed": 1}}), 409, "ConflictError")
    assert ann.post(f"jobs/{first.json()['id']}/cancel").json()["state"] == "cancelled"


class ByRedirect:
    """Sends browsers elsewhere to sign in, as a hub's sign-in does."""

    async def person(self, request: Request) -> Person | None:
        if "text/html" in request.headers.get("accept", ""):
            answer = RedirectResponse("/hub/login", status_code=302)
            answer.set_cookie("state", "s")
            raise Detour(answer)
        return None


def test_a_sign_in_may_send_a_browser_elsewhere_first(tmp_path: Path):
    with running(tmp_path / "home", sign_in=ByRedirect()) as service, service.client("") as browser:
        answer = browser.get("reports", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (302, "/hub/login")
        assert answer.cookies["state"] == "s"
        problem(browser.get("reports"), 401)
