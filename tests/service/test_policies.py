"""Who may do what: every route declares it, and the answers to those who may not."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from physforge_kernel.service import SCOPES, LocalSignIn, Person, create_app
from physforge_kernel.service._policy import Anyone, Needs
from physforge_kernel.workspace import EmbeddedWorkspace

from .conftest import PEOPLE, WAVE, Running, problem, uploaded

READ, WRITE, SEE, SUBMIT = "datasets:read", "datasets:write", "jobs:read", "jobs:submit"
POLICIES = {
    "GET /": "signed in",
    "GET /health/live": "anyone",
    "GET /health/ready": "anyone",
    "GET /metrics": "admin",
    "GET /datasets": READ,
    "GET /datasets/{name}/versions": READ,
    "GET /datasets/{name}/versions/{number}": READ,
    "DELETE /datasets/{name}": WRITE,
    "GET /versions/{id}": READ,
    "GET /versions/{id}/files/{path:path}": READ,
    "GET /versions/{id}/preview": READ,
    "POST /uploads": WRITE,
    "PUT /uploads/{id}/files/{path:path}": WRITE,
    "POST /uploads/{id}/commit": WRITE,
    "DELETE /uploads/{id}": WRITE,
    "GET /kinds": SEE,
    "GET /jobs": SEE,
    "POST /jobs": SUBMIT,
    "GET /jobs/changes": SEE,
    "GET /jobs/{id}": SEE,
    "POST /jobs/{id}/cancel": SUBMIT,
    "GET /jobs/{id}/log": SEE,
    "GET /jobs/{id}/artifacts": SEE,
    "GET /jobs/{id}/artifacts/{name:path}": SEE,
    "GET /jobs/{id}/events": SEE,
    "GET /reports": "reports:read",
    "POST /reports": "reports:publish",
    "GET /reports/{id}": "reports:read",
    "GET /reports/{id}/page": "reports:read",
    "GET /reports/{id}/notebook": "reports:read",
}


def declared(app: FastAPI) -> dict[str, str]:
    """Method and path of every route -> the one policy that it declares."""
    found: dict[str, str] = {}
    for route in iter_route_contexts(app.routes):
        path = (route.path or "").removeprefix("/lab/api/v1")
        if path == "/openapi.json":  # the one route of the framework's own: it tells what anybody may read
            continue
        policies = [
            needed.call for needed in route.dependant.dependencies if isinstance(needed.call, Needs | Anyone)
        ]
        assert len(policies) == 1, f"{route.methods} {path} declares {len(policies)} policies"
        said = "anyone"
        if isinstance(policies[0], Needs):
            said = ",".join(scope.removeprefix("custom:physforge:") for scope in policies[0].scopes)
        for method in route.methods or ():
            found[f"{method} {path}"] = said or "signed in"
    return found


def test_every_route_declares_the_policy_that_it_should(tmp_path: Path):
    app = create_app(EmbeddedWorkspace(tmp_path / "home"), LocalSignIn("token"), prefix="lab")
    assert declared(app) == POLICIES


def test_the_guide_lists_every_route_with_its_policy():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "service.md").read_text()
    rows = re.findall(r"^\| `((?:GET|PUT|POST|DELETE) [^`]+)` \|.*\| `?([a-z: ]+)`? \|$", page, re.MULTILINE)
    assert dict(rows) == {line.replace(":path}", "}"): policy for line, policy in POLICIES.items()}


def test_a_route_without_a_policy_is_found(tmp_path: Path):
    app = create_app(EmbeddedWorkspace(tmp_path / "home"), LocalSignIn("token"), prefix="lab")
    app.get("/lab/api/v1/secrets")(lambda: "all of them")
    with pytest.raises(AssertionError, match="/secrets declares 0 policies"):
        declared(app)


def asked(client: httpx.Client, line: str) -> httpx.Response:
    """Ask for a route with harmless values in its place-holders."""
    method, path = line.split(" ")
    for hole, value in {"{id}": "x", "{path:path}": "x", "{name:path}": "x", "{name}": "x"}.items():
        path = path.replace(hole, value)
    path = path.replace("{number}", "1").lstrip("/")
    body = {"POST /jobs": {"kind": "discover"}, "POST /reports": {"job": "x"}, "POST /uploads": {"files": []}}
    return client.request(method, path, json=body.get(line))


@pytest.mark.parametrize("line", [line for line, policy in POLICIES.items() if policy != "anyone"])
def test_whoever_is_not_signed_in_learns_nothing(service: Running, line: str):
    for token in ("", "wrong-token", "ann-tokenn"):
        with service.client(token) as stranger:
            answer = asked(stranger, line)
            assert "does not know who asks" in problem(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("line", "scope"), [item for item in POLICIES.items() if item[1] not in ("anyone", "signed in")]
)
def test_a_token_without_the_scope_is_refused_with_its_name(service: Running, line: str, scope: str):
    with service.client("nobody-token") as nobody:
        assert f"takes the scope custom:physforge:{scope}." in problem(asked(nobody, line), 403)


@pytest.mark.parametrize("line", [line for line in POLICIES if not line.startswith("GET")])
def test_a_cookie_allows_to_read_only(service: Running, line: str):
    with service.client("") as browser:
        browser.cookies.set("who", "ann-token")
        assert browser.get("datasets").status_code == 200
        assert "cookie allows to read only" in problem(asked(browser, line), 403)


def test_the_service_says_who_asks(service: Running, ann: httpx.Client):
    assert ann.get("").json()["person"] == {"name": "ann", "scopes": sorted(SCOPES)}
    with service.client("viewer-token") as viewer:
        assert set(viewer.get("").json()["person"]["scopes"]) == PEOPLE["viewer-token"].scopes


def test_a_report_is_not_had_without_its_scope_by_submitting_its_job(service: Running):
    scopes = frozenset({"custom:physforge:jobs:submit"})
    PEOPLE["submitter-token"] = type(PEOPLE["ann-token"])("ann", scopes)
    with service.client("submitter-token") as submitter:
        refused = submitter.post("jobs", json={"kind": "report", "config": {"job": "x"}})
        assert "reports:publish" in problem(refused, 403)


@pytest.mark.parametrize("lacking", SCOPES)
def test_ones_own_code_takes_every_scope_since_it_can_do_all_that_they_allow(service: Running, lacking: str):
    asked_for = {"kind": "notebook", "config": {"notebook": "01_first_law"}}
    PEOPLE["runner-token"] = Person("rae", frozenset(SCOPES) - {lacking})
    with service.client("runner-token") as runner:
        refused = problem(runner.post("jobs", json=asked_for), 403)
        assert f"takes the scope {lacking}." in refused
        PEOPLE["runner-token"] = Person("rae", frozenset(SCOPES))
        queued = runner.post("jobs", json=asked_for)
        assert queued.status_code == 201, queued.text
        runner.post(f"jobs/{queued.json()['id']}/cancel")


def test_nobody_sees_or_touches_what_is_anothers(
    service: Running, ann: httpx.Client, bob: httpx.Client, tmp_path: Path
):
    version = uploaded(ann, "hers", WAVE.replace("x,t,u", "x,t,hers"))
    job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "hers"}}).json()["id"]
    hers = service.workspace.acting_for("ann")
    page = tmp_path / "page"
    page.write_text("<h1>Hers</h1>")
    report = hers.reports.add("Hers", "discovery", job, page, page).id
    upload = ann.post("uploads", json={"files": [{"path": "a.csv", "size": 1}]}).json()["id"]
    unknown = {
        version["id"]: "0" * 64,
        "hers": "nonesuch",
        job: "job-20200101-000000-aaaaaa",
        report: "report-20200101-000000-aaaaaa",
        upload: "upload-20200101-000000-aaaaaa",
    }
    for method, path, mine in (
        ("GET", "datasets/hers/versions", "hers"),
        ("GET", "datasets/hers/versions/1", "hers"),
        ("GET", "datasets/hers/versions/latest", "hers"),
        ("DELETE", "datasets/hers", "hers"),
        ("GET", f"versions/{version['id']}", version["id"]),
        ("GET", f"versions/{version['id']}/files/wave.csv", version["id"]),
        ("GET", f"versions/{version['id']}/preview", version["id"]),
        ("GET", f"jobs/{job}", job),
        ("GET", f"jobs/{job}/log", job),
        ("GET", f"jobs/{job}/artifacts", job),
        ("GET", f"jobs/{job}/artifacts/a", job),
        ("GET", f"jobs/{job}/events", job),
        ("POST", f"jobs/{job}/cancel", job),
        ("GET", f"reports/{report}", report),
        ("GET", f"reports/{report}/page", report),
        ("GET", f"reports/{report}/notebook", report),
        ("PUT", f"uploads/{upload}/files/a.csv", upload),
        ("POST", f"uploads/{upload}/commit", upload),
        ("DELETE", f"uploads/{upload}", upload),
    ):
        other = unknown[mine]
        his = problem(bob.request(method, path), 404, "NotFoundError")
        none = problem(bob.request(method, path.replace(mine, other)), 404, "NotFoundError")
        assert his == none.replace(other, mine), f"{method} {path} tells that it is there"
    for path, body in (
        ("jobs", {"kind": "discover", "inputs": {"field": "hers"}}),
        ("jobs", {"kind": "discover", "inputs": {"field": version["id"]}}),
        ("reports", {"job": job}),
    ):
        problem(bob.post(path, json=body), 404, "NotFoundError")
    assert bob.get("datasets").json() == {"items": []}
    assert bob.get("jobs").json() == bob.get("reports").json() == []
    assert ann.get(f"jobs/{job}").json()["state"] == "queued"
    assert ann.get("datasets/hers/versions/1").json() == {**version, "reused": False}
