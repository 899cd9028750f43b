"""The client as a whole: where it goes, what it loads, and having reports rendered."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

import physforge_kernel as pf
from physforge_kernel.client import HttpWorkspace
from physforge_kernel.client._address import read_address
from physforge_kernel.errors import ReportError, WorkspaceError
from physforge_kernel.jobs import kinds
from physforge_kernel.workspace import EmbeddedWorkspace

from .conftest import TOKEN


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8000/services/physforge", "http://127.0.0.1:8000/services/physforge/api/v1"),
        ("http://127.0.0.1:8000/services/physforge/", "http://127.0.0.1:8000/services/physforge/api/v1"),
        ("https://lab.example", "https://lab.example/api/v1"),
        ("http://[::1]:8000/", "http://[::1]:8000/api/v1"),
        ("unix:/run/lab/socket", "http://localhost/api/v1"),
    ],
)
def test_an_address_leads_to_its_api(url: str, base: str):
    assert read_address(url).base == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lab",
        "ftp://lab",
        "http://",
        "http://lab:port",
        "unix:socket",
        "unix:",
        "http://[::1",
        "/run/socket",
    ],
)
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(WorkspaceError, match=r"no address of a service|names no socket"):
        read_address(url)


def test_an_address_that_would_be_lost_in_part_is_refused():
    for url in ("http://lab/x?token=secret", "http://lab/x#here"):
        with pytest.raises(WorkspaceError, match="holds a '\\?' or a '#'"):
            read_address(url)


@pytest.mark.parametrize(
    ("given", "admitted"),
    [
        ({"PHYSFORGE_TOKEN": TOKEN}, True),
        ({"JUPYTERHUB_API_TOKEN": TOKEN}, True),
        ({"PHYSFORGE_TOKEN": TOKEN, "JUPYTERHUB_API_TOKEN": "other"}, True),
        ({"PHYSFORGE_TOKEN": "other", "JUPYTERHUB_API_TOKEN": TOKEN}, False),
        ({}, False),
    ],
)
def test_connecting_goes_where_the_environment_says(
    port: int, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], admitted: bool
):
    monkeypatch.setenv("PHYSFORGE_URL", f"http://127.0.0.1:{port}")
    for name in ("PHYSFORGE_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    if not admitted:
        with pytest.raises(WorkspaceError, match="refused the token"):
            pf.connect()
        return
    workspace = pf.connect()
    assert isinstance(workspace, HttpWorkspace)
    assert repr(workspace) == f"<HttpWorkspace http://127.0.0.1:{port}>"
    workspace.close()


def test_a_client_needs_no_database_and_no_science(port: int):
    script = f"""
import sys, physforge_kernel as pf
from physforge_kernel.client import HttpWorkspace
HttpWorkspace("http://127.0.0.1:{port}", "{TOKEN}").jobs.list()
heavy = {{"sqlalchemy", "alembic", "scipy", "sympy", "xarray", "dask", "fastapi"}} & set(sys.modules)
sys.exit(", ".join(sorted(heavy)) or None)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_importing_the_library_loads_no_client():
    script = "import sys, physforge_kernel; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def rendering(behind: EmbeddedWorkspace, folder: Path, error: str | None) -> threading.Thread:
    """Play the runner for the next job of the kind `report`."""

    def run() -> None:
        claim = None
        while claim is None or claim.job.kind != "report":
            claim = behind.records.claim("test", 60)
        behind.records.report_progress(claim.job.id, claim.fence, 0.5, "Cell 3 of 6")
        if error is not None:
            behind.records.finish(claim.job.id, claim.fence, "failed", error)
            return
        page, result = folder / "page", folder / "result.json"
        page.write_text("<h1>A law</h1>")
        title = str(claim.job.config["title"])
        made = behind.reports.add(title, "discovery", claim.job.config["job"], page, page)
        result.write_text(json.dumps({"report": made.id}))
        behind.records.add_artifact(claim.job.id, claim.fence, "result.json", result, "application/json")
        behind.records.finish(claim.job.id, claim.fence, "succeeded")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def finished_job(behind: EmbeddedWorkspace) -> str:
    job = behind.jobs.submit("anything")
    claim = behind.records.claim("test", 60)
    while claim is not None and claim.job.id != job.id:
        claim = behind.records.claim("test", 60)
    assert claim is not None
    behind.records.finish(job.id, claim.fence, "succeeded")
    return job.id


def test_a_report_is_rendered_on_the_other_side(
    workspace: HttpWorkspace, behind: EmbeddedWorkspace, tmp_path: Path
):
    job = finished_job(behind)
    runner = rendering(behind, tmp_path, None)
    said: list[tuple[float, str]] = []
    report = workspace.reports.render(
        job, title="Mine", progress=lambda done, text: said.append((done, text))
    )
    runner.join()
    assert (report.title, report.job) == ("Mine", job)
    assert report.html.read_text() == "<h1>A law</h1>"
    assert (0.5, "Cell 3 of 6") in said
    assert workspace.reports.get(report.id) == report
    with pytest.raises(AttributeError, match="no attribute 'pdf'"):
        _ = report.pdf  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(workspace.jobs.record(job))).id == job


def test_a_report_that_cannot_be_rendered_says_why(
    workspace: HttpWorkspace, behind: EmbeddedWorkspace, tmp_path: Path
):
    job = finished_job(behind)
    runner = rendering(behind, tmp_path, "The third cell failed.")
    with pytest.raises(ReportError, match=r"^The third cell failed\.$"):
        workspace.reports.render(job)
    runner.join()
    waiting = workspace.jobs.submit("anything")
    with pytest.raises(ReportError, match="is queued; only a job that succeeded"):
        workspace.reports.render(waiting)
    waiting.cancel()
    assert "report" in kinds.names()


def test_two_services_share_a_cache_but_nothing_else(port: int, cache: Path, large: Path):
    with (
        closing(HttpWorkspace(f"http://127.0.0.1:{port}", TOKEN, cache=cache)) as one,
        closing(HttpWorkspace(f"http://127.0.0.1:{port}", "other", cache=cache)) as other,
    ):
        version = one.datasets.upload(large, "shared")
        assert one.datasets.path(version).read_bytes() == large.read_bytes()
        with pytest.raises(WorkspaceError, match="refused the token"):
            other.datasets.path(version)
