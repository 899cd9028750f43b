"""Bytes as answers: ranges, hashes as tags, and what a browser may make of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import WAVE, Running, problem, uploaded


@pytest.fixture(scope="module")
def wave(ann: httpx.Client) -> dict[str, Any]:
    return uploaded(ann, "for-files")


def test_a_file_comes_whole_with_its_hash_as_tag(ann: httpx.Client, wave: dict[str, Any]):
    answer = ann.get(f"versions/{wave['id']}/files/wave.csv")
    assert answer.text == WAVE
    assert answer.headers["etag"] == f'"{hashlib.sha256(WAVE.encode()).hexdigest()}"'
    again = ann.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "got"),
    [
        ("bytes=0-4", 206, WAVE[:5]),
        ("bytes=7-", 206, WAVE[7:]),
        ("bytes=-3", 206, WAVE[-3:]),
        ("bytes=5-100000", 206, WAVE[5:]),
    ],
)
def test_a_part_of_a_file_can_be_had(
    ann: httpx.Client, wave: dict[str, Any], asked: str, status: int, got: str
):
    answer = ann.get(f"versions/{wave['id']}/files/wave.csv", headers={"Range": asked})
    assert (answer.status_code, answer.text) == (status, got)


@pytest.mark.parametrize(
    "asked", ["bytes=100000-", "bytes=-0", "bytes=9-3", "lines=1-2", "bytes=a-b", "bytes="]
)
def test_a_range_that_cannot_be_is_refused(ann: httpx.Client, wave: dict[str, Any], asked: str):
    problem(ann.get(f"versions/{wave['id']}/files/wave.csv", headers={"Range": asked}), 416)


@pytest.mark.parametrize(
    "path", ["../wave.csv", "%2e%2e/x", "/etc/passwd", "a%00b", "wave.csv/", "nothing.csv"]
)
def test_no_path_leads_out_of_a_version(ann: httpx.Client, wave: dict[str, Any], path: str):
    answer = ann.get(f"versions/{wave['id']}/files/{path}")
    assert answer.status_code in (400, 404)
    problem(answer, answer.status_code)


def test_what_a_job_left_is_never_a_page_of_ours(service: Running, ann: httpx.Client, tmp_path: Path):
    hers = service.workspace.acting_for("ann")
    uploaded(ann, "for-artifacts")
    job = hers.jobs.submit("discover", inputs="for-artifacts")
    claim = service.workspace.records.claim("test", 60)
    while claim is not None and claim.job.id != job.id:
        claim = service.workspace.records.claim("test", 60)
    assert claim is not None
    evil = tmp_path / "evil"
    evil.write_text("<script>alert(1)</script>")
    kept = {
        "page.html": "text/html",
        'a"b;c.html': "text/html\r\nSet-Cookie: who=ann",
        "naïve λ.bin": "not a type",
    }
    for name, media_type in kept.items():
        service.workspace.records.add_artifact(job.id, claim.fence, name, evil, media_type)
    assert {each["name"] for each in ann.get(f"jobs/{job.id}/artifacts").json()} == set(kept)
    for name in kept:
        answer = ann.get(f"jobs/{job.id}/artifacts/{name}")
        assert answer.content == evil.read_bytes()
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
    assert (
        ann.get(f"jobs/{job.id}/artifacts/naïve λ.bin").headers["content-type"] == "application/octet-stream"
    )


def test_a_reports_page_runs_no_script_and_counts_as_of_no_origin(
    service: Running, ann: httpx.Client, tmp_path: Path
):
    uploaded(ann, "for-reports")
    job = ann.post("jobs", json={"kind": "discover", "inputs": {"field": "for-reports"}}).json()
    page, notebook = tmp_path / "page", tmp_path / "notebook"
    page.write_text("<script>alert(1)</script>")
    notebook.write_text("{}")
    hers = service.workspace.acting_for("ann")
    made = hers.reports.add("A\r\nSet-Cookie: a=b <b>law</b>", "discovery", job["id"], page, notebook)
    answer = ann.get(f"reports/{made.id}/page")
    policy = answer.headers["content-security-policy"].split("; ")
    assert answer.text == page.read_text()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert not any(part.startswith("script-src") for part in policy)
    assert answer.headers["content-disposition"] == "inline"
    assert "set-cookie" not in answer.headers
    assert ann.get(f"reports/{made.id}/notebook").text == "{}"
    shown = ann.get(f"reports/{made.id}").json()
    assert shown["title"] == made.title
    assert str(service.workspace.home) not in str(shown)
    assert ann.get("reports").json()[0]["id"] == made.id
