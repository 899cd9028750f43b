"""A running lab: who gets in, what they may do, and that it listens to this machine alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from physforge_hub._visit import Visit

from physforge_kernel.errors import PhysForgeError
from physforge_kernel.service import SCOPES

from ..conftest import ROOT, RunningLab

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

API = "/services/physforge/api/v1"
SAMPLES = ["burgers", "kdv", "lorenz"]


@pytest.fixture(scope="module")
def server(lab: RunningLab) -> str:
    """The address of the person's running server."""
    return lab.start_server()


@pytest.fixture
def visit(lab: RunningLab) -> Iterator[Visit]:
    """A browser in which the person has signed in."""
    with lab.visit() as visit:
        yield visit


def get(lab: RunningLab, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(lab.url + path, headers=headers, timeout=60)


def run(code: str, environment: dict[str, str], folder: Path) -> str:
    """Run Python in the environment of a person's server, as a kernel does, and return what it printed."""
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_what_the_lab_says_at_its_start_is_short_and_names_where_everything_is(lab: RunningLab):
    said = "".join(lab.said)

    assert lab.url in said
    assert lab.password in said  # it was the first start of this workspace
    assert str(lab.home / "hub" / "password") in said
    assert len(said.splitlines()) <= 12


def test_a_wrong_password_and_another_name_are_refused(lab: RunningLab):
    with pytest.raises(PhysForgeError, match="does not let"):
        Visit(lab.url, lab.user, "wrong")
    with pytest.raises(PhysForgeError, match="does not let"):
        Visit(lab.url, "somebody", lab.password)


def test_nothing_of_the_lab_listens_where_other_machines_can_reach_it(lab: RunningLab, server: str):
    listening = {
        connection.laddr.ip
        for process in lab.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


def test_no_file_of_the_hub_can_be_read_by_others(lab: RunningLab, server: str):
    folders = [lab.home, lab.home / "hub", lab.home / "logs"]
    files = [path for folder in folders[1:] for path in folder.iterdir()]

    assert lab.home / "hub" / "hub.sqlite" in files
    assert not [path for path in (*folders, *files) if path.stat().st_mode & 0o077]


def test_no_log_holds_the_password_or_a_token(lab: RunningLab, server: str):
    token = lab.token()
    assert get(lab, f"{API}/", token).status_code == 200
    given = lab.environment_of_server()["JUPYTERHUB_API_TOKEN"]

    for log in (lab.home / "logs").iterdir():
        text = log.read_text()
        for secret in (lab.password, token, given):
            assert secret not in text, log.name


def test_a_token_of_the_person_says_who_they_are_and_what_they_may_do(lab: RunningLab):
    about = get(lab, f"{API}/", lab.token()).json()

    assert about["person"]["name"] == lab.user
    assert set(SCOPES) <= set(about["person"]["scopes"])


def test_a_token_may_do_no_more_than_it_was_made_for(lab: RunningLab):
    token = lab.token(["access:services!service=physforge", "custom:physforge:datasets:read"])

    assert get(lab, f"{API}/datasets", token).status_code == 200
    refused = get(lab, f"{API}/jobs", token)
    assert refused.status_code == 403
    assert "custom:physforge:jobs:read" in refused.json()["detail"]


def test_a_token_that_may_not_enter_the_service_is_not_known_there(lab: RunningLab):
    token = lab.token(["read:users:name!user"])

    assert get(lab, f"{API}/datasets", token).status_code == 401


@pytest.mark.parametrize("token", [None, "", "0" * 32])
def test_without_a_token_that_the_hub_knows_nobody_gets_in(lab: RunningLab, token: str | None):
    assert get(lab, f"{API}/datasets", token).status_code == 401


def test_a_token_that_was_revoked_is_soon_refused(lab: RunningLab, visit: Visit):
    made = visit.ask("POST", f"users/{lab.user}/tokens", {"note": "short", "expires_in": 600})
    visit.ask("DELETE", f"users/{lab.user}/tokens/{made['id']}")

    assert get(lab, f"{API}/datasets", made["token"]).status_code == 401


def test_a_browser_that_opens_a_page_is_led_through_the_hub_and_back(visit: Visit, server: str):
    page = visit.http.get(f"{API}/datasets?search=kd", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert page.url.path == f"{API}/datasets"
    assert page.url.query == b"search=kd"
    assert [item["name"] for item in page.json()["items"]] == ["kdv"]
    assert visit.http.get(f"{API}/datasets").status_code == 200  # its cookie reads without another detour


def test_a_browser_that_is_not_signed_in_is_led_to_the_hub_s_door(lab: RunningLab):
    with httpx.Client(base_url=lab.url, follow_redirects=True) as browser:
        page = browser.get(f"{API}/datasets", headers={"Accept": "text/html"})

    assert page.url.path == "/hub/login"


def test_a_script_without_a_token_is_told_so_and_not_led_away(lab: RunningLab):
    answer = httpx.get(f"{lab.url}{API}/datasets", headers={"Accept": "text/html", "Sec-Fetch-Mode": "cors"})

    assert answer.status_code == 401


def test_a_browser_s_cookie_changes_nothing(visit: Visit, server: str):
    assert visit.http.get(f"{API}/datasets", headers={"Accept": "text/html"}).status_code == 200

    assert visit.http.delete(f"{API}/datasets/kdv").status_code == 403
    assert visit.http.post(f"{API}/jobs", json={"kind": "discover"}).status_code == 403
    assert "kdv" in visit.http.get(f"{API}/datasets").text


def test_a_sign_in_that_was_not_begun_here_is_refused(lab: RunningLab, visit: Visit):
    answer = visit.http.get("/services/physforge/oauth_callback?code=stolen&state=invented")

    assert answer.status_code == 403
    assert answer.text.startswith("Signing in did not work:")


def test_tabs_that_sign_in_at_once_each_get_their_page(lab: RunningLab, visit: Visit):
    pages = [f"{API}/datasets", f"{API}/jobs"]
    html = {"Accept": "text/html"}
    begun = [visit.http.get(page, headers=html, follow_redirects=False) for page in pages]
    assert [answer.status_code for answer in begun] == [302, 302]

    shown = [visit.http.get(answer.headers["location"], headers=html) for answer in begun]

    assert [(page.status_code, page.url.path) for page in shown] == [(200, page) for page in pages]
    assert not [name for name in visit.http.cookies if "oauth-state" in name and "physforge" in name]


def test_a_browser_that_begins_one_sign_in_after_another_keeps_a_few(visit: Visit):
    for _ in range(30):
        visit.http.get(f"{API}/datasets", headers={"Accept": "text/html"}, follow_redirects=False)

    assert len([name for name in visit.http.cookies if "physforge-oauth-state" in name]) == 10


def test_a_cookie_that_somebody_changed_is_nobody_s(lab: RunningLab, visit: Visit):
    visit.http.get(f"{API}/datasets", headers={"Accept": "text/html"})
    value = visit.http.cookies.get("service-physforge", path="/services/physforge/")
    assert value
    forged = value[:-4] + ("0000" if value[-4:] != "0000" else "1111")

    answer = httpx.get(f"{lab.url}{API}/datasets", cookies={"service-physforge": forged})

    assert answer.status_code == 401


def test_a_person_s_server_opens_jupyterlab_with_the_kernel_and_the_tutorials(lab: RunningLab, server: str):
    headers = {"Authorization": f"token {lab.token()}"}

    specs = httpx.get(f"{server}api/kernelspecs", headers=headers).json()
    tutorial = httpx.get(f"{server}api/contents/01_first_law.ipynb?content=1", headers=headers).json()

    assert specs["default"] == "physforge"
    assert specs["kernelspecs"]["physforge"]["spec"]["display_name"] == "PhysForge"
    assert tutorial["content"]["cells"]
    assert all(
        cell["metadata"].get("trusted", True) for cell in tutorial["content"]["cells"]
    )  # what we ship shows without a warning


def test_a_server_refuses_who_is_not_signed_in_even_with_a_token_in_the_address(lab: RunningLab, server: str):
    assert httpx.get(f"{server}api/contents").status_code == 403
    assert httpx.get(f"{server}api/contents?token={lab.token()}").status_code == 403


def test_a_file_whose_name_holds_what_addresses_encode_can_be_opened(lab: RunningLab, server: str):
    name = "50 % off; why? #1.txt"
    (lab.folder / name).write_text("found")
    encoded = "50%20%25%20off%3B%20why%3F%20%231.txt"

    answer = httpx.get(f"{server}api/contents/{encoded}", headers={"Authorization": f"token {lab.token()}"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["content"] == "found"


def test_a_person_s_server_leads_its_page_to_the_workspace_with_their_token(lab: RunningLab, server: str):
    headers = {"Authorization": f"token {lab.token()}"}

    answer = httpx.get(f"{server}physforge/api/v1/datasets", headers=headers, timeout=60)

    assert answer.status_code == 200, answer.text
    assert {item["name"] for item in answer.json()["items"]} >= set(SAMPLES)
    assert httpx.get(f"{server}physforge/api/v1/datasets").status_code in (302, 403)


def test_the_dashboard_opens_at_the_person_s_server(lab: RunningLab, server: str):
    headers = {"Authorization": f"token {lab.token()}"}

    page = httpx.get(f"{server}voila/render/dashboards/discovery.ipynb", headers=headers, timeout=120)

    assert page.status_code == 200, page.text[:1000]
    assert "jupyter-widgets" in page.text


def test_the_samples_are_in_the_workspace_once_the_server_is_up(lab: RunningLab, server: str):
    items = get(lab, f"{API}/datasets", lab.token()).json()["items"]

    assert [item["name"] for item in items][: len(SAMPLES)] == SAMPLES


def test_connect_in_a_person_s_server_sees_what_is_theirs(lab: RunningLab, server: str):
    environment = lab.environment_of_server()
    code = "import physforge_kernel as pf; print(*[d.name for d in pf.connect().datasets.list()])"

    assert set(SAMPLES) <= set(run(code, environment, lab.folder).split())


def test_the_workspace_in_the_lab_is_that_of_whose_account_it_runs_in(lab: RunningLab, server: str):
    from physforge_kernel.workspace import EmbeddedWorkspace

    outside = EmbeddedWorkspace(lab.home)
    sample = ROOT / "notebooks" / "data" / "lorenz.csv"
    outside.datasets.upload(sample, "from-a-terminal")
    outside.acting_for("stranger").datasets.upload(sample, "a-strangers")

    inside = {item["name"] for item in get(lab, f"{API}/datasets", lab.token()).json()["items"]}
    outside.datasets.delete("from-a-terminal")

    assert set(SAMPLES) <= {dataset.name for dataset in outside.datasets.list()}
    assert "from-a-terminal" in inside
    assert "a-strangers" not in inside


def test_a_server_is_given_neither_the_workspace_nor_secrets_of_whoever_started_the_lab(
    lab: RunningLab, server: str
):
    given = lab.environment_of_server()

    assert "PHYSFORGE_HOME" not in given
    assert not [name for name in given if name.startswith("PHYSFORGE_HUB_")]
    assert given["PHYSFORGE_URL"] == f"{lab.url}/services/physforge"
    assert "PYTEST_CURRENT_TEST" not in given
    assert given["JUPYTER_CONFIG_DIR"] == str(lab.home / "jupyter")


def test_the_runner_of_jobs_has_no_token_in_its_environment(lab: RunningLab):
    given = lab.part("physforge_kernel.jobs.runner").environ()

    assert not [name for name in given if "TOKEN" in name or name.startswith(("JUPYTERHUB", "JPY_"))]


def test_a_second_lab_of_the_same_workspace_says_where_the_first_is(lab: RunningLab):
    ended = subprocess.run(
        [sys.executable, "-m", "physforge_hub.up", "--no-browser"],
        env=os.environ | {"PHYSFORGE_HOME": str(lab.home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 9
    assert ended.stderr.startswith(f"PhysForge: The lab of {lab.home} is running already at {lab.url}")
    assert ended.stderr.count("\n") == 1
    assert lab.process.poll() is None
